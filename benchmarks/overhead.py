"""How long the bot needs from "build finished" to "first traffic on the canary".

`python -m benchmarks.overhead [--rounds N] [--json]` plays `/deploy prod` several times on a local
cloud that adds no latency, with a deploy.yaml without smoke checks. Each round is timed from Cloud
Build's `finishTime` to the moment at which Cloud Run's API first shows traffic on the new revision;
the new process's own start (the revision's `createTime` to its `Ready` condition) is taken off.
Exit 1 when a round took over one second.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import requests
import yaml

from benchmarks.numbers import Measured, tell
from localcloud.bot_environment import PROJECT, REGION
from localcloud.cloud import Cloud
from localcloud.demo.checkout import Change, Checkout, Edit
from localcloud.demo.cloud_run import CloudRun
from localcloud.demo.person import CheckRun, Person
from localcloud.demo.waiting import next_second, wait_until

BOUND_SECONDS = 1.0
ROUNDS = 7
SERVICE = "api-service"
CODE = "services/api-service/src/app.js"
LIMIT = 128
LOOK_EVERY = 0.02
"""Seconds; a measurement is at most so much too long."""
PATIENCE = 60.0


@dataclass(frozen=True)
class Round:
    """The moments of one deployment, in unix seconds."""

    built: float
    created: float
    ready: float
    traffic: float

    @property
    def start(self) -> float:
        """What the new process needed to come up."""
        return self.ready - self.created

    @property
    def overhead(self) -> float:
        """What was left for the bot."""
        return self.traffic - self.built - self.start


class Field:
    """One person's work on one running cloud."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        info = cloud.info()
        api = f"{info['github']}/repos/{info['repository']}"
        self._person = Person(login="owner", token=cloud.tokens["owner"], api=api)
        self._checkout = Checkout(folder, str(info["clone_url"]), self._person)
        region = f"projects/{PROJECT}/locations/{REGION}"
        self._builds = f"{info['google']}/v1/{region}/builds"
        self._services = f"{info['google']}/v2/{region}/services"
        self._run = CloudRun(f"{info['google']}/v2/{region}")
        self._number = 0

    def without_smoke_checks(self) -> None:
        """Bring a deploy.yaml to main that has no smoke checks and bakes for a second."""
        text = self._checkout.read("deploy.yaml")
        manifest = yaml.safe_load(text)
        for service in manifest["services"].values():
            service.pop("smoke", None)
        bakes = {"steps": [50, 100], "min_bake": "1s", "max_bake": "1s", "watch": "0"}
        manifest["environments"]["prod"]["rollout"] = bakes
        lines = yaml.safe_dump(manifest, allow_unicode=True, sort_keys=False)
        change = Change("Deploy without smoke checks", (Edit("deploy.yaml", text, lines),))
        sha = self._checkout.commit(change)
        self._checkout.push()
        self._concluded(sha, "deploy / staging")
        self._checkout.branch("rounds")

    def play(self, number: int) -> Round:
        """Deploy one more commit to prod and return its moments."""
        edit = Edit(CODE, f"= {LIMIT + number};", f"= {LIMIT + number + 1};")
        sha = self._checkout.commit(Change(f"Allow {LIMIT + number + 1} characters", (edit,)))
        self._checkout.push()
        self._number = self._number or self._person.open_pull("Longer names", "", "rounds")
        next_second()
        stable = set(self._run.split(SERVICE))
        self._person.say(self._number, "/deploy prod")
        traffic, canary = self._first_traffic(stable)
        self._concluded(sha, "deploy / prod")
        revision = self._get(f"{self._services}/{SERVICE}/revisions/{canary}")
        created = _unix(revision["createTime"])
        return Round(self._built(sha), created, _ready(revision), traffic)

    def _first_traffic(self, stable: set[str]) -> tuple[float, str]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            new = set(self._run.split(SERVICE)) - stable
            if new:
                return time.time(), new.pop()
            time.sleep(LOOK_EVERY)
        message = f"{SERVICE} had no canary with traffic within {PATIENCE:g} s"
        raise click.ClickException(message)

    def _built(self, sha: str) -> float:
        builds = self._get(self._builds)["builds"]
        mine = (one for one in builds if one["substitutions"].get("_SHA") == sha)
        return max(_unix(one["finishTime"]) for one in mine)

    def _concluded(self, sha: str, name: str) -> None:
        def look() -> list[CheckRun]:
            return [run for run in self._person.check_runs(sha) if run.name == name]

        wait_until(name, look, lambda runs: any(run.conclusion for run in runs), PATIENCE)

    @staticmethod
    def _get(url: str) -> dict[str, Any]:
        answer = requests.get(url, timeout=30)
        answer.raise_for_status()
        return dict(answer.json())


@click.command()
@click.option("--rounds", default=ROUNDS, show_default=True, help="How many deployments are timed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(rounds: int, *, as_json: bool) -> None:
    """Measure the bot's overhead."""
    with tempfile.TemporaryDirectory(prefix="spillway-overhead-") as folder:
        played = _played(Path(folder), rounds)
    overhead = Measured("the bot: build finished to first canary traffic", _all(played, "overhead"))
    start = Measured("the new process's own start (taken off above)", _all(played, "start"))
    held = max(overhead.seconds) <= BOUND_SECONDS
    tell([overhead, start], {"bound in seconds": BOUND_SECONDS, "held": held}, as_json=as_json)
    sys.exit(0 if held else 1)


def _played(folder: Path, rounds: int) -> list[Round]:
    cloud = Cloud(folder / "state")
    cloud.on_progress = lambda line: click.echo(line, err=True)
    cloud.start()
    try:
        field = Field(cloud, folder / "checkout")
        field.without_smoke_checks()
        return [_told(number, field.play(number)) for number in range(rounds)]
    finally:
        cloud.stop()


def _told(number: int, played: Round) -> Round:
    click.echo(f"round {number + 1}: {played.overhead * 1000:.0f} ms", err=True)
    return played


def _all(played: list[Round], what: str) -> tuple[float, ...]:
    return tuple(float(getattr(one, what)) for one in played)


def _ready(revision: dict[str, Any]) -> float:
    ready = (one for one in revision["conditions"] if one["type"] == "Ready")
    return max(_unix(one["lastTransitionTime"]) for one in ready)


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


if __name__ == "__main__":
    main()

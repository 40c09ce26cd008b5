"""How long a redeployment needs from the ask to "first traffic on the canary", without a build.

`python -m benchmarks.redeploy [--rounds N] [--json]` brings two commits to prod on a local cloud
that adds no latency, and then sends prod back and forth between them by comments: their images are
built already, so each round is timed from the moment at which the comment is posted to the one at
which Cloud Run's API first shows traffic on the new revision. Exit 1 when a round took over three
seconds, or built anything.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import click
import yaml

from benchmarks.numbers import Measured, tell
from benchmarks.overhead import CODE, LIMIT, PATIENCE, SERVICE, Field
from localcloud.cloud import Cloud
from localcloud.demo.checkout import Change, Edit
from localcloud.demo.waiting import next_second, wait_until

BOUND_SECONDS = 3.0
ROUNDS = 6
DONE = "success"


class Shuttle(Field):
    """Two commits of one pull request, and prod going back and forth between them."""

    def build_both(self) -> tuple[str, str]:
        """Bring both to prod, so that both images are known."""
        self._let_prod_go_back()
        return self._bring(0), self._bring(1)

    def go_to(self, sha: str) -> float:
        """Ask for a commit that was in prod before; return the seconds to its first traffic."""
        stable, before = set(self._run.split(SERVICE)), self._ended(sha)
        next_second()
        asked = time.time()
        self._person.say(self._number, f"/deploy prod {sha[:7]}")
        traffic, _ = self._first_traffic(stable)
        wait_until("the end", lambda: self._ended(sha), lambda ended: ended > before, PATIENCE)
        return traffic - asked

    def builds(self) -> int:
        """Return how many builds there were so far."""
        return len(self._get(f"{self._builds}?pageSize=1000")["builds"])

    def _let_prod_go_back(self) -> None:
        text = self._checkout.read("deploy.yaml")
        manifest = yaml.safe_load(text)
        for service in manifest["services"].values():
            service.pop("smoke", None)
        bakes = {"steps": [50, 100], "min_bake": "1s", "max_bake": "1s", "watch": "0"}
        gates = {"permission": "write", "contains_live": False}
        manifest["environments"]["prod"] |= {"rollout": bakes, "gates": gates}
        lines = yaml.safe_dump(manifest, allow_unicode=True, sort_keys=False)
        sha = self._checkout.commit(Change("Deploy at once", (Edit("deploy.yaml", text, lines),)))
        self._checkout.push()
        self._concluded(sha, "deploy / staging")
        self._checkout.branch("rounds")

    def _bring(self, number: int) -> str:
        edit = Edit(CODE, f"= {LIMIT + number};", f"= {LIMIT + number + 1};")
        sha = self._checkout.commit(Change(f"Allow {LIMIT + number + 1} characters", (edit,)))
        self._checkout.push()
        self._number = self._number or self._person.open_pull("Longer names", "", "rounds")
        next_second()
        self._person.say(self._number, "/deploy prod")
        wait_until("the first time", lambda: self._ended(sha), bool, PATIENCE)
        return sha

    def _ended(self, sha: str) -> int:
        made = self._person.deployments(sha)
        return sum(one.environment == "prod" and DONE in one.statuses for one in made)


@click.command()
@click.option("--rounds", default=ROUNDS, show_default=True, help="How many deployments are timed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(rounds: int, *, as_json: bool) -> None:
    """Measure redeployments of images already built."""
    with tempfile.TemporaryDirectory(prefix="spillway-redeploy-") as folder:
        seconds, built = _played(Path(folder), rounds)
    measured = Measured("redeploy: comment posted to first canary traffic", seconds)
    held = max(seconds) <= BOUND_SECONDS and not built
    verdict = {"bound in seconds": BOUND_SECONDS, "builds": built, "held": held}
    tell([measured], verdict, as_json=as_json)
    sys.exit(0 if held else 1)


def _played(folder: Path, rounds: int) -> tuple[tuple[float, ...], int]:
    cloud = Cloud(folder / "state")
    cloud.on_progress = lambda line: click.echo(line, err=True)
    cloud.start()
    try:
        shuttle = Shuttle(cloud, folder / "checkout")
        first, second = shuttle.build_both()
        before = shuttle.builds()
        both = (first, second)
        seconds = tuple(_told(number, shuttle.go_to(both[number % 2])) for number in range(rounds))
        return seconds, shuttle.builds() - before
    finally:
        cloud.stop()


def _told(number: int, seconds: float) -> float:
    click.echo(f"round {number + 1}: {seconds * 1000:.0f} ms", err=True)
    return seconds


if __name__ == "__main__":
    main()

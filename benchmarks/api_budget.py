"""What each story costs at GitHub: requests by kind, from the local GitHub's route log.

`python -m benchmarks.api_budget [--json]` plays each story once on a local cloud. Every request of
the bot's to the repository is counted, all but an archive's bytes. Exit 1 when a story costs
more than its budget.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import requests
import yaml
from github.Auth import AppAuth

from localcloud.cloud import Cloud
from localcloud.demo.checkout import Change, Checkout, Edit
from localcloud.demo.person import Person
from localcloud.demo.waiting import next_second, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

BOT = "spillway[bot]"
DEPLOY, PUSH, REFUSAL, STEP = 18, 13, 6, 2
PATIENCE, QUIET = 90.0, 2.0
CODE = "services/api-service/src/app.js"
LIMIT = 128
GATES = yaml.safe_load(
    "{teams: [acme/shippers], checks: required, approvals: 2, up_to_date: require,"
    " contains_live: true, after: staging, two_person: true}"
)
TAKEN = re.compile(r"^\| \d\d:\d\d:\d\d \| [^|]* \| [1-9]\d* % \|", re.MULTILINE)
SERVICE = re.compile(r"^/repos/\{owner\}/\{repo\}")


@dataclass(frozen=True)
class Story:
    """One story's requests, by kind, and how many there may be."""

    name: str
    calls: Counter[str]
    allowed: int

    @property
    def held(self) -> bool:
        """Whether it keeps to its budget."""
        return self.calls.total() <= self.allowed


class Field:
    """People at work on one running cloud."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self._cloud = cloud
        info = cloud.info()
        self._api = f"{info['github']}/repos/{info['repository']}"
        self._checkout = Checkout(folder, str(info["clone_url"]), self.person("owner"))
        self._limit = LIMIT

    def person(self, login: str) -> Person:
        """Return somebody."""
        return Person(login=login, token=self._cloud.tokens[login], api=self._api)

    def prepare(self) -> None:
        """Bring a deploy.yaml to main with three steps, short bakes, and one place behind gates."""
        text = self._checkout.read("deploy.yaml")
        manifest = yaml.safe_load(text)
        bakes = {"steps": [20, 50, 100], "min_bake": "1s", "max_bake": "2s", "watch": "0"}
        manifest["environments"]["prod"]["rollout"] = bakes
        manifest["environments"]["guarded"] = {"service_suffix": "-guarded", "gates": GATES}
        lines = yaml.safe_dump(manifest, allow_unicode=True, sort_keys=False)
        sha = self._checkout.commit(Change("Three steps", (Edit("deploy.yaml", text, lines),)))
        self._checkout.push()
        self._concluded(sha, "staging")

    def count(self, name: str, play: Callable[[], int], budget: int) -> Story:
        """Play a story that returns its traffic steps, and count until all is quiet again."""
        self._quiet()
        before = len(self._cloud.github.calls)
        steps = play()
        self._quiet()
        ours = [
            f"{call.method} {SERVICE.sub('', call.route) or '/'}"
            for call in self._cloud.github.calls[before:]
            if call.actor == BOT and call.kind == "rest" and not call.route.startswith("/app")
        ]
        named = f"{name}, {steps} steps" if steps else name
        return Story(named, Counter(ours), budget + STEP * steps)

    def push(self) -> int:
        """Push to main, which goes to staging."""
        self._checkout.main()
        sha = self._checkout.commit(self._change())
        self._checkout.push()
        return self._concluded(sha, "staging")

    def pull(self, branch: str, change: Change | None = None) -> tuple[int, str]:
        """Open a pull request; return its number and commit."""
        self._checkout.branch(branch)
        sha = self._checkout.commit(change or self._change())
        self._checkout.push()
        number = self.person("owner").open_pull(branch, "", branch)
        next_second()
        return number, sha

    def deploy(self, number: int, sha: str) -> int:
        """Deploy a pull request to prod."""
        self.person("owner").say(number, "/deploy prod")
        return self._concluded(sha, "prod")

    def say(self, number: int, login: str, text: str, answered: int) -> int:
        """Comment, and wait for so many comments more."""
        person = self.person(login)
        wanted = len(person.comments(number)) + 1 + answered
        person.say(number, text)
        look = lambda: person.comments(number)  # noqa: E731  # one thing to look at
        wait_until(f"an answer to {text}", look, lambda seen: len(seen) >= wanted, PATIENCE)
        return 0

    def redeliver(self) -> int:
        """Have GitHub deliver the newest comment once more."""
        for delivery in self._as_app("GET", "hook/deliveries?per_page=100"):
            if delivery["event"] == "issue_comment":
                self._as_app("POST", f"hook/deliveries/{delivery['id']}/attempts")
                return 0
        return 0

    def _as_app(self, method: str, path: str) -> list[dict[str, object]]:
        url, secret = f"{self._cloud.receiver.url}/webhooks/github", self._secret()
        app = self._cloud.github.add_app("spillway", webhook_url=url, webhook_secret=secret)
        token = AppAuth(app.id, app.private_key_pem).token
        answer = requests.request(
            method,
            f"{self._cloud.github.url}/app/{path}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        answer.raise_for_status()
        return list(answer.json())

    def _secret(self) -> str:
        return self._cloud.bot_environment["SPILLWAY_WEBHOOK_SECRETS"]

    def _change(self) -> Change:
        self._limit += 1
        text = self._checkout.read(CODE)
        said = re.search(r"= (\d+);", text)
        now = said[0] if said else ""
        return Change(f"Allow {self._limit} characters", (Edit(CODE, now, f"= {self._limit};"),))

    def _concluded(self, sha: str, environment: str) -> int:
        """Wait for the end of a deployment, and return how many steps its traffic took."""
        path = f"{self._api}/commits/{sha}/check-runs?per_page=100"
        token = {"Authorization": f"Bearer {self._cloud.tokens['owner']}"}

        def look() -> list[dict[str, Any]]:
            runs = requests.get(path, headers=token, timeout=30).json()["check_runs"]
            return [run for run in runs if run["name"] == f"deploy / {environment}"]

        ended = wait_until(
            environment, look, lambda runs: any(run["conclusion"] for run in runs), PATIENCE
        )
        return len(TAKEN.findall(ended[-1]["output"]["summary"]))

    def _quiet(self) -> None:
        """Wait until GitHub has not been called by the bot for a while."""
        while True:
            before = len(self._cloud.github.calls)
            time.sleep(QUIET)
            if len(self._cloud.github.calls) == before:
                return


def played(field: Field) -> list[Story]:
    """Play every story."""
    field.prepare()
    number, sha = field.pull("longer-texts")
    well = "response.json({status: 'healthy'"
    sick = Edit(CODE, well, well.replace("response.json", "response.status(503).json"))
    bad, bad_sha = field.pull("sick", Change("Fall ill", (sick,)))
    told = {
        "refused: a reader": ("reader", "/deploy prod"),
        "refused: a typo": ("owner", "/depoy"),
        "refused: by gates that read": ("owner", "/deploy guarded"),
    }
    return [
        field.count("a push to main", field.push, PUSH),
        field.count("/deploy prod, smoke fails", lambda: field.deploy(bad, bad_sha), DEPLOY),
        field.count("/deploy prod", lambda: field.deploy(number, sha), DEPLOY),
        *(
            field.count(name, partial(field.say, number, *words, 1), REFUSAL)
            for name, words in told.items()
        ),
        field.count("chatter", partial(field.say, number, "reader", "Nice!", 0), 0),
        field.count("a redelivery", field.redeliver, 0),
    ]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(*, as_json: bool) -> None:
    """Count what each story costs."""
    with tempfile.TemporaryDirectory(prefix="spillway-budget-") as folder:
        cloud = Cloud(Path(folder) / "state")
        cloud.on_progress = lambda line: click.echo(line, err=True)
        cloud.start()
        try:
            stories = played(Field(cloud, Path(folder) / "work"))
        finally:
            cloud.stop()
    held = all(story.held for story in stories)
    tell_json(stories, held=held) if as_json else tell(stories, held=held)
    sys.exit(0 if held else 1)


def tell(stories: list[Story], *, held: bool) -> None:
    """Print each story with its kinds of requests."""
    for story in stories:
        click.echo(f"{story.name}: {story.calls.total()} of at most {story.allowed}")
        for kind, number in sorted(story.calls.items()):
            click.echo(f"  {number:>3}  {kind}")
    click.echo(f"held: {held}")


def tell_json(stories: list[Story], *, held: bool) -> None:
    """Print the same for machines."""
    told = [
        {"story": one.name, "calls": one.calls, "total": one.calls.total(), "most": one.allowed}
        for one in stories
    ]
    click.echo(json.dumps({"stories": told, "held": held}, indent=2))


if __name__ == "__main__":
    main()

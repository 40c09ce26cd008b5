"""How long people wait for the bot's first sign, and for a refusal, when GitHub is not at hand.

`python -m benchmarks.answer [--rounds N] [--latency MS] [--json]` runs a local cloud whose GitHub
takes 50 ms longer for every answer, and comments on a pull request, each command several times.
Timed from GitHub's answer to the person's comment to its answer to our reaction 👀, and to our
reply. Exit 1 when a reaction came after two seconds or a refusal after three.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarks.numbers import Measured, tell
from localcloud.cloud import Cloud
from localcloud.demo.checkout import Change, Checkout, Edit
from localcloud.demo.person import Person
from localcloud.demo.waiting import next_second, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from localcloud.github.route_log import Called

EYES_SECONDS = 2.0
REFUSAL_SECONDS = 3.0
LATENCY_MS = 50
ROUNDS = 10
PATIENCE = 60.0
BOT = "spillway[bot]"
REACTIONS = "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions"
COMMENTS = "/repos/{owner}/{repo}/issues/{issue_number}/comments"
COMMANDS = {
    "a reader's /deploy prod, refused": ("reader", "/deploy prod"),
    "a mistyped environment, refused": ("owner", "/deploy prdo"),
    "a mistyped command, refused": ("owner", "/depoly prod"),
    "/status, answered": ("owner", "/status"),
    "/help, answered": ("owner", "/help"),
}


def later(milliseconds: float) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return a middleware that answers so much later."""

    def around(app: WSGIApplication) -> WSGIApplication:
        def serve(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            time.sleep(milliseconds / 1000)
            return app(environ, start)

        return serve

    return around


class Talk:
    """One pull request on a running cloud, and what GitHub's log knows about it."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        info = cloud.info()
        self._calls = cloud.github.calls
        self._api = f"{info['github']}/repos/{info['repository']}"
        self._tokens = cloud.tokens
        owner = self._person("owner")
        checkout = Checkout(folder, str(info["clone_url"]), owner)
        checkout.branch("talk")
        text = checkout.read("deploy.yaml")
        checkout.commit(Change("Talk", (Edit("deploy.yaml", text, f"{text}\n"),)))
        checkout.push()
        self._number = owner.open_pull("Talk", "", "talk")
        next_second()

    def play(self, login: str, command: str) -> tuple[float, float]:
        """Comment, and return the seconds to the reaction and to the reply."""
        before = len(self._calls)
        self._person(login).say(self._number, command)

        def look() -> list[Called]:
            return [call for call in self._calls[before:] if _matters(call)]

        seen = wait_until(f"the end of {command}", look, _ended, PATIENCE)
        asked, eyes, reply = seen[0].at, _first(seen, REACTIONS), _first(seen, COMMENTS)
        return eyes - asked, reply - asked

    def _person(self, login: str) -> Person:
        return Person(login=login, token=self._tokens[login], api=self._api)


def _matters(call: Called) -> bool:
    return call.method == "POST" and call.route in {REACTIONS, COMMENTS}


def _ended(seen: list[Called]) -> bool:
    """Tell whether the second reaction stands, which is the last that is said."""
    return sum(call.route == REACTIONS for call in seen) > 1


def _first(seen: list[Called], route: str) -> float:
    return next(call.at for call in seen if call.route == route and call.actor == BOT)


@click.command()
@click.option("--rounds", default=ROUNDS, show_default=True, help="How often each is typed.")
@click.option("--latency", default=LATENCY_MS, show_default=True, help="GitHub's, in ms.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(rounds: int, latency: float, *, as_json: bool) -> None:
    """Measure how long the bot's answers take."""
    with tempfile.TemporaryDirectory(prefix="spillway-answer-") as folder:
        eyes, replies = _played(Path(folder), rounds, latency)
    refusals = [one for name, each in replies.items() if "refused" in name for one in each]
    held = max(eyes) <= EYES_SECONDS and max(refusals) <= REFUSAL_SECONDS
    measured = [Measured("any command: comment to 👀", tuple(eyes))]
    measured += [
        Measured(f"{name}: comment to reply", tuple(each)) for name, each in replies.items()
    ]
    bounds = {"👀 within": EYES_SECONDS, "a refusal within": REFUSAL_SECONDS, "held": held}
    tell(measured, {"GitHub's latency in ms": latency, **bounds}, as_json=as_json)
    sys.exit(0 if held else 1)


def _played(
    folder: Path, rounds: int, latency: float
) -> tuple[list[float], dict[str, list[float]]]:
    cloud = Cloud(folder / "state")
    cloud.on_progress = lambda line: click.echo(line, err=True)
    cloud.start()
    try:
        talk = Talk(cloud, folder / "work")
        cloud.github.before_response.append(later(latency))
        eyes: list[float] = []
        replies: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(rounds):
            for name, (login, command) in COMMANDS.items():
                eye, reply = talk.play(login, command)
                eyes.append(eye)
                replies[name].append(reply)
        return eyes, replies
    finally:
        cloud.stop()


if __name__ == "__main__":
    main()

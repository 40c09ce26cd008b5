"""What comments can ask for, on the command line and by the same rules; `status`, `history`.

Imports are made when a command runs, so that `--help` stays quick.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import starmap
from typing import TYPE_CHECKING, Any

import click

from bot.ending import ASKED_EXITS, known, trouble
from bot.full_name import FullName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.operate import Desk, Seen

EXITS = """\b
Exit code:
  0  done: deployed, nothing to deploy, or answered
  1  the deployment failed, was rolled back, aborted or superseded
  2  the command line or the environment's settings are wrong
  3  refused, or nothing has that name; the reasons are printed
  4  still going when --timeout was over
  5  GitHub, the topic or the store cannot be used"""
AT_LEAST_ONE = click.IntRange(min=1)
COLOURS = {"✅": "green", "❌": "red", "↩": "red", "👎": "red", "⏸": "yellow"}
PASSED_ON = {"ignore_unknown_options": True}
"""Options of the command itself, such as --now, are read where comments are read."""


def _asking(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of those that ask for something."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end."),
        click.option("--no-wait", is_flag=True, help="Ask, and do not follow what comes of it."),
        click.option(
            "--timeout",
            type=AT_LEAST_ONE,
            default=7200,
            show_default=True,
            help="Seconds to follow it at most.",
        ),
        click.option(
            "--pr", type=AT_LEAST_ONE, help="The pull request; without it the default branch."
        ),
        click.option("--as", "actor", required=True, help="GitHub login to be judged by."),
        _repository,
    ):
        command = option(command)
    return command


_repository = click.option(
    "--repository", required=True, type=FullName(), help="Where the App is installed."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")


@click.command(context_settings=PASSED_ON, epilog=EXITS)
@click.argument("environment")
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@_asking
def deploy(environment: str, words: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401  # click's
    """Deploy to ENVIRONMENT and follow it, as `/deploy ENVIRONMENT WORDS…` would.

    The person named by --as must be allowed to, as if they had commented; the answer says why not.

    \b
    python -m bot deploy staging --repository acme/web --as writer
    python -m bot deploy prod api-service --pr 12 --repository acme/web --as writer
    """  # noqa: D301  # click reads \b as a character
    _ask("deploy", (environment, *words), options)


@click.command(context_settings=PASSED_ON, epilog=EXITS)
@click.argument("environment")
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@_asking
def rollback(environment: str, words: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401  # click's
    """Return ENVIRONMENT to its last release and follow it, as `/rollback` would.

    \b
    python -m bot rollback prod --repository acme/web --as writer
    python -m bot rollback prod to 1a2b3c4 --repository acme/web --as writer
    """  # noqa: D301  # click reads \b as a character
    _ask("rollback", (environment, *words), options)


@click.command(epilog=ASKED_EXITS)
@click.argument("environment", required=False)
@_repository
@_json
def status(environment: str | None, repository: str, *, as_json: bool) -> None:
    """Say what each environment runs and what is on its way; only ENVIRONMENT when it is named."""
    from bot.core.report import terminal  # noqa: PLC0415  # see above
    from bot.records import places as found  # noqa: PLC0415  # see above

    with trouble():
        desk = _desk()
        places, going = known(found(desk, repository, environment), as_json=as_json)
    states = [terminal.place_state(place, going) for place in places]
    _print(states if as_json else terminal.places(places, going, desk.clock()), as_json=as_json)


@click.command(epilog=ASKED_EXITS)
@click.argument("environment")
@_repository
@_json
@click.option("--limit", type=AT_LEAST_ONE, default=20, show_default=True, help="Deployments.")
def history(environment: str, repository: str, *, as_json: bool, limit: int) -> None:
    """List the deployments to ENVIRONMENT, newest first."""
    from bot.core.report import terminal  # noqa: PLC0415  # see above
    from bot.records import past  # noqa: PLC0415  # see above

    with trouble():
        found = known(past(_desk(), repository, environment, limit), as_json=as_json)
    states = [terminal.deployment_state(one) for one in found]
    _print(states if as_json else terminal.past(found), as_json=as_json)


STEERING = {
    "promote": "Take the next step of the rollout to ENVIRONMENT now.",
    "pause": "Take no further step of the rollout to ENVIRONMENT until it is resumed.",
    "resume": "Go on with the rollout to ENVIRONMENT, or put moved traffic back.",
    "abort": "End the deployment to ENVIRONMENT and return its traffic to stable.",
}


def _steering(verb: str, does: str) -> click.Command:
    """Return the command that does what the comment of its name does."""

    @click.command(verb, help=f"{does}\n\nAs `/{verb} ENVIRONMENT` would.", epilog=EXITS)
    @click.argument("environment")
    @_asking
    def steer(environment: str, **options: Any) -> None:  # noqa: ANN401  # click's
        _ask(verb, (environment,), options)

    return steer


COMMANDS = (deploy, rollback, *starmap(_steering, STEERING.items()), status, history)


def _ask(verb: str, words: Iterable[str], options: dict[str, Any]) -> None:
    """Publish the command, print what comes of it, and end with the code that says so."""
    from bot.core.report.terminal import outcome  # noqa: PLC0415  # see above
    from bot.operate import Exit, Seen, Wish, ask  # noqa: PLC0415  # see above

    wish = Wish(
        repository=options["repository"],
        actor=options["actor"].removeprefix("@"),
        text=" ".join((f"/{verb}", *map(_quoted, words))),
        number=options["pr"],
    )
    with trouble():
        desk = _desk()
        key = ask(desk, wish)
        seen = Seen()
        if not options["no_wait"]:
            seen = _followed(desk, key, options)
    if options["as_json"]:
        _print({**outcome(seen.ask, seen.deployment), "ask": key}, as_json=True)
    raise SystemExit(Exit.DONE if options["no_wait"] else seen.exit)


def _followed(desk: Desk, key: str, options: dict[str, Any]) -> Seen:
    from bot.operate import Seen, follow, lines  # noqa: PLC0415  # see above

    last = Seen()
    for seen in follow(desk, key, timedelta(seconds=options["timeout"])):
        if not options["as_json"]:
            _print(lines(last, seen), as_json=False)
        last = seen
    return last


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


def _print(said: Any, *, as_json: bool) -> None:  # noqa: ANN401  # any JSON, or lines
    if as_json:
        import msgspec  # noqa: PLC0415  # see above

        click.echo(msgspec.json.encode(said).decode())
        return
    for line in said:
        colour = next((name for mark, name in COLOURS.items() if line.startswith(mark)), None)
        click.secho(line, fg=colour)


def _desk() -> Desk:
    from bot import settings, wiring  # noqa: PLC0415  # see above

    return wiring.desk(settings.load())

"""Foresee what the gates will look at, so that GitHub is asked once instead of many times.

It is guessed from our own records: the rules that could be used last, the newest head that was
shown, what is live. Where the guess is wrong, what is due is asked for as if there were none.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.core import command, policy, sources
from bot.core.awaiting import Approvals
from bot.core.gates import Gates, demands_live
from bot.core.github import Glance
from bot.core.heads import newest
from bot.core.model import Heads, Repository
from bot.engine.acquaintance import meet
from bot.engine.gather import WRITERS, live_release
from bot.engine.rules import CLOUDBUILD, MANIFEST, usable_at
from bot.engine.waiting import expect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.deployment import Deployment
    from bot.core.manifest import Manifest
    from bot.core.model import Ask
    from bot.core.standing import Standing
    from bot.engine.rules import Rules
    from bot.ports import World

Permitted = command.Deploy | command.Steering | command.Approve | command.Lock | command.Unlock
"""What is followed for those only who may do it."""
MOST_WORDS = 5
"""Second persons whose role is foreseen."""
FULL_SHA = 40
MODULES = ".gitmodules"


class Guess(Struct, frozen=True, kw_only=True):
    """A commit on its way into an environment, as far as it is on our record."""

    repository: Repository
    number: int = 0
    """The pull request; 0 after a push."""
    environment: str
    gates: Gates
    actor: str
    sha: str = ""
    """Empty where no commit is meant, or none is known."""
    on_default_branch: bool = False
    """Else it is the pull request's head."""
    tip: str = ""
    """Where the default branch was last; empty where only GitHub knows."""
    named: str = ""
    """A commit that is named in full and is not the head."""
    files: tuple[str, ...] = ()
    """What the commit may say of itself."""
    paths: tuple[str, ...] = ()
    """What is built from it."""


def foreseen(world: World, ask: Ask, read: command.Command | command.Unreadable) -> World:
    """Return the world with a reader that knows what following this command is going to ask."""
    meant = read.deploy if isinstance(read, command.Plan) else read
    if ask.number is None or not isinstance(meant, Permitted):
        return world
    guess = _guessed(world, ask, meant)
    if guess is None:
        return _glanced(world, ask.repository, Glance(number=ask.number, people=(ask.actor,)))
    if meant is read and guess.sha and policy.may_wait(guess.gates, pushed=False):
        world = expect(world, ask, (guess.environment, guess.sha, ask.number))
    return _glanced(world, ask.repository, _at_commit(world, guess))


def foreseen_push(world: World, ask: Ask, rules: Rules, gates: Mapping[str, Gates]) -> World:
    """Return the same for a push and the gates of the environments that it goes to."""
    here = ask.ref == rules.branch
    wanted = Glance(sha=ask.sha, on_default_branch=here, brought=True)
    for environment, asking in gates.items():
        guess = Guess(
            repository=ask.repository,
            environment=environment,
            gates=asking,
            actor=ask.actor,
            sha=ask.sha,
            on_default_branch=here,
        )
        if len(gates) == 1 and policy.may_wait(asking, pushed=True):
            world = expect(world, ask, (environment, ask.sha, None))
        wanted = _joined(wanted, _at_commit(world, guess))
    return _glanced(world, ask.repository, wanted)


def _joined(one: Glance, more: Glance) -> Glance:
    """Return what both want to know of one commit."""
    return replace(
        one,
        people=tuple(dict.fromkeys((*one.people, *more.people))),
        teams=tuple(dict.fromkeys((*one.teams, *more.teams))),
        checks=one.checks or more.checks,
        reviews=one.reviews or more.reviews,
        compared=tuple(dict.fromkeys((*one.compared, *more.compared))),
        others=tuple(dict.fromkeys((*one.others, *more.others))),
    )


def foreseen_again(world: World, deployment: Deployment, standing: Standing) -> World:
    """Return the world with a reader that knows what the gates are going to ask once more."""
    guess = Guess(
        repository=deployment.repository,
        number=deployment.number or 0,
        environment=deployment.environment,
        gates=deployment.plan.gates,
        actor=deployment.actor,
        sha=deployment.sha,
        on_default_branch=standing.on_default_branch or standing.pushed,
    )
    return _glanced(world, deployment.repository, _at_commit(world, guess))


def _glanced(world: World, repository: Repository, wanted: Glance) -> World:
    """Glance, unless that is about one answer at most, which costs no more where it is due."""
    about = wanted.people or wanted.checks or wanted.reviews or wanted.compared or wanted.others
    if not wanted.number and not about:
        return world
    return replace(world, github=world.github.at_a_glance(repository, wanted))


def _guessed(world: World, ask: Ask, read: Permitted) -> Guess | None:
    """Return what a command means by the rules that could be used last; None where none could."""
    rules = meet(world, ask.repository).rules
    manifest = usable_at(world, ask.repository, rules)
    if manifest is None or read.environment not in manifest.environments:
        return None
    gates = manifest.resolve(read.environment).gates
    guess = Guess(
        repository=ask.repository,
        number=ask.number or 0,
        environment=read.environment,
        gates=gates if isinstance(read, command.Deploy) else Gates(teams=gates.teams),
        actor=ask.actor,
        tip=rules,
    )
    return (
        _meaning(world, ask, guess, (read, manifest)) if isinstance(read, command.Deploy) else guess
    )


def _meaning(world: World, ask: Ask, guess: Guess, said: tuple[command.Deploy, Manifest]) -> Guess:
    """Return the guess with the commit that is meant: the head, unless another is named."""
    read, manifest = said
    head = ask.sha or _head(world, ask)
    named = read.ref or _branch(read, manifest)
    elsewhere = not head.startswith(named)
    return replace(
        guess,
        sha=(ask.sha or guess.tip) if elsewhere else head,
        on_default_branch=elsewhere,
        named=named if elsewhere and len(named) == FULL_SHA else "",
        **_contents(manifest, guess),
    )


def _contents(manifest: Manifest, guess: Guess) -> dict[str, tuple[str, ...]]:
    """Return what is looked at of a commit: what it says of itself, and what is built from it."""
    services = manifest.resolve(guess.environment).services
    folders = [path.strip("/") for one in services for path in (one.path, *one.also)]
    attributes = (posixpath.normpath(f"{folder}/{sources.ATTRIBUTES}") for folder in folders)
    dockerfiles = (posixpath.normpath(f"{one.path}/Dockerfile") for one in services)
    named = (path for one in services for path in (one.path, *one.also))
    return {
        "files": tuple(dict.fromkeys((MANIFEST, sources.ATTRIBUTES, *attributes))),
        "paths": tuple(dict.fromkeys((MANIFEST, CLOUDBUILD, MODULES, *named, *dockerfiles))),
    }


def _head(world: World, ask: Ask) -> str:
    found = world.store.get(Heads, f"{ask.repository.id}/{ask.number}")
    return newest(found[0]) if found else ""


def _branch(read: command.Deploy, manifest: Manifest) -> str:
    """Return the last word where it is no service: it names the default branch."""
    last = read.words[-1] if read.words else ""
    return "" if last in manifest.services else last


def _at_commit(world: World, guess: Guess) -> Glance:
    """Return everything that the gates look at about the commit that is meant."""
    gates = guess.gates
    compared, others = _comparisons(world, guess)
    reviews = bool(gates.approvals) or gates.forks == "approved"
    return Glance(
        number=guess.number,
        sha=guess.sha,
        on_default_branch=guess.on_default_branch,
        people=tuple(dict.fromkeys((*_first_person(guess), *_second_persons(world, guess)))),
        teams=gates.teams,
        checks=gates.checks is not None,
        reviews=reviews,
        brought=reviews and guess.on_default_branch,
        compared=compared,
        others=others,
        files=_files(guess),
        paths=guess.paths if guess.sha else (),
    )


def _files(guess: Guess) -> tuple[tuple[str, str], ...]:
    """Return what the commit says of itself, and what the default branch builds it with."""
    own = tuple((guess.sha, path) for path in guess.files if guess.sha)
    return (*own, (guess.tip, CLOUDBUILD)) if own and guess.tip else own


def _first_person(guess: Guess) -> tuple[str, ...]:
    """Return who asks, unless GitHub asked for enough when it took their push."""
    enough = not guess.number and guess.gates.permission in WRITERS
    return (guess.actor,) if guess.actor and not enough else ()


def _second_persons(world: World, guess: Guess) -> tuple[str, ...]:
    """Return who said `/approve`, which is asked for nowhere else."""
    key = f"{guess.repository.id}/{guess.environment}/{guess.sha}"
    found = world.store.get(Approvals, key) if guess.gates.two_person else None
    words = found[0].given if found else ()
    return tuple(one.by for one in words)[:MOST_WORDS]


def _comparisons(world: World, guess: Guess) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the commits that have to be part of this one, and the pull request that is live.

    They are compared with a branch, which may be another's than the default one's or the head's.
    """
    gates, head = guess.gates, not guess.on_default_branch
    if not guess.sha or (head and not guess.number):
        return (), ()
    live = live_release(world, guess.repository, guess.environment)
    own = head and live is not None and live.number == guess.number
    if own or not demands_live(guess.environment, gates):
        live = None
    others = (live.number,) if live and live.number else ()
    newer = head and (others or gates.up_to_date != "off")
    commits = (live.sha if live else "", guess.tip if newer else "", guess.named)
    return tuple(filter(None, commits)), others

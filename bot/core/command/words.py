"""What people can ask for, and how they would type it."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from bot.core.reasons import Reason

USAGE = {
    "deploy": "/deploy <environment> [service…] [sha|main] [--now] [--retry] [--replace #n] "
    '[--override] [--reason "…"]',
    "plan": "/plan <environment> [as for /deploy]",
    "promote": "/promote [environment]",
    "pause": "/pause [environment]",
    "resume": "/resume [environment]",
    "abort": "/abort [environment]",
    "rollback": "/rollback <environment> [to <sha>]",
    "approve": "/approve [environment] [sha]",
    "status": "/status [environment]",
    "history": "/history <environment>",
    "lock": "/lock <environment> [--for 2h] <reason>",
    "unlock": "/unlock <environment>",
    "help": "/help",
}


class Deploy(Struct, frozen=True, kw_only=True):
    """Put a commit into an environment.

    `parse` leaves what it cannot know in `words`; `resolve_words` turns them into `services` and
    `ref`.
    """

    environment: str
    services: tuple[str, ...] = ()
    """Empty means all."""
    ref: str = ""
    """A commit of 7 to 40 lower-case hex digits, or the default branch; empty means the head."""
    words: tuple[str, ...] = ()
    """What stood between environment and commit: services, or the default branch at the end."""
    now: bool = False
    """Straight to all traffic once it is healthy, without the steps between."""
    retry: bool = False
    """Also what was rolled back before."""
    replace: int = 0
    """The pull request whose commit may go out of the environment; 0 for none."""
    override: bool = False
    """Also in a closed window, for those who may."""
    reason: str = ""


class Plan(Struct, frozen=True):
    """Say what a `/deploy` with these words would do, and do nothing."""

    deploy: Deploy


class Promote(Struct, frozen=True, kw_only=True):
    """Take the next step of the rollout now; empty means the one environment it can mean."""

    environment: str = ""


class Pause(Struct, frozen=True, kw_only=True):
    """Leave the traffic where it is until somebody says more."""

    environment: str = ""


class Resume(Struct, frozen=True, kw_only=True):
    """Go on after a pause."""

    environment: str = ""


class Abort(Struct, frozen=True, kw_only=True):
    """End a deployment and return its traffic to stable."""

    environment: str = ""


class Rollback(Struct, frozen=True, kw_only=True):
    """Return an environment to an earlier release."""

    environment: str
    ref: str = ""
    """A commit of 7 to 40 lower-case hex digits; empty means the release before the live one."""


class Approve(Struct, frozen=True, kw_only=True):
    """Give the second person's word for one commit."""

    environment: str = ""
    ref: str = ""
    """A commit of 7 to 40 lower-case hex digits; empty means the one that waits for it."""


class Status(Struct, frozen=True, kw_only=True):
    """Say what an environment runs; every environment when none is named."""

    environment: str = ""


class History(Struct, frozen=True, kw_only=True):
    """List what went to an environment, and how it ended."""

    environment: str


class Lock(Struct, frozen=True, kw_only=True):
    """Keep deployments out of an environment until somebody unlocks it."""

    environment: str
    reason: str
    length: timedelta | None = None
    """How long it is thought to last: then its owner is reminded. Nothing unlocks by itself."""


class Unlock(Struct, frozen=True, kw_only=True):
    """Let deployments into an environment again."""

    environment: str


class Help(Struct, frozen=True):
    """List the commands and what they would do here."""


class Unreadable(Struct, frozen=True, kw_only=True):
    """A line meant for us that cannot be followed, and what to type instead."""

    line: str
    code: Reason
    problem: str
    """One sentence, safe to show: it repeats allow-listed words only."""
    also: tuple[tuple[Reason, str], ...] = ()
    """What else is wrong with it, once that is mended."""
    suggestion: str = ""
    """The exact line to paste, with all of it mended; empty when it cannot be guessed."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Return everything that is wrong, a sentence each."""
        return (self.problem, *(problem for _, problem in self.also))

    @property
    def codes(self) -> tuple[Reason, ...]:
        """Return a code for each of them."""
        return (self.code, *(code for code, _ in self.also))


Steering = Promote | Pause | Resume | Abort | Rollback
"""What changes the course of a deployment that was asked for before."""

Command = Deploy | Plan | Steering | Approve | Status | History | Lock | Unlock | Help

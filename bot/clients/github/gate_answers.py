"""GitHub's answers about checks, rules and reviews, cut down to the fields that gates read.

Shapes: https://docs.github.com/en/rest
"""

from __future__ import annotations

from msgspec import Struct

from bot.clients.github.answers import ById, GitObject, Login


class Suite(Struct, frozen=True):
    """The check suite that a run belongs to."""

    id: int


class Run(Struct, frozen=True):
    """A check run; its conclusion is null until it is completed."""

    id: int
    name: str
    status: str
    conclusion: str | None = None
    app: ById | None = None
    check_suite: Suite | None = None


class Runs(Struct, frozen=True):
    """A page of check runs."""

    total_count: int
    check_runs: list[Run]


class Context(Struct, frozen=True):
    """The newest commit status of one context."""

    context: str
    state: str


class Combined(Struct, frozen=True):
    """A page of the newest commit statuses."""

    total_count: int
    statuses: list[Context]


class RuleCheck(Struct, frozen=True):
    """A required check in a ruleset."""

    context: str
    integration_id: int | None = None


class Workflow(Struct, frozen=True):
    """A workflow that a ruleset requires to succeed."""

    path: str


class RuleParameters(Struct, frozen=True):
    """What a rule asks for; most kinds have other fields, which do not concern us."""

    required_status_checks: list[RuleCheck] = []
    workflows: list[Workflow] = []


class Rule(Struct, frozen=True):
    """One rule of the rulesets that apply to a branch."""

    type: str
    parameters: RuleParameters | None = None


class ProtectedCheck(Struct, frozen=True):
    """A required check of classic branch protection; -1 or null means any App."""

    context: str
    app_id: int | None = None


class ProtectedChecks(Struct, frozen=True):
    """What classic branch protection requires."""

    contexts: list[str] = []
    checks: list[ProtectedCheck] = []


class Protection(Struct, frozen=True):
    """Classic branch protection, as every reader of the branch sees it."""

    required_status_checks: ProtectedChecks | None = None


class Branch(Struct, frozen=True):
    """A branch with its protection."""

    commit: GitObject
    protection: Protection | None = None


class ReviewFound(Struct, frozen=True):
    """A review; its user is null when the account is gone."""

    state: str
    user: Login | None = None
    commit_id: str | None = None


class Membership(Struct, frozen=True):
    """Somebody's membership in a team, inherited ones included."""

    state: str

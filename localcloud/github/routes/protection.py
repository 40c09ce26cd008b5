"""What a branch demands before a merge, by rulesets and by classic protection."""

from __future__ import annotations

from typing import Literal

import msgspec

from localcloud.github.exchange import Ask, Reply, created
from localcloud.github.problems import not_found
from localcloud.github.records import RequiredCheck
from localcloud.github.routing import Routes
from localcloud.github.shapes import protection as shapes

routes = Routes("metadata")
ruling = Routes("administration")

_HEADS = "refs/heads/"
_DEFAULT = "~DEFAULT_BRANCH"


class _Check(msgspec.Struct):
    context: str
    integration_id: int | None = None


class _Parameters(msgspec.Struct):
    required_status_checks: list[_Check]
    strict_required_status_checks_policy: bool = False


class _Rule(msgspec.Struct):
    type: Literal["required_status_checks"]
    parameters: _Parameters


class _Refs(msgspec.Struct, frozen=True):
    include: tuple[str, ...] = (_DEFAULT,)
    exclude: tuple[str, ...] = ()


class _Conditions(msgspec.Struct, frozen=True):
    ref_name: _Refs = _Refs()


class CreateRuleset(msgspec.Struct):
    """The body of a ruleset; here it demands checks of branches that it names."""

    name: str
    enforcement: Literal["active"]
    target: Literal["branch"] = "branch"
    conditions: _Conditions = _Conditions()
    rules: list[_Rule] = []


class _ClassicCheck(msgspec.Struct):
    context: str
    app_id: int | None = None


class _ClassicChecks(msgspec.Struct):
    strict: bool
    contexts: list[str]
    checks: list[_ClassicCheck] = []


class UpdateProtection(msgspec.Struct):
    """The body of classic protection; only required checks are kept here."""

    required_status_checks: _ClassicChecks | None
    enforce_admins: bool | None
    required_pull_request_reviews: None
    restrictions: None


@routes.get("/repos/{owner}/{repo}/rules/branches/{branch}")
def list_rules(ask: Ask, branch: str) -> Reply:
    """List the rules of all rulesets that apply to a branch; none where there are none."""
    found = required(ask, branch, classic=False)
    rules = [shapes.rule(ask.repository, found)] if found else []
    return ask.page(rules, lambda rule: rule)


@ruling.post("/repos/{owner}/{repo}/rulesets", needs="admin")
def create_ruleset(ask: Ask) -> Reply:
    """Demand checks by a ruleset."""
    body, identity = ask.read(CreateRuleset), ask.site.store.new_id()
    for ref in body.conditions.ref_name.include:
        branch = ask.repository.default_branch if ref == _DEFAULT else ref.removeprefix(_HEADS)
        for rule in body.rules:
            for check in rule.parameters.required_status_checks:
                demand(ask, branch, (check.context, check.integration_id), classic=False)
    return created(shapes.ruleset(ask.repository, identity, body.name))


@ruling.put("/repos/{owner}/{repo}/branches/{branch}/protection", needs="admin")
def update_protection(ask: Ask, branch: str) -> Reply:
    """Demand checks by classic protection, instead of what it demanded before."""
    if branch not in ask.git.heads():
        raise not_found()
    body = ask.read(UpdateProtection)
    for old in required(ask, branch, classic=True):
        ask.site.store.delete(old)
    wanted = body.required_status_checks
    checks = dict.fromkeys(wanted.contexts) if wanted else {}
    checks |= {check.context: check.app_id for check in wanted.checks} if wanted else {}
    for context, app in checks.items():
        demand(ask, branch, (context, app), classic=True)
    found = required(ask, branch, classic=True)
    return Reply(shapes.protected_branch(ask.site, ask.repository, branch, found))


def required(ask: Ask, branch: str, *, classic: bool) -> list[RequiredCheck]:
    """List what is demanded of a branch."""
    of = {"repository": ask.repository.id, "branch": branch, "classic": classic}
    return ask.site.store.find(RequiredCheck, **of)


def demand(ask: Ask, branch: str, check: tuple[str, int | None], *, classic: bool) -> None:
    """Demand one check of a branch."""
    context, app = check
    ask.site.store.save(
        RequiredCheck(
            id=ask.site.store.new_id(),
            repository=ask.repository.id,
            branch=branch,
            context=context,
            app=app,
            classic=classic,
        )
    )

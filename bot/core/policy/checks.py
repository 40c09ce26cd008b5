"""The gate `checks`: what other systems say about exactly this commit. It fails closed.

A check that never reported blocks like one that failed; of several runs of one check in a suite
only the newest is seen (`bot/clients/github/gates.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.github import CheckSeen, CheckState, RequiredCheck
from bot.core.model import Refusal
from bot.core.policy.facts import again, plain
from bot.core.policy.judgement import Awaited
from bot.core.reasons import Reason

if TYPE_CHECKING:
    from bot.core.policy.facts import Checks, Facts

_SHOWN = 10
_ANY = RequiredCheck("")
"""Stands for the first check of all: `checks: all` asks for at least one."""


def checks(facts: Facts) -> Refusal | Awaited | None:
    """Ask for green checks; while they are not, a push and `when_green: wait` wait."""
    if facts.gates.checks is None:
        return None
    if facts.checks is None:
        return _refused(facts, "its checks could not be read")
    failed, unfinished = _open(facts, facts.checks)
    if not failed and not unfinished:
        return None
    said = _said(facts.target.sha, failed, unfinished)
    until = facts.asked_at + facts.gates.green_within
    patient = facts.pushed or (facts.gates.when_green == "wait" and not failed)
    if patient and facts.now < until:
        awaited = (*failed, *unfinished)
        return Awaited(code=Reason.CHECKS_RUNNING, reason=said, until=until, checks=awaited)
    return _refused(facts, said, failed)


def _open(facts: Facts, known: Checks) -> tuple[list[str], list[str]]:
    """Return the names of what failed, and of what is running or was never reported."""
    ignored = frozenset(facts.gates.ignored_checks)
    seen = [check for check in known.seen if check.name not in ignored]
    failed: list[str] = []
    unfinished: list[str] = []
    for wanted in _wanted(facts, known, seen):
        states = [check.state for check in seen if _is(check, wanted)]
        if CheckState.FAILED in states:
            failed.append(wanted.name)
        elif not states or CheckState.RUNNING in states:
            unfinished.append(wanted.name)
    return list(dict.fromkeys(failed)), list(dict.fromkeys(unfinished))


def _wanted(facts: Facts, known: Checks, seen: list[CheckSeen]) -> list[RequiredCheck]:
    gate = facts.gates.checks
    if gate == "all":
        return [RequiredCheck(check.name, check.app) for check in seen] or [_ANY]
    if gate == "required":
        required = (one for one in known.required if one.name not in facts.gates.ignored_checks)
        return [one for one in required if not _ours(facts, one, seen)]
    return [RequiredCheck(name) for name in gate or ()]


def _ours(facts: Facts, wanted: RequiredCheck, seen: list[CheckSeen]) -> bool:
    """Tell whether a required check is the one that we make, which would wait for itself.

    Others may have one of the same name, such as a job `prod` of a workflow `deploy`: where one
    is there, or an App is named, it is theirs.
    """
    named = wanted.name in facts.own_checks and not wanted.app
    return named and all(check.name != wanted.name for check in seen)


def _is(check: CheckSeen, wanted: RequiredCheck) -> bool:
    return check.name == wanted.name and wanted.app in {0, check.app}


def _said(sha: str, failed: list[str], unfinished: list[str]) -> str:
    if unfinished == [_ANY.name]:
        return f"no check has reported on `{sha[:7]}` yet"
    parts = [
        f"{_names(failed)} failed" if failed else "",
        f"{_names(unfinished)} has not passed yet" if unfinished else "",
    ]
    return f"checks of `{sha[:7]}`: " + ", and ".join(filter(None, parts))


def _names(names: list[str]) -> str:
    shown = ", ".join(f"`{plain(name)}`" for name in names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _refused(facts: Facts, said: str, failed: list[str] | None = None) -> Refusal:
    remedy = "mend or re-run what failed, then ask again" if failed else "ask again once they pass"
    return Refusal(
        code=Reason.CHECKS_NOT_GREEN, reason=said, remedy=remedy, commands=(again(facts),)
    )

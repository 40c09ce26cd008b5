"""The course of a rollout: which share next, when to hold, when to go back.

A fold like the verdict, and as pure: `onward` is asked whenever a metric window has become visible.
The phases `shifting` and `watching` drive it in production, the benchmark drives the same code.

Next: bot/core/verdict/__init__.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.core.evidence import Finding, Outcome
from bot.core.route import Course, Policy, Route, Stage, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.evidence import Evidence, History, Verdict

FULL = 100
PATIENCE = 20
"""Windows that doubt may hold an automatic step beyond its bake."""
FIRST_BAKE = 4
"""Windows of the first step at least: in the first three only a catastrophe counts."""
RECHECK_SHARES = (20, 90)
"""The canary's shares of a recheck: little first, then as much as leaves stable a witness, since
some faults need load."""
RECHECK_LEAST, RECHECK_MOST = 8, 30
"""Windows at each of them."""
MOST_ALARMS = 3
"""Further alarms are not heard: stable has done as badly so often."""
MOSTLY = 90
THIN_STABLE = 30
"""Requests of stable below which it is no witness against a canary that has most of the traffic."""
NOISY = 0.25
MISSED = 20
"""Requests that were due, from which their silence means that metrics are missing."""
CONDEMNED = frozenset({Finding.WORSE, Finding.MUTE})
DOUBTFUL = frozenset({Finding.UNDECIDED, Finding.BREWING, Finding.ALARMED})
"""Traffic does not grow. An alarm below 100 %: the canary does badly while stable is not called."""

_AUTO = (
    (30_000.0, (Step(1, 7), Step(10, 2), Step(50, 2))),
    (3_000.0, (Step(2, 9), Step(12, 1), Step(50, 1))),
    (300.0, (Step(4, 4), Step(12, 9), Step(50, 4), Step(90, 4))),
    (30.0, (Step(20, 10), Step(50, 10), Step(90, 10))),
    (0.0, (Step(5, 8), Step(25, 10), Step(90, 12))),
)
"""From so many requests per window on: the steps. The first gives the canary some 25 requests per
window where it can, so that one window shows a catastrophe, and bakes until a small regression
shows. Where traffic is thin, stable keeps a share to be compared with at the last step too."""
_NOISY = ((3_000.0, (Step(2, 13), Step(50, 1))), *_AUTO[2:])
"""The same for a service whose ratios jump from window to window: it takes more windows to tell."""


class Move(Struct, frozen=True):
    """Where the course goes on, or how it ended; why it waits, when it does."""

    course: Course
    waiting: str = ""
    outcome: Outcome | None = None


def automatic(history: History) -> tuple[Step, ...]:
    """Return the steps that suit a service's own traffic of the last day."""
    table = _NOISY if noisy(history) else _AUTO
    steps = next(steps for least, steps in table if history.requests >= least)
    return tuple(replace(step, longest=step.bake + PATIENCE) for step in steps)


def noisy(history: History) -> bool:
    """Tell whether a service's ratios jump so much that it takes more windows to tell."""
    return any(past.measured and past.noise >= NOISY for past in history.metrics.values())


def begin(route: Route) -> Course:
    """Return the course at its first step."""
    return Course(share=route.steps[0].share) if route.steps else at_full(Course())


def at_full(course: Course) -> Course:
    """Return the course at 100 %, where it is watched."""
    return replace(course, stage=Stage.WATCH, share=FULL)


def onward(
    course: Course,
    seen: Sequence[tuple[Evidence, Verdict]],
    route: Route,
    beside: Sequence[tuple[Evidence, Verdict]] = (),
) -> Move:
    """Return where to go from here, given what every service that shares this course shows.

    Those beside have all the traffic already, and are judged while the others ramp.
    """
    found = {verdict.finding for _, verdict in seen}
    broken = [evidence for evidence, verdict in seen if verdict.finding is Finding.BROKEN]
    spoiled = any(_spoiled(evidence, verdict) for evidence, verdict in beside)
    if spoiled or found & CONDEMNED or any(_heard(course, evidence) for evidence in broken):
        return Move(course, outcome=Outcome.ROLLED_BACK)
    alarmed = Finding.ALARMED in found
    if (broken or (alarmed and course.share >= MOSTLY)) and _may_ask(course):
        return Move(_rechecking(course))
    if any(_silent(course, evidence) for evidence, _ in seen):
        return Move(course, "metrics-down")
    windows = min((_windows(course, evidence) for evidence, _ in seen), default=0)
    undecided = bool(found & DOUBTFUL)
    match course.stage:
        case Stage.RAMP:
            thin = any(_thin(course, evidence, route) for evidence, _ in seen)
            if any(_failing_now(evidence, verdict) for evidence, verdict in beside):
                found |= {Finding.BREWING}
            return _ramp(course, windows, _doubts(found, thin=thin, route=route), route)
        case Stage.WATCH:
            return _watch(course, windows, route)
        case Stage.RECHECK:
            return _recheck(course, windows, undecided=undecided)


def _windows(course: Course, evidence: Evidence) -> int:
    return evidence.windows if evidence.share == course.share else 0


def _heard(course: Course, evidence: Evidence) -> bool:
    """Tell whether a catastrophe is the canary's own: a stable that hardly answers cannot say.

    Then it is asked, and what is heard are the answers: windows of the recheck.
    """
    if course.stage is Stage.RECHECK:
        return evidence.share <= course.share
    return course.share < MOSTLY or evidence.excursion.sums.stable >= THIN_STABLE


def _spoiled(evidence: Evidence, verdict: Verdict) -> bool:
    """Tell whether a service with all the traffic must go back without asking stable again."""
    if verdict.finding is Finding.BROKEN:
        return evidence.excursion.sums.stable >= THIN_STABLE
    return verdict.finding in CONDEMNED


def _failing_now(evidence: Evidence, verdict: Verdict) -> bool:
    """Tell whether its latest windows look like a catastrophe: what is less, the watch looks into.

    There stable is asked; here an outage of both must be over before it does harm.
    """
    now = evidence.solo.nats > 0.0 or verdict.due > 0.0
    return verdict.finding is Finding.ALARMED and now


def _may_ask(course: Course) -> bool:
    """Tell whether stable is to be asked again: not while it is, nor after so many times."""
    return course.stage is not Stage.RECHECK and course.alarms < MOST_ALARMS


def _silent(course: Course, evidence: Evidence) -> bool:
    """Tell whether series are missing, though there must have been requests.

    Where windows without any had to be taken as empty, it is traffic that is missing.
    """
    if evidence.strange or (evidence.missing >= MISSED and not evidence.idle):
        return True
    return evidence.share == course.share and evidence.unmet >= MISSED


def _thin(course: Course, evidence: Evidence, route: Route) -> bool:
    """Tell whether a step has seen too little: of what is due, or of what deploy.yaml wants."""
    seen = evidence.windows - evidence.blank
    return evidence.canary.requests < route.min_requests or (
        evidence.blank > 0 and seen < route.steps[course.step].bake
    )


def _doubts(found: set[Finding], *, thin: bool, route: Route) -> list[tuple[str, Policy]]:
    """Return what speaks against the next step, and what to do when that stays so.

    What looks like a catastrophe does not go on by itself only because hardly anybody calls.
    """
    doubts: list[tuple[str, Policy]] = []
    if Finding.BREWING in found:
        promoting = route.undecided is Policy.PROMOTE
        doubts.append(("undecided", Policy.ROLL_BACK if promoting else route.undecided))
    elif found & DOUBTFUL:
        doubts.append(("undecided", route.undecided))
    if thin:
        doubts.append(("not-enough-traffic", route.not_enough_traffic))
    return doubts


def _ramp(course: Course, windows: int, doubts: list[tuple[str, Policy]], route: Route) -> Move:
    step = route.steps[course.step]
    if windows < max(step.bake, 0 if course.step else FIRST_BAKE):
        return Move(course, "baking" if windows else "waiting-for-data")
    for why, policy in doubts:
        if windows < step.longest or policy is Policy.HOLD:
            return Move(course, why)
        if policy is Policy.ROLL_BACK:
            return Move(course, why, Outcome.ROLLED_BACK)
    return Move(risen(course, route))


def risen(course: Course, route: Route) -> Course:
    """Return the course at its next step; after the last, at 100 %."""
    step = course.step + 1
    if step < len(route.steps):
        return replace(course, step=step, share=route.steps[step].share)
    return at_full(course)


def _watch(course: Course, windows: int, route: Route) -> Move:
    if windows >= route.watch:
        return Move(course, outcome=Outcome.PROMOTED)
    return Move(course, "watching")


def _rechecking(course: Course) -> Course:
    alarms = course.alarms + 1
    return replace(course, stage=Stage.RECHECK, share=RECHECK_SHARES[0], alarms=alarms)


def _recheck(course: Course, windows: int, *, undecided: bool) -> Move:
    if windows < RECHECK_LEAST or (undecided and windows < RECHECK_MOST):
        return Move(course, "recheck")
    higher = [share for share in RECHECK_SHARES if share > course.share]
    return Move(replace(course, share=higher[0]) if higher else at_full(course))

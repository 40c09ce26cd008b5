"""The store and the smoke visitor as the gate sees them: each write and visit has a name.

A write is named for the records and the fields that it changes, so that the same write has the
same name in every run, however often others came before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from bot.core.deployment import Deployment, Phase
from bot.core.rollout.turn import ENDS
from bot.core.told import Told
from tests.faults.gate import AFTER, BEFORE, Passing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.core.configuration import SmokeCheck
    from bot.core.deployment import SmokeAnswer
    from bot.ports import Store, Visitor, Write

PASSING = frozenset({"wake_at", "phase_since", "waiting", "attempts", "asked", "lease_until"})
"""Fields that say when, not what."""


class WatchedStore:
    """A store whose writes pass the gate; reading is nobody's business."""

    def __init__(self, real: Store, passer: Callable[[Passing], None]) -> None:
        self._real = real
        self._pass = passer

    def commit(self, *writes: Write) -> bool:
        """Store, and tell before and after."""
        what = "store " + " + ".join(sorted({self._named(write) for write in writes}))
        moving = [one.record for one in writes if self._moves(one)]
        state = "".join(_state(record) for record in moving[:1])
        self._pass(Passing(what, BEFORE))
        done = self._real.commit(*writes)
        if done:
            self._pass(Passing(what, AFTER, state))
        return done

    def _moves(self, write: Write) -> bool:
        """Tell whether it writes a deployment on its way, or ends one; others are only told of."""
        if not isinstance(write.record, Deployment):
            return False
        found = self._real.get(Deployment, write.record.key) if write.version else None
        return found is None or found[0].phase not in ENDS

    def _named(self, write: Write) -> str:
        record = write.record
        kind = type(record).__name__
        found = self._real.get(type(record), record.key) if write.version else None
        if found is None:
            return f"new {kind}"
        changed = _changed(found[0], record)
        return f"{kind}({', '.join(changed) or 'time'})"

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever else a store can do
        return getattr(self._real, name)


class WatchedVisitor:
    """A visitor whose visits pass the gate."""

    def __init__(self, real: Visitor, passer: Callable[[Passing], None]) -> None:
        self._real = real
        self._pass = passer

    def visit(
        self, url: str, audience: str, checks: Sequence[SmokeCheck]
    ) -> tuple[SmokeAnswer, ...]:
        """Visit, and tell before and after."""
        self._pass(Passing("visit for smoke checks", BEFORE))
        answers = self._real.visit(url, audience, checks)
        self._pass(Passing("visit for smoke checks", AFTER))
        return answers


def _changed(before: Any, after: Any) -> list[str]:  # noqa: ANN401  # any two records of one kind
    names = (field.name for field in msgspec.structs.fields(type(after)))
    return [
        f"told.{inner}" if name == "told" else name
        for name in names
        if name not in PASSING and getattr(before, name) != getattr(after, name)
        for inner in (_told(before.told, after.told) if name == "told" else ("",))
    ]


def _told(before: Told, after: Told) -> list[str]:
    fields = (field.name for field in msgspec.structs.fields(Told))
    return [name for name in fields if getattr(before, name) != getattr(after, name)]


def _state(deployment: Deployment) -> str:
    """How far it is, as far as people could tell it apart."""
    match deployment.phase:
        case Phase.STAGING | Phase.SMOKE:
            where = f", level {deployment.level}"
        case Phase.SHIFTING:
            where = f" {deployment.share} %, level {deployment.level}"
        case _:
            where = ""
    return deployment.phase.value + where

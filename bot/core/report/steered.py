"""What is answered to somebody who steered a deployment: what happens, and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.control import Control, Verb
from bot.core.deployment import Deployment, Phase
from bot.core.report.holding import next_commands
from bot.core.report.phrases import commands, inline, plain
from bot.core.rollout.turn import PAUSE, had_traffic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.core.awaiting import WaitingAsk
    from bot.core.model import Ask

SYMBOLS = {Verb.ABORT: "🛑", Verb.PAUSE: "⏸️", Verb.RESUME: "▶️", Verb.PROMOTE: "⏩"}


def steered(before: Deployment, after: Deployment, control: Control, now: datetime) -> str:
    """Return the answer to a control that was followed."""
    origin = f" from #{before.number}" if before.number else ""
    whose = f", asked for by @{before.actor}" if before.actor != control.by else ""
    head = f"{SYMBOLS[control.verb]} **{before.environment}**: `{before.sha[:7]}`{origin}{whose}, "
    return f"{head}{_what(before, after, control, now)}\n\n{commands(*next_commands(after))}"


def called_off(ask: Ask) -> str:
    """Return that something will not be deployed, to whoever waited for it."""
    what = inline(ask.text) if ask.text else f"the push of `{ask.sha[:7]}`"
    return f"🛑 {what} was aborted by @{ask.called_off} while it waited. Nothing was touched."


def calling_off(waiting: Iterable[WaitingAsk]) -> str:
    """Return the answer to an abort of what was not on its way yet."""
    lines = [
        f"🛑 **{one.environment}**: `{one.sha[:7]}` of @{one.actor} no longer waits, and is not "
        "deployed."
        for one in waiting
    ]
    return "\n\n".join((*lines, commands("/status")))


def _what(before: Deployment, after: Deployment, control: Control, now: datetime) -> str:
    match control.verb:
        case Verb.ABORT:
            return _aborted(before, after)
        case Verb.PAUSE:
            shifting = before.phase is Phase.SHIFTING
            at = f"at {before.share} %" if shifting else "before any traffic"
            return (
                f"is paused {at}. No further step is taken; if the canary turns out worse, traffic "
                "goes back all the same. Without `/resume` all traffic returns to stable on "
                f"{now + PAUSE:%Y-%m-%d %H:%M} UTC."
            )
        case Verb.RESUME if before.moved:
            return (
                f"goes on: the traffic is put back to {before.share} %, instead of "
                f"{plain(before.traffic_found)}."
            )
        case Verb.RESUME:
            return f"goes on from {before.share} %."
        case Verb.PROMOTE:
            rest = " and stays paused there" if before.paused else ""
            return f"takes its next step after {before.share} %{rest}."


def _aborted(before: Deployment, after: Deployment) -> str:
    if after.phase is Phase.ABORTED:
        return "was taken out of the queue. Nothing was touched."
    if before.moved:
        return "is aborted. What people moved is left so, and all else returns to stable."
    if had_traffic(before):
        return "is aborted: all traffic returns to stable."
    return "is aborted: builds are cancelled, and no traffic was moved."

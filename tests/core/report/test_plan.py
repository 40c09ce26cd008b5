"""What `/plan` says: images, settings one by one, steps, and every gate."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.core.model import Refusal
from bot.core.policy import ASKING, AT_HAND
from bot.core.reasons import Reason
from bot.core.report.plan import GATES, Change, Outlook, plan_text
from tests.core.rollout.simulated import deployment, service_plan

WEB = service_plan("web")
MADE = replace(deployment(WEB), number=12, sha="a" * 40, command="/deploy prod aaaaaaa")
GREEN = Outlook(
    made=MADE,
    changes=(Change(plan=WEB, digest="", live=WEB, same=False),),
    against=(),
    awaited=(),
    passed=("permission", "known_head"),
    ahead=0,
    at_once=False,
)


def test_every_gate_has_a_name() -> None:
    assert {gate.__name__ for gate in (*AT_HAND, *ASKING)} == GATES.keys()


def test_what_would_go_ahead_says_when_and_how() -> None:
    told = plan_text(GREEN)
    assert (
        "**Plan for `prod`: `aaaaaaa` from #12.** It would start at once. Nothing was done." in told
    )
    assert "| web | is built | as they are |" in told
    assert "- ✅ permission, known head" in told
    assert told.endswith("Next: `/deploy prod aaaaaaa` · `/status prod`")
    assert "It would wait for 2 before it." in plan_text(replace(GREEN, ahead=2))
    assert "Steps: to 100 % at once." in plan_text(replace(GREEN, at_once=True))


def test_settings_that_differ_are_told_one_by_one() -> None:
    before = replace(WEB.cloud_run, memory="1Gi", env={"MODEL": "old", "GONE": "x"}, timeout=60)
    after = replace(WEB.cloud_run, memory="2Gi", env={"MODEL": "a|b"}, timeout=60)
    change = Change(
        plan=replace(WEB, cloud_run=after),
        digest="sha256:0123456789abcdef",
        live=replace(WEB, cloud_run=before),
        same=False,
    )
    told = plan_text(replace(GREEN, changes=(change,)))
    assert "| used again: `sha256:0123456789ab` | " in told
    assert "`memory: 1Gi` → `2Gi`" in told
    assert "`env.MODEL: old` → `a\\|b`" in told
    assert "`env.GONE` is no longer named" in told
    assert "timeout" not in told


def test_what_runs_already_would_change_nothing() -> None:
    same = Change(plan=WEB, digest="sha256:1", live=WEB, same=True)
    told = plan_text(replace(GREEN, changes=(same,)))
    assert "It would change nothing." in told
    assert "| web | the one that runs | as they are |" in told


def test_every_refusal_stands_there_with_its_remedy() -> None:
    against = Refusal(
        code=Reason.LOCKED,
        reason="`prod` is locked",
        remedy="unlock it",
        commands=("/unlock prod",),
    )
    waits = Refusal(
        code=Reason.APPROVAL_NEEDED, reason="it needs a second person", commands=("/approve prod",)
    )
    told = plan_text(replace(GREEN, against=(against,), awaited=(waits,)))
    assert "It would be refused." in told
    assert "- ❌ `prod` is locked. Unlock it." in told
    assert "- ⏳ It needs a second person." in told
    assert told.endswith("Next: `/unlock prod` · `/approve prod` · `/status prod`")


def test_the_watch_is_told_with_the_steps() -> None:
    rollout = replace(MADE.plan.rollout, steps=(20, 100), watch=timedelta(minutes=60))
    made = replace(MADE, plan=replace(MADE.plan, rollout=rollout))
    assert "Steps: 20 % → 100 %, watched 1h." in plan_text(replace(GREEN, made=made))


def test_automatic_steps_are_told_as_such() -> None:
    rollout = replace(MADE.plan.rollout, steps=(), watch=timedelta())
    made = replace(MADE, plan=replace(MADE.plan, rollout=rollout))
    told = plan_text(replace(GREEN, made=made))
    assert "Steps: as many steps as the traffic asks for." in told

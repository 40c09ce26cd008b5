"""A past rollout judged again, and one to come foreseen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core import forecast, replay
from bot.core.configuration import CloudRun
from bot.core.course import automatic
from bot.core.evidence import Counts, History
from bot.core.rollout import counting
from bot.core.route import Route
from bot.core.verdict import reason, summary
from bot.looking_ahead import now_running
from tests.core.rollout.simulated import Faults, World, deployment, service_plan
from tests.core.rollout.test_restoring import release

if TYPE_CHECKING:
    import pytest

AI = service_plan("ai")
SAMPLING = (timedelta(minutes=1), timedelta(minutes=3))


def test_a_replay_ends_in_the_very_words_that_rolled_it_back() -> None:
    world = World(Faults(errors={"ai"})).with_stable("ai")
    ended = world.play(deployment(AI))
    lines = [replay.line(one) for one in replay.replayed(ended)]
    read = ended.services[0].verdict
    assert read is not None
    assert lines[-1].endswith(reason(read))
    assert lines == [replay.line(one) for one in replay.replayed(ended)]


def test_a_replay_goes_on_after_a_verdict_that_nobody_acted_on() -> None:
    world = World(Faults(errors={"ai"})).with_stable("ai")
    made = deployment(AI)
    shadow = replace(made.plan, rollout=replace(made.plan.rollout, judge="shadow"))
    ended = world.play(replace(made, plan=shadow))
    (service,) = ended.services
    assert len(list(replay.replayed(ended))) == len(service.windows)


def test_a_replay_goes_on_from_what_windows_said_that_are_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = World().with_stable("ai").play(deployment(AI))
    monkeypatch.setattr(counting, "KEPT", 5)
    short = World().with_stable("ai").play(deployment(AI))
    lines = [replay.line(one) for one in replay.replayed(whole)]
    gone = len(lines) - 5
    assert [replay.line(one) for one in replay.replayed(short)] == lines[gone:]
    said = "\n".join(replay.inputs(short, short.services[0]))
    assert f"{gone} older windows are not kept" in said
    assert "not kept" not in "\n".join(replay.inputs(whole, whole.services[0]))


def test_another_rule_judges_the_same_windows_otherwise() -> None:
    world = World().with_stable("ai")
    ended = world.play(deployment(AI))
    assert all(one.verdict.finding.value == "clear" for one in replay.replayed(ended))
    strict = replace(ended.plan.rollout, alpha=0.4)
    again = replay.under(ended, strict)
    assert "alpha 0.4" in "\n".join(replay.inputs(again, again.services[0]))


def day(requests: int, errors: int) -> History:
    return summary([Counts(requests, errors)] * 1440)


def test_more_traffic_catches_smaller_regressions() -> None:
    smallest = []
    for history in (day(500, 1), day(5000, 10), day(50_000, 100)):
        route = Route(steps=automatic(history))
        steps = forecast.ahead(history, route, SAMPLING, 0.01)
        assert [step.share for step in steps] == sorted(step.share for step in steps)
        assert [s.smallest for s in steps] == sorted((s.smallest for s in steps), reverse=True)
        smallest.append(steps[-1].smallest)
    assert smallest == sorted(smallest, reverse=True)


def test_thin_traffic_gets_advice() -> None:
    thin = day(6, 0)
    both = "synthetic requests to the tag's address and, beside them, to the service's own"
    assert both in forecast.advice(thin, Route(steps=automatic(thin)))
    assert not forecast.advice(day(600, 1), Route(steps=automatic(day(600, 1))))
    assert "no traffic" in forecast.advice(History(), Route(steps=automatic(History())))


def test_cold_starts_are_told_where_canaries_may_meet_them() -> None:
    busy = day(600, 1)
    steps = Route(steps=automatic(busy))
    told = forecast.cold(CloudRun(), busy, steps)
    assert "7 points of failures are forgiven in the first 3 windows and in 2 after each" in told
    assert "`cloud_run: {min_instances: 1}`" in told
    assert "2 points" in forecast.cold(CloudRun(min_instances=0), day(6, 0), steps)
    spec = {"template": {"scaling": {"minInstanceCount": 1}}}
    warm = (CloudRun(min_instances=1), CloudRun(spec=spec))
    assert not any(forecast.cold(settings, busy, steps) for settings in warm)
    assert not forecast.cold(CloudRun(), busy, steps, ("scaling",))
    assert not forecast.cold(CloudRun(), busy, Route())


def test_what_comes_is_foreseen_from_what_is_live_and_not_from_what_went_back() -> None:
    world = World(Faults(errors={"ai"})).with_stable("ai")
    back = world.play(deployment(AI))
    assert now_running(None, back) == {"ai": "ai-old"}
    assert now_running(release("b", "ai", "api"), back) == {"ai": "ai-b", "api": "api-b"}

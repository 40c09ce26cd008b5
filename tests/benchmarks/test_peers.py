"""The peers decide as their own sources do: the golden cases of each rule."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.rollouts.peers.argo_rollouts import ArgoRollouts, Canary
from benchmarks.rollouts.peers.flagger import Analysis, Flagger
from benchmarks.rollouts.peers.kayenta import CanaryConfig, Kayenta, Label, classify, is_high, score
from benchmarks.rollouts.peers.mann_whitney import Samples, Shift
from benchmarks.rollouts.peers.release_manager import ReleaseManager, Strategy
from bot.core.evidence import Counts, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.rollouts.rule import Rule

GOOD = Counts(1000)
BAD = Counts(1000, 200)
IDLE = Counts()
ENDLESS = 1000


def steer(rule: Rule, canary: Iterable[Counts | None]) -> tuple[Outcome | None, list[int]]:
    """Tell the canary's minutes one by one; return how it ended and the weight of each minute."""
    weights = []
    for _, counts in zip(range(ENDLESS), canary, strict=False):
        weights.append(rule.weight)
        outcome = rule.window(counts, None if counts is None else GOOD)
        if outcome:
            return outcome, weights
    return None, weights


class TestReleaseManager:
    """pkg/rollout/rollout.go and pkg/health/health.go."""

    def test_it_needs_half_an_hour_a_step_and_is_stable_after_150_minutes(self) -> None:
        outcome, weights = steer(ReleaseManager(Strategy()), repeat(GOOD))

        assert outcome is Outcome.PROMOTED
        assert len(weights) == 150
        assert weights == [5] * 30 + [20] * 30 + [50] * 30 + [80] * 30 + [100] * 30

    def test_a_single_failed_request_rolls_back_however_few_there_were(self) -> None:
        rule = ReleaseManager(Strategy(min_requests=100))

        assert rule.window(Counts(1, 1), GOOD) is Outcome.ROLLED_BACK

    def test_one_error_in_a_hundred_is_still_healthy(self) -> None:
        assert ReleaseManager(Strategy()).window(Counts(100, 1), GOOD) is None
        assert ReleaseManager(Strategy()).window(Counts(99, 1), GOOD) is Outcome.ROLLED_BACK

    def test_no_traffic_at_all_is_promoted_blindly(self) -> None:
        outcome, weights = steer(ReleaseManager(Strategy()), repeat(IDLE))

        assert (outcome, len(weights)) == (Outcome.PROMOTED, 150)

    def test_too_few_requests_wait_for_ever(self) -> None:
        rule = ReleaseManager(Strategy(min_requests=100))

        assert steer(rule, repeat(Counts(1))) == (None, [5] * ENDLESS)

    def test_its_window_reaches_back_into_the_step_before(self) -> None:
        early = [Counts(1000, 9)] * 30
        outcome, weights = steer(ReleaseManager(Strategy()), [*early, Counts(1000, 40)])

        assert (outcome, weights[-1]) == (Outcome.ROLLED_BACK, 20)

    def test_latency_is_off_by_default(self) -> None:
        slow = Counts(1000, slow=900)

        assert ReleaseManager(Strategy()).window(slow, GOOD) is None
        assert ReleaseManager(Strategy(latency=True)).window(slow, GOOD) is Outcome.ROLLED_BACK


class TestFlagger:
    """pkg/controller/scheduler.go."""

    def test_it_takes_a_step_a_minute_and_all_at_once_after_the_last(self) -> None:
        rule = Flagger(Analysis())

        assert steer(rule, repeat(GOOD)) == (Outcome.PROMOTED, [10, 20, 30, 40, 50])
        assert rule.weight == 100

    def test_it_rolls_back_one_interval_after_the_last_failed_check(self) -> None:
        outcome, weights = steer(Flagger(Analysis(threshold=5)), repeat(BAD))

        assert (outcome, weights) == (Outcome.ROLLED_BACK, [10] * 6)

    def test_good_checks_do_not_forgive_failed_ones(self) -> None:
        rule = Flagger(Analysis(threshold=2, max_weight=100))

        outcome, weights = steer(rule, [BAD, GOOD, GOOD, BAD, GOOD])

        assert (outcome, weights) == (Outcome.ROLLED_BACK, [10, 10, 20, 30, 30])

    @pytest.mark.parametrize("nothing", [IDLE, None])
    def test_no_values_found_is_a_failed_check(self, nothing: Counts | None) -> None:
        rule = Flagger(Analysis(max_weight=100))

        outcome, weights = steer(rule, [GOOD, *[nothing] * 6])

        assert (outcome, len(weights)) == (Outcome.ROLLED_BACK, 7)

    def test_in_its_favour_it_waits_until_there_is_something_to_see(self) -> None:
        outcome, weights = steer(Flagger(Analysis()), [None, None, None, *[GOOD] * 5])

        assert (outcome, weights) == (Outcome.PROMOTED, [10] * 4 + [20, 30, 40, 50])

    def test_success_of_99_percent_is_enough(self) -> None:
        assert steer(Flagger(Analysis()), repeat(Counts(1000, 10)))[0] is Outcome.PROMOTED
        assert steer(Flagger(Analysis()), repeat(Counts(1000, 11)))[0] is Outcome.ROLLED_BACK

    def test_a_99th_percentile_above_the_boundary_fails(self) -> None:
        late = Counts(1000, slow=11)

        assert steer(Flagger(Analysis()), repeat(late))[0] is Outcome.ROLLED_BACK


class TestArgoRollouts:
    """analysis/analysis.go and utils/evaluate/evaluate.go."""

    def test_the_documented_steps_take_forty_minutes(self) -> None:
        rule = ArgoRollouts(Canary())
        outcome, weights = steer(rule, repeat(GOOD))

        assert (outcome, rule.weight) == (Outcome.PROMOTED, 100)
        assert weights == [20] * 10 + [40] * 10 + [60] * 10 + [80] * 10

    def test_a_limit_of_three_failures_needs_the_fourth(self) -> None:
        outcome, weights = steer(ArgoRollouts(Canary(failure_limit=3)), repeat(BAD))

        assert (outcome, len(weights)) == (Outcome.ROLLED_BACK, 25)

    def test_the_first_measurement_comes_at_once(self) -> None:
        outcome, weights = steer(ArgoRollouts(Canary(failure_limit=0)), repeat(BAD))

        assert (outcome, len(weights)) == (Outcome.ROLLED_BACK, 10)

    def test_forty_seconds_without_metrics_abort(self) -> None:
        outcome, weights = steer(ArgoRollouts(Canary()), [*[GOOD] * 14, None])

        assert (outcome, len(weights)) == (Outcome.ROLLED_BACK, 15)

    def test_nothing_over_nothing_fails_the_condition(self) -> None:
        outcome, weights = steer(ArgoRollouts(Canary()), repeat(IDLE))

        assert (outcome, len(weights)) == (Outcome.ROLLED_BACK, 25)

    def test_success_of_95_percent_is_enough(self) -> None:
        assert steer(ArgoRollouts(Canary()), repeat(Counts(1000, 50)))[0] is Outcome.PROMOTED
        assert steer(ArgoRollouts(Canary()), repeat(Counts(1000, 51)))[0] is Outcome.ROLLED_BACK


class TestKayenta:
    """MannWhitney.scala, BrentSolver.java and NetflixACAJudge.scala, to the last digit."""

    def test_a_hundredfold_of_seven_in_ten_points_still_passes(self) -> None:
        experiment, control = np.array([100.0] * 7 + [1.0] * 3), np.array([1.0] * 10)
        shift = Shift(experiment, control, 0.98)

        assert (shift.low, shift.high) == (6.825022991538788e-05, 99.0)
        assert shift.estimate == 98.99992904170193
        assert classify(control, experiment) is Label.PASS

    def test_the_interval_is_that_of_its_own_test_suite(self) -> None:
        shift = Shift(np.array([10.0, 20, 30, 40]), np.array([1.0, 2, 3, 4]))

        assert shift.low == pytest.approx(6, abs=1e-6)
        assert shift.high == pytest.approx(39, abs=1e-6)
        assert shift.estimate == pytest.approx(22.5, abs=1e-6)

    def test_the_statistic_corrects_for_ties_and_steps(self) -> None:
        x, y = np.array([1.0, 2, 2, 3]), np.array([2.0, 2, 3, 4])

        ranks, ties = 1 + 3.5 + 3.5 + 6.5, (4**3 - 4) + (2**3 - 2)
        sigma = (4 * 4 / 12 * (9 - ties / (8 * 7))) ** 0.5
        assert Samples(x, y).statistic(0.0) == pytest.approx((ranks - 10 - 8 + 0.5) / sigma)

    def test_a_fifth_of_all_points_apart_is_high(self) -> None:
        control = np.array([1.0, 2.2, 1.1, 2.5, 3.0])
        experiment = np.array([20.0, 22.0, 21.0, 25.0, 30.0])

        assert is_high(control, experiment, confidence=0.95, tolerance=0.10)
        assert not is_high(experiment, control, confidence=0.95, tolerance=0.10)

    def test_a_small_effect_is_allowed(self) -> None:
        control, experiment = np.arange(100.0, 160), np.arange(150.0, 210)

        assert classify(control, experiment) is Label.HIGH
        assert classify(control, experiment, allowed_increase=1.5) is Label.PASS

    def test_what_is_identical_or_all_the_same_passes(self) -> None:
        assert classify(np.array([1.0, 2.0]), np.array([2.0, 1.0])) is Label.PASS
        assert classify(np.zeros(10), np.zeros(7)) is Label.PASS

    def test_a_mean_of_zero_leaves_the_effect_out(self) -> None:
        assert classify(np.zeros(20), np.ones(20), allowed_increase=9.0) is Label.HIGH

    def test_half_of_the_metrics_without_data_score_nothing(self) -> None:
        empty = np.array([])

        assert classify(empty, np.ones(3)) is Label.NO_DATA
        assert score([Label.NO_DATA, Label.PASS]) == 0
        assert score([Label.HIGH, Label.PASS]) == 50
        assert score([Label.PASS, Label.PASS, Label.NO_DATA]) == 100

    def test_one_high_metric_of_two_ends_the_analysis_at_the_next_judgement(self) -> None:
        shaky = [Counts(1000, 100 + minute) for minute in range(60)]

        outcome, weights = steer(Kayenta(CanaryConfig(interval=15)), shaky)

        assert (outcome, weights) == (Outcome.ROLLED_BACK, [10] * 15)

    def test_a_canary_like_its_control_is_promoted_after_its_lifetime(self) -> None:
        rule = Kayenta(CanaryConfig())
        outcome, weights = steer(rule, repeat(GOOD))

        assert (outcome, weights, rule.weight) == (Outcome.PROMOTED, [10] * 60, 100)

"""What a rollout says when its evidence sends it back."""

from __future__ import annotations

from msgspec.structs import replace

from bot.core.deployment import FailureCode
from bot.core.evidence import Counts, Finding, Verdict
from bot.core.rollout.judging import condemned
from tests.core.rollout.simulated import deployment, service_plan


def test_the_condemned_service_is_blamed_and_not_one_that_is_only_in_doubt() -> None:
    ai, api = deployment(service_plan("ai"), service_plan("api")).services
    doubtful = replace(ai, verdict=Verdict(finding=Finding.BREWING, canary=Counts(5, 2)))
    worse = replace(api, verdict=Verdict(finding=Finding.WORSE, canary=Counts(500, 200)))
    both = replace(deployment(ai.plan, api.plan), services=(doubtful, worse))
    failure = condemned(both)
    assert (failure.code, failure.service) == (FailureCode.CANARY_WORSE, "api")
    assert condemned(replace(both, services=(doubtful,))).service == "ai"

"""What is read of the world in one look, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Phase
from bot.core.rollout import table
from bot.core.rollout.wants import wants
from bot.core.sight import OperationSeen, RevisionSeen, ServiceSeen, TrafficSeen
from bot.engine.observe import observe
from tests.core.rollout.simulated import QUOTA, START, deployment, service_plan
from tests.engine.worlds import world

if TYPE_CHECKING:
    from bot.core.sight import Sight

AI = service_plan("ai")
MADE = deployment(AI)
GOING = replace(MADE, share=100, plan=replace(MADE.plan, addresses={"ai": AI.key}))
WRITTEN = replace(
    GOING.services[0], stable="ai-old", share=5, operation="operations/1", digest="sha256:1"
)


class CloudRun:
    """Cloud Run, where an operation ends just when somebody asks how it stands."""

    def __init__(self, before: ServiceSeen, after: ServiceSeen, error: str = "") -> None:
        """Begin with the service as it is before the operation has ended."""
        self._now, self._after, self._error = before, after, error

    def service(self, *_: object) -> ServiceSeen:
        """Return the service."""
        return self._now

    def operation(self, *_: object) -> OperationSeen:
        """End the operation."""
        self._now = self._after
        return OperationSeen(done=True, error=self._error)


def split(canary: int) -> ServiceSeen:
    shares = {"ai-old": 100 - canary, "ai-new": canary}
    traffic = tuple(TrafficSeen(revision=name, percent=part) for name, part in shares.items())
    return ServiceSeen(exists=True, traffic=traffic)


def seen(phase: Phase, run: CloudRun) -> tuple[Sight, Phase, str]:
    """Look once in a phase, and return what was seen and what follows."""
    ours = replace(GOING, phase=phase, services=(WRITTEN,))
    sight = observe(world(services=run, clock=lambda: START), ours, wants(ours, START))
    after = table.step(ours, sight, START).deployment
    return sight, after.phase, after.failure.code if after.failure else after.waiting


def test_traffic_that_we_moved_is_never_taken_for_somebody_elses() -> None:
    _, phase, said = seen(Phase.SHIFTING, CloudRun(split(5), split(100)))
    assert (phase, "moved by somebody" in said) == (Phase.SHIFTING, False)


def test_a_revision_that_fails_while_it_is_looked_at_says_what_failed() -> None:
    failed = RevisionSeen(name="ai-new", ready=False, reason="HEALTH_CHECK_CONTAINER_ERROR")
    after = replace(split(0), revisions={"ai-new": failed})
    _, _, said = seen(Phase.STAGING, CloudRun(split(0), after, "not ready"))
    assert said == "revision_not_ready"


def test_a_revision_that_got_no_address_fails_with_the_words_of_the_write() -> None:
    made = replace(split(0), revisions={"ai-new": RevisionSeen(name="ai-new", ready=True)})
    _, _, said = seen(Phase.STAGING, CloudRun(made, made, QUOTA))
    assert said == "rejected"


def test_traffic_that_came_back_while_it_is_looked_at_is_not_written_again() -> None:
    ours = replace(GOING, phase=Phase.ROLLING_BACK, services=(WRITTEN,))
    run = CloudRun(split(5), split(0))
    sight = observe(world(services=run, clock=lambda: START), ours, wants(ours, START))
    turn = table.step(ours, sight, START)
    assert not turn.actions

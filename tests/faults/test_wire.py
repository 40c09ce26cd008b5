"""GitHub and Google fail in every way they are known to: nothing is lost, nothing is doubled.

Each fault meets the first call of every route in one deployment of two services. The outside world
must look as it does after the same deployment without faults, and no message may be given up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest
from google.api_core.exceptions import DeadlineExceeded
from google.pubsub_v1 import SubscriberClient

from bot.core.deployment import Phase
from localcloud.bot_environment import PROJECT
from tests.faults.matrix import differences
from tests.faults.story import LET_GO, Stage
from tests.faults.wire import BROKEN_OFF, Fault, github_with, google_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIMES = 20
"""Real life passes so many times more quickly; leases and deadlines last seconds."""
HALF_AN_HOUR = 1800 / TIMES
SLOW = 6.0
"""Seconds: beyond every deadline that the consumer has here."""
LETTERS = f"projects/{PROJECT}/subscriptions/deploy-dead-letters-kept"

ANYWHERE = {
    "server error": Fault(500),
    "bad gateway": Fault(502),
    "unavailable": Fault(503),
    "unavailable, come back in a second": Fault(503, {"Retry-After": "1"}),
    "too many requests": Fault(429),
    "too many requests, come back in a second": Fault(429, {"Retry-After": "1"}),
    "done, and the answer breaks off": Fault(BROKEN_OFF, done=True),
    "done, and the answer is lost": Fault(502, done=True),
    "done, and the answer comes too late": Fault(504, done=True, seconds=SLOW),
}
GITHUB = ANYWHERE | {
    "secondary limit": Fault(403, {"Retry-After": "1"}),
    "moved": Fault(307, {"Location": "{here}"}),
}


LATER = pytest.param(
    "GitHub", None, marks=pytest.mark.skip("it takes minutes: make faults plays it")
)
OUTAGES = [
    pytest.param(who, phase, marks=pytest.mark.xdist_group(f"{who} is away {phase}"))
    for who, phase in (("GitHub", None), ("GitHub", Phase.SHIFTING), ("Google", None))
]
"""With `--dist loadgroup` each group has a worker and a stage of its own."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play a sample; `make faults` plays every one."""
    every = metafunc.config.getoption("all_faults", default=False)
    sets = {
        "github_fault": list(GITHUB) if every else ["done, and the answer breaks off"],
        "google_fault": list(ANYWHERE) if every else ["too many requests"],
        "away,phase": OUTAGES if every else [LATER],
    }
    for name, played in sets.items():
        if set(name.split(",")) <= set(metafunc.fixturenames):
            metafunc.parametrize(name, played)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(tmp_path_factory.mktemp("stage"), TIMES, LET_GO)
    made.set()
    yield made
    made.strike()


@pytest.fixture(scope="module")
def undisturbed(stage: Stage) -> list[str]:
    """How it ends without faults."""
    return stage.play(bad=False)[0]


@pytest.fixture
def letters(stage: Stage) -> Iterator[Callable[[], int]]:
    """How many messages were given up."""
    with grpc.insecure_channel(stage.cloud.google.grpc_target) as channel:
        transport = SubscriberClient.get_transport_class("grpc")(channel=channel)
        subscriber = SubscriberClient(transport=transport)

        def count() -> int:
            try:
                pulled = subscriber.pull(
                    subscription=LETTERS, max_messages=10, retry=None, timeout=0.5
                )
            except DeadlineExceeded:
                return 0
            return len(pulled.received_messages)

        yield count


@pytest.mark.xdist_group("GitHub")
def test_github_fails_once_on_every_route(
    stage: Stage,
    undisturbed: list[str],
    letters: Callable[[], int],
    github_fault: str,
) -> None:
    seen, wire = stage.play_with(github_with(stage.cloud, GITHUB[github_fault]))
    assert differences(undisturbed, seen) == []
    assert len(wire.met) >= 10
    assert letters() == 0


@pytest.mark.xdist_group("Google")
def test_google_fails_once_on_every_route(
    stage: Stage,
    undisturbed: list[str],
    letters: Callable[[], int],
    google_fault: str,
) -> None:
    seen, wire = stage.play_with(google_with(stage.cloud, ANYWHERE[google_fault]))
    assert differences(undisturbed, seen) == []
    assert len(wire.met) >= 10
    assert letters() == 0


def test_an_outage_of_half_an_hour_is_outlasted(
    stage: Stage,
    undisturbed: list[str],
    letters: Callable[[], int],
    away: str,
    phase: Phase | None,
) -> None:
    who = {"GitHub": github_with, "Google": google_with}[away]
    seen, calls = stage.play_through(
        who(stage.cloud, Fault(503), lasting=True), HALF_AN_HOUR, phase
    )
    assert differences(undisturbed, seen) == []
    assert 5 < len(calls.met) < 500
    assert letters() == 0

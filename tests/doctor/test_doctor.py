"""`python -m bot doctor` on the wire: an installation that is well, and all that can be wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc
import pytest
from google.pubsub_v1 import PublisherClient, SubscriberClient

from bot import settings, wiring
from bot.clients.store_sqlite import SqliteStore
from bot.core import events
from bot.core.model import Ask, AskKind, Repository
from bot.doctor import examine
from bot.ports import Write
from localcloud.bot_environment import PROJECT
from localcloud.cloud import Cloud, Options
from tests.stories.app import spillway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.core.examined import Check

ROOT = Path(__file__).parents[2]
PUSHED = f"projects/{PROJECT}/subscriptions/deploy-events-to-consumer"
LETTERS = f"projects/{PROJECT}/subscriptions/deploy-dead-letters-kept"
PATIENT = 60
"""Seconds for what is there; what is away is waited for less long."""
NOWHERE = "127.0.0.1:9"
Examine: TypeAlias = "Callable[..., dict[str, Check]]"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    local = Cloud(tmp_path_factory.mktemp("cloud"), Options(tick=0.5, seed=False))
    local.start()
    yield local
    local.stop()


@pytest.fixture(scope="module")
def channel(cloud: Cloud) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(cloud.google.grpc_target) as made:
        yield made


@pytest.fixture(scope="module")
def subscriber(channel: grpc.Channel) -> SubscriberClient:
    return SubscriberClient(transport=SubscriberClient.get_transport_class("grpc")(channel=channel))


@pytest.fixture(scope="module")
def publisher(channel: grpc.Channel) -> PublisherClient:
    return PublisherClient(transport=PublisherClient.get_transport_class("grpc")(channel=channel))


@pytest.fixture
def findings(cloud: Cloud) -> Examine:
    """Examine the installation, with some of the environment's variables changed."""

    def examined(patience: int = PATIENT, **changed: str) -> dict[str, Check]:
        found = settings.load(cloud.bot_environment | changed)
        place = PROJECT, "asia-northeast3"
        clinic = wiring.clinic(found, place, timedelta(seconds=patience))
        return {check.name: check for check in examine(clinic)}

    return examined


def doctor(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does."""
    told = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "bot", "doctor", *words]
    return subprocess.run(command, env=told, capture_output=True, text=True, check=False)  # noqa: S603  # our own command


def test_an_installation_that_is_well(cloud: Cloud) -> None:
    ran = doctor(cloud.bot_environment, "--region", "asia-northeast3", "--patience", f"{PATIENT}")
    lines = ran.stdout.splitlines()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(lines) == 14
    assert all(line.startswith("✓ ") for line in lines)


def test_settings_that_are_incomplete_end_it_with_all_their_names(cloud: Cloud) -> None:
    some = {k: v for k, v in cloud.bot_environment.items() if k != "SPILLWAY_STORE"}
    ran = doctor(some)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "SPILLWAY_STORE is not set\n"


def test_problems_are_told_to_machines_with_what_to_do(cloud: Cloud) -> None:
    wrong = cloud.bot_environment | {"SPILLWAY_SOURCE_BUCKET": "nobodys-bucket"}
    ran = doctor(wrong, "--json", "--patience", f"{PATIENT}")
    told: list[dict[str, Any]] = json.loads(ran.stdout)
    assert ran.returncode == 1
    (bad,) = [check for check in told if not check["good"]]
    assert bad["name"] == "bucket nobodys-bucket"
    assert "gcloud storage buckets create gs://nobodys-bucket" in bad["said"]
    assert bad["remedy"]


def test_a_key_that_is_not_the_apps(cloud: Cloud, findings: Examine) -> None:
    seen = findings(SPILLWAY_GITHUB_APP_ID="1")
    for name in ("GitHub App", "webhook", "deliveries"):
        assert not seen[name].good
        assert "SPILLWAY_GITHUB_APP_KEY" in seen[name].remedy
    assert cloud.bot_environment["SPILLWAY_GITHUB_APP_KEY"] not in str(seen)


def test_a_key_that_was_cut_short(findings: Examine) -> None:
    cut = "-----BEGIN PRIVATE KEY-----\nMIIE"
    seen = findings(SPILLWAY_GITHUB_APP_KEY=cut)["GitHub App"]
    assert "private key cannot be read" in seen.said
    assert "MIIE" not in str(seen)
    assert "SPILLWAY_GITHUB_APP_KEY" in seen.remedy


def test_a_google_that_is_away(findings: Examine) -> None:
    seen = findings(5, SPILLWAY_GOOGLE_URL=f"http://{NOWHERE}")
    assert not seen["Cloud Run"].good
    assert not seen["Cloud Build"].good
    assert "cannot be reached from here" in seen["Cloud Build"].remedy
    assert seen["Cloud Logging"].good


def test_nothing_is_waited_for_longer_than_asked(cloud: Cloud, tmp_path: Path) -> None:
    store = tmp_path / "store.sqlite"
    gone = {
        "SPILLWAY_GITHUB_URL": f"http://{NOWHERE}",
        "SPILLWAY_GOOGLE_URL": f"http://{NOWHERE}",
        "SPILLWAY_GOOGLE_GRPC": NOWHERE,
        "SPILLWAY_STORE": str(store),
    }
    ran = doctor(cloud.bot_environment | gone, "--patience", "2")
    lines = ran.stdout.splitlines()
    assert (ran.returncode, ran.stderr) == (1, "")
    assert len(lines) == 2 * 14
    assert all(line.startswith("✗ ") for line in lines[::2])
    assert all(line.startswith("    → ") for line in lines[1::2])
    assert "✗ topic deploy-events: no answer within 2 s" in lines
    assert "GitHub cannot be reached" in lines[0]
    assert "unable to open database file" in lines[-2]
    assert "SPILLWAY_STORE" in lines[-1]
    assert not store.exists()


def test_without_credentials_it_says_where_to_get_them(
    findings: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    seen = findings(SPILLWAY_GOOGLE_URL="", SPILLWAY_GOOGLE_GRPC="")
    for name in ("topic deploy-events", "Cloud Run", "Cloud Logging"):
        assert "no credentials" in seen[name].said
        assert "gcloud auth application-default login" in seen[name].remedy


def test_a_subscription_that_has_lost_its_dead_letter_topic(
    subscriber: SubscriberClient, findings: Examine
) -> None:
    before = subscriber.get_subscription(subscription=PUSHED)
    mask = {"paths": ["dead_letter_policy", "ack_deadline_seconds"]}
    without = {"name": PUSHED, "ack_deadline_seconds": 120}
    subscriber.update_subscription(subscription=without, update_mask=mask)
    try:
        found = findings()["topic deploy-events"]
        assert "deploy-events-to-consumer: has no dead-letter topic" in found.said
        assert "--dead-letter-topic=deploy-dead-letters" in found.remedy
        subscriber.update_subscription(
            subscription={"name": PUSHED, "ack_deadline_seconds": 10},
            update_mask={"paths": ["ack_deadline_seconds"]},
        )
        assert findings()["topic deploy-events"].remedy.endswith("--ack-deadline=120")
    finally:
        subscriber.update_subscription(subscription=before, update_mask=mask)
    assert findings()["topic deploy-events"].good


def test_pushes_that_the_consumer_would_turn_away(
    findings: Examine,
) -> None:
    found = findings(SPILLWAY_PUSH_AUDIENCE="https://elsewhere")["topic deploy-ticks"]
    assert "--push-auth-token-audience=https://elsewhere" in found.remedy


def test_a_topic_that_is_not_there(findings: Examine) -> None:
    found = findings(SPILLWAY_TICKS_TOPIC="forgotten")["topic forgotten"]
    assert (found.good, found.remedy) == (False, "gcloud pubsub topics create forgotten")


def test_dead_letters_that_nobody_would_keep(publisher: PublisherClient, findings: Examine) -> None:
    publisher.create_topic(name=f"projects/{PROJECT}/topics/unkept")
    found = findings(SPILLWAY_DEAD_LETTER_TOPIC="unkept")["dead letters in unkept"]
    assert found.remedy == "gcloud pubsub subscriptions create unkept-kept --topic=unkept"


def test_work_that_is_overdue(findings: Examine, tmp_path: Path) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    forgotten = Ask(
        key="1/2/0",
        kind=AskKind.COMMENT,
        repository=Repository(id=1, full_name="acme/shop", installation=1),
        actor="writer",
        created_at=long_ago,
        wake_at=long_ago,
    )
    store = tmp_path / "store.sqlite"
    assert SqliteStore(store).commit(Write(forgotten, 0))
    found = findings(SPILLWAY_STORE=str(store))["overdue work"]
    assert found.said == "1 record wait for 60 min: ask 1/2/0"


def test_a_delivery_that_github_could_not_bring(cloud: Cloud, findings: Examine) -> None:
    cloud.github.add_repository("acme/lost")
    assert cloud.github.deliveries_idle(15)
    cloud.receiver.kill()
    cloud.github.install("spillway", "acme/lost")
    assert cloud.github.deliveries_idle(15)
    cloud.receiver.start()
    cloud.receiver.wait_ready()
    found = findings()["deliveries"]
    assert found.said.startswith("1 delivery never arrived, the last one (installation")
    app = spillway(cloud)
    app.redeliver(app.deliveries("installation_repositories")[0])
    assert findings()["deliveries"].good


def test_a_message_that_can_never_be_handled_is_counted(
    publisher: PublisherClient, subscriber: SubscriberClient, findings: Examine
) -> None:
    name = "dead letters in deploy-dead-letters"
    assert findings()[name].good
    policy = subscriber.get_subscription(subscription=PUSHED).dead_letter_policy
    policy.max_delivery_attempts = 5
    subscriber.update_subscription(
        subscription={"name": PUSHED, "dead_letter_policy": policy},
        update_mask={"paths": ["dead_letter_policy"]},
    )
    of_tomorrow = json.dumps({"type": "look", "version": events.VERSION + 1}).encode()
    topic = f"projects/{PROJECT}/topics/deploy-events"
    publisher.publish(topic=topic, messages=[{"data": of_tomorrow}])
    deadline = time.monotonic() + 20
    while (found := findings()[name]).good:
        assert time.monotonic() < deadline, "it never became a dead letter"
    assert found.said.startswith("1 message could not be handled, from deploy-events-to-consumer")
    assert "subscriptions pull deploy-dead-letters-kept" in found.remedy
    assert findings()[name].said == found.said
    (letter,) = subscriber.pull(subscription=LETTERS, max_messages=10).received_messages
    assert letter.message.data == of_tomorrow
    subscriber.acknowledge(subscription=LETTERS, ack_ids=[letter.ack_id])

"""The one composition root: the only owner of a clock, the only importer of clients.

Google's clients take a second to load, so each process loads those that it uses: the receiver and
the command line start without Cloud Run's.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from bot import clients
from bot.clients.github import GitHubClient
from bot.clients.pubsub import PubSubPublisher
from bot.clients.store_sqlite import SqliteStore
from bot.core.configuration import ServiceKey
from bot.core.examined import Expected
from bot.core.route import Sampling
from bot.doctor import Clinic
from bot.looking_ahead import Foresight
from bot.operate import Desk
from bot.ports import Broken, Transient, WindowsAsked, World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.core.configuration import ServicePlan
    from bot.settings import Settings

NOBODY = "spillway-doctor"
"""A service that does not exist: an answer about it is an answer."""
USUAL_REGION = "us-central1"
LATELY = 50
"""Deployments that tell where services are."""
NO_BUILD = "00000000-0000-0000-0000-000000000000"


def clock() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def load() -> None:
    """Load every client, for a process in which several threads would otherwise be first."""
    for module in iter_modules(clients.__path__, f"{clients.__name__}."):
        import_module(module.name)


def publisher(settings: Settings) -> PubSubPublisher:
    """Return the way onto the events topic."""
    target = settings.pubsub_emulator or settings.google_grpc
    return PubSubPublisher(settings.project, settings.events_topic, target)


def check_store(settings: Settings) -> None:
    """Read the store as the engine will; raise Broken or Transient where it cannot."""
    store = SqliteStore(settings.store)
    try:
        store.check()
    finally:
        store.close()


def world(settings: Settings) -> World:
    """Return every port, live."""
    from bot.clients.artifact_registry import ArtifactRegistryClient
    from bot.clients.cloud_build import CloudBuildClient
    from bot.clients.cloud_run import CloudRunClient
    from bot.clients.logging import CloudLogging
    from bot.clients.monitoring import CloudMonitoring
    from bot.clients.secret_manager import SecretManagerClient
    from bot.clients.smoke import SmokeVisitor
    from bot.clients.storage import StorageSources

    github = GitHubClient(settings.app_id, settings.app_key, settings.github_url)
    return World(
        clock=clock,
        allowed=settings.allowed,
        pause=time.sleep,
        sampling=Sampling(window=settings.metrics_window, lag=settings.metrics_lag),
        store=SqliteStore(settings.store),
        publisher=publisher(settings),
        github=github,
        voice=github,
        deliveries=github,
        sweep_every=settings.sweep_every,
        builds=CloudBuildClient(settings.google_url),
        sources=StorageSources(settings.source_bucket, settings.google_url),
        registry=ArtifactRegistryClient(settings.google_url),
        services=CloudRunClient(settings.google_url),
        secrets=SecretManagerClient(settings.google_url),
        metrics=CloudMonitoring(settings.google_grpc, settings.metrics_window),
        logs=CloudLogging(settings.google_grpc),
        visitor=SmokeVisitor(),
    )


def desk(settings: Settings) -> Desk:
    """Return what the command line works with."""
    github = GitHubClient(settings.app_id, settings.app_key, settings.github_url)
    return Desk(
        clock=clock,
        pause=time.sleep,
        publisher=publisher(settings),
        store=SqliteStore(settings.store, make=False),
        finder=github.office,
        files=github,
    )


def foresight(settings: Settings) -> Foresight:
    """Return what a forecast reads."""
    from bot.clients.monitoring import CloudMonitoring

    return Foresight(
        metrics=CloudMonitoring(settings.google_grpc, settings.metrics_window),
        sampling=Sampling(window=settings.metrics_window, lag=settings.metrics_lag),
    )


def clinic(settings: Settings, place: tuple[str, str | None], patience: timedelta) -> Clinic:
    """Return everything that `doctor` looks at.

    `place` is a project and a region of Cloud Run; without a region it is wherever services were
    deployed to of late.
    """
    from bot.clients.broker import PubSubBroker

    github = GitHubClient(settings.app_id, settings.app_key, settings.github_url)
    target = settings.pubsub_emulator or settings.google_grpc
    expected = Expected(
        project=settings.project,
        topic=settings.dead_letter_topic,
        audience=settings.push_audience,
        account=settings.push_account,
    )
    store = SqliteStore(settings.store, make=False)
    project, region = place
    lately = _lately(store)
    keys = {ServiceKey(plan.key.project, plan.key.region, NOBODY): None for plan in lately}
    named = [ServiceKey(project, region or USUAL_REGION, NOBODY)]
    reach: dict[str, Callable[[], object]] = {}
    for key in named if region or not keys else keys:
        reach |= _reads(settings, key, f" in {key.project} {key.region}" * (len(keys) > 1))
    return Clinic(
        clock=clock,
        patience=patience,
        topics=(settings.events_topic, settings.builds_topic, settings.ticks_topic),
        expected=expected,
        store=store,
        office=github.office,
        broker=lambda: PubSubBroker(settings.project, target),
        reach=reach | _kept(settings, lately),
    )


def _lately(store: SqliteStore) -> list[ServicePlan]:
    """Return the services of the last deployments; none where the store cannot be read."""
    try:
        return [service.plan for made in store.recent(LATELY) for service in made.services]
    except (Transient, Broken):
        return []


def _kept(settings: Settings, lately: Sequence[ServicePlan]) -> dict[str, Callable[[], object]]:
    """Ask the bucket of sources and each repository of images."""
    from bot.clients.artifact_registry import ArtifactRegistryClient
    from bot.clients.storage import StorageSources

    url, bucket = settings.google_url, settings.source_bucket
    images = {plan.image.rpartition("/")[0]: plan.image for plan in lately}
    registry = ArtifactRegistryClient(url)
    asked: dict[str, Callable[[], object]] = {
        f"images {name}": partial(registry.reach, image) for name, image in images.items()
    }
    return {f"bucket {bucket}": lambda: StorageSources(bucket, url).reach(), **asked}


def _reads(settings: Settings, key: ServiceKey, where: str) -> dict[str, Callable[[], object]]:
    """Ask each of Google's services for something that is not there, each with its own client.

    Without credentials not even a client can be made, which is an answer, too.
    """
    from bot.clients.cloud_build import CloudBuildClient
    from bot.clients.cloud_run import CloudRunClient
    from bot.clients.logging import CloudLogging
    from bot.clients.monitoring import CloudMonitoring
    from bot.clients.secret_manager import SecretManagerClient

    url, grpc, window = settings.google_url, settings.google_grpc, settings.metrics_window
    nothing = f"projects/{key.project}/locations/{key.region}/builds/{NO_BUILD}"
    since = clock() - settings.metrics_lag - timedelta(hours=1)
    asked = WindowsAsked((NOBODY,), since, since + 2 * window)
    return {
        f"Cloud Run{where}": lambda: CloudRunClient(url).service(key, ()),
        f"Secret Manager{where}": lambda: SecretManagerClient(url).latest(key.project, NOBODY),
        f"Cloud Build{where}": lambda: CloudBuildClient(url).build(nothing, ""),
        f"Cloud Monitoring{where}": lambda: CloudMonitoring(grpc, window).windows(key, asked),
        f"Cloud Logging{where}": lambda: CloudLogging(grpc).of_revision(key, NOBODY, since, 1),
    }

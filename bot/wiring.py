"""The one composition root: the only owner of a clock, the only importer of clients."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.clients.artifact_registry import ArtifactRegistryClient
from bot.clients.cloud_build import CloudBuildClient
from bot.clients.cloud_run import CloudRunClient
from bot.clients.github import GitHubClient
from bot.clients.logging import CloudLogging
from bot.clients.monitoring import CloudMonitoring
from bot.clients.pubsub import PubSubPublisher
from bot.clients.smoke import SmokeVisitor
from bot.clients.storage import StorageSources
from bot.clients.store_sqlite import SqliteStore
from bot.core.deployment import Sampling
from bot.ports import World

if TYPE_CHECKING:
    from bot.settings import Settings


def clock() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def publisher(settings: Settings) -> PubSubPublisher:
    """Return the way onto the events topic."""
    return PubSubPublisher(settings.project, settings.events_topic, settings.google_grpc)


def world(settings: Settings) -> World:
    """Return every port, live."""
    github = GitHubClient(settings.app_id, settings.app_key, settings.github_url)
    return World(
        clock=clock,
        pause=time.sleep,
        sampling=Sampling(window=settings.metrics_window, lag=settings.metrics_lag),
        store=SqliteStore(settings.store),
        publisher=publisher(settings),
        github=github,
        voice=github,
        builds=CloudBuildClient(settings.google_url),
        sources=StorageSources(settings.source_bucket, settings.google_url),
        registry=ArtifactRegistryClient(settings.google_url),
        services=CloudRunClient(settings.google_url),
        metrics=CloudMonitoring(settings.google_grpc, settings.metrics_window),
        logs=CloudLogging(settings.google_grpc),
        visitor=SmokeVisitor(),
    )

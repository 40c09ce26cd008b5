"""The environment, read once into a frozen value; every problem in one error."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping


class SettingsError(Exception):
    """What is missing or wrong, all of it, each with its variable's name."""


class Settings(Struct, frozen=True, kw_only=True):
    """Everything an operator can set. Endpoints are empty for the real thing."""

    project: str
    """The project of topics, builds' source bucket and the bot itself."""
    webhook_secrets: tuple[str, ...]
    """Any of them may sign: two while one is being rotated."""
    app_id: int
    app_key: str
    """The GitHub App's private key, PEM."""
    store: str
    """Path of the SQLite file."""
    source_bucket: str
    github_url: str = "https://api.github.com"
    google_url: str = ""
    """REST endpoint of Run, Build and Storage."""
    google_grpc: str = ""
    """gRPC endpoint of Pub/Sub, Monitoring and Logging, `host:port`; plaintext on loopback."""
    events_topic: str = "deploy-events"
    builds_topic: str = "cloud-builds"
    ticks_topic: str = "deploy-ticks"
    dead_letter_topic: str = "deploy-dead-letters"
    push_audience: str
    """What the push subscriptions' OIDC tokens are made out to."""
    push_account: str
    """The service account that the tokens must name."""
    oidc_certs_url: str = "https://www.googleapis.com/oauth2/v3/certs"
    metrics_window: timedelta = timedelta(seconds=60)
    """Cloud Monitoring samples Cloud Run every 60 s."""
    metrics_lag: timedelta = timedelta(seconds=180)
    """… and shows it up to 180 s later (https://cloud.google.com/monitoring/api/metrics_gcp)."""


REQUIRED = {
    "project": "SPILLWAY_PROJECT",
    "webhook_secrets": "SPILLWAY_WEBHOOK_SECRETS",
    "app_id": "SPILLWAY_GITHUB_APP_ID",
    "app_key": "SPILLWAY_GITHUB_APP_KEY",
    "store": "SPILLWAY_STORE",
    "source_bucket": "SPILLWAY_SOURCE_BUCKET",
    "push_audience": "SPILLWAY_PUSH_AUDIENCE",
    "push_account": "SPILLWAY_PUSH_ACCOUNT",
}
OPTIONAL = {
    "github_url": "SPILLWAY_GITHUB_URL",
    "google_url": "SPILLWAY_GOOGLE_URL",
    "google_grpc": "SPILLWAY_GOOGLE_GRPC",
    "events_topic": "SPILLWAY_EVENTS_TOPIC",
    "builds_topic": "SPILLWAY_BUILDS_TOPIC",
    "ticks_topic": "SPILLWAY_TICKS_TOPIC",
    "dead_letter_topic": "SPILLWAY_DEAD_LETTER_TOPIC",
    "oidc_certs_url": "SPILLWAY_OIDC_CERTS_URL",
    "metrics_window": "SPILLWAY_METRICS_WINDOW_SECONDS",
    "metrics_lag": "SPILLWAY_METRICS_LAG_SECONDS",
}


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings; raise SettingsError naming every variable that is missing or wrong."""
    source = os.environ if environment is None else environment
    problems = [f"{name} is not set" for name in REQUIRED.values() if not source.get(name)]
    values: dict[str, object] = {}
    for key, name in (REQUIRED | OPTIONAL).items():
        if text := source.get(name):
            try:
                values[key] = _read(key, text)
            except ValueError:
                problems.append(f"{name} is not a number: {text!r}")
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(**values)  # type: ignore[arg-type]  # every key was read by _read


def _read(key: str, text: str) -> object:
    match key:
        case "webhook_secrets":
            return tuple(secret for secret in text.split(",") if secret)
        case "app_id":
            return int(text)
        case "app_key":
            return text.replace("\\n", "\n")
        case "metrics_window" | "metrics_lag":
            return timedelta(seconds=float(text))
        case _:
            return text

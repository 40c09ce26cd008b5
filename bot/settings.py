"""The environment, read once into a frozen value; every problem in one error."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from bot.core import allowance
from bot.core.configuration import Allowance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


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
    allowed: dict[int, Allowance] | None = None
    """Repository id → where it may deploy; None lets every repository with the App deploy."""
    github_url: str = "https://api.github.com"
    """GitHub Enterprise Server: `https://HOST/api/v3`."""
    google_url: str = ""
    """REST endpoint of Run, Build, Artifact Registry and Storage."""
    google_grpc: str = ""
    """gRPC endpoint of Pub/Sub, Monitoring and Logging, `host:port`; plaintext on loopback."""
    pubsub_emulator: str = ""
    """Where Pub/Sub is instead, by the variable that all of Google's clients obey, `host:port`."""
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
    sweep_every: timedelta = timedelta(minutes=5)
    """How often GitHub is asked for deliveries that failed, to make them again."""


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
    "allowed": "SPILLWAY_ALLOWED",
    "github_url": "SPILLWAY_GITHUB_URL",
    "google_url": "SPILLWAY_GOOGLE_URL",
    "google_grpc": "SPILLWAY_GOOGLE_GRPC",
    "pubsub_emulator": "PUBSUB_EMULATOR_HOST",
    "events_topic": "SPILLWAY_EVENTS_TOPIC",
    "builds_topic": "SPILLWAY_BUILDS_TOPIC",
    "ticks_topic": "SPILLWAY_TICKS_TOPIC",
    "dead_letter_topic": "SPILLWAY_DEAD_LETTER_TOPIC",
    "oidc_certs_url": "SPILLWAY_OIDC_CERTS_URL",
    "metrics_window": "SPILLWAY_METRICS_WINDOW_SECONDS",
    "metrics_lag": "SPILLWAY_METRICS_LAG_SECONDS",
    "sweep_every": "SPILLWAY_SWEEP_SECONDS",
}
PUBLIC_GITHUB = "api.github.com"
ENTERPRISE = "/api/v3"
"""Where GitHub Enterprise Server has its REST API
(https://docs.github.com/en/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api)."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class _Wrong(Exception):  # noqa: N818  # it is caught here and becomes a line of the one error
    """One variable's problems."""

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = problems


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings; raise SettingsError naming every variable that is missing or wrong."""
    source = os.environ if environment is None else environment
    problems = [f"{name} is not set" for name in REQUIRED.values() if not source.get(name)]
    values: dict[str, Any] = {}
    for key, name in (REQUIRED | OPTIONAL).items():
        if text := source.get(name):
            try:
                values[key] = _read(key, text)
            except _Wrong as wrong:
                problems += [f"{name} {problem}" for problem in wrong.problems]
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(**values)


def _read(key: str, text: str) -> object:  # noqa: PLR0911  # one case per kind of value
    match key:
        case "webhook_secrets":
            return _secrets(text)
        case "app_id":
            return _whole_number(text)
        case "app_key":
            return _private_key(text.replace("\\n", "\n"))
        case "allowed":
            return _allowed(text)
        case "metrics_window" | "metrics_lag" | "sweep_every":
            return _seconds(text)
        case "github_url":
            return _github(text)
        case "google_url":
            return _address(text)
        case _:
            return text


def _secrets(text: str) -> tuple[str, ...]:
    secrets = tuple(filter(None, text.split(",")))
    if not secrets:
        what = "holds no secret"
        raise _Wrong(what)
    return secrets


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        what = f"is not a number: {text!r}"
        raise _Wrong(what)
    return int(text)


def _private_key(text: str) -> str:
    """Say so without repeating what may be a key all the same."""
    if "PRIVATE KEY-----" not in text:
        what = "is no private key in PEM: it begins with -----BEGIN … PRIVATE KEY-----"
        raise _Wrong(what)
    return text


def _seconds(text: str) -> timedelta:
    try:
        return timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        what = f"is not a number: {text!r}"
        raise _Wrong(what) from None


def _allowed(text: str) -> dict[int, Allowance]:
    allowed, problems = allowance.read(text)
    if problems:
        raise _Wrong(*problems)
    return allowed


def _github(text: str) -> str:
    """Return the REST API's address: github.com's, an Enterprise Server's, or one on loopback."""
    host, path = urlsplit(_address(text)).hostname, urlsplit(text).path.rstrip("/")
    if host == PUBLIC_GITHUB and path:
        what = f"must be https://{PUBLIC_GITHUB} without a path"
        raise _Wrong(what)
    if host not in {PUBLIC_GITHUB, *LOOPBACK} and path != ENTERPRISE:
        what = f"of GitHub Enterprise Server ends in {ENTERPRISE}: https://{host}{ENTERPRISE}"
        raise _Wrong(what)
    return text.rstrip("/")


def _address(text: str) -> str:
    problems = tuple(_wrong_address(text))
    if problems:
        raise _Wrong(*problems)
    return text


def _wrong_address(text: str) -> Iterator[str]:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        yield "is no address"
        return
    if parts.scheme not in {"http", "https"} or not host:
        yield "is no address: it begins with https://"
    elif parts.scheme == "http" and host not in LOOPBACK:
        yield f"must be https://{host}: plain http is for this machine only"
    elif parts.username or parts.query or parts.fragment:
        yield "must be an address alone, without user, query and fragment"

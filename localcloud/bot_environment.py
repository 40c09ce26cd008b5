"""What the bot is told, no more than in production: endpoints, keys, how metrics are sampled."""

from __future__ import annotations

import secrets
from shlex import quote
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localcloud.github.app_records import App

PROJECT = "senior-mhealth-lee"
REGION = "asia-northeast3"
BUCKET = f"{PROJECT}-spillway-sources"
PUSH_ACCOUNT = f"spillway-push@{PROJECT}.iam.gserviceaccount.com"


class Endpoints(Struct, frozen=True, kw_only=True):
    """Where the bot finds GitHub and Google, and where Pub/Sub finds the consumer."""

    github: str
    google: str
    google_grpc: str
    consumer: str


def bot_environment(
    state: Path, endpoints: Endpoints, paces: tuple[float, float, float], app: App
) -> dict[str, str]:
    """Return the variables of `bot/settings.py`; `paces`: window, lag and sweep, in seconds."""
    window, lag, sweep = paces
    return {
        "SPILLWAY_PROJECT": PROJECT,
        "SPILLWAY_WEBHOOK_SECRETS": webhook_secret(state),
        "SPILLWAY_GITHUB_APP_ID": str(app.id),
        "SPILLWAY_GITHUB_APP_KEY": app.private_key_pem,
        "SPILLWAY_STORE": str(state / "bot" / "store.sqlite"),
        "SPILLWAY_SOURCE_BUCKET": BUCKET,
        "SPILLWAY_PUSH_AUDIENCE": endpoints.consumer,
        "SPILLWAY_PUSH_ACCOUNT": PUSH_ACCOUNT,
        "SPILLWAY_GITHUB_URL": endpoints.github,
        "SPILLWAY_GOOGLE_URL": endpoints.google,
        "SPILLWAY_GOOGLE_GRPC": endpoints.google_grpc,
        "SPILLWAY_OIDC_CERTS_URL": f"{endpoints.google}/oauth2/v3/certs",
        "SPILLWAY_METRICS_WINDOW_SECONDS": str(window),
        "SPILLWAY_METRICS_LAG_SECONDS": str(lag),
        "SPILLWAY_SWEEP_SECONDS": str(sweep),
    }


def exports(environment: Mapping[str, str]) -> str:
    """Return the variables as a shell reads them from a file."""
    return "".join(f"export {name}={quote(value)}\n" for name, value in environment.items())


def webhook_secret(state: Path) -> str:
    """Return the App's webhook secret, made once per state folder."""
    path = state / "bot" / "webhook-secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_hex(20), encoding="ascii")
    return path.read_text(encoding="ascii")

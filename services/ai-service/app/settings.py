"""What the environment says about this service, read once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to listen and which Gemini to ask; `no_gemini` is the reason why there is none."""

    host: str
    port: int
    project: str
    location: str
    model: str
    no_gemini: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the variables that the deployment guide names.

        Raises ValueError when PORT is no number.
        """
        return cls(
            host=environment.get("HOST", "0.0.0.0"),  # noqa: S104  # Cloud Run's contract
            port=int(environment.get("PORT", "8081")),
            project=environment.get("GOOGLE_CLOUD_PROJECT", ""),
            location=environment.get("VERTEX_AI_LOCATION", ""),
            model=environment.get("MODEL_NAME", "gemini-2.5-flash"),
            no_gemini=_why_no_gemini(environment),
        )


def _why_no_gemini(environment: Mapping[str, str]) -> str | None:
    """Name what is missing for Vertex AI, or None.

    A metadata server on loopback is a local stand-in whose tokens open no real Vertex AI. With an
    endpoint or a credentials file of one's own Gemini is asked all the same.
    """
    if not environment.get("VERTEX_AI_LOCATION"):
        return "VERTEX_AI_LOCATION is not set"
    chosen = "GOOGLE_VERTEX_BASE_URL", "GOOGLE_APPLICATION_CREDENTIALS"
    if any(environment.get(name) for name in chosen):
        return None
    if _is_loopback(environment.get("GCE_METADATA_HOST", "")):
        return "the metadata server is a local one, without Vertex AI"
    return None


def _is_loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"

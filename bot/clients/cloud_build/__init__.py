"""Cloud Build: the port `Builds`."""

from __future__ import annotations

from bot.clients.cloud_build.client import CloudBuildClient

__all__ = ["CloudBuildClient"]

"""Cloud Run through the Admin API v2: the port `Services`."""

from __future__ import annotations

from bot.clients.cloud_run.client import CloudRunClient

__all__ = ["CloudRunClient"]

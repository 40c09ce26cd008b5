"""Starts the server on PORT, as Cloud Run's container contract asks.

https://cloud.google.com/run/docs/container-contract
"""

from __future__ import annotations

import uvicorn

from app.logs import log_as_json
from app.main import app
from app.settings import Settings


def serve() -> None:
    """Answer until SIGTERM; requests in flight get 8 s to end."""
    settings = Settings.from_environment()
    log_as_json()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=8,
    )


if __name__ == "__main__":
    serve()

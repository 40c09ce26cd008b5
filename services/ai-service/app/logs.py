"""Log lines as Cloud Logging reads them: one JSON object per line on stdout.

https://cloud.google.com/run/docs/logging
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

_SERVICE = {"service": "ai-service"}


class JsonLines(logging.Formatter):
    """One record as one line; `extra={"fields": {...}}` adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write severity, time and message, then the fields, then the stack if there is one."""
        line: dict[str, object] = {
            "severity": record.levelname,
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "message": record.getMessage(),
            **_SERVICE,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["stack_trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def log_as_json() -> None:
    """Send every logger of this process through one JSON line per record on stdout."""
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[lines], force=True)
    for chatty in ("httpx", "httpx2", "google_genai", "google.auth"):
        logging.getLogger(chatty).setLevel(logging.WARNING)

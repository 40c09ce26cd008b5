"""The bytes behind a download link, which carries its own right of access."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import HTTPError

from bot.clients.github.errors import TOO_MANY, UNTOLD_WAIT, seconds_asked
from bot.ports import Broken, Transient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import PreparedRequest, Response

CHUNK = 256 * 1024
"""Bytes in memory at a time. What has come is taken at once: a trickle ends in time, too."""
SILENCE = (5, 10)
"""Seconds to wait for the connection and for the next bytes."""
LONGEST = 45.0
"""Seconds for the whole download, within a handler's 60."""
NOT_FOUND = 404


def download(link: str, what: str) -> Iterator[bytes]:
    """Yield what stands behind a link; raise Transient when it breaks off or takes too long.

    No token travels with it, as the link leads to another host. The link stays out of every
    message, as whoever holds it may read the repository.
    """
    deadline = time.monotonic() + LONGEST
    try:
        with _opened(link) as response:
            _refuse(response, what)
            while chunk := response.raw.read1(CHUNK):
                if time.monotonic() > deadline:
                    message = f"{what}: the download took more than {LONGEST:.0f} s"
                    raise Transient(message)
                yield chunk
    except (requests.RequestException, HTTPError) as error:
        message = f"{what}: the download broke off: {type(error).__name__}"
        raise Transient(message) from None


def _opened(link: str) -> Response:
    return requests.get(
        link,
        headers={"Accept-Encoding": "identity", "User-Agent": "spillway"},
        auth=_nobody,
        timeout=SILENCE,
        stream=True,
    )


def _refuse(response: Response, what: str) -> None:
    if response.ok:
        return
    message = f"{what}: the download was answered with {response.status_code}"
    if response.status_code == NOT_FOUND:
        raise Broken(message)
    wait = seconds_asked(response.headers)
    limited = response.status_code == TOO_MANY and wait is None
    raise Transient(message, UNTOLD_WAIT if limited else wait)


def _nobody(request: PreparedRequest) -> PreparedRequest:
    """Keep requests from looking for a password in ~/.netrc."""
    return request

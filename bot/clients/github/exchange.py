"""One request to GitHub and what it said to it."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct, field
from requests.utils import parse_header_links

from bot.clients.github.errors import Missing
from bot.ports import Broken

T = TypeVar("T")
DETOURS = frozenset({".", ".."})
"""Parts of a path that would lead to another address, such as another repository's."""


class Call(Struct, frozen=True):
    """One request below a repository; `path` is quoted already."""

    verb: str
    path: str
    parameters: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    also: tuple[str, ...] = ()
    """Permissions that only some gates need, such as `members`: a token of its own carries them, so
    that an App without them can do everything else."""


HERE = Call("GET", "")
"""The repository, or whatever else stands in front of a call's path."""


class Answer(Struct, frozen=True):
    """What GitHub said to `what`."""

    what: str
    status: int
    headers: dict[str, str]
    text: str

    def read(self, kind: type[T]) -> T:
        """Return the fields that we need; raise Broken when they are not there."""
        try:
            return msgspec.json.decode(self.text, type=kind)
        except msgspec.MsgspecError as error:
            message = f"{self.what}: GitHub's answer {self.status} makes no sense: {error}"
            raise Broken(message) from None

    @property
    def goes_on(self) -> bool:
        """Whether there is another page."""
        links = parse_header_links(self.headers.get("link", ""))
        return any(link.get("rel") == "next" for link in links)

    @property
    def following(self) -> dict[str, str]:
        """The parameters of the next page; none when this is the last one."""
        links = parse_header_links(self.headers.get("link", ""))
        address = next((link["url"] for link in links if link.get("rel") == "next"), "")
        query = address.partition("?")[2].partition("#")[0]
        return {name: values[0] for name, values in parse_qs(query).items()}


def refuse_detours(call: Call) -> None:
    """Raise Missing for a path that leads elsewhere."""
    if DETOURS & set(call.path.split("/")):
        message = f"{call.verb} {call.path}: GitHub has no such address"
        raise Missing(message)

"""The App's own side of GitHub: what it may do, where its webhooks go, what did not arrive."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct, field

from bot.clients.github.errors import Missing
from bot.clients.github.exchange import Call
from bot.clients.github.transport import PERMISSIONS
from bot.core.examined import AppSeen, DeliverySeen, HookSeen
from bot.core.model import Repository
from bot.ports import Broken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.clients.github.session import Session

LEVELS = ("none", "read", "write", "admin")
DELIVERED = range(200, 400)


class _App(Struct):
    slug: str
    permissions: dict[str, str] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)


class _Hook(Struct):
    url: str = ""
    content_type: str = "form"
    secret: str = ""
    insecure_ssl: str | float = "0"


class _Delivery(Struct):
    guid: str
    event: str
    delivered_at: datetime
    status_code: int
    status: str


class _Installation(Struct):
    id: int


class _Repository(Struct):
    id: int
    full_name: str


class Office:
    """The port `AppOffice` (https://docs.github.com/en/rest/apps)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def app(self) -> AppSeen:
        """Return what the App may do and where it is installed, up to a hundred places."""
        found = self._session.ask_as_app(Call("GET", "/app")).read(_App)
        installed = Call("GET", "/app/installations", {"per_page": "100"})
        missing = (
            f"{name}: {level}"
            for name, level in PERMISSIONS.items()
            if _rank(found.permissions.get(name, "none")) < _rank(level)
        )
        return AppSeen(
            slug=found.slug,
            missing=tuple(missing),
            events=frozenset(found.events),
            installations=len(self._session.ask_as_app(installed).read(list[_Installation])),
        )

    def repository(self, full_name: str) -> Repository:
        """Return a repository with its id and our installation there; raise Broken without one."""
        path = f"/repos/{quote(full_name)}/installation"
        try:
            installation = self._session.ask_as_app(Call("GET", path)).read(_Installation).id
        except Missing as none:
            message = f"our App is not installed on {full_name}: install it there, or mind the name"
            raise Broken(message) from none
        unknown = Repository(0, full_name, installation)
        found = self._session.ask(unknown, Call("GET", "")).read(_Repository)
        return Repository(found.id, found.full_name, installation)

    def hook(self) -> HookSeen:
        """Return where its webhooks go."""
        found = self._session.ask_as_app(Call("GET", "/app/hook/config")).read(_Hook)
        return HookSeen(
            url=found.url,
            content_type=found.content_type,
            signed=bool(found.secret),
            verified=str(found.insecure_ssl) in {"0", "0.0"},
        )

    def deliveries(self) -> Sequence[DeliverySeen]:
        """Return the last hundred attempts to deliver, newest first."""
        call = Call("GET", "/app/hook/deliveries", {"per_page": "100"})
        return [
            DeliverySeen(
                guid=one.guid,
                event=one.event,
                at=one.delivered_at,
                delivered=one.status_code in DELIVERED,
                status=one.status,
            )
            for one in self._session.ask_as_app(call).read(list[_Delivery])
        ]


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else 0

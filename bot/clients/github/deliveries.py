"""The App's own webhook: what GitHub delivered to it, and again what failed.

https://docs.github.com/en/rest/apps/webhooks
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.clients.github.answers import DeliveryFound
from bot.clients.github.errors import Missing
from bot.clients.github.exchange import Call
from bot.core.github import Attempt
from bot.ports import Broken

if TYPE_CHECKING:
    from bot.clients.github.session import Session

PAGES, MOST_PAGES = 3, 30
"""Of 100 each: so many are looked at in one sweep however old, and so many at most."""
OK = range(200, 300)


class Deliveries:
    """The port Deliveries."""

    _session: Session

    def attempts(self, since: datetime) -> tuple[Attempt, ...]:
        """Return the newest attempts, failed ones and others, newest first.

        A busy App has more of them since a time than a few pages hold.
        """
        found: list[Attempt] = []
        parameters = {"per_page": "100"}
        for page in range(MOST_PAGES):
            if page >= PAGES and found and found[-1].at < since:
                break
            answer = self._session.ask_as_app(Call("GET", "/app/hook/deliveries", parameters))
            found += [_attempt(one) for one in answer.read(list[DeliveryFound])]
            following = answer.following.get("cursor", "")
            if not following:
                break
            parameters = {"per_page": "100", "cursor": following}
        return tuple(found)

    def again(self, attempt: int) -> None:
        """Have one delivery made again; one that GitHub no longer has is left at that."""
        try:
            self._session.ask_as_app(Call("POST", f"/app/hook/deliveries/{attempt}/attempts"))
        except Missing:
            return


def _attempt(found: DeliveryFound) -> Attempt:
    try:
        at = datetime.fromisoformat(found.delivered_at).astimezone(UTC)
    except (OverflowError, ValueError):
        what = f"a delivery at {found.delivered_at!r} makes no sense"
        raise Broken(what) from None
    return Attempt(
        id=found.id, guid=found.guid, event=found.event, at=at, taken=found.status_code in OK
    )

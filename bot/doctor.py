"""Looks at everything that an installation needs, one finding each; `python -m bot doctor`.

Nothing is changed: what is looked at are GitHub, Google Cloud and the store, with the rights that
the bot itself has. All looks are taken side by side, and none is waited for longer than asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from bot.core import checkup
from bot.core.examined import Check, Expected
from bot.ports import Broken, Store, Transient
from bot.trouble import Nameless

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.examined import (
        AppSeen,
        DeliverySeen,
        HookSeen,
        LetterSeen,
        SubscriptionSeen,
    )

MOST = 500
RIGHTS = "is it enabled, and has the service account its rights? docs/operating.md, What it needs"
AWAY = "it cannot be reached from here now: look at the network and its status page, and try again"
KEY = "are SPILLWAY_GITHUB_APP_ID and SPILLWAY_GITHUB_APP_KEY those of the App?"
DISK = "is SPILLWAY_STORE the consumer's own file, on a disk that can be written?"
NAMELESS = "run it as the consumer's service account, or: gcloud auth application-default login"


class AppOffice(Protocol):
    """GitHub, as the App itself sees it."""

    def app(self) -> AppSeen:
        """Return what the App may do and where it is installed."""

    def hook(self) -> HookSeen:
        """Return where its webhooks go."""

    def deliveries(self) -> Sequence[DeliverySeen]:
        """Return the last attempts to deliver, newest first."""


class Broker(Protocol):
    """Pub/Sub, as its administrator sees it."""

    def subscriptions(self, topic: str) -> tuple[SubscriptionSeen, ...]:
        """Return a topic's subscriptions; raise Broken when there is no such topic."""

    def letters(self, subscription: str) -> tuple[LetterSeen, ...]:
        """Return dead letters that wait there, without taking them."""


class Clinic(Struct, frozen=True):
    """Everything that is looked at."""

    clock: Callable[[], datetime]
    patience: timedelta
    """How long the slowest look may take."""
    topics: tuple[str, ...]
    expected: Expected
    """Its `topic` is that of dead letters."""
    store: Store
    office: AppOffice
    broker: Callable[[], Broker]
    """Raises Broken without credentials."""
    reach: dict[str, Callable[[], object]]
    """One cheap read per Google service; raises Transient or Broken."""


class _Look(Struct, frozen=True):
    """One thing to look at, and what to do where it cannot be seen."""

    name: str
    take: Callable[[], Check]
    remedy: str
    away: str = AWAY


def examine(clinic: Clinic) -> Iterator[Check]:
    """Yield one finding after the other, bad ones with what to do."""
    until = clinic.clock() + clinic.patience
    begun = [(look, _begun(look)) for look in _looks(clinic)]
    for look, finding in begun:
        left = (until - clinic.clock()).total_seconds()
        try:
            yield finding.result(max(0.0, left))
        except TimeoutError:
            said = f"no answer within {clinic.patience.total_seconds():g} s"
            yield checkup.unreachable(look.name, said, look.away)


def _looks(clinic: Clinic) -> Iterator[_Look]:
    office, now = clinic.office, clinic.clock
    yield _Look("GitHub App", lambda: checkup.app(office.app()), KEY)
    yield _Look("webhook", lambda: checkup.hook(office.hook()), KEY)
    yield _Look("deliveries", lambda: checkup.deliveries(office.deliveries(), now()), KEY)
    for topic in clinic.topics:
        remedy = f"gcloud pubsub topics create {topic}"
        yield _Look(f"topic {topic}", partial(_subscribed, clinic, topic), remedy)
    yield _Look("dead letters", partial(_letters, clinic), RIGHTS)
    for name, call in clinic.reach.items():
        yield _Look(name, partial(_reached, name, call), RIGHTS)
    yield _Look("store", lambda: checkup.overdue(clinic.store.due(now(), MOST), now()), DISK, DISK)


def _begun(look: _Look) -> Future[Check]:
    """Look from a thread of its own, which nobody has to wait for."""
    finding: Future[Check] = Future()
    Thread(target=_fill, args=(finding, look), daemon=True).start()
    return finding


def _fill(finding: Future[Check], look: _Look) -> None:
    try:
        finding.set_result(_found(look))
    except Exception as error:  # noqa: BLE001  # it is raised again where it is read
        finding.set_exception(error)


def _found(look: _Look) -> Check:
    try:
        return look.take()
    except Transient as trouble:
        return checkup.unreachable(look.name, str(trouble), look.away)
    except Nameless as trouble:
        return checkup.unreachable(look.name, str(trouble), NAMELESS)
    except Broken as trouble:
        return checkup.unreachable(look.name, str(trouble), look.remedy)


def _subscribed(clinic: Clinic, topic: str) -> Check:
    return checkup.subscription(topic, clinic.broker().subscriptions(topic), clinic.expected)


def _letters(clinic: Clinic) -> Check:
    topic, broker = clinic.expected.topic, clinic.broker()
    kept_by = broker.subscriptions(topic)
    pulled = [one.name for one in kept_by if not one.endpoint]
    seen = [letter for name in pulled for letter in broker.letters(name)]
    return checkup.letters(topic, kept_by, seen)


def _reached(name: str, call: Callable[[], object]) -> Check:
    call()
    return checkup.reachable(name)

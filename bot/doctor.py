"""Looks at everything that an installation needs, one finding each; `python -m bot doctor`.

Nothing is changed: what is looked at are GitHub, Google Cloud and the store, with the rights that
the bot itself has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from bot.core import checkup
from bot.core.examined import Expected
from bot.ports import Broken, Store, Transient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.examined import (
        AppSeen,
        Check,
        DeliverySeen,
        HookSeen,
        LetterSeen,
        SubscriptionSeen,
    )

MOST = 500
RIGHTS = "is it enabled, and has the service account its rights? docs/operating.md, What it needs"
AWAY = "it cannot be reached from here now: look at the network and its status page, and try again"
KEY = "are SPILLWAY_GITHUB_APP_ID and SPILLWAY_GITHUB_APP_KEY those of the App?"
DISK = "is SPILLWAY_STORE a file on a disk that can be written?"


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
    topics: tuple[str, ...]
    expected: Expected
    """Its `topic` is that of dead letters."""
    store: Store
    office: AppOffice
    broker: Broker
    reach: dict[str, Callable[[], object]]
    """One cheap read per Google service; raises Transient or Broken."""


def examine(clinic: Clinic) -> Iterator[Check]:
    """Yield one finding after the other, bad ones with what to do."""
    office, broker, now = clinic.office, clinic.broker, clinic.clock
    yield _found("GitHub App", lambda: checkup.app(office.app()), KEY)
    yield _found("webhook", lambda: checkup.hook(office.hook()), KEY)
    yield _found("deliveries", lambda: checkup.deliveries(office.deliveries(), now()), KEY)
    for topic in clinic.topics:
        remedy = f"gcloud pubsub topics create {topic}"
        yield _found(f"topic {topic}", partial(_subscribed, broker, topic, clinic.expected), remedy)
    yield _found("dead letters", partial(_letters, clinic), RIGHTS)
    for name, call in clinic.reach.items():
        yield _found(name, partial(_reached, name, call), RIGHTS)
    yield _found("store", lambda: checkup.overdue(clinic.store.due(now(), MOST), now()), DISK)


def _found(name: str, look: Callable[[], Check], remedy: str) -> Check:
    try:
        return look()
    except Transient as trouble:
        return checkup.unreachable(name, str(trouble), AWAY)
    except Broken as trouble:
        return checkup.unreachable(name, str(trouble), remedy)


def _subscribed(broker: Broker, topic: str, expected: Expected) -> Check:
    return checkup.subscription(topic, broker.subscriptions(topic), expected)


def _letters(clinic: Clinic) -> Check:
    topic, broker = clinic.expected.topic, clinic.broker
    kept_by = broker.subscriptions(topic)
    pulled = [one.name for one in kept_by if not one.endpoint]
    seen = [letter for name in pulled for letter in broker.letters(name)]
    return checkup.letters(topic, kept_by, seen)


def _reached(name: str, call: Callable[[], object]) -> Check:
    call()
    return checkup.reachable(name)

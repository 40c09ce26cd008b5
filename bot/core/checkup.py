"""Judges what an installation looks like: each problem with what to do about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.deployment import Deployment
from bot.core.examined import (
    AppSeen,
    Check,
    DeliverySeen,
    Expected,
    HookSeen,
    LetterSeen,
    SubscriptionSeen,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.model import Ask

EVENTS = frozenset({"issue_comment", "pull_request", "push"})
DOOR = "/webhooks/github"
LEAST_ACK = 90
"""Seconds: a handler works for up to 60, and what it overruns is delivered twice."""
OVERDUE = timedelta(minutes=5)
"""A tick a minute, and Pub/Sub's own retries, are long over by then."""
RECENT = timedelta(days=3)
"""GitHub lets deliveries be repeated for so long
(https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks)."""
NAMED = 3
PING = "ping"
"""Asks for nothing, and so nothing is lost with it."""


def app(seen: AppSeen) -> Check:
    """Judge the App's permissions, events and installations."""
    lacks = [f"permission {each}" for each in seen.missing]
    lacks += [f"event {each}" for each in sorted(EVENTS - seen.events)]
    if lacks:
        said = f"{seen.slug} lacks {', '.join(lacks)}"
        return _bad("GitHub App", said, "add them in the App's settings and accept them")
    if not seen.installations:
        said = f"{seen.slug} is installed nowhere"
        return _bad("GitHub App", said, "install it on the repositories that it is to ship")
    places = _count(seen.installations, "installation")
    return _good("GitHub App", f"{seen.slug}, every permission and event, {places}")


def hook(seen: HookSeen) -> Check:
    """Judge where webhooks go."""
    wrong = {
        f"goes to {seen.url or 'nowhere'}": not seen.url.endswith(DOOR),
        f"sends {seen.content_type}": seen.content_type != "json",
        "is not signed": not seen.signed,
        "trusts any certificate": not seen.verified,
    }
    if said := [what for what, is_so in wrong.items() if is_so]:
        remedy = (
            f"in the App's settings: URL https://RECEIVER{DOOR}, JSON, a secret, SSL verification"
        )
        return _bad("webhook", f"it {', '.join(said)}", remedy)
    return _good("webhook", f"signed JSON to {seen.url}")


def deliveries(seen: Sequence[DeliverySeen], now: datetime) -> Check:
    """Judge what GitHub could not bring: failed, and not brought later."""
    arrived = {each.guid for each in seen if each.delivered}
    missed = (e for e in seen if e.guid not in arrived and e.event != PING)
    lost = {e.guid: e for e in missed if now - e.at < RECENT}
    if lost:
        newest = max(lost.values(), key=lambda each: each.at)
        said = (
            f"{_count(len(lost), 'delivery', 'deliveries')} never arrived, "
            f"the last one ({newest.event}) at {newest.at:%Y-%m-%d %H:%M} UTC: {newest.status}"
        )
        return _bad("deliveries", said, "redeliver them: App settings, Advanced")
    return _good("deliveries", f"the last {len(seen)} arrived")


def subscription(topic: str, seen: Sequence[SubscriptionSeen], expected: Expected) -> Check:
    """Judge how a topic's messages reach the consumer."""
    name = f"topic {topic}"
    pushed = [each for each in seen if each.endpoint]
    if not pushed:
        remedy = f"push it to https://CONSUMER/projects/{expected.project}/topics/{topic}"
        return _bad(name, "no push subscription takes its messages", remedy)
    for each in pushed:
        if problem := _problem(topic, each, expected):
            return _bad(name, f"{each.name}: {problem[0]}", problem[1])
    return _good(name, f"{pushed[0].name} pushes to {pushed[0].endpoint}")


def _problem(topic: str, seen: SubscriptionSeen, expected: Expected) -> tuple[str, str] | None:
    update = f"gcloud pubsub subscriptions update {seen.name} --project {expected.project}"
    path = f"/projects/{expected.project}/topics/{topic}"
    if not seen.endpoint.endswith(path):
        return f"pushes to {seen.endpoint}", f"{update} --push-endpoint=https://CONSUMER{path}"
    if (seen.audience, seen.account) != (expected.audience, expected.account):
        said = f"its token is {seen.account or 'nobody'}'s for {seen.audience or 'nobody'}"
        return said, (
            f"{update} --push-auth-service-account={expected.account} "
            f"--push-auth-token-audience={expected.audience}"
        )
    if seen.ack_seconds < LEAST_ACK:
        return f"waits {seen.ack_seconds} s for an answer", f"{update} --ack-deadline=120"
    if not seen.dead_letter_topic:
        said = "has no dead-letter topic: a message that fails would come for ever"
        return said, f"{update} --dead-letter-topic=deploy-dead-letters --max-delivery-attempts=20"
    return None


def letters(topic: str, kept_by: Sequence[SubscriptionSeen], seen: Sequence[LetterSeen]) -> Check:
    """Judge what the dead-letter topic holds."""
    name = f"dead letters in {topic}"
    if not kept_by:
        remedy = f"gcloud pubsub subscriptions create {topic}-kept --topic={topic}"
        return _bad(name, "nobody keeps them: they are lost", remedy)
    if seen:
        places = ", ".join(sorted({each.subscription for each in seen}))
        first = min(each.published for each in seen)
        said = (
            f"{_count(len(seen), 'message')} could not be handled, from {places}, "
            f"the first of {first:%Y-%m-%d %H:%M} UTC"
        )
        remedy = (
            f"read the consumer's log of that time; gcloud pubsub subscriptions pull "
            f"{kept_by[0].name} --limit=10 shows them, --auto-ack removes them"
        )
        return _bad(name, said, remedy)
    return _good(name, "none")


def overdue(waiting: Sequence[Ask | Deployment], now: datetime) -> Check:
    """Judge what waits for a look that should long have come."""
    late = [each for each in waiting if each.wake_at is not None and now - each.wake_at > OVERDUE]
    if late:
        names = ", ".join(_named(each) for each in late[:NAMED])
        longest = max(now - each.wake_at for each in late if each.wake_at)
        said = (
            f"{_count(len(late), 'record')} wait for {longest.total_seconds() / 60:.0f} min: "
            f"{names}{', …' if len(late) > NAMED else ''}"
        )
        remedy = (
            "does Cloud Scheduler publish to the ticks topic every minute, and is the consumer up?"
        )
        return _bad("overdue work", said, remedy)
    return _good("overdue work", "none")


def unreachable(name: str, trouble: str, remedy: str) -> Check:
    """Return what to say of something that does not answer as it should."""
    return _bad(name, trouble, remedy)


def reachable(name: str) -> Check:
    """Return what to say of something that answers."""
    return _good(name, "answers")


def _named(waiting: Ask | Deployment) -> str:
    if isinstance(waiting, Deployment):
        return f"deployment {waiting.id} ({waiting.environment}, {waiting.phase.value})"
    return f"ask {waiting.key}"


def _count(number: int, noun: str, nouns: str = "") -> str:
    return f"{number} {noun if number == 1 else nouns or f'{noun}s'}"


def _good(name: str, said: str) -> Check:
    return Check(name=name, good=True, said=said)


def _bad(name: str, said: str, remedy: str) -> Check:
    return Check(name=name, good=False, said=said, remedy=remedy)

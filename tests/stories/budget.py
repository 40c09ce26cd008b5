"""What a repository's stories may cost at GitHub, and what they did cost, by kind of request.

DESIGN's budget: `/deploy` 18 requests and 2 per traffic step, a push 13 and 2 per step, any other
answer 6; chatter and redeliveries nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.cloud import Cloud
    from tests.stories.people import Repository

DEPLOY, PUSH, ANSWER, STEP = 18, 13, 6, 2
HELD = 4
"""Every hold is news, and so is its end: on the check run and in the comment."""
RECORDS = "SELECT kind, body FROM records WHERE kind IN ('Ask', 'Deployment')"


FAULTY = ("test_crashing", "test_faults")
"""Stories in which GitHub fails: what is lost is asked for again, whatever that costs."""


def overdrawn(cloud: Cloud, made: Sequence[tuple[str, Repository]]) -> list[str]:
    """Say which stories' repositories cost more than they may, and by what."""
    return [
        f"{story}: {paid.total()} of at most {most}: {dict(paid)}"
        for story, repository in made
        if not any(name in story for name in FAULTY)
        and (paid := spent(repository)).total() > (most := allowed(cloud, repository))
    ]


def spent(repository: Repository) -> Counter[str]:
    """What was asked for, by kind."""
    return Counter(repository.cost())


def allowed(cloud: Cloud, repository: Repository) -> int:
    """What it may cost, by what people asked for and what came of it."""
    store = sqlite3.connect(f"file:{cloud.state / 'bot' / 'store.sqlite'}?mode=ro", uri=True)
    records = [(kind, json.loads(body)) for kind, body in store.execute(RECORDS)]
    store.close()
    ours = [
        (kind, record)
        for kind, record in records
        if record["repository"]["full_name"] == repository.full_name
    ]
    return sum(_ask(one) if kind == "Ask" else _deployment(one) for kind, one in ours)


def _ask(ask: dict[str, Any]) -> int:
    """A deployment's own ask is in its budget."""
    return 0 if ask.get("state") == "accepted" else ANSWER + HELD


def _deployment(deployment: dict[str, Any]) -> int:
    steps = sum(bool(step["share"]) for step in deployment.get("steps_taken", ()))
    base = DEPLOY if deployment.get("comment_id") else PUSH
    return base + STEP * steps

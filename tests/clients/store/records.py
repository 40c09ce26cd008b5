"""Records as they are stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from bot.core.configuration import EnvironmentPlan, Rollout
from bot.core.deployment import Deployment
from bot.core.gates import Gates
from bot.core.model import Ask, AskKind, Environment, Heads, Image, Repository
from bot.core.route import Sampling

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REPOSITORY = Repository(id=7, full_name="acme/senior-mhealth", installation=3)

ASK = Ask(
    key="7/100/1",
    kind=AskKind.COMMENT,
    repository=REPOSITORY,
    actor="writer",
    text="/deploy prod",
    created_at=NOON,
    wake_at=NOON,
)
ENVIRONMENT = Environment(key="7/prod", name="prod", repository=REPOSITORY)
IMAGE = Image(key="reuse", digest="sha256:1", built_at=NOON)
HEADS = Heads(key="7/12", first_seen={"a" * 40: NOON})
DEPLOYMENT = Deployment(
    id="d1",
    repository=REPOSITORY,
    environment="prod",
    sha="a" * 40,
    trusted_sha="b" * 40,
    actor="writer",
    ask=ASK.key,
    created_at=NOON,
    phase_since=NOON,
    wake_at=NOON,
    plan=EnvironmentPlan(
        name="prod",
        services=(),
        rollout=Rollout(min_bake=MINUTE, max_bake=MINUTE, watch=MINUTE),
        gates=Gates(),
        reuse=timedelta(days=7),
    ),
    cloudbuild="steps: []",
    sampling=Sampling(window=MINUTE, lag=3 * MINUTE),
    services=(),
)


def ask(key: str, wake_at: datetime | None) -> Ask:
    return msgspec.structs.replace(ASK, key=key, wake_at=wake_at)


def deployment(
    key: str, *, created_at: datetime = NOON, wake_at: datetime | None = None
) -> Deployment:
    return msgspec.structs.replace(DEPLOYMENT, id=key, created_at=created_at, wake_at=wake_at)


def environment(name: str, repository: int = 7) -> Environment:
    there = msgspec.structs.replace(REPOSITORY, id=repository)
    key = f"{repository}/{name}"
    return msgspec.structs.replace(ENVIRONMENT, key=key, name=name, repository=there)

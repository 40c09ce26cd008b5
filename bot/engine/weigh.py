"""Let the gates judge a wish: gather the facts, and look where `after` wants it to have succeeded.

Next: bot/core/policy/__init__.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.core import policy
from bot.core.deployment import Phase
from bot.core.manifest import reuse_key, settings_hash
from bot.core.policy import Before, Judgement
from bot.engine.found import Refuse
from bot.engine.gather import gathered, live_release
from bot.engine.prepare import Inputs, Passed, plan_of, read_inputs
from bot.engine.question import question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.configuration import ServicePlan
    from bot.core.deployment import Deployment, ServiceRollout
    from bot.engine.wish import Wish
    from bot.ports import World

MOST_LOOKED_AT = 100
"""Deployments of the environment before: what succeeded longer ago has to succeed again."""


class Weighed(Struct, frozen=True, kw_only=True):
    """What the gates say, and what was read on the way."""

    judgement: Judgement
    passed: Passed
    inputs: Inputs | None = None
    """Read only where a gate asks for them."""


def weigh(world: World, wish: Wish) -> Weighed | Refuse:
    """Return what every gate says; Refuse when the commit's own files cannot be used."""
    facts = gathered(world, question(wish))
    inputs: Inputs | None = None
    digests: dict[str, str] = {}
    if wish.gates.after and policy.worth_asking(facts):
        read = read_inputs(world, (wish,))
        if isinstance(read, Refuse):
            return read
        inputs = read
        digests, lacking = _succeeded(world, wish, inputs)
        facts = replace(facts, before=Before(lacking=lacking))
    judgement = policy.judge(facts)
    live = live_release(world, wish.ask.repository, wish.environment)
    passed = Passed(notes=judgement.notes, digests=digests, live=live.sha if live else "")
    return Weighed(judgement=judgement, passed=passed, inputs=inputs)


def _succeeded(world: World, wish: Wish, inputs: Inputs) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the images that succeeded there, by service, and the services without one."""
    first = wish.gates.after
    done = tuple(_successes(world, wish, first))
    found: dict[str, str] = {}
    names = [service.name for service in plan_of(wish, inputs).services]
    for service in plan_of(wish, inputs, first).services:
        same = (made for made in done if _same(made, service, inputs))
        if made := next(same, None):
            found[service.name] = made.digest
    return found, tuple(name for name in names if name not in found)


def _successes(world: World, wish: Wish, first: str) -> Iterator[ServiceRollout]:
    """Yield every service of every deployment that succeeded there, newest first."""
    live = live_release(world, wish.ask.repository, first)
    key = f"{wish.ask.repository.id}/{first}"
    for deployment in world.store.history(key, MOST_LOOKED_AT):
        if _good(deployment, live.deployment if live else ""):
            yield from deployment.services


def _good(deployment: Deployment, live: str) -> bool:
    watched = deployment.phase is Phase.WATCHING and deployment.id == live
    return deployment.phase is Phase.SUCCEEDED or watched


def _same(made: ServiceRollout, service: ServicePlan, inputs: Inputs) -> bool:
    """Tell whether it was built from the same input and ran with the same settings."""
    return (
        made.plan.name == service.name
        and bool(made.digest)
        and made.settings_hash == settings_hash(service)
        and made.reuse_key == reuse_key(service, inputs.trees, inputs.cloudbuild)
    )

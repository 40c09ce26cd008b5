"""Which image is used again: one that our own store knows, and no label, tag or revision says."""

from __future__ import annotations

from msgspec.structs import replace

from bot.core.deployment import Phase, ServiceRollout
from bot.core.model import image_key
from bot.core.rollout import table
from bot.core.rollout.labels import REUSE, SETTINGS, labels_of, revision_name
from bot.core.sight import RevisionSeen, ServiceSeen, Sight, TrafficSeen
from tests.core.rollout.simulated import START, World, deployment, service_plan

OURS = deployment(service_plan("ai"))
STORED, LABELLED = "sha256:stored", "sha256:labelled"


def serving(**labels: str) -> ServiceSeen:
    """A service whose revision has every label that a deployment of ours would give it."""
    name = revision_name("ai", OURS.sha, OURS.id)
    given = labels_of(OURS, OURS.services[0]) | labels
    revision = RevisionSeen(name=name, ready=True, image=f"images/ai@{LABELLED}", labels=given)
    traffic = (TrafficSeen(revision=name, percent=100),)
    return ServiceSeen(exists=True, traffic=traffic, revisions={name: revision})


def compared(live: ServiceSeen, **images: str) -> tuple[Phase, ServiceRollout]:
    seen = Sight(services={"ai": live}, images=images)
    after = table.step(OURS, seen, START).deployment
    return after.phase, after.services[0]


def test_an_image_that_our_store_knows_is_used_again() -> None:
    phase, service = compared(serving(**{SETTINGS: "old"}), ai=STORED)
    assert (phase, service.digest) == (Phase.BUILDING, STORED)


def test_labels_alone_never_say_what_is_deployed() -> None:
    phase, service = compared(serving(**{SETTINGS: "old"}))
    assert (phase, service.digest) == (Phase.BUILDING, "")


def test_where_nothing_differs_the_record_says_what_runs() -> None:
    phase, service = compared(serving())
    assert (phase, service.digest) == (Phase.UNCHANGED, LABELLED)


def test_other_input_is_built_anew() -> None:
    phase, service = compared(serving(**{REUSE: "another"}))
    assert (phase, service.digest) == (Phase.BUILDING, "")


def test_an_image_that_was_chosen_beforehand_stands() -> None:
    chosen = replace(OURS, services=(replace(OURS.services[0], digest="sha256:chosen"),))
    seen = Sight(services={"ai": serving(**{SETTINGS: "old"})}, images={"ai": STORED})
    assert table.step(chosen, seen, START).deployment.services[0].digest == "sha256:chosen"


def test_an_image_that_is_in_the_registry_no_more_is_forgotten() -> None:
    world = World().with_stable("ai")
    going = world.look(deployment(service_plan("ai")))
    while going.phase is not Phase.STAGING or going.services[0].operation:
        going = world.look(going)
    name = going.services[0].revision
    missing = RevisionSeen(name=name, ready=False, image="", labels={}, reason="CONTAINER_MISSING")
    live = world.seen(going).services["ai"]
    seen = Sight(services={"ai": replace(live, revisions={**live.revisions, name: missing})})
    turn = table.step(going, seen, world.now)
    assert turn.deployment.failure is not None
    assert "ask again, and it is built anew" in turn.deployment.failure.remedy
    (image,) = turn.images
    assert (image.key, image.digest) == (
        image_key(going.repository, going.services[0].reuse_key),
        "",
    )

"""Tags of other people outlive our writes; dead ones of failed revisions do not."""

from __future__ import annotations

from google.cloud.run_v2 import Service, TrafficTarget

from bot.clients.cloud_run import sight, traffic
from bot.core.action import Shift
from bot.core.configuration import ServiceKey

LATEST, NAMED = 1, 2
WANTED = [
    TrafficTarget(type_=LATEST, percent=100, tag="newest"),
    TrafficTarget(type_=NAMED, revision="web-a", tag="qa"),
    TrafficTarget(type_=NAMED, revision="web-dead", tag="dead"),
]
STANDING = [
    {"type_": LATEST, "percent": 100, "tag": "newest", "uri": "https://newest.test"},
    {"type_": NAMED, "revision": "web-a", "tag": "qa", "uri": "https://qa.test"},
]
TO_B = Shift(
    service="web",
    key=ServiceKey("p", "r", "web"),
    percents={"web-b": 100},
    tags={},
    drop_tag="c-b",
    etag="",
)


def live(*, reconciling: bool) -> Service:
    return Service(
        traffic=WANTED,
        traffic_statuses=STANDING,
        reconciling=reconciling,
        latest_ready_revision="projects/p/locations/r/services/web/revisions/web-b",
    )


def tags(targets: list[TrafficTarget]) -> dict[str, str]:
    assert [(t.revision, t.percent) for t in targets if t.percent] == [("web-b", 100)]
    return {t.tag: t.revision for t in targets if t.tag}


def test_a_tag_that_never_took_effect_is_dropped() -> None:
    kept = tags(traffic.shifted(live(reconciling=False), TO_B))
    assert kept == {"newest": "", "qa": "web-a"}


def test_a_tag_that_is_only_just_being_set_is_kept() -> None:
    kept = tags(traffic.shifted(live(reconciling=True), TO_B))
    assert kept == {"newest": "", "qa": "web-a", "dead": "web-dead"}


def test_however_targets_are_written_the_same_split_is_the_same() -> None:
    together = [TrafficTarget(type_=NAMED, revision="a", percent=100, tag="t")]
    apart = [
        TrafficTarget(type_=NAMED, revision="a", percent=60),
        TrafficTarget(type_=NAMED, revision="a", tag="t"),
        TrafficTarget(type_=NAMED, revision="a", percent=40),
    ]
    assert traffic.same(together, apart)
    assert not traffic.same(together, apart[:2])
    assert not traffic.same(together, [TrafficTarget(type_=LATEST, percent=100, tag="t")])


def test_one_revision_serves_in_however_many_targets_it_has_the_traffic() -> None:
    parts = [{"type_": NAMED, "revision": "web-a", "percent": share} for share in (60, 40)]
    assert sight.service_seen(Service(traffic_statuses=parts), []).serving == "web-a"
    parts[1]["revision"] = "web-b"
    assert not sight.service_seen(Service(traffic_statuses=parts), []).serving


def test_latest_is_seen_as_the_revision_that_it_means() -> None:
    seen = sight.service_seen(live(reconciling=False), [])
    assert (seen.serving, seen.tag_url("newest")) == ("web-b", "https://newest.test")
    assert seen.share_of("web-a") == 0

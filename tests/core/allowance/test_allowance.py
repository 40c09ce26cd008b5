"""The operator's mapping: read strictly, and nothing beyond it is deployed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.core import allowance
from bot.core.configuration import ServiceKey
from tests.core.rollout.simulated import deployment, service_plan

GOOD = """
7: {projects: [acme-*], regions: [asia-northeast3, europe-west1], services: ["ai-*", api]}
8: {projects: [other], regions: ["*"], services: ["*"]}
"""


def read(text: str) -> dict[int, object]:
    allowed, problems = allowance.read(text)
    assert problems == ()
    return allowed


def why(key: ServiceKey, repository: int = 7) -> str:
    return allowance.forbidden(read(GOOD), repository, key)


def test_what_is_listed_may_be_touched() -> None:
    assert why(ServiceKey("acme-prod", "europe-west1", "ai-service")) == ""
    assert why(ServiceKey("other", "us-central1", "anything"), 8) == ""


def test_everything_that_is_not_listed_is_named() -> None:
    assert why(ServiceKey("evil-acme-x", "us-central1", "api-2")) == (
        "this repository may not deploy to project `evil-acme-x`, region `us-central1`, "
        "service `api-2`"
    )
    assert "(id 9) is not set up to deploy anywhere" in why(ServiceKey("other", "r", "s"), 9)


def test_without_a_mapping_everything_goes() -> None:
    assert allowance.forbidden(None, 9, ServiceKey("p", "r", "s")) == ""


def test_an_image_of_another_project_is_refused() -> None:
    plan = deployment(replace(service_plan("ai"), image="gcr.io/evil/ai")).plan
    mapping = "7: {projects: [p], regions: [r], services: [ai]}"
    (refusal,) = allowance.refusals(read(mapping), 7, plan)
    assert refusal.reason == "this repository may not push images to project `evil`"


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("", []),
        ("us-central1", ["this repository may not build in region `us-central1`"]),
        ("global", ["this repository may not build in region `global`"]),
        ("asia-northeast3", []),
    ],
)
def test_where_it_may_be_built_is_asked_too(region: str, said: list[str]) -> None:
    service = replace(service_plan("ai"), key=ServiceKey("p", "europe-west1", "ai"))
    plan = replace(deployment(service).plan, build_region=region)
    mapping = "7: {projects: [p], regions: [europe-west1, asia-*], services: [ai]}"
    told = [one.reason for one in allowance.refusals(read(mapping), 7, plan)]
    assert [reason for reason in told if "images" not in reason] == said


def test_json_is_read_too() -> None:
    assert read('{"7": {"projects": ["p"], "regions": ["r"], "services": ["s"]}}').keys() == {7}


def test_every_problem_is_told_at_once() -> None:
    text = """
acme/web: {projects: [p], regions: [r], services: [s]}
7: {project: [p], regions: asia, services: []}
8: [p]
9: {projects: [UPPER], regions: [r], services: [s]}
"""
    _, problems = allowance.read(text)
    assert problems == (
        "'acme/web' is no repository id: a whole number, as GitHub's API gives it",
        "7.project: there is no such key; did you mean projects?",
        '7.projects: must list at least one pattern, such as ["*"]',
        '7.regions: must list at least one pattern, such as ["*"]',
        '7.services: must list at least one pattern, such as ["*"]',
        "8: must be a mapping of projects, regions, services",
        "9.projects: 'UPPER' is no pattern: lower-case letters, digits, - . : and *",
    )


@pytest.mark.parametrize("text", ["", "[]", "7", "{}", "a: b: c", "!!python/object:x {}", "\0"])
def test_what_is_no_mapping_allows_nothing(text: str) -> None:
    allowed, problems = allowance.read(text)
    assert allowed == {}
    assert len(problems) == 1

"""What deploy.yaml means for one environment."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.configuration import AUTO_STEPS, EnvironmentPlan, ServiceKey, ServicePlan
from bot.core.manifest import Manifest, parse, reuse_key, settings_hash
from bot.core.manifest.durations import parse_duration, show_duration
from bot.core.manifest.wiring import cycles, levels

OWN = (Path(__file__).parents[3] / "deploy.yaml").read_text(encoding="utf-8")


def manifest(text: str) -> Manifest:
    read = parse(text)
    assert isinstance(read, Manifest), read
    return read


def small(environment: str = "", services: str = "") -> Manifest:
    """One service `web` in one environment `prod`, with these further keys."""
    return manifest(
        "project: my-project\nregion: us-central1\nimages: gcr.io/my-project\n"
        f"services: {{web: {{path: ., {services}}}}}\nenvironments: {{prod: {{{environment}}}}}\n"
    )


def prod(environment: str = "", services: str = "") -> EnvironmentPlan:
    return small(environment, services).resolve("prod")


def service(plan: EnvironmentPlan, name: str) -> ServicePlan:
    return next(one for one in plan.services if one.name == name)


def test_the_projects_own_file_reads_as_it_is_meant() -> None:
    own = manifest(OWN)
    assert own.environments == ("staging", "prod")
    assert own.services == ("ai-service", "api-service")
    assert own.on_push("main") == ("staging",)
    assert own.on_push("topic") == own.on_push("") == ()
    plan = own.resolve("prod")
    assert [(one.name, one.level, one.needs) for one in plan.services] == [
        ("ai-service", 0, ()),
        ("api-service", 1, ("ai-service",)),
    ]
    assert plan.rollout.steps == AUTO_STEPS
    assert plan.rollout.min_bake is None
    assert [(check.method, check.path) for check in plan.services[1].smoke] == [
        ("GET", "/health"),
        ("POST", "/api/analyze"),
    ]


def test_overrides_are_laid_over_deeply() -> None:
    staging = service(manifest(OWN).resolve("staging"), "ai-service")
    assert staging.key == ServiceKey("senior-mhealth-lee", "asia-northeast3", "ai-service-staging")
    assert staging.image.endswith("/senior-mhealth-lee/backend/ai-service")
    assert staging.cloud_run.env == {
        "VERTEX_AI_LOCATION": "asia-northeast3",
        "MODEL_NAME": "gemini-2.5-flash",
        "ENVIRONMENT": "staging",
    }
    assert (staging.cloud_run.min_instances, staging.cloud_run.port) == (0, 8081)


def test_null_removes_a_key_and_a_service() -> None:
    text = OWN + (
        "    services:\n      api-service: null\n"
        "      ai-service: {cloud_run: {memory: null, env: {MODEL_NAME: null}}}\n"
    )
    (only,) = manifest(text).resolve("prod").services
    assert only.name == "ai-service"
    assert only.cloud_run.memory is None
    assert "MODEL_NAME" not in only.cloud_run.env


def test_an_environment_may_live_in_another_project() -> None:
    web = prod("project: other-project, region: europe-west1, images: gcr.io/other").services[0]
    assert web.key == ServiceKey("other-project", "europe-west1", "web")
    assert web.image == "gcr.io/other/web"


def test_an_environment_with_nothing_behind_it_has_the_usual_care() -> None:
    text = "project: my-project\nregion: us-central1\nimages: gcr.io/my-project\n"
    plan = manifest(text + "services: {web: {path: .}}\nenvironments:\n  prod:\n").resolve("prod")
    assert plan.rollout.watch == timedelta(hours=1)
    assert plan.rollout.max_bake == timedelta(minutes=30)
    assert plan.gates.permission == "write"
    assert plan.reuse == timedelta(days=7)


@pytest.mark.parametrize(
    ("rollout", "watch"),
    [("steps: [100]", 0), ("steps: [50, 100]", 60), ("steps: [100], watch: 1h30m", 90)],
)
def test_a_single_step_is_not_watched_unless_asked(rollout: str, watch: int) -> None:
    assert prod(f"rollout: {{{rollout}}}").rollout.watch == timedelta(minutes=watch)


@pytest.mark.parametrize(("written", "limit"), [("5%", 0.05), ("0.1", 0.1), ("0", 0), ("1", 1)])
def test_a_limit_is_a_percentage_or_a_fraction(written: str, limit: float) -> None:
    assert prod(f"rollout: {{max_error_rate: {written}}}").rollout.max_error_rate == limit


@pytest.mark.parametrize(("written", "milliseconds"), [("800ms", 800), ("2s", 2000)])
def test_a_latency_is_in_milliseconds_or_seconds(written: str, milliseconds: int) -> None:
    limit = prod(f"rollout: {{max_p95: {written}}}").rollout.max_p95
    assert limit == timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize(
    ("rollout", "bake"), [("steps: auto", None), ("steps: [50, 100]", 5), ("min_bake: 2m", 2)]
)
def test_automatic_steps_bake_as_long_as_they_need(rollout: str, bake: int | None) -> None:
    wanted = None if bake is None else timedelta(minutes=bake)
    assert prod(f"rollout: {{{rollout}}}").rollout.min_bake == wanted


def test_reuse_can_be_switched_off() -> None:
    assert prod("reuse: 0").reuse == timedelta()


@pytest.mark.parametrize("value", ["8081", "010", "1.50", "yes", "1:30", '"true"', "2026-01-01"])
def test_a_variable_keeps_what_was_written(value: str) -> None:
    web = prod("", f"cloud_run: {{env: {{VALUE: {value}}}}}").services[0]
    assert web.cloud_run.env["VALUE"] == value.strip('"')


def test_a_smoke_body_stays_json() -> None:
    body = '{"n": 1, "f": 1.5, "b": true, "none": null, "list": [{"x": "y"}]}'
    web = prod("", f"smoke: [{{post: /, json: {body}, expect: {{json: {body}}}}}]").services[0]
    assert web.smoke[0].json == web.smoke[0].expect.json == msgspec.json.decode(body)


def test_a_plan_can_be_stored_and_read_again() -> None:
    plan = manifest(OWN).resolve("prod")
    assert msgspec.json.decode(msgspec.json.encode(plan), type=EnvironmentPlan) == plan


def test_the_settings_hash_follows_the_settings_alone() -> None:
    plan = prod("", "cloud_run: {cpu: 2, env: {A: a, B: b}}").services[0]
    other_order = prod("", 'cloud_run: {env: {B: b, A: a}, cpu: "2"}, smoke: [{get: /}]').services[
        0
    ]
    other = prod("", "cloud_run: {cpu: 2, env: {A: a, B: c}}").services[0]
    assert settings_hash(plan) == settings_hash(other_order)
    assert settings_hash(plan) != settings_hash(other)
    assert len(settings_hash(plan)) == 16


def test_the_reuse_key_follows_what_is_built_alone() -> None:
    plan = prod("", "also: [lib]").services[0]
    same = prod("", "also: [lib], cloud_run: {cpu: 2}").services[0]
    trees = {".": "t1", "lib": "t2"}
    key = reuse_key(plan, trees, "steps: []")
    assert len(key) == 32
    assert key == reuse_key(same, trees | {"unrelated": "t3"}, "steps: []")
    others = [
        reuse_key(plan, trees | {".": "t9"}, "steps: []"),
        reuse_key(plan, trees | {"lib": "t9"}, "steps: []"),
        reuse_key(plan, trees, "steps: [1]"),
        reuse_key(prod("images: gcr.io/other", "also: [lib]").services[0], trees, "steps: []"),
    ]
    assert len({key, *others}) == 5


GRAPHS = st.dictionaries(
    st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), unique=True).map(tuple)
).map(lambda g: {name: tuple(need for need in needs if need in g) for name, needs in g.items()})


@given(GRAPHS)
def test_every_circle_is_found_and_nothing_else(needs: dict[str, tuple[str, ...]]) -> None:
    found = cycles(needs)
    for cycle in found:
        assert cycle[0] == cycle[-1]
        assert all(later in needs[step] for step, later in pairwise(cycle))
    if not found:
        level = levels(needs)
        assert all(level[need] < level[name] for name in needs for need in needs[name])


@given(st.integers(0, 366 * 24 * 3600))
def test_a_duration_is_read_as_it_is_shown(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(show_duration(length)) == length


def test_error_logs_are_judged_where_somebody_says_so() -> None:
    assert prod("rollout: {error_logs: true}").rollout.error_logs
    assert not prod().rollout.error_logs
    text = OWN.replace("steps: auto", "error_logs: 3, steps: auto")
    read = parse(text)
    assert isinstance(read, tuple)
    (problem,) = read
    assert problem.key == "environments.prod.rollout.error_logs"
    assert problem.line == text[: text.index("error_logs")].count("\n") + 1
    assert problem.message == "must be true or false, not `3`"

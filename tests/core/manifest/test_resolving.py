"""What deploy.yaml means for one environment, and how much of a pull request's own file counts."""

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
    assert plan.rollout.min_bake == timedelta(minutes=5)
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


@pytest.mark.parametrize(("written", "margin"), [("5%", 0.05), ("0.1", 0.1), ("0", 0), ("1", 1)])
def test_a_margin_is_a_percentage_or_a_fraction(written: str, margin: float) -> None:
    assert prod(f"rollout: {{margin: {written}}}").rollout.margin == margin


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


def test_the_commits_own_settings_count() -> None:
    proposed = OWN.replace("memory: 2Gi", "memory: 4Gi").replace("gemini-2.5-flash", "gemini-3")
    plan = manifest(OWN).resolve("prod", manifest(proposed.replace("{get: /health,", "{get: /,")))
    ai = service(plan, "ai-service")
    assert (ai.cloud_run.memory, ai.cloud_run.env["MODEL_NAME"]) == ("4Gi", "gemini-3")
    assert ai.smoke[0].path == "/"
    assert plan.notes == ()


WAITING = [
    ("project: senior-mhealth-lee", "project: other-project", "project"),
    ("region: asia-northeast3", "region: us-central1", "region"),
    ("/backend", "/elsewhere", "images"),
    ("path: services/ai-service", "path: services/api-service", "services.ai-service.path"),
    ("    path: services/ai-service", "    also: [lib]\n    path: services/ai-service",
     "services.ai-service.also"),
    ("    path: services/api-service", "    needs: [ai-service]\n    path: services/api-service",
     "services.api-service.needs"),
    ("allow_unauthenticated: true", "allow_unauthenticated: false",
     "services.ai-service.cloud_run.allow_unauthenticated"),
    ("automation-sa@", "admin-sa@", "services.ai-service.cloud_run.service_account"),
    ("timeout: 300", "timeout: 300\n      secrets: {KEY: key:1}",
     "services.ai-service.cloud_run.secrets"),
    ("timeout: 300", "timeout: 300\n      ingress: all", "services.ai-service.cloud_run.ingress"),
    ("timeout: 300", "timeout: 300\n      spec: {launchStage: BETA}",
     "services.ai-service.cloud_run.spec"),
    ("watch: 60m", "watch: 0", "rollout.watch"),
    ("steps: auto", "steps: [100]", "rollout.steps"),
    ("permission: write", "permission: read", "gates.permission"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path"), WAITING)
def test_what_a_pull_request_may_not_change_is_noted(old: str, new: str, path: str) -> None:
    assert old in OWN
    trusted = manifest(OWN)
    plan = trusted.resolve("prod", manifest(OWN.replace(old, new, 1)))
    assert plan.notes == (f"{path}: takes effect after merge",)
    assert msgspec.structs.replace(plan, notes=()) == trusted.resolve("prod")


def test_a_service_that_only_the_commit_has_waits() -> None:
    proposed = OWN.replace("services:\n", "services:\n  web: {path: web}\n", 1)
    plan = manifest(OWN).resolve("prod", manifest(proposed))
    assert plan.notes == ("services.web: takes effect after merge",)
    assert len(plan.services) == 2


def test_a_service_or_environment_that_the_commit_lacks_stays() -> None:
    trusted = manifest(OWN)
    shorter = manifest(OWN[: OWN.index("  prod:")])
    plan = trusted.resolve("prod", shorter)
    assert plan.services == trusted.resolve("prod").services
    assert plan.notes == (
        "the environment is not in this commit's deploy.yaml: takes effect after merge",
    )
    without = manifest(OWN + "    services: {api-service: null}\n")
    plan = trusted.resolve("prod", without)
    assert plan.services == trusted.resolve("prod").services
    assert plan.notes == ("services.api-service: takes effect after merge",)


def test_a_new_reference_to_a_known_service_counts_and_is_ordered() -> None:
    trusted = small("", "}, api: {path: api").resolve("prod")
    assert [one.name for one in trusted.services] == ["web", "api"]
    proposed = small("", 'cloud_run: {env: {API: "${api.url}"}}}, api: {path: api')
    plan = small("", "}, api: {path: api").resolve("prod", proposed)
    assert [(one.name, one.level) for one in plan.services] == [("api", 0), ("web", 1)]
    assert plan.notes == ()


def test_a_reference_to_a_service_that_only_the_commit_has_waits() -> None:
    proposed = small("", 'cloud_run: {env: {A: "${api.url}", B: x}}}, api: {path: api')
    plan = small("", "cloud_run: {env: {A: before}}").resolve("prod", proposed)
    assert plan.services[0].cloud_run.env == {"A": "before", "B": "x"}
    assert plan.notes == (
        "services.web.cloud_run.env.A: takes effect after merge",
        "services.api: takes effect after merge",
    )


def test_references_that_close_a_circle_with_the_trusted_needs_wait() -> None:
    trusted = small("", "needs: [api]}, api: {path: api")
    proposed = small("", '}, api: {path: api, cloud_run: {env: {W: "${web.url}"}}')
    plan = trusted.resolve("prod", proposed)
    assert [one.name for one in plan.services] == ["api", "web"]
    assert service(plan, "api").cloud_run.env == {}
    assert any("circle" in note for note in plan.notes)


def test_a_plain_variable_never_replaces_a_trusted_secret() -> None:
    trusted = small("", "cloud_run: {secrets: {KEY: key:1}}")
    plan = trusted.resolve("prod", small("", "cloud_run: {env: {KEY: mine}}"))
    assert plan.services[0].cloud_run.env == {}
    assert plan.services[0].cloud_run.secrets == {"KEY": "key:1"}
    assert "services.web.cloud_run.env.KEY: takes effect after merge" in plan.notes


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

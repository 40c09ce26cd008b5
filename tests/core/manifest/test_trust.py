"""How much of a pull request's own deploy.yaml counts, and what waits for the merge."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bot.core.configuration import EnvironmentPlan, Probe, ServicePlan
from bot.core.manifest import Manifest, parse

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


def service(plan: EnvironmentPlan, name: str) -> ServicePlan:
    return next(one for one in plan.services if one.name == name)


def test_the_commits_own_settings_count() -> None:
    proposed = OWN.replace("memory: 2Gi", "memory: 4Gi").replace("gemini-2.5-flash", "gemini-3")
    plan = manifest(OWN).resolve("prod", manifest(proposed.replace("{get: /health,", "{get: /,")))
    ai = service(plan, "ai-service")
    assert (ai.cloud_run.memory, ai.cloud_run.env["MODEL_NAME"]) == ("4Gi", "gemini-3")
    assert ai.smoke[0].path == "/"
    assert plan.notes == ()


@pytest.mark.parametrize(
    ("key", "value", "meant"),
    [
        ("memory", "4Gi", "4Gi"),
        ("cpu", "4", "4"),
        ("timeout", "10", 10),
        ("concurrency", "7", 7),
        ("min_instances", "1", 1),
        ("max_instances", "3", 3),
        ("port", "9090", 9090),
        ("command", "[python, -m, web]", ("python", "-m", "web")),
        ("args", "[--port, 8080]", ("--port", "8080")),
        ("env", "{A: b}", {"A": "b"}),
        ("startup_probe", "{http_get: /up}", Probe(http_get="/up")),
        ("liveness_probe", "{period: 30}", Probe(period=30)),
    ],
)
def test_each_key_of_the_allow_list_counts(key: str, value: str, meant: object) -> None:
    plan = small().resolve("prod", small("", f"cloud_run: {{{key}: {value}}}"))
    assert getattr(plan.services[0].cloud_run, key) == meant
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

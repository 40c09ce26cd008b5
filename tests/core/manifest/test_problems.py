"""Every problem of a deploy.yaml, with its line and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.manifest import Manifest, Problem, parse

ELSEWHERE = "projects/p/locations/us-east1/connections/c/repositories/r"
GOOD = """\
project: my-project
region: asia-northeast3
images: asia-northeast3-docker.pkg.dev/my-project/backend
services:
  ai:
    path: services/ai
    cloud_run: {port: 8081, memory: 2Gi, env: {MODE: fast}}
    smoke: [{get: /health}]
  api:
    path: services/api
    cloud_run: {env: {AI_URL: "${ai.url}"}}
environments:
  staging:
    on_push: main
    service_suffix: -staging
    rollout: {steps: [100]}
  prod:
    rollout: {steps: auto}
    gates: {permission: write}
"""


def problems(text: str) -> tuple[Problem, ...]:
    found = parse(text)
    return found if isinstance(found, tuple) else ()


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def test_a_good_file_has_none() -> None:
    assert isinstance(parse(GOOD), Manifest)


ROLLOUT = "environments.prod.rollout"
CASES = [
    # (what is replaced, by what, line, key, part of the message)
    ("project: my-project\n", "\n", 1, "project", "is missing"),
    ("region: asia-northeast3", "region:", 1, "region", "is missing"),
    ("    path: services/ai\n", "", 5, "services.ai.path", "is missing"),
    ("project: my-project", "project: My_Project", 1, "project", "no project id"),
    ("region: asia-northeast3", "region: seoul", 2, "region", "no region"),
    ("project: my", "projct: 1\nproject: my", 1, "projct", "did you mean `project`?"),
    ("project: my", "projct:\nproject: my", 1, "projct", "did you mean `project`?"),
    ("project: my", "rollout: {}\nproject: my", 1, "rollout", "under environments.<name>.rollout"),
    ("steps: auto", "approve: [50, 5]", 18, f"{ROLLOUT}.approve", "must ascend"),
    ("steps: auto", "approve: [0]", 18, f"{ROLLOUT}.approve", "from 1 to 100"),
    ("steps: auto", "steps: [5, 100], approve: [50]", 18, f"{ROLLOUT}.approve", "is no step"),
    ("gates: {", "superseding: x\n    gates: {", 19, "environments.prod.superseding", "latest_wi"),
    ("my-project/backend", "my-project/backend:v1", 3, "images", "no tag"),
    ("my-project/backend", "my-project/backend@sha256:ab", 3, "images", "no tag"),
    ("asia-northeast3-docker.pkg.dev/", "docker.io/", 3, "images", "no image folder"),
    ("  ai:\n", "  AI:\n", 5, "services.AI", "no Cloud Run service name"),
    ("  ai:\n", "  deadbeef:\n", 5, "services.deadbeef", "reads like a commit"),
    ("  ai:\n", f"  {'a' * 50}:\n", 5, f"services.{'a' * 50}", "at most 40"),
    ("  ai:\n", f"  {'a' * 41}:\n", 5, f"services.{'a' * 41}", "needs the rest"),
    ("-staging\n", f"-{'s' * 50}\n", 15, "environments.staging.service_suffix", "at most 40"),
    ("  staging:\n", "  Staging_1:\n", 13, "environments.Staging_1", "no environment name"),
    (
        "region: asia-northeast3\n",
        "region: asia-northeast3\nconnected_repository: acme/web\n",
        3,
        "connected_repository",
        "no connected repository",
    ),
    (
        "region: asia-northeast3\n",
        f"region: asia-northeast3\nconnected_repository: {ELSEWHERE}\n",
        3,
        "connected_repository",
        "is in us-east1, builds run in asia-northeast3",
    ),
    (
        "region: asia-northeast3\n",
        "region: asia-northeast3\nbuild_region: europe\n",
        3,
        "build_region",
        "nor `global`",
    ),
    ("  staging:\n", "  latest:\n", 13, "environments.latest", "says nothing"),
    ("  staging:\n", "  deadbeef:\n", 13, "environments.deadbeef", "reads like a commit"),
    ("services/ai\n", "/services/ai\n", 6, "services.ai.path", "folder of the repository"),
    ("services/ai\n", "services/../x\n", 6, "services.ai.path", "folder of the repository"),
    ("services/ai\n", "[a]\n", 6, "services.ai.path", "must be text, not a list"),
    ("8081", "0", 7, "services.ai.cloud_run.port", "1 to 65535"),
    ("8081", "http", 7, "services.ai.cloud_run.port", "whole number, not `http`"),
    ("8081", "true", 7, "services.ai.cloud_run.port", "whole number"),
    ("2Gi", "2", 7, "services.ai.cloud_run.memory", "with its unit"),
    ("2Gi", "64Gi", 7, "services.ai.cloud_run.memory", "128Mi to 32Gi"),
    ("2Gi", "2Gi, cpu: 3", 7, "services.ai.cloud_run.cpu", "1, 2, 4, 6 or 8"),
    ("2Gi", "2Gi, timeout: 3601", 7, "services.ai.cloud_run.timeout", "1 to 3600"),
    ("2Gi", "2Gi, memry: 1", 7, "services.ai.cloud_run.memry", "did you mean `memory`?"),
    ("2Gi", "2Gi, ingress: intern", 7, "services.ai.cloud_run.ingress", "did you mean `internal`?"),
    ("2Gi", "2Gi, cpu_boost: yes", 7, "services.ai.cloud_run.cpu_boost", "true or false"),
    (
        "2Gi",
        "2Gi, min_instances: 3, max_instances: 2",
        7,
        "services.ai.cloud_run.min_instances",
        "more than max_instances",
    ),
    ("MODE: fast", "PORT: 1", 7, "services.ai.cloud_run.env.PORT", "key `port` of cloud_run"),
    ("MODE: fast", "K_SERVICE: a", 7, "services.ai.cloud_run.env.K_SERVICE", "keeps this name"),
    ("MODE: fast", "MODE: true", 7, "services.ai.cloud_run.env.MODE", 'quote it, "true"'),
    ("MODE: fast", "A-B: x", 7, "services.ai.cloud_run.env.A-B", "no variable name"),
    ("MODE: fast}", "A: x}, secrets: {A: s:1}", 7, "services.ai.cloud_run.env.A", "under secrets"),
    ("2Gi", "2Gi, secrets: {KEY: api}", 7, "services.ai.cloud_run.secrets.KEY", "name:version"),
    ("2Gi", "2Gi, labels: {Team: x}", 7, "services.ai.cloud_run.labels.Team", "no label"),
    ("2Gi", "2Gi, labels: {team: X}", 7, "services.ai.cloud_run.labels.team", "no label value"),
    ("2Gi", "2Gi, labels: {spillway-x: a}", 7, "services.ai.cloud_run.labels.spillway-x", "ours"),
    ("2Gi", "2Gi, spec: {name: x}", 7, "services.ai.cloud_run.spec.name", "the rollout owns it"),
    ("2Gi", "2Gi, spec: {traffic: []}", 7, "services.ai.cloud_run.spec.traffic", "the rollout"),
    (
        "2Gi",
        "2Gi, spec: {template: {revision: x}}",
        7,
        "services.ai.cloud_run.spec.template.revision",
        "names revisions",
    ),
    (
        "2Gi",
        "2Gi, spec: {template: {containers: [{image: x}]}}",
        7,
        "services.ai.cloud_run.spec.template.containers[0].image",
        "the build decides",
    ),
    (
        "2Gi",
        "2Gi, startup_probe: {timeout: 20}",
        7,
        "services.ai.cloud_run.startup_probe.timeout",
        "longer than period",
    ),
    ("get: /health", "gt: /health", 8, "services.ai.smoke[0].gt", "did you mean `get`?"),
    ("get: /health", "get: /h, post: /h", 8, "services.ai.smoke[0]", "exactly one of"),
    ("get: /health", "get: health", 8, "services.ai.smoke[0].get", "starts with one /"),
    ("get: /health", "get: //evil.example", 8, "services.ai.smoke[0].get", "starts with one /"),
    ("get: /health", "get: /, json: {}", 8, "services.ai.smoke[0].json", "carries no body"),
    (
        "get: /health",
        "get: /, expect: {status: 1000}",
        8,
        "services.ai.smoke[0].expect.status",
        "100 to 599",
    ),
    ("${ai.url}", "${aai.url}", 11, "services.api.cloud_run.env.AI_URL", "did you mean `ai`?"),
    ("${ai.url}", "${ai.port}", 11, "services.api.cloud_run.env.AI_URL", "is no reference"),
    ("${ai.url}", "${ai.url", 11, "services.api.cloud_run.env.AI_URL", "is no reference"),
    ("services/ai\n", "services/ai\n    needs: [ap]\n", 7, "services.ai.needs[0]", "mean `api`?"),
    ("services/ai\n", "services/ai\n    needs: [api]\n", 7, "services.ai.needs", "ai → api → ai"),
    ("fast", '"${ai.url}"', 7, "services.ai.cloud_run.env.MODE", "ai → ai"),
    ("steps: [100]", "steps: [5, 20]", 16, "environments.staging.rollout.steps", "[5, 20, 100]"),
    ("steps: [100]", "steps: [20, 5]", 16, "environments.staging.rollout.steps", "[5, 20, 100]"),
    ("steps: [100]", "steps: [0, 100]", 16, "environments.staging.rollout.steps", "1 to 100"),
    ("steps: [100]", "steps: 100", 16, "environments.staging.rollout.steps", "`auto`"),
    ("steps: [100]", "watch: 60", 16, "environments.staging.rollout.watch", "such as 90s, 5m"),
    ("steps: [100]", "watch: 500d", 16, "environments.staging.rollout.watch", "a duration"),
    ("steps: [100]", "alpha: 0.5", 16, "environments.staging.rollout.alpha", "0 and 0.5"),
    ("steps: [100]", "alpha: 0", 16, "environments.staging.rollout.alpha", "0 and 0.5"),
    ("steps: [100]", "alpha: 5e-324", 16, "environments.staging.rollout.alpha", "not below 1e-12"),
    ("steps: [100]", "judge: shadw", 16, "environments.staging.rollout.judge", "`shadow`?"),
    (
        "steps: [100]",
        "max_error_rate: 500%",
        16,
        "environments.staging.rollout.max_error_rate",
        "no ratio",
    ),
    ("steps: [100]", "max_p95: fast", 16, "environments.staging.rollout.max_p95", "no latency"),
    (
        "steps: [100]",
        "on_metrics_down: stay",
        16,
        "environments.staging.rollout.on_metrics_down",
        "`hold`",
    ),
    (
        "steps: [100]",
        "min_bake: 1h30m, max_bake: 10s",
        16,
        "environments.staging.rollout.min_bake",
        "1h30m is longer than max_bake, 10s",
    ),
    ("on_push: main", "on_push: '*'", 14, "environments.staging.on_push", "no branch name"),
    ("permission: write", "permission: wrte", 19, "environments.prod.gates.permission", "`write`?"),
    ("permission: write", "forks: allow", 19, "environments.prod.gates.forks", "`deny`"),
    ("service_suffix: -staging", "reuse: 0", 17, "environments.prod", "same services as staging"),
]


@pytest.mark.parametrize(("old", "new", "line", "key", "message"), CASES)
def test_a_problem_has_its_line_and_a_remedy(
    old: str, new: str, line: int, key: str, message: str
) -> None:
    found = problems(changed(old, new))
    assert [(problem.line, problem.key) for problem in found if message in problem.message] == [
        (line, key)
    ]


@pytest.mark.parametrize(
    ("override", "key", "message"),
    [
        ("{ai: {cloud_run: {port: x}}}", "services.ai.cloud_run.port", "whole number"),
        ("{ai: {cloud_run: {env: {MODE: '${x.url}'}}}}", "services.ai.cloud_run.env.MODE", "`x`"),
        ("{aai: {path: a}}", "services.aai", "did you mean `ai`?"),
        ("{aai: null}", "services.aai", "did you mean `ai`?"),
        ("{ai: {cloud_run: {memry: null}}}", "services.ai.cloud_run.memry", "mean `memory`?"),
        ("{ai: 5}", "services.ai", "must be a mapping"),
    ],
)
def test_a_problem_in_an_override_names_the_overrides_line(
    override: str, key: str, message: str
) -> None:
    (found,) = problems(GOOD + f"    services: {override}\n")
    assert (found.line, found.key) == (20, f"environments.prod.{key}")
    assert message in found.message


def test_a_service_removed_in_one_environment_is_missed_there() -> None:
    (found,) = problems(GOOD + "    services: {ai: null}\n")
    assert (found.line, found.key) == (11, "services.api.cloud_run.env.AI_URL")


def test_removing_a_required_key_in_an_override_is_told() -> None:
    (found,) = problems(GOOD + "    services: {ai: {path: null}}\n")
    assert (found.key, found.message) == ("services.ai.path", "is missing")


def test_all_problems_come_at_once_in_the_order_of_lines() -> None:
    text = changed("my-project", "X").replace("8081", "x").replace("[100]", "[5]")
    assert [problem.line for problem in problems(text)] == [1, 7, 16]


def test_every_cycle_is_named() -> None:
    text = changed("path: services/ai\n", "path: services/ai\n    needs: [api, ai]\n")
    found = sorted(problem.message.rpartition(": ")[2] for problem in problems(text))
    assert len(found) == 2
    assert "ai → ai" in found


def test_an_endless_list_of_problems_is_cut_and_says_so() -> None:
    text = GOOD + "".join(f"key{number}: 1\n" for number in range(500))
    found = problems(text)
    assert len(found) == 51
    assert found[-1].message == "has at least 450 more problems from here on"


def test_hostile_names_do_not_break_out_of_the_answer() -> None:
    (found,) = problems(changed("project: my", '"`</details>@owner": 1\nproject: my'))
    assert not set("`<>@") & set(found.key)


def test_the_projects_own_file_is_good() -> None:
    own = Path(__file__).parents[3] / "deploy.yaml"
    assert isinstance(parse(own.read_text(encoding="utf-8")), Manifest)

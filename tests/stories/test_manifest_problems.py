"""What is wrong with deploy.yaml or cloudbuild.yaml is told whole, and nothing is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.console import Console, visit
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stories.people import Pull, Repository

QUICK = "{steps: [100]}"
BROKEN = """\
project: senior-mhealth-lee
region: asia-northeast3
images: asia-northeast3-docker.pkg.dev/senior-mhealth-lee/backend
services:
  {prefix}-web:
    path: web
    cloud_run: {{memory: lots, contanerPort: 80}}
environments:
  staging: {{on_push: main, service_suffix: -staging, rollout: {{steps: [50, 20]}}}}
  prod:
    gates: {{permission: writer}}
    gates: {{}}
"""
WRONG_BUILDS = {
    "no file at all": ("", ["there is no such file on the default branch"]),
    "an unknown key": (
        services.CLOUDBUILD + "timeuot: 600s\nopitons: {}\n",
        ["timeuot: there is no such key; did you mean timeout?", "did you mean options?"],
    ),
    "no images": (
        "steps: [{name: gcr.io/cloud-builders/docker, args: [build, $_PATH]}]\n",
        ["images: is missing, so Cloud Build would push nothing"],
    ),
    "no YAML": ("steps: [\n", ["- line 2: is not YAML: "]),
}


@pytest.fixture(scope="module")
def made(repository: Callable[..., Repository]) -> Repository:
    """One service, already in staging; its main stays well."""
    return repository(prod=QUICK).in_staging()


def nothing_happened(made: Repository, sha: str, *environments: str) -> bool:
    """Neither a check run nor a GitHub Deployment of this commit."""
    return not any(made.check(sha, each) or made.statuses(sha, each) for each in environments)


def test_a_broken_manifest_on_main_is_told_on_the_merged_pull_request(
    repository: Callable[..., Repository],
) -> None:
    made = repository().in_staging()
    console, service = Console(made.cloud), f"{made.prefix}-web-staging"
    before = console.serving(service)
    doubled = BROKEN.format(prefix=made.prefix)
    pull = made.pull_request({"deploy.yaml": doubled.replace("    gates: {}\n", "")})
    merged = pull.merge()

    told = pull.reply("`deploy.yaml` of `main` cannot be used, so nothing can be deployed:")

    assert f"- line 7: services.{made.prefix}-web.cloud_run.memory: " in told
    assert f"- line 7: services.{made.prefix}-web.cloud_run.contanerPort: " in told
    assert "- line 9: environments.staging.rollout.steps" in told
    assert "- line 11: environments.prod.gates.permission: " in told
    assert told.count("\n- ") == 4
    assert nothing_happened(made, merged, "staging", "prod")
    assert console.serving(service) == before

    paid = len(made.cost())
    made.push("another-branch")
    eventually(lambda: len(made.cost()), lambda calls: calls > paid, "a look at the push")
    asked = pull.comment("/deploy prod main")

    again = pull.refusal(asked)
    assert [line for line in again.splitlines() if line.startswith("- ")] == [
        line for line in told.splitlines() if line.startswith("- ")
    ]
    assert len(pull.replies()) == 2


def test_a_manifest_that_is_no_plain_yaml_is_told_with_its_line(
    repository: Callable[..., Repository],
) -> None:
    made = repository(files={"deploy.yaml": BROKEN.format(prefix="web")})
    pull = made.pull_request({"notes.md": "a change\n"})
    told = pull.refusal(pull.comment("/deploy prod"))
    assert "- line 12: environments.prod.gates: is set twice, first on line 11" in told


def test_a_manifest_broken_in_the_pull_request_alone_hurts_nobody_else(made: Repository) -> None:
    text = (made.work / "deploy.yaml").read_text(encoding="utf-8")
    pull = made.pull_request({"deploy.yaml": text.replace("path: web", "paht: web")}, "typo")
    told = pull.refusal(pull.comment("/deploy prod"))
    assert f"`deploy.yaml` of `{pull.sha[:7]}` cannot be used" in told
    assert f"line 6: services.{made.prefix}-web.paht: is not a key here; did you mean" in told
    assert nothing_happened(made, pull.sha, "prod")

    alone = text.replace("staging: {", "staging: {gates: {default_branch_only: true}, ")
    pull.push(
        {
            "deploy.yaml": alone.replace("prod: {", "prod: {required: true, ", 1).replace(
                "gates: {contains_live", "gates: {after: staging, contains_live"
            )
        }
    )
    told = pull.refusal(pull.comment("/deploy prod"))
    assert "environments.prod.required: no pull request can be deployed here before it is" in told

    well = made.pull_request({"web/app.py": services.good("well")}, "well")
    assert well.reacted(well.comment("/deploy prod"), "rocket") == ["eyes", "rocket"]


def test_without_a_manifest_a_push_is_none_of_our_business(
    repository: Callable[..., Repository],
) -> None:
    made = repository(files={"deploy.yaml": ""})
    pull = made.pull_request({"notes.md": "a change\n"})
    told = pull.refusal(pull.comment("/deploy prod"))
    assert "`deploy.yaml` of `main` cannot be used" in told
    assert "- there is no such file on the default branch" in told
    merged = pull.merge()
    eventually(lambda: made.cost()[-2:], lambda last: "contents" in last[-1], "a look at the push")
    assert nothing_happened(made, merged, "staging", "prod")
    assert len(pull.replies()) == 1


@pytest.mark.parametrize(("content", "problems"), WRONG_BUILDS.values(), ids=WRONG_BUILDS)
def test_a_build_file_that_cannot_be_used_stops_the_deployment(
    repository: Callable[..., Repository], content: str, problems: list[str]
) -> None:
    made = repository(files={"cloudbuild.yaml": content})
    pull = made.pull_request({"notes.md": "a change\n"})
    told = pull.refusal(pull.comment("/deploy prod"))
    assert "`cloudbuild.yaml` of `main` cannot be used, so nothing can be deployed:" in told
    assert "\nNext: mend it, then ask again: `/deploy prod`\n" in told
    for problem in problems:
        assert problem in told
    assert nothing_happened(made, pull.sha, "prod")


def test_a_path_that_the_commit_does_not_have_is_named(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": "", "web/Dockerfile": ""}, "moved")
    told = pull.refusal(pull.comment("/deploy prod"))
    assert f"- it names `web`, which {pull.sha[:7]} does not have" in told
    assert nothing_happened(made, pull.sha, "prod")


def test_what_only_main_may_say_takes_effect_after_the_merge(
    repository: Callable[..., Repository],
) -> None:
    made = repository(prod=QUICK).in_staging()
    text = (made.work / "deploy.yaml").read_text(encoding="utf-8")
    wished = text.replace(
        "      allow_unauthenticated: true\n",
        "      allow_unauthenticated: false\n"
        "      service_account: root@senior-mhealth-lee.iam.gserviceaccount.com\n"
        "      memory: 1Gi\n",
    )
    pull = made.pull_request({"deploy.yaml": wished})

    told = deployed(pull)

    settings = f"services.{made.prefix}-web.cloud_run"
    assert f"**Note:** {settings}.service_account: takes effect after merge" in told
    assert f"**Note:** {settings}.allow_unauthenticated: takes effect after merge" in told
    assert f"{settings}.memory" not in told
    service = Console(made.cloud).service(f"{made.prefix}-web")
    assert not service.template.service_account.startswith("root@")
    assert service.template.containers[0].resources.limits["memory"] == "1Gi"
    url = made.cloud.service_url("prod", f"{made.prefix}-web")
    assert visit(url).status_code == 200


def deployed(pull: Pull) -> str:
    """Deploy it to prod and return what the deployment said."""
    asked = pull.comment("/deploy prod")
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    (told,) = pull.told()
    return told

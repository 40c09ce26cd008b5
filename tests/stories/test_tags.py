"""Images and their names: the commit's, the environment's, a version's; never `latest`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.stories import services
from tests.stories.faults import google_down
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from tests.stories.console import Console
    from tests.stories.people import Pull, Repository

REGISTRY = "google.devtools.artifactregistry.v1.ArtifactRegistry"


@pytest.fixture(scope="module")
def made(live: Callable[..., Repository]) -> Repository:
    """One service that serves in staging and in prod."""
    return live(prod="{steps: [100]}")


def named(made: Repository, console: Console, tag: str) -> str:
    """The digest that a tag of the service's image names; empty for none."""
    return console.image(f"{made.prefix}-web", tag)


def release(made: Repository, tag: str, commit: str, *, annotated: bool = False) -> None:
    """Push a git tag."""
    made.git("tag", *(["--annotate", "--message", "a release"] if annotated else []), tag, commit)
    made.git("push", "--quiet", made.remote("owner"), f"refs/tags/{tag}")


def check(made: Repository, sha: str) -> dict[str, Any]:
    """The check run that answers a release tag, once it stands."""
    return made.named_check(sha, "release")


def deployed(made: Repository, branch: str, files: dict[str, str] | None = None) -> Pull:
    """A pull request of this name that went to prod."""
    content = files or {"web/app.py": services.good(branch)}
    pull = made.pull_request(content, branch)
    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    return pull


def test_an_image_is_named_after_its_commit_and_where_it_runs(
    made: Repository, console: Console
) -> None:
    staged = named(made, console, "staging")
    pull = deployed(made, "named")
    digest = console.digest(f"{made.prefix}-web")
    assert digest != staged
    assert named(made, console, pull.sha) == digest
    eventually(lambda: named(made, console, "prod"), lambda seen: seen == digest, "prod moved")
    assert named(made, console, "staging") == staged
    assert not named(made, console, "latest")


def test_an_image_that_is_used_again_gets_the_new_commit_as_a_name(
    made: Repository, console: Console
) -> None:
    deployed(made, "again")
    digest, builds = console.digest(f"{made.prefix}-web"), console.builds(f"{made.prefix}-web")
    manifest = (made.work / "deploy.yaml").read_text(encoding="utf-8")
    louder = manifest.replace("GREETING: hello", "GREETING: hello again")
    pull = deployed(made, "louder", {"deploy.yaml": louder, "web/app.py": services.good("again")})
    assert console.builds(f"{made.prefix}-web") == builds
    assert console.digest(f"{made.prefix}-web") == digest
    eventually(
        lambda: named(made, console, pull.sha), lambda seen: seen == digest, "the commit's tag"
    )


def test_a_tag_that_somebody_pushed_never_decides_what_is_deployed(
    made: Repository, console: Console, cloud: Cloud
) -> None:
    image = console.image_name(f"{made.prefix}-web")
    bad = console.digest(f"{made.prefix}-web")
    pull = made.pull_request({"web/app.py": services.good("poisoned")}, "poisoned")
    for tag in (pull.sha, "prod", "staging"):
        cloud.runtime.images.tag(image, tag, bad)
    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    built = console.digest(f"{made.prefix}-web")
    assert built != bad
    deployed(made, "between")
    cloud.runtime.images.tag(image, pull.sha, bad)
    deployed(made, "reused", {"web/app.py": services.good("poisoned")})
    assert console.digest(f"{made.prefix}-web") == built


def test_a_registry_that_is_down_fails_no_deployment(
    made: Repository, console: Console, cloud: Cloud
) -> None:
    before = console.digest(f"{made.prefix}-web")
    with google_down(cloud, REGISTRY):
        pull = deployed(made, "registry")
        pull.reply("not every tag could be moved yet, it is tried again: prod: Artifact Registry")
    digest = console.digest(f"{made.prefix}-web")
    assert digest != before
    eventually(lambda: named(made, console, "prod"), lambda seen: seen == digest, "prod moved")
    eventually(pull.told, lambda said: "not every tag" not in said[0], "the note gone")


def test_a_release_tag_names_the_images_of_its_commit(made: Repository, console: Console) -> None:
    sha = deployed(made, "release").sha
    release(made, "v1.2.3", sha, annotated=True)
    assert check(made, sha)["conclusion"] == "success"
    assert named(made, console, "v1.2.3") == named(made, console, sha) != ""


def test_a_version_never_moves(made: Repository, console: Console) -> None:
    first, later = deployed(made, "version").sha, deployed(made, "later").sha
    release(made, "v2.0.0", first)
    assert check(made, first)["conclusion"] == "success"
    before = named(made, console, "v2.0.0")
    made.git("push", "--quiet", made.remote("owner"), "--delete", "refs/tags/v2.0.0")
    made.git("tag", "--delete", "v2.0.0")
    release(made, "v2.0.0", later)
    told = check(made, later)
    assert told["conclusion"] == "failure"
    assert "names another image already, and versions never move" in told["output"]["summary"]
    assert named(made, console, "v2.0.0") == before


@pytest.mark.parametrize("tag", ["latest", "v1.2", "1.2.3"])
def test_a_tag_that_is_no_version_is_told(made: Repository, tag: str) -> None:
    sha = made.pull_request({"notes.md": f"{tag}\n"}, f"for-{tag}").sha
    release(made, tag, sha)
    told = check(made, sha)
    assert told["conclusion"] == "failure"
    assert f"the tag `{tag}` on `{sha[:7]}` names no image" in told["output"]["summary"]
    assert "git tag v1.2.3" in told["output"]["summary"]


def test_other_tags_are_the_repositorys_own_business(made: Repository, cloud: Cloud) -> None:
    sha = made.pull_request({"notes.md": "nightly\n"}, "nightly").sha
    before = made.cost()
    release(made, "nightly", sha)
    assert cloud.github.deliveries_idle(10)
    assert made.cost() == before

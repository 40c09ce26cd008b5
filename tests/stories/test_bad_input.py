"""Other people's mistakes: each has a name and a remedy on the pull request; traffic stays put."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from localcloud.runtime.interface import BuildFailed
from tests.clients.storage.tarballs import TOP, member, tarball
from tests.stories import services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from localcloud.cloud import Cloud
    from localcloud.runtime.interface import BuildOptions
    from tests.stories.console import Console
    from tests.stories.people import Pull, Repository

AT_ONCE = "{steps: [100]}"
ELSEWHERE = """\
connected_repository: projects/p/locations/us-east1/connections/c/repositories/r
services:"""


@pytest.fixture(scope="module")
def made(live: Callable[..., Repository]) -> Repository:
    """One service that serves in staging and in prod."""
    return live(prod=AT_ONCE)


@pytest.fixture
def untouched(made: Repository, console: Console) -> Iterator[None]:
    """Have the traffic stay where it is."""
    before = console.shares(f"{made.prefix}-web")
    yield
    assert console.shares(f"{made.prefix}-web") == before
    assert console.tags(f"{made.prefix}-web") == []


def failed(pull: Pull) -> str:
    """Ask for prod, wait until it failed, and return the alert."""
    pull.comment("/deploy prod")
    assert pull.repository.concluded(pull.sha, "prod")["conclusion"] == "failure"
    return pull.alert()


@pytest.fixture
def main(made: Repository) -> Iterator[Callable[[dict[str, str]], None]]:
    """Change files of main for a while."""

    def change(files: dict[str, str]) -> None:
        made.commit(files, "Change the rules")
        made.push()

    before = made.git("rev-parse", "main")
    yield change
    made.git("reset", "--quiet", "--hard", before)
    made.push()


@pytest.mark.usefixtures("untouched")
def test_a_dockerfile_that_is_not_there(made: Repository) -> None:
    pull = made.pull_request({"web/Dockerfile": ""}, "no-dockerfile")
    told = pull.refusal(pull.comment("/deploy prod"))
    assert f"👎 The source of `{pull.sha[:7]}` cannot be used, so nothing can be deployed" in told
    assert "there is no web/Dockerfile, which cloudbuild.yaml builds" in told
    assert f"{made.prefix}-web from: add it" in told


BAD_BUILDS = {
    "an unknown key": ("imagez: [x]\n", "imagez: there is no such key; did you mean images?"),
    "a wrong type": ("timeout: 1200\n", 'write seconds with an s and quotes, e.g. "1200s"'),
    "an output": ("status: SUCCESS\n", "status: Cloud Build sets this itself; take it out"),
    "no images": ("", "images: is missing"),
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("more", "reason"), BAD_BUILDS.values(), ids=BAD_BUILDS)
def test_a_build_file_that_cannot_be_used(
    made: Repository, main: Callable[[dict[str, str]], None], more: str, reason: str
) -> None:
    images = 'images: ["$_IMAGE:$_SHA"]\n'
    good = services.CLOUDBUILD.replace(images, "") if not more else services.CLOUDBUILD
    main({"cloudbuild.yaml": good + more})
    name = reason.split(":", maxsplit=1)[0].replace(" ", "-")
    pull = made.pull_request({"notes.md": reason}, f"build-{name}")
    told = pull.refusal(pull.comment("/deploy prod"))
    assert "`cloudbuild.yaml` of `main` cannot be used" in told
    assert reason in told


@pytest.mark.usefixtures("untouched")
def test_a_build_that_takes_too_long(
    made: Repository,
    main: Callable[[dict[str, str]], None],
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(context: Path, dockerfile: Path, options: BuildOptions) -> str:
        while not options.cancelled():
            time.sleep(0.05)
        raise BuildFailed(f"{dockerfile} of {context} was cancelled")  # noqa: EM102, TRY003  # nobody reads it

    monkeypatch.setattr(cloud.runtime.images, "build", slow)
    main({"cloudbuild.yaml": f"{services.CLOUDBUILD}timeout: 1s\n"})
    alert = failed(made.pull_request({"web/app.py": services.good("slow")}, "slow"))
    assert "TIMEOUT" in alert
    assert "What to do: give the build longer with `timeout:` in cloudbuild.yaml" in alert


@pytest.mark.usefixtures("untouched")
def test_a_registry_that_lets_nobody_push(
    made: Repository, main: Callable[[dict[str, str]], None]
) -> None:
    manifest = (made.work / "deploy.yaml").read_text(encoding="utf-8")
    elsewhere = manifest.replace("pkg.dev/senior-mhealth-lee", "pkg.dev/somebody-else")
    main({"deploy.yaml": elsewhere})
    alert = failed(made.pull_request({"web/app.py": services.good("denied")}, "denied"))
    assert "'artifactregistry.repositories.uploadArtifacts' denied" in alert
    assert "What to do: whoever operates the project gives the build's service account" in alert


@pytest.mark.usefixtures("untouched")
def test_a_branch_that_was_deleted(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("deleted")}, "deleted")
    made.git("push", "--quiet", made.remote("writer"), "--delete", "deleted")
    told = pull.refusal(pull.comment("/deploy prod"))
    assert "This pull request is closed. Reopen it first; where its branch was deleted" in told


@pytest.mark.usefixtures("untouched")
def test_a_force_push_during_the_build(
    made: Repository, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull = made.pull_request({"web/app.py": services.good("read and asked for")}, "forced")
    build, pushed = cloud.runtime.images.build, []

    def meanwhile(context: Path, dockerfile: Path, options: BuildOptions) -> str:
        if not pushed:
            pushed.append(True)
            made.git("checkout", "--quiet", "-B", "forced", "main")
            made.commit({"web/app.py": services.good("something else")})
            made.push("forced", "writer")
            made.git("checkout", "--quiet", "main")
            assert cloud.github.deliveries_idle(10)
            pull.answer(pull.comment("/status"))  # what came before a question is known by then
        return build(context, dockerfile, options)

    monkeypatch.setattr(cloud.runtime.images, "build", meanwhile)
    alert = failed(pull)
    head = made.git("rev-parse", "forced")[:7]
    assert f"was force-pushed to {head} meanwhile and holds {pull.sha[:7]} no more" in alert
    assert f"`/deploy prod {head}`" in alert


@pytest.mark.usefixtures("untouched")
def test_a_link_that_leads_out_of_the_repository(made: Repository) -> None:
    made.git("checkout", "--quiet", "-B", "link", "main")
    (made.work / "web" / "passwords").symlink_to("../../../etc/passwd")
    made.git("add", "--all", ".")
    made.git("commit", "--quiet", "--message", "A link")
    pull = made.pull_request_from("link")
    alert = failed(pull)
    assert "holds what must not be unpacked for a build" in alert
    assert "What to do: take it out of the commit: links stay within the repository" in alert
    assert "the source's link 'web/passwords' leads out of it" in alert


@contextmanager
def archive_of(made: Repository, archive: bytes) -> Iterator[None]:
    """Have GitHub send this for every source archive of the repository."""

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if not environ["PATH_INFO"].startswith(f"/codeload/{made.full_name}/"):
                return app(environ, start_response)
            start_response("200 OK", [("Content-Type", "application/x-gzip")])
            return [archive]

        return answer

    made.cloud.github.before_response.append(wrap)
    yield
    made.cloud.github.before_response.remove(wrap)


@pytest.mark.usefixtures("untouched")
def test_an_archive_with_a_path_out_of_its_folder(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("outside")}, "outside")
    outside = member(f"{TOP}/../outside", b"x")
    with archive_of(made, tarball(member(f"{TOP}/web/app.py", b"x"), outside, sha=pull.sha)):
        alert = failed(pull)
    assert f"Commit {pull.sha[:7]} holds what must not be unpacked for a build" in alert
    assert f"the source holds '{TOP}/../outside', which cannot be unpacked safely" in alert
    assert "`/deploy prod`" in alert


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("-staging,", f"-{'x' * 40},", "at most 40 characters"),
        ("services:", ELSEWHERE, "builds run in asia-northeast3: name a connection"),
    ],
    ids=["a name that is too long", "another region"],
)
def test_places_that_do_not_exist(
    made: Repository, main: Callable[[dict[str, str]], None], old: str, new: str, reason: str
) -> None:
    manifest = (made.work / "deploy.yaml").read_text(encoding="utf-8")
    main({"deploy.yaml": manifest.replace(old, new, 1)})
    pull = made.pull_request({"notes.md": reason}, f"place-{len(new)}")
    told = pull.refusal(pull.comment("/deploy prod"))
    assert "`deploy.yaml` of `main` cannot be used" in told
    assert reason in told

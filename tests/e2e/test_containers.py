"""Real containers: built, pushed, run by digest within their limits, heard, and cleared away."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from localcloud.containers.building import OURS
from localcloud.containers.engine import EngineMissing
from localcloud.containers.images import KEPT
from localcloud.containers.runtime import ContainerRuntime
from localcloud.runtime.interface import BuildFailed, BuildOptions, StartFailed
from tests.e2e.containers import BASE, ENGINES, IMAGE, Heard, left_behind, options, served, spec
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="module", params=ENGINES)
def runtime(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, heard: Heard
) -> Iterator[ContainerRuntime]:
    folder = tmp_path_factory.mktemp("runtime")
    with ENGINES[request.param](folder) as shared:
        made = ContainerRuntime(folder, lambda *_: True, shared)
        made.start(heard)
        assert request.param in made.about()
        yield made
        made.stop()
    assert left_behind(folder) == []


@pytest.fixture
def context(tmp_path: Path) -> Path:
    return served(tmp_path)


@pytest.fixture(scope="module")
def digest(runtime: ContainerRuntime, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = served(tmp_path_factory.mktemp("context"))
    built = runtime.images.build(folder, folder / "Dockerfile", options())
    runtime.images.tag(IMAGE, "one", built)
    return built


def test_an_image_is_known_by_tag_and_digest(runtime: ContainerRuntime, digest: str) -> None:
    assert runtime.images.resolve(f"{IMAGE}:one") == digest
    assert runtime.images.resolve(f"{IMAGE}@{digest}") == digest
    assert runtime.images.resolve(f"{IMAGE}:two") is None
    assert runtime.images.resolve(f"{IMAGE}-other@{digest}") is None


def test_a_revision_runs_by_digest_within_its_limits(
    runtime: ContainerRuntime, digest: str, heard: Heard
) -> None:
    wanted = spec("web-1", digest)
    runtime.revisions.start(wanted)
    api, port = runtime.engine.api, runtime.revisions.port(wanted.revision)
    assert requests.get(f"http://127.0.0.1:{port}/", timeout=20).text == "hello from web-1"
    of_it = {"label": f"local.spillway.revision={wanted.revision}"}
    (running,) = api.containers(filters=of_it)
    seen = api.inspect_container(running["Id"])
    assert digest in seen["Config"]["Image"]
    assert seen["HostConfig"]["Memory"] == 256 << 20
    assert seen["HostConfig"]["NanoCpus"] == 500_000_000
    eventually(lambda: heard.lines, lambda said: ("web-1", "stdout", "listening") in said, "log")

    runtime.revisions.stop(wanted.revision)

    assert api.containers(all=True, filters=of_it) == []


def test_a_secret_lies_where_the_template_mounts_it(
    runtime: ContainerRuntime, digest: str, heard: Heard
) -> None:
    reads = ("sh", "-c", "cat /run/keys/one; exec python -u app.py")
    wanted = spec("web-5", digest, command=reads, files={"/run/keys/one": "안녕\n"})
    runtime.revisions.start(wanted)
    eventually(lambda: heard.lines, lambda said: ("web-5", "stdout", "안녕") in said, "the secret")
    runtime.revisions.stop(wanted.revision)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo the database is away; exit 3", "Container called exit(3).\nLast output:\nthe data"),
        ("x=a; while true; do x=$x$x; done", "Memory limit of 32 MiB exceeded"),
    ],
)
def test_why_a_revision_does_not_come_up(
    runtime: ContainerRuntime, digest: str, script: str, said: str
) -> None:
    broken = spec("web-2", digest, command=("sh", "-c", script), memory=32 << 20)
    with pytest.raises(StartFailed) as failure:
        runtime.revisions.start(broken)
    assert said in failure.value.message


def test_a_revision_without_an_image_is_named(runtime: ContainerRuntime) -> None:
    with pytest.raises(StartFailed) as failure:
        runtime.revisions.start(spec("web-3", f"sha256:{'0' * 64}"))
    assert failure.value.reason == "CONTAINER_MISSING"


def test_a_crash_is_told_and_the_container_started_again(
    runtime: ContainerRuntime, digest: str, heard: Heard
) -> None:
    wanted = spec("web-4", digest)
    runtime.revisions.start(wanted)
    (first,) = runtime.engine.api.containers(
        filters={"label": f"local.spillway.revision={wanted.revision}"}
    )
    runtime.engine.api.kill(first["Id"])
    eventually(
        lambda: heard.lines, lambda said: any("137" in one[2] for one in said), "the end of web-4"
    )
    port = runtime.revisions.port(wanted.revision)

    def answer() -> str:
        try:
            return requests.get(f"http://127.0.0.1:{port}/", timeout=2).text
        except requests.RequestException:
            return ""

    eventually(answer, bool, "web-4 again")
    runtime.revisions.stop(wanted.revision)


@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        (f"{BASE}RUN echo no such package; exit 7\n", "(exit status|non-zero code:) 7"),
        ("FROM nobody/has-this:1\n", "nobody/has-this"),
        (f"{BASE}COPY missing .\n", "missing"),
        (f"{BASE}FLY away\n", "(?i)unknown instruction.*FLY"),
    ],
)
def test_a_build_that_fails_says_why(
    runtime: ContainerRuntime, context: Path, dockerfile: str, said: str
) -> None:
    (context / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    with pytest.raises(BuildFailed, match=said):
        runtime.images.build(context, context / "Dockerfile", options())


def test_base_images_are_brought_or_told_before_anybody_waits_for_a_build(
    runtime: ContainerRuntime, context: Path
) -> None:
    (context / "Dockerfile").write_text(f"{BASE}FROM 127.0.0.1:1/no/such:1\n", encoding="utf-8")
    with pytest.raises(EngineMissing, match=r"(?s)127\.0\.0\.1:1/no/such:1.*make stand-ins"):
        runtime.expect([context / "Dockerfile"])
    (context / "Dockerfile").write_text(f"FROM scratch AS it\n{BASE}", encoding="utf-8")
    runtime.expect([context / "Dockerfile"])


def test_a_build_ends_when_nobody_wants_it_more(runtime: ContainerRuntime, context: Path) -> None:
    (context / "Dockerfile").write_text(f"{BASE}RUN echo begun; sleep 600\n", encoding="utf-8")
    cancelled = threading.Event()

    def hear(line: str) -> None:
        if line == "begun":
            cancelled.set()

    wanted = BuildOptions({}, {}, hear, options().deadline, cancelled.is_set)
    with pytest.raises(BuildFailed, match="the build was cancelled"):
        runtime.images.build(context, context / "Dockerfile", wanted)


def test_the_engine_keeps_only_the_newest_images(runtime: ContainerRuntime, context: Path) -> None:
    for number in range(KEPT + 2):
        (context / "Dockerfile").write_text(f"{BASE}LABEL n={number}\n", encoding="utf-8")
        digest = runtime.images.build(context, context / "Dockerfile", options())
    api = runtime.engine.api
    assert len(api.images(filters={"label": f"{OURS}=yes"})) == KEPT
    assert runtime.images.resolve(f"built@{digest}") == digest


def test_builds_side_by_side_do_not_take_each_others_images(
    runtime: ContainerRuntime, tmp_path: Path
) -> None:
    def build(number: int) -> str:
        context = tmp_path / str(number)
        context.mkdir()
        text = f"{BASE}RUN echo {number} > /one\nRUN sleep 0.{number}\n"
        (context / "Dockerfile").write_text(text, encoding="utf-8")
        return runtime.images.build(context, context / "Dockerfile", options())

    with ThreadPoolExecutor(3) as pool:
        digests = set(pool.map(build, range(1, 7)))
    assert len(digests) == 6

"""Revisions as processes: how they start, fail, crash, end, and that none outlives its owner."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from localcloud.runtime.interface import StartFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World

    Until = Callable[[Callable[[], bool]], None]

PYTHON = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD "


PLAIN_SERVER = """\
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
print("args", sys.argv[1:], flush=True)
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), BaseHTTPRequestHandler).serve_forever()
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_runs_with_the_environment_of_image_and_revision(world: World, echo: str) -> None:
    url = world.route({world.start("echo-1", echo, GREETING="안녕"): 100})
    told = requests.get(f"{url}/", timeout=10).json()["environment"]
    assert (told["K_SERVICE"], told["K_REVISION"]) == ("echo", "echo-1")
    assert told["GREETING"] == "안녕"
    assert "PYTEST_CURRENT_TEST" not in told
    assert ("echo-1", "stdout", "hello from echo-1") in world.telemetry.lines


def test_files_lie_where_variables_and_arguments_say(
    world: World, until: Until, service_files: dict[str, str]
) -> None:
    told = 'print(*(open(one).read() for one in [sys.argv[1], os.environ["KEY"]]), flush=True)'
    script = f"import os, sys\n{told}\n{PLAIN_SERVER}"
    digest = world.build(service_files | {"server.py": script})
    spec = world.spec("echo-1", digest, KEY="/run/keys/greeting")
    files = {"/run/keys/greeting": "안녕"}
    args = ("python", "server.py", "/run/keys/greeting")
    world.runtime.revisions.start(replace(spec, files=files, args=args))
    until(lambda: ("echo-1", "stdout", "안녕 안녕") in world.telemetry.lines)


def test_a_running_revision_is_left_alone(world: World, echo: str) -> None:
    url = world.route({world.start("echo-1", echo): 100})
    before = requests.get(url, timeout=10).json()["pid"]
    world.start("echo-1", echo)
    assert requests.get(url, timeout=10).json()["pid"] == before


def test_instances_run_from_the_start_take_turns_and_end_together(
    world: World, echo: str, until: Until
) -> None:
    spec = replace(world.spec("echo-1", echo), instances=2)
    world.runtime.revisions.start(spec)
    url = world.route({spec.revision: 100})
    pids = {requests.get(url, timeout=10).json()["pid"] for _ in range(4)}
    assert len(pids) == 2
    world.runtime.revisions.stop(spec.revision)
    until(lambda: not any(map(alive, pids)))


@pytest.mark.parametrize(
    ("command", "code", "last"),
    [
        ('["python", "-c", "raise SystemExit(\'no database\')"]', 1, "no database"),
        ('["python", "absent.py"]', 2, "absent.py"),
        ('["nonsense"]', 127, "nonsense"),
        ('["python", "-c", "import os; os.kill(os.getpid(), 9)"]', 137, ""),
    ],
)
def test_a_container_that_ends_says_so_in_cloud_runs_words(
    world: World, command: str, code: int, last: str
) -> None:
    digest = world.build({"Dockerfile": f"{PYTHON}{command}\n", "a": ""})
    with pytest.raises(StartFailed) as failed:
        world.runtime.revisions.start(world.spec("bad-1", digest))
    assert "failed to start and listen on the port" in failed.value.message
    assert "PORT=8080 environment variable" in failed.value.message
    assert f"Container called exit({code})." in failed.value.message
    assert last in failed.value.message
    assert failed.value.reason == "HEALTH_CHECK_CONTAINER_ERROR"


def test_a_container_that_never_listens_fails_and_is_ended(world: World, until: Until) -> None:
    sleeper = 'import os, time; print("pid", os.getpid(), flush=True); time.sleep(600)'
    digest = world.build({"Dockerfile": f'{PYTHON}["python", "a.py"]\n', "a.py": sleeper})
    with pytest.raises(StartFailed) as failed:
        world.runtime.revisions.start(world.spec("deaf-1", digest, timeout=1.5))
    assert "called exit" not in failed.value.message
    pid = int(failed.value.message.rpartition("pid ")[2])
    until(lambda: not alive(pid))


def test_an_unknown_image_fails_the_start(world: World) -> None:
    with pytest.raises(StartFailed, match="not found") as failed:
        world.runtime.revisions.start(world.spec("bad-1", "sha256:" + "0" * 64))
    assert failed.value.reason == "CONTAINER_MISSING"


def test_command_and_args_replace_the_images(world: World) -> None:
    text = (
        'FROM python:3.12\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["python", "/app/a.py"]\nCMD ["x"]\n'
    )
    digest = world.build({"Dockerfile": text, "a.py": PLAIN_SERVER})
    plain = world.spec("echo-1", digest)
    world.runtime.revisions.start(plain)
    with_args = replace(plain, revision=f"{plain.service}/revisions/echo-2", args=("y", "z"))
    with_command = replace(
        plain, revision=f"{plain.service}/revisions/echo-3", command=("python", "a.py")
    )
    for spec in (with_args, with_command):
        world.runtime.revisions.start(spec)
    told = {text for _, _, text in world.telemetry.lines}
    assert {"args ['x']", "args ['y', 'z']", "args []"} <= told


def test_stop_sends_sigterm(world: World, echo: str, until: Until) -> None:
    revision = world.start("echo-1", echo)
    world.runtime.revisions.stop(revision)
    until(lambda: ("echo-1", "stdout", "ending") in world.telemetry.lines)
    world.runtime.revisions.stop(revision)
    assert world.runtime.revisions.port(revision) is None


def test_a_stubborn_process_is_killed(world: World, echo: str) -> None:
    url = world.route({(revision := world.start("echo-1", echo, STUBBORN="1")): 100})
    pid = requests.get(url, timeout=10).json()["pid"]
    world.runtime.revisions.stop(revision)
    assert not alive(pid)


def test_a_crash_is_told_and_a_new_process_takes_over(
    world: World, echo: str, until: Until
) -> None:
    url = world.route({world.start("echo-1", echo): 100})
    before = requests.get(url, timeout=10).json()["pid"]
    assert requests.get(f"{url}/crash", timeout=10).status_code == 503
    until(lambda: requests.get(url, timeout=10).status_code == 200)
    assert requests.get(url, timeout=10).json()["pid"] != before
    assert ("echo-1", "stderr", "Container called exit(3).") in world.telemetry.lines


OWNER = """\
import sys, time
from pathlib import Path
from localcloud.runtime.interface import BuildOptions, RevisionSpec, ServiceRoutes
from localcloud.runtime.runtime import Runtime

class Quiet:
    def served(self, served): pass
    def line(self, *told): pass

context, root, prepared = map(Path, sys.argv[1:])
runtime = Runtime(root, lambda token, audience: True, prepared)
runtime.start(Quiet())
digest = runtime.images.build(
    context, context / "Dockerfile", BuildOptions({}, {}, lambda line: None, time.monotonic() + 60)
)
service = "projects/p/locations/l/services/echo"
revision = service + "/revisions/echo-1"
runtime.revisions.start(RevisionSpec(service, revision, digest, 8080, {}, (), (), 20))
runtime.traffic.route(service, ServiceRoutes({revision: 100}, {}, True))
print(runtime.traffic.url(service), flush=True)
time.sleep(600)
"""


def test_no_process_outlives_an_owner_killed_by_sigkill(
    world: World, until: Until, service_files: dict[str, str], prepared: Path
) -> None:
    context = world.context(service_files)
    command = [sys.executable, "-c", OWNER, context, world.root / "owned", prepared]
    folder = Path(__file__).parents[3]
    with subprocess.Popen(  # noqa: S603  # our own runtime
        command, cwd=folder, stdout=subprocess.PIPE, text=True
    ) as owner:
        url = owner.stdout.readline().strip()
        pid = requests.get(url, timeout=10).json()["pid"]
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        assert alive(pid)
        os.kill(owner.pid, 9)
        until(lambda: not alive(pid) and not alive(parent))

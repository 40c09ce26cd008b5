"""`python -m localcloud up`, as somebody starts and ends it."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from localcloud.github.server import GitHub
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.github.app_records import Delivery

PROJECT = Path(__file__).parents[2]


@contextmanager
def up(state: Path) -> Iterator[subprocess.Popen[str]]:
    """An empty cloud below `state`, whatever its test does killed in the end."""
    command = [sys.executable, "-m", "localcloud", "up", "--no-seed", "--state", str(state)]
    started = subprocess.Popen(  # noqa: S603  # our own module, our own arguments
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with started:
        try:
            yield started
        finally:
            started.kill()


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


def stopped(process: subprocess.Popen[str], *stops: signal.Signals) -> tuple[str, str]:
    """What was still printed once these signals have come, and the processes that are left."""
    for stop in stops:
        process.send_signal(stop)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    return out, err


def left(state: Path) -> list[str]:
    """Processes that have anything to do with the state folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if str(state).encode() in told:
            found.append((entry / "cmdline").read_text())
    return found


def one_more_webhook(state: Path) -> None:
    """Have something happen that nobody is there to be told of."""
    github = GitHub(state / "github")
    github.add_repository("acme/other")
    github.install("spillway", "acme/other")
    github.stop()


def waiting(state: Path) -> int:
    """How many webhooks nobody was told of yet."""
    with closing(sqlite3.connect(state / "github" / "records.sqlite")) as records:
        found: tuple[int] = records.execute(
            "SELECT count(*) FROM records WHERE kind = 'Parcel'"
        ).fetchone()
    return found[0]


def delivered(state: Path) -> list[Delivery]:
    github = GitHub(state / "github")
    github.stop()
    return github.deliveries()


def test_one_line_tells_where_everything_is_and_the_same_folder_resumes(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    for again in (False, True):
        with up(tmp_path) as process:
            told.append(json.loads(line(process.stdout)))
            assert left(tmp_path)
            if again:
                eventually(lambda: waiting(tmp_path), lambda many: many == 0, "every webhook")
            out, _err = stopped(process, signal.SIGINT)
            assert out == ""
        assert not left(tmp_path)
        if not again:
            one_more_webhook(tmp_path)
    told_of = {one.event: one.status_code for one in delivered(tmp_path)}
    assert set(told_of) == {"ping", "installation", "installation_repositories"}
    assert set(told_of.values()) <= {202, 204}
    first, second = told
    assert first == second == json.loads((tmp_path / "up.json").read_bytes())
    assert set(first["tokens"]) == {"owner", "writer", "reader", "outsider"}
    assert first["clone_url"] == f"{first['github']}/acme/senior-mhealth.git"


def test_the_bot_can_be_asked_beside_it_by_whoever_started_it(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        told = json.loads(line(process.stdout))
        asked = f'. {tmp_path}/bot.env; {sys.executable} -m bot status --repository "$1"'
        done = subprocess.run(  # noqa: S603  # our own module, our own arguments
            ["/bin/sh", "-euc", asked, "sh", told["repository"]],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "Nothing has been deployed from this repository yet.\n"
        for name in ("bot.env", "up.json"):
            assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        stopped(process, signal.SIGINT)


def refused(state: Path, *words: str) -> str:
    """What somebody reads whose local cloud does not start."""
    command = [sys.executable, "-m", "localcloud", "up", "--no-seed", "--state", str(state), *words]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603  # as above
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    return done.stderr.splitlines()[-1]


def test_a_second_one_in_the_same_folder_or_at_the_same_port_is_refused(tmp_path: Path) -> None:
    with up(tmp_path / "one") as process:
        port = json.loads(line(process.stdout))["github"].rpartition(":")[2]
        assert "runs in" in (said := refused(tmp_path / "one"))
        assert said.endswith("already: end it first, or name another folder")
        taken = refused(tmp_path / "other", f"--port={port}")
        assert taken.startswith(f"Error: port {port}, wanted for github, is taken by another")
        stopped(process, signal.SIGINT)


@pytest.mark.parametrize("file", ["ports.json", "github/records.sqlite", "runtime/ports.json"])
def test_what_no_version_of_ours_wrote_is_named(tmp_path: Path, file: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("of another time", encoding="utf-8")
    said = refused(tmp_path)
    assert f"what lies in {tmp_path} cannot be read, maybe another version wrote it" in said


def test_who_presses_ctrl_c_again_and_again_stops_it_too(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        assert line(process.stdout)
        _out, err = stopped(process, *[signal.SIGINT, signal.SIGTERM] * 20)
        assert err.splitlines().count("stopping") == 1
    assert not left(tmp_path)


def test_it_can_be_stopped_while_it_starts(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        assert line(process.stderr) == "starting GitHub and Google Cloud\n"
        out, _err = stopped(process, signal.SIGINT)
        assert out == ""
    assert not left(tmp_path)

"""The front end on the wire: the split, tags, private services, failures and draining."""

from __future__ import annotations

import os
import signal
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import requests

from localcloud.runtime import forward

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import World

SERVICE = "projects/p/locations/l/services/echo"


def call(url: str, times: int) -> None:
    """Call so many times, eight at once."""
    with requests.Session() as session, ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: session.get(url, timeout=10), range(times)))
    assert len(answers) == times


def test_a_canary_gets_exactly_its_share(world: World, echo: str) -> None:
    stable, canary = world.start("echo-1", echo), world.start("echo-2", echo)
    url = world.route({stable: 90, canary: 10})
    call(url, 1000)
    assert world.telemetry.counts(1000) == {("echo-1", 200): 900, ("echo-2", 200): 100}


def test_new_weights_count_from_new(world: World, echo: str) -> None:
    stable, canary = world.start("echo-1", echo), world.start("echo-2", echo)
    url = world.route({stable: 95, canary: 5})
    call(url, 7)
    assert world.telemetry.counts(7).total() == 7
    world.route({stable: 80, canary: 20})
    world.telemetry.requests.clear()
    call(url, 50)
    world.route({stable: 80, canary: 20}, {"look": canary})
    call(url, 50)
    assert world.telemetry.counts(100) == {("echo-1", 200): 80, ("echo-2", 200): 20}


def test_each_request_is_told_with_its_revision_and_place(world: World, echo: str) -> None:
    url = world.route({world.start("echo-1", echo, STATUS="418"): 100})
    assert requests.get(url, timeout=10).status_code == 418
    assert world.telemetry.counts(1).total() == 1
    (told,) = world.telemetry.requests
    assert (told.service, told.revision) == (SERVICE, f"{SERVICE}/revisions/echo-1")
    assert (told.project, told.location, told.status) == ("p", "l", 418)
    assert 0 < told.seconds < 10
    assert told.at > 1e9


def test_a_tag_reaches_its_revision_whatever_the_weights(world: World, echo: str) -> None:
    stable, canary = world.start("echo-1", echo), world.start("echo-2", echo)
    world.route({stable: 100}, {"canary": canary})
    tagged = world.runtime.traffic.url(SERVICE, "canary")
    assert requests.get(tagged, timeout=10).json()["revision"] == "echo-2"
    world.route({stable: 100})
    assert requests.get(tagged, timeout=10).status_code == 404


def test_a_service_that_is_gone_or_never_was_is_404(world: World, echo: str) -> None:
    assert requests.get(world.runtime.traffic.url(SERVICE, "new"), timeout=10).status_code == 404
    url = world.route({world.start("echo-1", echo): 100})
    world.route({})
    assert requests.get(url, timeout=10).status_code == 404
    assert not world.telemetry.requests


def test_addresses_survive_a_restart(open_world: Callable[..., World]) -> None:
    first = open_world()
    kept = [first.runtime.traffic.url(SERVICE, tag) for tag in ("", "canary")]
    first.runtime.stop()
    second = open_world()
    assert [second.runtime.traffic.url(SERVICE, tag) for tag in ("", "canary")] == kept
    assert len(set(kept)) == 2


class TestPrivate:
    @pytest.fixture
    def urls(self, world: World, echo: str) -> tuple[str, str]:
        revision = world.start("echo-1", echo)
        url = world.route({revision: 100}, {"canary": revision}, public=False)
        return url, world.runtime.traffic.url(SERVICE, "canary")

    def test_no_token_is_403(self, world: World, urls: tuple[str, str]) -> None:
        for url in urls:
            assert requests.get(url, timeout=10).status_code == 403
        assert not world.telemetry.requests

    def test_a_token_for_something_else_is_401(self, urls: tuple[str, str]) -> None:
        headers = {"Authorization": "Bearer for:http://elsewhere"}
        answer = requests.get(urls[0], headers=headers, timeout=10)
        assert answer.status_code == 401
        assert "invalid_token" in answer.headers["WWW-Authenticate"]

    def test_a_token_for_the_service_opens_it_and_its_tag(self, urls: tuple[str, str]) -> None:
        headers = {"Authorization": f"Bearer for:{urls[0]}"}
        for url in urls:
            assert requests.get(url, headers=headers, timeout=10).status_code == 200

    def test_a_token_for_the_tag_opens_the_tag_alone(self, urls: tuple[str, str]) -> None:
        headers = {"X-Serverless-Authorization": f"bearer for:{urls[1]}"}
        statuses = [requests.get(url, headers=headers, timeout=10).status_code for url in urls]
        assert statuses == [401, 200]


class TestPassingOn:
    def test_method_path_body_and_headers_arrive(self, world: World, echo: str) -> None:
        url = world.route({world.start("echo-1", echo): 100})
        body = "본문" * 200_000
        sent = {"X-Own": "1", "Connection": "close, X-Hop", "X-Hop": "1", "Expect": "100-continue"}
        answer = requests.post(f"{url}/a%2Fb?q=%20", body.encode(), headers=sent, timeout=10)
        told = answer.json()
        assert (told["method"], told["path"], told["body"]) == ("POST", "/a%2Fb?q=%20", body)
        headers = {name.lower(): value for name, value in told["headers"].items()}
        assert headers["x-own"] == "1"
        assert headers["host"] == url.removeprefix("http://")
        assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == ("127.0.0.1", "http")
        assert not {"x-hop", "expect"} & headers.keys()
        assert "Keep-Alive" not in answer.headers
        assert answer.raw.headers.getlist("Set-Cookie") == ["a=1", "b=2"]

    def test_a_path_that_names_another_host_is_refused(self, world: World, echo: str) -> None:
        url = world.route({world.start("echo-1", echo): 100})
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as caller:
            caller.sendall(b"GET http://elsewhere.test/ HTTP/1.0\r\n\r\n")
            assert b" 400 " in caller.makefile("rb").readline()


class TestTrouble:
    def test_an_instance_that_hangs_up_on_idle_connections_harms_nobody(
        self, world: World, service_files: dict[str, str]
    ) -> None:
        hangs_up = "self.asked = getattr(self, 'asked', 0) + 1"
        server = service_files["server.py"].replace(
            "    def do_GET(self):\n",
            f"    def do_GET(self):\n        {hangs_up}\n        if self.asked > 1:\n"
            "            self.close_connection = True\n            return\n",
        )
        digest = world.build(service_files | {"server.py": server})
        url = world.route({world.start("echo-1", digest): 100})
        with requests.Session() as session:
            statuses = [session.post(url, b"{}", timeout=10).status_code for _ in range(3)]
        assert statuses == [200, 200, 200]

    def test_a_revision_that_does_not_run_is_503_and_counted_nowhere(
        self, world: World, echo: str
    ) -> None:
        alive, gone = world.start("echo-1", echo), f"{SERVICE}/revisions/echo-2"
        url = world.route({alive: 50, gone: 50})
        statuses = [requests.get(url, timeout=10).status_code for _ in range(10)]
        assert Counter(statuses) == {200: 5, 503: 5}
        assert world.telemetry.counts(5) == {("echo-1", 200): 5}

    def test_a_revision_too_busy_to_be_reached_is_503_and_counted_nowhere(
        self, open_world: Callable[..., World], echo: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The queue of connections to a process that stands still is full soon."""
        monkeypatch.setattr(forward, "_CONNECT_SECONDS", 0.2)
        world = open_world()
        url = world.route({world.start("echo-1", echo): 100})
        process = requests.get(url, timeout=10).json()["pid"]
        os.kill(process, signal.SIGSTOP)
        with ThreadPoolExecutor(20) as crowd:
            waiting = [crowd.submit(requests.get, url, timeout=30) for _ in range(20)]
            refused = next(done for done in as_completed(waiting)).result()
            os.kill(process, signal.SIGCONT)
        assert refused.status_code == 503
        reached = Counter(done.result().status_code for done in waiting)
        assert world.telemetry.counts(1 + reached[200]) == {("echo-1", 200): 1 + reached[200]}

    def test_an_answer_broken_off_is_broken_off_and_counted(self, world: World, echo: str) -> None:
        url = world.route({world.start("echo-1", echo): 100})
        with pytest.raises(requests.exceptions.RequestException):
            requests.get(f"{url}/break", timeout=10)
        assert world.telemetry.counts(1) == {("echo-1", 503): 1}

    def test_a_silent_revision_is_504(
        self, open_world: Callable[..., World], tmp_path: Path, service_files: dict[str, str]
    ) -> None:
        world = open_world(request_timeout=0.3)
        env = {"ARRIVED": str(tmp_path / "arrived"), "RELEASE": str(tmp_path / "release")}
        url = world.route({world.start("echo-1", world.build(service_files), **env): 100})
        assert requests.get(f"{url}/wait", timeout=10).status_code == 504
        assert world.telemetry.counts(1) == {("echo-1", 504): 1}
        (tmp_path / "release").touch()


def test_requests_on_their_way_end_before_their_revision_does(
    world: World, echo: str, tmp_path: Path, until: Callable[[Callable[[], bool]], None]
) -> None:
    arrived, release = tmp_path / "arrived", tmp_path / "release"
    old = world.start("echo-1", echo, ARRIVED=str(arrived), RELEASE=str(release))
    new = world.start("echo-2", echo)
    url = world.route({old: 100})
    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(requests.get, f"{url}/wait", timeout=15)
        until(arrived.exists)
        world.route({new: 100})
        stopping = Thread(target=world.runtime.revisions.stop, args=(old,))
        stopping.start()
        assert requests.get(url, timeout=10).json()["revision"] == "echo-2"
        assert ("echo-1", "stdout", "ending") not in world.telemetry.lines
        release.touch()
        assert answer.result().json()["revision"] == "echo-1"
        stopping.join()
    until(lambda: ("echo-1", "stdout", "ending") in world.telemetry.lines)

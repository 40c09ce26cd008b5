"""The last lines, in order, and nothing in them that could act on a terminal or a page."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from google.api.monitored_resource_pb2 import MonitoredResource
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.logging_v2.types import LogEntry
from grpc import (
    StatusCode,
    method_handlers_generic_handler,
    unary_unary_rpc_method_handler,
)
from grpc import server as grpc_server

from bot.clients.endpoint import grpc
from bot.clients.logging import CloudLogging, lines_of
from bot.core.configuration import ServiceKey
from bot.ports import Broken, Transient
from tests.clients.local_google import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localcloud.google.server import Google

    Say = Callable[..., None]

NOON = 1_772_625_600.0
BEFORE = datetime.fromtimestamp(NOON, UTC)


@pytest.fixture
def key(request: pytest.FixtureRequest) -> ServiceKey:
    """Each test has a service of its own."""
    return ServiceKey(PROJECT, "asia-northeast3", request.node.name.replace("_", "-"))


@pytest.fixture
def say(google: Google, key: ServiceKey) -> Say:
    """Let a revision write lines, one second apart."""
    said = 0

    def line(text: str, revision: str = "api-1", key: ServiceKey = key) -> None:
        nonlocal said
        said += 1
        name = f"{key.name}/revisions/{revision}"
        google.telemetry.line(key.name, name, "stdout", text, NOON + said)

    return line


@pytest.fixture
def logs(google: Google) -> CloudLogging:
    return CloudLogging(google.grpc_target)


def test_the_last_lines_come_oldest_first(logs: CloudLogging, key: ServiceKey, say: Say) -> None:
    for number in range(5):
        say(f"line {number}")
    assert logs.of_revision(key, "api-1", BEFORE, 3) == ("line 2", "line 3", "line 4")
    assert logs.of_revision(key, "api-1", BEFORE, 10)[0] == "line 0"


def test_what_is_older_is_not_searched(logs: CloudLogging, key: ServiceKey, say: Say) -> None:
    for number in range(5):
        say(f"line {number}")
    since = BEFORE + timedelta(seconds=4)
    assert logs.of_revision(key, "api-1", since, 10) == ("line 3", "line 4")


def test_a_revision_that_said_nothing_has_no_lines(logs: CloudLogging, key: ServiceKey) -> None:
    assert logs.of_revision(key, "api-1", BEFORE, 10) == ()


def test_others_are_not_heard(logs: CloudLogging, key: ServiceKey, say: Say) -> None:
    say("mine")
    say("another revision's", "api-2")
    say("another service's", key=ServiceKey(PROJECT, key.region, key.service + "-staging"))
    say("another region's", key=ServiceKey(PROJECT, "us-central1", key.service))
    say("another project's", key=ServiceKey("acme-other", key.region, key.service))
    assert logs.of_revision(key, "api-1", BEFORE, 10) == ("mine",)


def test_structured_lines_say_their_message_and_how_bad_it_is(
    logs: CloudLogging, key: ServiceKey, say: Say
) -> None:
    say(json.dumps({"severity": "INFO", "message": "listening"}))
    say(json.dumps({"severity": "ERROR", "message": "오류: no database", "code": 7}))
    say(json.dumps({"severity": "WARNING", "msg": "slow"}))
    say(json.dumps({"port": 8080, "ready": True}))
    *worded, bare = logs.of_revision(key, "api-1", BEFORE, 10)
    assert worded == ["listening", "ERROR 오류: no database", "WARNING slow"]
    assert json.loads(bare) == {"port": 8080, "ready": True}


def test_a_traceback_is_several_lines(logs: CloudLogging, key: ServiceKey, say: Say) -> None:
    say("before")
    say(json.dumps({"severity": "ERROR", "message": "Traceback:\n  File x\n\nKeyError: 'a'"}))
    assert logs.of_revision(key, "api-1", BEFORE, 3) == (
        "ERROR Traceback:",
        "ERROR File x",
        "ERROR KeyError: 'a'",
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31;1mred\x1b[0m and \x1b[2Kplain", "red and plain"),
        ("\x1b]8;;http://evil.example\x07click\x1b]8;;\x07", "click"),
        ("\x1b]0;title\x1b\\shown", "shown"),
        ("a\tb\x00c\x7fd\x9be", "a b c d e"),
        ("right\u202eleft\u200b", "right left"),
        ("half \x1b[", "half  ["),
        ("오늘 기분이 좋아요 🙂", "오늘 기분이 좋아요 🙂"),
        ("x" * 1000, "x" * 300),
    ],
)
def test_only_what_can_be_printed_is_shown(
    logs: CloudLogging, say: Say, text: str, shown: str, request: pytest.FixtureRequest
) -> None:
    key = ServiceKey(PROJECT, "asia-northeast3", f"printed-{hash(request.node.name)}")
    say(text, key=key)
    assert logs.of_revision(key, "api-1", BEFORE, 1) == (shown,)


def test_a_build_has_lines_too(google: Google, logs: CloudLogging) -> None:
    writer = grpc(LoggingServiceV2Client, google.grpc_target)
    for build in ("b1", "b2"):
        writer.write_log_entries(
            log_name=f"projects/{PROJECT}/logs/cloudbuild",
            resource=MonitoredResource(type="build", labels={"build_id": build}),
            labels={},
            entries=[LogEntry(text_payload=f"Step #{number} of {build}") for number in range(3)],
        )
    name = f"projects/{PROJECT}/locations/global/builds/b1"
    assert set(logs.of_build(name, BEFORE, 10)) == {f"Step #{number} of b1" for number in range(3)}
    assert logs.of_build(f"projects/{PROJECT}/builds/none", BEFORE, 10) == ()


def test_entries_without_words_are_passed_over(
    google: Google, logs: CloudLogging, key: ServiceKey, say: Say
) -> None:
    """Cloud Run's request log stands beside the service's own lines."""
    say("the service's own")
    labels = {"service_name": key.service, "revision_name": "api-1", "location": key.region}
    grpc(LoggingServiceV2Client, google.grpc_target).write_log_entries(
        log_name=f"projects/{PROJECT}/logs/run.googleapis.com%2Frequests",
        resource=MonitoredResource(type="cloud_run_revision", labels=labels),
        labels={},
        entries=[LogEntry(http_request={"status": 200}) for _ in range(5)],
    )
    assert logs.of_revision(key, "api-1", BEFORE, 2) == ("the service's own",)


@pytest.mark.parametrize(("severity", "name"), [(450, "WARNING "), (5000, "EMERGENCY "), (-1, "")])
def test_a_severity_without_a_name_is_called_by_the_one_below(severity: int, name: str) -> None:
    assert lines_of(LogEntry(severity=severity, text_payload="here")) == [f"{name}here"]


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_numbers_that_json_does_not_have(number: float) -> None:
    fields = {"seconds": number, "in": [{"it": True}]}
    (shown,) = lines_of(LogEntry(json_payload=fields))
    assert '"in": [{"it": true}]' in shown
    assert lines_of(LogEntry(json_payload={**fields, "message": "here"})) == ["here"]


def test_quotes_in_a_name_stay_inside_the_name(
    logs: CloudLogging, key: ServiceKey, say: Say
) -> None:
    say("secret")
    assert logs.of_revision(key, 'x" OR resource.labels.revision_name="api-1', BEFORE, 10) == ()


def test_a_server_that_is_away_is_transient(key: ServiceKey) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        logs = CloudLogging(f"127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(Transient):
            logs.of_revision(key, "api-1", BEFORE, 10)


@pytest.mark.parametrize("code", [StatusCode.INVALID_ARGUMENT, StatusCode.PERMISSION_DENIED])
def test_a_question_that_is_refused_is_broken(key: ServiceKey, code: StatusCode) -> None:
    with refusing(code) as target, pytest.raises(Broken, match="Cloud Logging"):
        CloudLogging(target).of_revision(key, "api-1", BEFORE, 10)


@contextmanager
def refusing(code: StatusCode) -> Iterator[str]:
    """Serve a Cloud Logging that wants nothing to do with us."""
    method = unary_unary_rpc_method_handler(lambda _, context: context.abort(code, "no"))
    service = "google.logging.v2.LoggingServiceV2"
    refusal = method_handlers_generic_handler(service, {"ListLogEntries": method})
    server = grpc_server(ThreadPoolExecutor(1), handlers=(refusal,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()

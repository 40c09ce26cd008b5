"""Cloud Logging on the wire of the real client."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest
from google.api_core import exceptions
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client

if TYPE_CHECKING:
    from tests.localcloud.google.conftest import Client, World

SERVICE = "projects/demo/locations/asia-northeast3/services/web"
REVISION = f"{SERVICE}/revisions/web-one"
START = 1_800_000_000.0


@pytest.fixture
def logging(world: World) -> Client:
    return world.client(LoggingServiceV2Client, "grpc")


def _say(world: World, text: str, after: float = 0.0, stream: str = "stdout") -> None:
    world.google.telemetry.line(SERVICE, REVISION, stream, text, START + after)


def _find(logging: Client, query: str = "", **fields: object) -> list[Client]:
    request = {"resource_names": ["projects/demo"], "filter": query, **fields}
    return list(logging.list_log_entries(request=request))


def test_a_plain_line_is_a_text_entry_of_its_revision(world: World, logging: Client) -> None:
    _say(world, "listening", stream="stderr")
    (entry,) = _find(logging)
    assert entry.text_payload == "listening"
    assert entry.log_name == "projects/demo/logs/run.googleapis.com%2Fstderr"
    assert entry.resource.type == "cloud_run_revision"
    assert entry.resource.labels["revision_name"] == "web-one"
    assert entry.timestamp.timestamp() == START


def test_a_json_line_is_structured(world: World, logging: Client) -> None:
    line = {
        "severity": "error",
        "message": "boom",
        "logging.googleapis.com/labels": {"ask": "7"},
        "attempt": 2,
    }
    _say(world, json.dumps(line))
    (entry,) = _find(logging, 'severity>=ERROR AND jsonPayload.message="boom" labels.ask="7"')
    assert entry.severity == 500
    assert dict(entry.json_payload) == {"message": "boom", "attempt": 2}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["a", "b", "c"]),
        ('resource.type="cloud_run_revision"\nresource.labels.service_name="web"', ["a", "b", "c"]),
        ('resource.labels.revision_name="other"', []),
        ('timestamp>="2027-01-15T08:00:01Z"', ["b", "c"]),
        ('logName="projects/demo/logs/run.googleapis.com%2Fstderr"', ["c"]),
        ('textPayload:"A" OR textPayload="c"', ["a", "c"]),
        ('NOT textPayload="a" AND textPayload=~"^[ab]$"', ["b"]),
        ("severity>=WARNING", []),
    ],
)
def test_filters_choose(world: World, logging: Client, query: str, found: list[str]) -> None:
    assert dt.datetime.fromtimestamp(START, dt.UTC).isoformat() == "2027-01-15T08:00:00+00:00"
    for after, (text, stream) in enumerate((("a", "stdout"), ("b", "stdout"), ("c", "stderr"))):
        _say(world, text, after, stream)
    assert [entry.text_payload for entry in _find(logging, query)] == found


def test_a_bare_word_is_looked_for_everywhere(world: World, logging: Client) -> None:
    _say(world, "a needle in it")
    _say(world, json.dumps({"message": "another Needle"}))
    _say(world, "hay")
    assert len(_find(logging, '"NEEDLE"')) == 2


def test_entries_are_ordered_and_paged(world: World, logging: Client) -> None:
    for after in (2, 0, 1):
        _say(world, str(after), after)
    newest = {"order_by": "timestamp desc", "page_size": 2}
    assert [one.text_payload for one in _find(logging, **newest)] == ["2", "1", "0"]
    assert [one.text_payload for one in _find(logging)] == ["0", "1", "2"]


def test_written_entries_are_found_in_their_project(logging: Client) -> None:
    entry = {"text_payload": "deployed", "severity": "NOTICE", "labels": {"phase": "smoke"}}
    logging.write_log_entries(
        log_name="projects/demo/logs/bot",
        resource={"type": "global"},
        labels={"environment": "prod"},
        entries=[entry],
    )
    (found,) = _find(logging, 'labels."phase"="smoke" labels.environment="prod"')
    assert found.text_payload == "deployed"
    request = {"resource_names": ["projects/other"]}
    assert not list(logging.list_log_entries(request=request))


@pytest.mark.parametrize("query", ["severity>=LOUD", "a = ", 'textPayload=~"("', "(" * 200])
def test_impossible_filters_are_refused(world: World, logging: Client, query: str) -> None:
    _say(world, "x")
    with pytest.raises(exceptions.InvalidArgument):
        _find(logging, query)


@pytest.mark.parametrize("line", ["{", "[1]", "{}", '{"a": 1e999}', '{"severity": 5}', ""])
def test_odd_lines_are_kept(world: World, logging: Client, line: str) -> None:
    _say(world, line)
    assert len(_find(logging)) == 1

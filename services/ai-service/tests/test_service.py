"""The service on the wire: a real process, real HTTP."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Running


def analyze(url: str, body: object) -> requests.Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(f"{url}/analyze", data=data, timeout=10)


def test_health(url: str) -> None:
    told = requests.get(f"{url}/health", timeout=5).json()
    assert (told["status"], told["service"]) == ("healthy", "ai-analysis")
    assert told["timestamp"]


def test_the_guides_text_is_joy(url: str) -> None:
    answer = analyze(url, {"text": "오늘 기분이 좋아요", "type": "emotion"})
    told = answer.json()
    assert answer.status_code == 200
    assert (told["emotion"], told["words"], told["language"]) == ("joy", ["좋아요"], "ko")
    assert told["analyser"] == "embedded"
    assert "VERTEX_AI_LOCATION is not set" in told["note"]


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"text": "  "}, 400, "text: "),
        ({}, 400, "text: Field required"),
        ({"text": 7}, 400, "text: Input should be a valid string"),
        ({"text": "a", "type": "colour"}, 400, "type: Input should be 'emotion'"),
        ({"text": "a" * 5001}, 400, "at most 5000 characters"),
        ([], 400, "object"),
        (b"{nope", 400, "JSON"),
        (b"\xff\xfe", 400, "JSON"),
        (b"", 400, "JSON"),
        (b" " * 70_000, 413, "larger than 65536 bytes"),
    ],
)
def test_bad_input_is_refused_with_its_reason(
    url: str, body: object, status: int, reason: str
) -> None:
    answer = analyze(url, body)
    assert answer.status_code == status
    assert reason in answer.json()["error"]


def test_a_text_of_nothing_but_emotion_words_is_answered(url: str) -> None:
    assert analyze(url, {"text": "좋" * 5000}).json()["emotion"] == "joy"


def test_a_local_metadata_server_is_no_vertex_ai(start: Callable[..., Running]) -> None:
    running = start(VERTEX_AI_LOCATION="asia-northeast3", GCE_METADATA_HOST="127.0.0.1:9")
    told = analyze(running.url, {"text": "좋아"}).json()
    assert (told["emotion"], told["analyser"]) == ("joy", "embedded")
    assert "local" in told["note"]


def test_sigterm_ends_the_service_and_logs_are_json_lines(start: Callable[..., Running]) -> None:
    url, process = start()
    analyze(url, {"text": "비밀스러운 이야기 좋아"})
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=15)
    lines = [json.loads(line) for line in output.decode().splitlines()]
    assert process.returncode in (0, -signal.SIGTERM)
    assert {"severity", "time", "message"} <= lines[0].keys()
    assert any(line.get("emotion") == "joy" for line in lines)
    assert "비밀" not in output.decode()

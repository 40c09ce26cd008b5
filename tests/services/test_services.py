"""What the sample services answer once the local cloud has built and started them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from conftest import Cloud


def test_both_are_healthy(ai_url: str, api_url: str) -> None:
    told = [requests.get(f"{url}/health", timeout=10).json() for url in (ai_url, api_url)]
    assert [one["status"] for one in told] == ["healthy", "healthy"]
    assert told[0]["service"] == "ai-analysis"


def test_the_guides_text_goes_through_both(api_url: str) -> None:
    ask = {"text": "오늘 기분이 좋아요", "userId": "test-user"}
    answer = requests.post(f"{api_url}/api/analyze", json=ask, timeout=10)
    told = answer.json()
    assert (answer.status_code, told["userId"]) == (200, "test-user")
    assert (told["analysis"]["emotion"], told["analysis"]["analyser"]) == ("joy", "embedded")


def test_what_the_ai_service_refuses_is_told_to_the_caller(api_url: str) -> None:
    answer = requests.post(f"{api_url}/api/analyze", json={"text": "\x0b"}, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("text: ")


def test_their_logs_are_json_lines(cloud: Cloud, api_url: str) -> None:
    requests.post(f"{api_url}/api/analyze", json={"text": "좋아"}, timeout=10)
    assert {name for name, _ in cloud.lines} == {"ai-service", "api-service"}
    assert all("severity" in json.loads(text) for _, text in cloud.lines)

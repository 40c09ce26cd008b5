from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.webhook.door import Door, commented, pulled, pushed, signature

if TYPE_CHECKING:
    from typing import Any

    from werkzeug.test import TestResponse

KNOWN = st.sampled_from(["push", "issue_comment", "pull_request", "ping"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)
VALID = {"push": pushed(), "issue_comment": commented(), "pull_request": pulled()}


@given(body=st.binary(max_size=2000), event=KNOWN | st.text(max_size=70))
def test_arbitrary_signed_bytes_never_break_it(body: bytes, event: str) -> None:
    answer = _post(body, HTTP_X_GITHUB_EVENT=event, HTTP_X_HUB_SIGNATURE_256=signature(body))
    assert answer.status_code in {202, 204, 400}


@given(body=st.binary(max_size=500), given=st.text(max_size=80))
def test_arbitrary_signatures_never_pass(body: bytes, given: str) -> None:
    assert _post(body, HTTP_X_HUB_SIGNATURE_256=given).status_code == 401


@given(event=st.sampled_from(sorted(VALID)), data=st.data())
def test_any_field_may_be_anything(event: str, data: st.DataObject) -> None:
    payload = json.loads(json.dumps(VALID[event]))
    place, key = data.draw(st.sampled_from(list(_places(payload))))
    place[key] = data.draw(VALUES)
    assert Door().deliver(payload, event).status_code in {202, 204, 400}


@given(text=st.text(alphabet=st.sampled_from("/deploy prod\n`>* é\u202e\x00"), max_size=200))
def test_any_comment_may_be_sent(text: str) -> None:
    assert Door().deliver(commented(text), "issue_comment").status_code in {202, 204}


def _post(body: bytes, **environ: str) -> TestResponse:
    overrides = {"CONTENT_LENGTH": str(len(body)), **environ}
    return Door().client.post("/webhooks/github", data=body, environ_overrides=overrides)


def _places(value: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    found = [(value, key) for key in value]
    inner = [held for held in value.values() if isinstance(held, dict)]
    return found + [place for held in inner for place in _places(held)]

"""One HTTP status, several meanings: a write was overtaken, or it is refused for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.cloud import run_v2

from bot.clients.cloud_run import answer
from bot.clients.endpoint import rest
from bot.core.action import Accepted, Conflicted, Rejected

if TYPE_CHECKING:
    from tests.clients.cloud_run.conftest import Answers

AGAIN = Conflicted(service="web")
NO = Rejected(service="web", detail="these words")
DENIED = Rejected(service="web", detail="these words", denied=True)


def outcome(answers: Answers, look_again: tuple[str, ...]) -> Accepted | Conflicted | Rejected:
    client = rest(run_v2.ServicesClient, answers.url)
    request = run_v2.GetServiceRequest(name="projects/p/locations/r/services/s")
    return answer.of("web", lambda: client.get_service(request, retry=None, timeout=5), look_again)


@pytest.mark.parametrize(
    ("status", "reason", "creating", "updating"),
    [
        (409, "ABORTED", AGAIN, AGAIN),
        (409, "ALREADY_EXISTS", AGAIN, NO),
        (404, "NOT_FOUND", NO, AGAIN),
        (400, "INVALID_ARGUMENT", NO, NO),
        (400, "FAILED_PRECONDITION", NO, NO),
        (403, "PERMISSION_DENIED", DENIED, DENIED),
        (501, "UNIMPLEMENTED", NO, NO),
    ],
)
def test_the_canonical_status_decides(
    answers: Answers, status: int, reason: str, creating: object, updating: object
) -> None:
    answers.status, answers.reason = status, reason
    assert outcome(answers, answer.CREATING) == creating
    assert outcome(answers, answer.UPDATING) == updating


def test_what_is_no_answer_to_the_request_passes_through(answers: Answers) -> None:
    answers.status = 503
    with pytest.raises(ServiceUnavailable):
        outcome(answers, answer.UPDATING)

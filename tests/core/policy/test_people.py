"""Gates that look at people: permission, reviews, the second person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bot.core.awaiting import Approval
from bot.core.github import Review
from bot.core.policy import Reviews, candidates, judge
from tests.core.policy.facts import NAMED, NOW, OLDER, ON_MAIN, SHA, facts, judged

FORK = {"head_repository": 2}


@pytest.mark.parametrize(
    ("gates", "more", "expected"),
    [
        ({}, {"role": "write"}, []),
        ({}, {"role": "maintain"}, []),
        ({}, {"role": "triage"}, ["permission_denied"]),
        ({}, {"role": "read"}, ["permission_denied"]),
        ({}, {"role": "none"}, ["permission_denied"]),
        ({}, {"role": "superuser"}, ["permission_denied"]),
        ({}, {"role": ""}, ["permission_denied"]),
        ({"permission": "admin"}, {"role": "maintain"}, ["permission_denied"]),
        ({"permission": "read"}, {"role": "read"}, []),
        ({"teams": ("acme/ops",)}, {"role": "read"}, ["permission_denied"]),
        ({"teams": ("acme/ops",)}, {"role": "read", "in_team": True}, []),
        ({}, {"asked_at": NOW - timedelta(minutes=46)}, ["too_late"]),
    ],
)
def test_permission(gates: dict[str, Any], more: dict[str, Any], expected: list[str]) -> None:
    target = {"target": NAMED} if "asked_at" in more else {}
    assert judged(gates, **more, **target) == expected


def review(author: str, state: str = "APPROVED", sha: str = SHA, *, bot: bool = False) -> Review:
    return Review(author=author, state=state, sha=sha, bot=bot)


GIVEN = [
    ("one", [review("ann")], ("ann",)),
    ("of an older commit", [review("ann", sha=OLDER)], ()),
    ("of no commit", [review("ann", sha="")], ()),
    ("by the author", [review("author")], ()),
    ("by the author, in capitals", [review("Author")], ()),
    ("by a bot", [review("robot", bot=True)], ()),
    ("by an account that is gone", [review("")], ()),
    ("dismissed", [review("ann", "DISMISSED")], ()),
    ("only a comment", [review("ann", "COMMENTED")], ()),
    ("pending", [review("ann", "PENDING")], ()),
    ("taken back", [review("ann"), review("ann", "CHANGES_REQUESTED")], ()),
    ("taken back, then given", [review("ann", "CHANGES_REQUESTED"), review("ann")], ("ann",)),
    ("commented later", [review("ann"), review("ann", "COMMENTED")], ("ann",)),
    ("moved to an older commit", [review("ann"), review("ann", sha=OLDER)], ()),
    ("two", [review("ann"), review("bob")], ("ann", "bob")),
    ("one twice", [review("ann"), review("ann")], ("ann",)),
    ("by whoever pushed it", [review("pusher"), review("Pusher2"), review("ann")], ("ann",)),
]


@pytest.mark.parametrize(("given", "counted"), [g[1:] for g in GIVEN], ids=[g[0] for g in GIVEN])
def test_which_approvals_count(given: list[Review], counted: tuple[str, ...]) -> None:
    reviews = Reviews(given=tuple(given), of=SHA, author="author", pushers=("Pusher", "pusher2"))
    assert candidates(reviews) == counted


def test_whoever_is_one_of_too_few_is_not_looked_up() -> None:
    """Nobody's role was read, as nobody's could help."""
    given = Reviews(given=(review("ann"),), of=SHA, author="author")
    (told,) = judge(facts({"approvals": 2}, reviews=given)).refusals
    assert "has at most 1 of 2 approvals by @ann;" in told.reason


def reviews(**roles: str) -> Reviews:
    return Reviews(given=tuple(map(review, roles)), of=SHA, author="author", roles=roles)


@pytest.mark.parametrize(
    ("needed", "known", "expected"),
    [
        (0, None, []),
        (1, None, ["approvals_missing"]),
        (1, reviews(), ["approvals_missing"]),
        (1, reviews(ann="write"), []),
        (1, reviews(ann="read"), ["approvals_missing"]),
        (1, reviews(ann="none", bob="admin"), []),
        (2, reviews(ann="write"), ["approvals_missing"]),
        (2, reviews(ann="write", bob="maintain"), []),
    ],
)
def test_how_many_approvals(needed: int, known: Reviews | None, expected: list[str]) -> None:
    assert judged({"approvals": needed}, reviews=known) == expected
    assert judged({"approvals": needed}, reviews=known, pushed=True) == expected


ANN = review("ann")
NO, YES = review("bob", "CHANGES_REQUESTED", OLDER), review("bob")


@pytest.mark.parametrize(
    ("given", "bob", "expected"),
    [
        ((ANN, NO), "write", ["changes_requested"]),
        ((NO, ANN), "admin", ["changes_requested"]),
        ((NO,), "write", ["approvals_missing", "changes_requested"]),
        ((ANN, NO), "read", []),
        ((ANN, NO), "", []),
        ((ANN, NO, YES), "write", []),
        ((ANN, NO, review("bob", "DISMISSED")), "write", []),
        ((ANN, NO, review("bob", "COMMENTED")), "write", ["changes_requested"]),
        ((ANN, review("", "CHANGES_REQUESTED")), "write", []),
        ((ANN, review("bob", "CHANGES_REQUESTED", bot=True)), "write", []),
        ((ANN, *(review(f"p{n}", "CHANGES_REQUESTED") for n in range(10))), "", []),
        (
            (ANN, *(review(f"p{n}", "CHANGES_REQUESTED") for n in range(11))),
            "",
            ["changes_requested"],
        ),
    ],
)
def test_who_may_write_and_wants_changes_is_heard(
    given: tuple[Review, ...], bob: str, expected: list[str]
) -> None:
    known = Reviews(given=given, of=SHA, author="author", roles={"ann": "write", "bob": bob})
    assert judged({"approvals": 1}, reviews=known) == expected
    assert judged({"approvals": 0}, reviews=known) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ["fork_unnamed", "approvals_missing"]),
        ({"target": NAMED}, ["approvals_missing"]),
        ({"reviews": reviews(ann="write")}, ["fork_unnamed"]),
        ({"target": NAMED, "reviews": reviews(ann="write")}, []),
        ({"target": NAMED, "reviews": reviews(ann="read")}, ["approvals_missing"]),
        ({"target": ON_MAIN}, []),
    ],
)
def test_a_fork_needs_its_commit_named_and_approved(
    more: dict[str, Any], expected: list[str]
) -> None:
    assert judged({"forks": "approved"}, FORK, **more) == expected


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), ["approval_needed"]),
        ((Approval(by="owner", at=NOW - MINUTE),), []),
        ((Approval(by="writer", at=NOW - MINUTE),), ["approval_needed"]),
        ((Approval(by="Writer", at=NOW - MINUTE),), ["approval_needed"]),
        ((Approval(by="owner", at=NOW - 241 * MINUTE),), ["approval_needed"]),
        ((Approval(by="writer", at=NOW), Approval(by="owner", at=NOW)), []),
    ],
)
def test_the_second_person(given: tuple[Approval, ...], expected: list[str]) -> None:
    judgement = judge(facts({"two_person": True}, approved=given))
    assert [one.code.value for one in judgement.awaited] == expected
    assert not judgement.refusals


def test_nobody_is_the_second_person_for_a_bot_that_pushed_their_own_change() -> None:
    words = (Approval(by="author", at=NOW), Approval(by="owner", at=NOW))
    asked = facts({"two_person": True}, actor="queue[bot]", pushed=True, approved=words[:1])
    assert [one.code.value for one in judge(asked).awaited] == ["approval_needed"]
    assert "other than @author" in judge(asked).awaited[0].reason
    assert not judge(replace(asked, approved=words)).awaited
    assert not judge(replace(asked, actor="owner")).awaited


def test_where_nobody_is_told_to_have_pushed_nobody_is_the_second_person() -> None:
    words = (Approval(by="owner", at=NOW),)
    asked = facts({"two_person": True}, actor="", pushed=True, approved=words)
    assert not judge(asked).awaited
    alone = replace(asked, pull=None)
    assert [one.code.value for one in judge(alone).awaited] == ["approval_needed"]


def test_the_second_person_is_waited_for_only_so_long() -> None:
    late = facts({"two_person": True}, asked_at=NOW - timedelta(hours=25), pushed=True)
    judgement = judge(late)
    assert [one.code.value for one in judgement.refusals] == ["approval_needed"]
    assert judgement.refusals[0].commands == ("/approve qa aaaaaaa",)

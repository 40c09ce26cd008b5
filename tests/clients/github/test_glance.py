"""What is seen at a glance is what would be asked for one by one; what is not seen still is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from bot.core.github import Glance
from bot.core.model import Repository
from bot.ports import Broken
from tests.clients.github.acme import NAME
from tests.clients.github.scripted import ABSENT, DROPPED, REPOSITORY, Reply
from tests.clients.github.test_gates import another_app, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.github_ports import GitHubReader
    from tests.clients.github.acme import Acme
    from tests.clients.github.scripted import Scripted

Questions = dict[str, Any]


def everything(asked: GitHubReader, acme: Acme, wanted: Glance) -> Questions:
    """Ask one by one for all that a glance may show."""
    here = acme.repository
    number, sha = wanted.number, wanted.sha
    return {
        "pull": asked.pull_request(here, number),
        "others": [asked.pull_request(here, other) for other in wanted.others],
        "roles": [asked.permission(here, who) for who in wanted.people],
        "teams": [asked.member(here, team, who) for team in wanted.teams for who in wanted.people],
        "checks": sorted(asked.checks(here, sha), key=str),
        "reviews": [replace(one, by_writer=None) for one in asked.reviews(here, number)],
        "files": [asked.file(here, path, at) for at, path in wanted.files],
        "trees": asked.trees(here, sha, wanted.paths),
        "behind": [asked.behind(here, sha, commit) for commit in wanted.compared],
        "contains": [asked.contains(here, commit, sha) for commit in wanted.compared],
    }


def asked_of_rest(acme: Acme, ask: Callable[[], object]) -> list[str]:
    """Return what else than GraphQL is asked meanwhile."""
    acme.seen.requests.clear()
    ask()
    asked = [one for one in acme.seen.requests if not one.endswith("/access_tokens")]
    return [one for one in asked if one != "POST /graphql"]


def looked_at_by_all(acme: Acme, number: int, head: str) -> None:
    """Have a head checked by Apps and by statuses, and its pull request reviewed."""
    ci = another_app(acme)
    for name, conclusion in (("unit", "failure"), ("unit", "success"), ("docs", "skipped")):
        run(acme, ci, name, head, conclusion=conclusion)
    run(acme, ci, "lint", head)
    run(acme, acme.app, "deploy / prod", head, conclusion="failure")
    for state in ("failure", "success"):
        acme.call("POST", f"/statuses/{head}", {"state": state, "context": "legacy"})
    path = f"/pulls/{number}/reviews"
    given = acme.call("POST", path, {"event": "APPROVE"}, "writer")
    acme.call("POST", path, {"event": "REQUEST_CHANGES", "body": "no"}, "reader")
    acme.call("PUT", f"{path}/{given['id']}/dismissals", {"message": "too quick"})
    acme.call("POST", path, {"event": "APPROVE"}, "writer")


def test_a_glance_shows_what_the_gates_of_a_head_ask(acme: Acme) -> None:
    before = acme.main()
    number, head = acme.pull("glanced")
    other, _ = acme.pull("glanced-too")
    after = acme.write("after.txt", b"1\n")
    looked_at_by_all(acme, number, head)
    acme.server.join_team("acme/glancers", "reader")
    files = ("deploy.yaml", "services/ai/main.py", "services", "no")
    wanted = Glance(
        number=number,
        sha=head,
        people=("Writer", "reader", "owner"),
        teams=("acme/glancers",),
        checks=True,
        reviews=True,
        compared=(before, after),
        others=(other,),
        files=tuple((head, path) for path in files),
        paths=(".gitmodules", "deploy.yaml", "services/api", "/services/ai/", "none", "."),
    )
    told: list[Questions] = []
    glanced: list[GitHubReader] = []
    look = lambda: glanced.append(acme.client.at_a_glance(acme.repository, wanted))  # noqa: E731  # one look
    assert asked_of_rest(acme, look) == []
    seen = glanced[0]
    assert asked_of_rest(acme, lambda: told.append(everything(seen, acme, wanted))) == []
    assert told[0] == everything(acme.client, acme, wanted)
    assert told[0]["contains"] == [True, False]
    assert told[0]["behind"] == [0, 1]
    may_write = {one.author: one.by_writer for one in seen.reviews(acme.repository, number)}
    assert may_write == {"writer": True, "reader": False}


def test_a_glance_shows_what_brought_a_commit_of_the_default_branch(acme: Acme) -> None:
    number, head = acme.pull("brought")
    acme.call("POST", f"/pulls/{number}/reviews", {"event": "APPROVE"}, "writer")
    merged = acme.call("PUT", f"/pulls/{number}/merge", {"merge_method": "merge"})["sha"]
    late, newest = acme.pull("late")
    wanted = Glance(
        number=late,
        sha=merged,
        on_default_branch=True,
        brought=True,
        checks=True,
        reviews=True,
        compared=(head, newest),
    )
    seen = acme.client.at_a_glance(acme.repository, wanted)
    acme.seen.requests.clear()
    assert seen.contains(acme.repository, head, merged)
    assert not seen.contains(acme.repository, newest, merged)
    brought = seen.pull_request_of(acme.repository, merged)
    assert [one.author for one in seen.reviews(acme.repository, number)] == ["writer"]
    assert acme.seen.requests == []
    assert brought == acme.client.pull_request_of(acme.repository, merged)
    assert brought
    assert brought.merge_sha == merged


def test_what_moved_meanwhile_is_asked_for(acme: Acme) -> None:
    number, head = acme.pull("moving")
    stale = Glance(number=number, sha=acme.main(), checks=True, compared=(head,))
    seen = acme.client.at_a_glance(acme.repository, stale)
    pull = seen.pull_request(acme.repository, number)
    assert pull
    assert pull.head_sha == head
    asked = asked_of_rest(acme, lambda: seen.contains(acme.repository, acme.head, head))
    assert asked == [f"GET /repos/{NAME}/compare/{acme.head}...{head}"]
    asked = asked_of_rest(acme, lambda: seen.checks(acme.repository, head))
    assert f"GET /repos/{NAME}/commits/{head}/check-runs" in asked


def test_only_a_collaborators_role_is_seen(acme: Acme) -> None:
    number, _ = acme.pull("asked-by-nobody")
    wanted = Glance(number=number, people=("outsider", "write"))
    seen = acme.client.at_a_glance(acme.repository, wanted)
    for who in wanted.people:
        asked = asked_of_rest(acme, lambda who=who: seen.permission(acme.repository, who))  # type: ignore[misc]
        assert asked == [f"GET /repos/{NAME}/collaborators/{who}/permission"]


def test_a_list_that_goes_on_is_asked_for_whole(acme: Acme) -> None:
    number, head = acme.pull("many-checks")
    ci = another_app(acme)
    run(acme, ci, "the oldest", head, conclusion="failure")
    for place in range(100):
        run(acme, ci, f"shard {place}", head, conclusion="success")
    seen = acme.client.at_a_glance(acme.repository, Glance(number=number, sha=head, checks=True))
    assert len(seen.checks(acme.repository, head)) == 101


def test_teams_of_nobody_are_not_asked_for(acme: Acme) -> None:
    """A push has passed GitHub's own gate; `team { }` would make no sense, and cost the glance."""
    number, head = acme.pull("nobodys")
    acme.server.join_team("acme/glancers", "reader")
    wanted = Glance(number=number, sha=head, checks=True, teams=("acme/glancers",))
    seen = acme.client.at_a_glance(acme.repository, wanted)
    assert asked_of_rest(acme, lambda: seen.checks(acme.repository, head)) == []


FORBIDDEN = {"type": "FORBIDDEN", "message": "Resource not accessible by integration"}
PULL = {
    "number": 1,
    "title": "A change",
    "state": "OPEN",
    "isDraft": False,
    "headRefOid": "a" * 40,
    "baseRefName": "main",
    "baseRepository": {"databaseId": REPOSITORY.id, "defaultBranchRef": {"name": "main"}},
    "author": {"__typename": "Bot", "login": "dependabot"},
}
WANTED = Glance(number=1, sha="a" * 40, people=("writer",), checks=True)
NO_RUNS = {"checkSuites": {"totalCount": 0, "nodes": []}}


def answer(here: object, *errors: object) -> Reply:
    return Reply(200, {"data": {"repository": here}, "errors": list(errors)})


def test_what_is_refused_is_asked_for_alone(scripted: Scripted) -> None:
    """No commit status may be overlooked because they could not be read."""
    parts = {
        "databaseId": REPOSITORY.id,
        "pull": PULL,
        "runs": NO_RUNS,
        "statuses": {"status": None},
    }
    error = {**FORBIDDEN, "path": ["repository", "statuses", "status"]}
    scripted.replies = [answer(parts, error), ABSENT]
    seen = scripted.client.at_a_glance(REPOSITORY, WANTED)
    pull = seen.pull_request(REPOSITORY, 1)
    assert pull
    assert pull.author == "dependabot[bot]"
    with pytest.raises(Broken):
        seen.checks(REPOSITORY, "a" * 40)
    assert [one.partition("?")[0] for one in scripted.calls[:2]] == [
        "POST /graphql",
        f"GET /repos/acme/app/commits/{'a' * 40}/check-runs",
    ]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(502, b"<html>Unicorn!</html>"),
        DROPPED,
        Reply(200, b"<html>"),
        Reply(200, {"data": None, "errors": [{"message": "Something went wrong"}]}),
        Reply(200, {"data": {"repository": None}, "errors": [{"type": "RATE_LIMITED"}]}),
        Reply(
            200, {"data": {"repository": {"databaseId": REPOSITORY.id, "pull": {"number": "1"}}}}
        ),
        answer({"databaseId": REPOSITORY.id + 1, "pull": PULL}),
        Reply(403, {"message": "Resource not accessible by integration"}),
    ],
)
def test_a_glance_that_fails_costs_no_answer(scripted: Scripted, reply: Reply) -> None:
    scripted.replies = [reply, Reply(200, {"permission": "write"})]
    seen = scripted.client.at_a_glance(REPOSITORY, WANTED)
    assert seen.permission(REPOSITORY, "writer") == "write"
    assert scripted.calls[0] == "POST /graphql"


@pytest.mark.parametrize(
    "reply",
    [
        ABSENT,
        Reply(
            200,
            {"errors": [{"message": "no such field", "extensions": {"code": "undefinedField"}}]},
        ),
        Reply(403, {"message": "You have exceeded a secondary rate limit."}, {"retry-after": "60"}),
        Reply(200, {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}),
    ],
)
def test_a_github_that_does_not_tell_is_left_alone(scripted: Scripted, reply: Reply) -> None:
    """A GitHub Enterprise Server may lack fields; whoever asks on beyond a limit is shut out."""
    scripted.replies = [reply]
    for _ in range(2):
        scripted.client.at_a_glance(REPOSITORY, WANTED)
    assert scripted.calls == ["POST /graphql"]
    scripted.client.at_a_glance(Repository(8, "other/app", 4), WANTED)
    assert scripted.calls == ["POST /graphql"] * 2

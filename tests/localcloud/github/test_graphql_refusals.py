"""What GraphQL does not tell, and what it says instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from localcloud.github.server import GitHub
from tests.localcloud.github.asking import HERE, INSIDE, OWNER, ask, inside, refusal, send
from tests.localcloud.github.world import NAME, Clone

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localcloud.github.world import World

ALL = {"contents": "read", "pull_requests": "read", "checks": "read", "statuses": "read"}
PULL = "pullRequest(number: 1) { number }"
TIP = "defaultBranchRef { target { ... on Commit { %s } } }"


LACKING = [
    ("pull_requests", PULL, ["pullRequest"]),
    ("contents", 'ref(qualifiedName: "main") { name }', ["ref"]),
    ("contents", 'object(expression: "main:") { oid }', ["object"]),
    ("contents", TIP % "oid", ["defaultBranchRef"]),
    (
        "checks",
        TIP % "checkSuites(first: 1) { totalCount }",
        ["defaultBranchRef", "target", "checkSuites"],
    ),
    ("statuses", TIP % "status { state }", ["defaultBranchRef", "target", "status"]),
    (
        "pull_requests",
        TIP % "associatedPullRequests(first: 1) { totalCount }",
        ["defaultBranchRef", "target", "associatedPullRequests"],
    ),
]


def test_a_token_without_the_permission_gets_null_and_learns_why(
    hidden: World, tmp_path: Path
) -> None:
    Clone(hidden, tmp_path / "clone").push("One")
    for lacking, fields, path in LACKING:
        held = {name: level for name, level in ALL.items() if name != lacking}
        error = refusal(hidden, fields, **held)
        assert error["type"] == "FORBIDDEN"
        assert error["path"] == ["repository", *path]
        assert error["message"] == "Resource not accessible by integration"
        assert error["extensions"] == {"saml_failure": False}
        assert error["locations"][0]["line"] == 1


def test_who_may_what_is_for_those_who_may_push(world: World) -> None:
    fields = "collaborators(first: 1) { totalCount }"
    assert inside(world, fields, "writer") == {"collaborators": {"totalCount": 3}}
    error = refusal(world, fields, "reader")
    assert (error["type"], error["path"]) == ("FORBIDDEN", ["repository", "collaborators"])


def test_a_hidden_repository_is_not_found(hidden: World) -> None:
    for login in ("outsider", "reader"):
        answer = ask(hidden, INSIDE % ("", "name"), login, **HERE)
        assert answer["data"]["repository"] == ({"name": "shop"} if login == "reader" else None)
    assert refusal(hidden, "name", "outsider") == {
        "type": "NOT_FOUND",
        "path": ["repository"],
        "locations": [{"line": 1, "column": 42}],
        "message": f"Could not resolve to a Repository with the name '{NAME}'.",
    }


def test_a_pull_request_that_is_not_there_is_not_found(world: World) -> None:
    error = refusal(world, "pullRequest(number: 9) { number }")
    assert (error["type"], error["path"]) == ("NOT_FOUND", ["repository", "pullRequest"])
    assert error["message"] == "Could not resolve to a PullRequest with the number of 9."


def test_a_repository_is_found_under_its_former_name(world: World) -> None:
    world.gh.move(NAME, f"{OWNER}/store")
    assert inside(world, "nameWithOwner") == {"nameWithOwner": f"{OWNER}/store"}
    assert world.gh.calls[-1].path == f"/repos/{OWNER}/store/graphql"
    query = INSIDE.replace("name: $name)", "name: $name, followRenames: false)") % ("", "name")
    assert ask(world, query, **HERE)["errors"][0]["type"] == "NOT_FOUND"


def test_what_is_not_served_is_said_by_name(world: World, pull: int) -> None:
    fields = f"pullRequest(number: {pull}) {{ number timelineItems(first: 1) {{ totalCount }} }}"
    error = refusal(world, fields)
    assert error["message"] == "the local GitHub does not serve PullRequest.timelineItems"
    error = refusal(world, 'object(expression: "main~1") { oid }')
    assert error["message"] == "the local GitHub does not serve the expression main~1"
    error = refusal(world, "collaborators(first: 1, affiliation: OUTSIDE) { totalCount }")
    assert error["message"].endswith("serve Repository.collaborators(affiliation: OUTSIDE)")
    order = "orderBy: {field: CREATED_AT, direction: DESC}"
    error = refusal(world, TIP % f"associatedPullRequests(first: 1, {order}) {{ totalCount }}")
    assert error["message"].endswith("serve Commit.associatedPullRequests(orderBy:)")
    query = 'mutation { addStar(input: {starrableId: "x"}) { clientMutationId } }'
    (error,) = ask(world, query)["errors"]
    assert error["message"] == "the local GitHub does not serve Mutation.addStar"


WRONG = {
    "{": None,
    "": None,
    "{ a" * 2000: None,
    "{ nope }": "undefinedField",
    "{ repository { name } }": "missingRequiredArguments",
    '{ repository(owner: 1, name: "x") { name } }': "argumentLiteralsIncompatible",
    '{ repository(owner: "x", name: "x", id: 1) { name } }': "argumentNotAccepted",
    '{ repository(owner: $owner, name: "x") { name } }': "variableNotDefined",
    "query($owner: String!) { viewer { login } }": "variableNotUsed",
    "query($n: Int) { repository(owner: $n, name: $n) { name } }": "variableMismatch",
    "{ viewer { login } } query two { viewer { login } }": "uniquelyNamedOperations",
    "{ viewer }": "selectionMismatch",
    "{ viewer { ...nobody } }": "useAndDefineFragment",
    "{ viewer { login: id login } }": "fieldConflict",
}


def test_what_github_cannot_execute_is_200_without_data(world: World) -> None:
    for query, code in WRONG.items():
        answer = send(world, {"query": query, "variables": None}, "writer")
        assert (answer.status_code, set(answer.json())) == (200, {"errors"})
        errors = answer.json()["errors"]
        assert all(error["message"] for error in errors)
        assert {error.get("extensions", {}).get("code") for error in errors} == {code}


def test_a_variable_of_another_type_is_refused(world: World) -> None:
    query = INSIDE % (", $number: Int!", "pullRequest(number: $number) { title }")
    answer = ask(world, query, **HERE, number="1) { title } x: pullRequest(number: 2")
    assert set(answer) == {"errors"}
    assert "$number" in answer["errors"][0]["message"]


STRANGE = [
    '"',
    "\\",
    "\n",
    "{ }",
    "x'; --",
    '") { id } }',
    "--upload-pack=x",
    "a\0b",
    "..",
    "오늘",
    ":",
    "main:../x",
    "main:a\0b",
]


def test_what_a_variable_holds_is_a_value_and_no_query(world: World, clone: Clone) -> None:
    assert clone("rev-parse", "HEAD")
    fields = """collaborators(query: $text, first: 1) { totalCount }
        ref(qualifiedName: $text) { name } object(expression: $text) { oid }
        defaultBranchRef { compare(headRef: $text) { status } }"""
    for text in STRANGE:
        assert inside(world, fields, more=", $text: String!", text=text) == {
            "collaborators": {"totalCount": 0},
            "ref": None,
            "object": None,
            "defaultBranchRef": {"compare": None},
        }
        (error,) = ask(world, INSIDE % ("", "name"), owner=text, name=text)["errors"]
        assert error["type"] == "NOT_FOUND"


def test_who_cannot_prove_anything_is_401(world: World) -> None:
    query = {"query": "{ viewer { login } }"}
    for headers, message in (
        ({}, "This endpoint requires you to be authenticated."),
        ({"Authorization": "bearer ghp_wrong"}, "Bad credentials"),
        (world.as_app(), "A JSON web token could not be decoded"),
    ):
        answer = world.rest("POST", "/graphql", headers=headers, json=query)
        assert (answer.status_code, answer.json()["message"]) == (401, message)
    assert send(world, query, "writer").json() == {"data": {"viewer": {"login": "writer"}}}


def test_enterprise_has_it_elsewhere_and_json_it_must_be(world: World) -> None:
    def post(path: str, **more: Any) -> int:  # noqa: ANN401  # passed on
        return world.rest("POST", path, "writer", **more).status_code

    query = {"query": "{ viewer { login } }", "operationName": None}
    assert [post(path, json=query) for path in ("/graphql", "/api/graphql")] == [200, 200]
    assert [call.route for call in world.gh.calls[-2:]] == ["/graphql", "/graphql"]
    assert post("/graphql", data=b"{") == 400
    assert world.rest("GET", "/graphql", "writer").status_code == 404


def test_without_githubs_schema_there_is_no_such_route(tmp_path: Path) -> None:
    github = GitHub(tmp_path / "state", schema=tmp_path / "never fetched")
    github.start()
    try:
        token = {"Authorization": f"token {github.add_user('owner')}"}
        url, query = f"{github.url}/graphql", {"query": "{ viewer { login } }"}
        answer = requests.post(url, headers=token, json=query, timeout=10)
        assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")
    finally:
        github.stop()

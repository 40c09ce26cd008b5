"""Lists in pages, what a query costs, teams, and files."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from tests.localcloud.github.asking import HERE, INSIDE, OWNER, ask, inside, refusal, send

if TYPE_CHECKING:
    from tests.localcloud.github.world import Clone, World

PAGE = """totalCount nodes { state } edges { cursor node { state } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"""
REVIEWS = "pullRequest(number: 1) { reviews(%s) {%s} }"
TIP = "defaultBranchRef { target { ... on Commit { %s } } }"
SAID = """ fragment said on Commit {
    checkSuites(first: 100) { nodes { checkRuns(first: 50) { nodes { name } } } } }"""
STATES = ["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "APPROVED", "COMMENTED"]
EVENTS = {"APPROVED": "APPROVE", "CHANGES_REQUESTED": "REQUEST_CHANGES", "COMMENTED": "COMMENT"}


def listed(world: World, bounds: str) -> dict[str, Any]:
    seen = inside(world, REVIEWS % (bounds, PAGE))["pullRequest"]["reviews"]
    assert seen["nodes"] == [edge["node"] for edge in seen["edges"]]
    cursors = [edge["cursor"] for edge in seen["edges"]] or [None]
    pages = seen["pageInfo"]
    assert (pages["startCursor"], pages["endCursor"]) == (cursors[0], cursors[-1])
    told: dict[str, Any] = {"states": [node["state"] for node in seen["nodes"]], **pages}
    return told | {"total": seen["totalCount"]}


def test_a_list_comes_in_pages(world: World, pull: int) -> None:
    for state in STATES:
        body = {"event": EVENTS[state], "body": "So."}
        world.rest("POST", world.repo(f"/pulls/{pull}/reviews"), "owner", json=body)
    met, after = [], ""
    for page in range(3):
        seen = listed(world, f"first: 2{after}")
        assert (seen["total"], seen["hasPreviousPage"]) == (5, page > 0)
        assert seen["hasNextPage"] is (page < 2)
        met += seen["states"]
        after = f', after: "{seen["endCursor"]}"'
    assert met == STATES
    beyond = listed(world, f"first: 2{after}")
    assert (beyond["states"], beyond["hasNextPage"], beyond["endCursor"]) == ([], False, None)
    newest = listed(world, "last: 2")
    assert (newest["states"], newest["hasPreviousPage"]) == (STATES[3:], True)
    before = listed(world, f'last: 2, before: "{newest["startCursor"]}"')
    assert (before["states"], before["hasNextPage"]) == (STATES[1:3], True)
    assert listed(world, "first: 100")["hasNextPage"] is False
    counted = inside(world, REVIEWS % ("states: [APPROVED]", "totalCount"))
    assert counted["pullRequest"]["reviews"] == {"totalCount": 2}


UNBOUNDED = [
    ("states: []", "MISSING_PAGINATION_BOUNDARIES"),
    ("first: 101", "EXCESSIVE_PAGINATION"),
    ("last: 101", "EXCESSIVE_PAGINATION"),
    ("first: -1", "INVALID_PAGINATION"),
    ("first: 1, last: 1", "INVALID_PAGINATION"),
    ('first: 1, after: "x"', "INVALID_CURSOR_ARGUMENTS"),
    ('first: 1, after: "Y3Vyc29yOnYyOi0x"', "INVALID_CURSOR_ARGUMENTS"),
    ('last: 1, before: ""', "INVALID_CURSOR_ARGUMENTS"),
]


def test_a_page_has_bounds(world: World, pull: int) -> None:
    assert pull == 1
    edges = "... on PullRequestReviewConnection { edges { cursor } }"
    for fields, (bounds, kind) in product(("nodes { state }", edges), UNBOUNDED):
        error = refusal(world, REVIEWS % (bounds, fields))
        assert (error["type"], error["path"][-1]) == (kind, "reviews")


def test_what_a_query_may_return_is_counted_before(world: World) -> None:
    cost = "} rateLimit { cost nodeCount remaining limit "
    seen = ask(world, INSIDE % ("", TIP % "...said" + cost) + SAID, **HERE)["data"]["rateLimit"]
    assert seen == {"cost": 1, "nodeCount": 100 + 100 * 50, "remaining": 5000, "limit": 5000}
    commits = "{ nodes { commits(first: 100) { nodes { commit { ...said } } } } }"
    pulls = TIP % f"associatedPullRequests(first: $most) {commits}"
    body = {"query": INSIDE % (", $most: Int!", pulls) + SAID, "variables": HERE | {"most": 1}}
    (error,) = send(world, body).json()["errors"]
    assert error == {
        "type": "MAX_NODE_LIMIT_EXCEEDED",
        "message": "This query requests up to 510,101 possible nodes"
        " which exceeds the maximum limit of 500,000.",
    }


TEAM = """query($team: String!, $who: String) { organization(login: "acme") {
    login team(slug: $team) { slug members(first: 10, query: $who, membership: ALL) {
    totalCount nodes { login } } } } }"""


def test_a_team_has_the_members_that_rest_knows(world: World) -> None:
    for login in ("writer", "reader"):
        world.gh.join_team(f"{OWNER}/deployers", login)
    for who in ("writer", "owner", "READ", None):
        told = ask(world, TEAM, team="deployers", who=who)["data"]["organization"]["team"]
        met = {one["login"] for one in told["members"]["nodes"]}
        assert told["members"]["totalCount"] == len(met)
        for login in ("writer", "reader", "owner"):
            path = f"/orgs/{OWNER}/teams/deployers/memberships/{login}"
            status = world.rest("GET", path, headers=world.as_installation()).status_code
            asked = who is None or who.lower() in login
            assert (login in met) is (asked and status == 200)
    nobodys = ask(world, TEAM, team="nobody")["data"]["organization"]
    assert nobodys == {"login": OWNER, "team": None}
    assert ask(world, TEAM, "outsider", team="deployers")["data"]["organization"]["team"] is None
    assert ask(world, TEAM, "writer", team="deployers")["data"]["organization"]["team"]


def test_members_are_for_tokens_that_may_read_them(world: World) -> None:
    world.gh.join_team(f"{OWNER}/deployers", "writer")
    body = {"query": TEAM, "variables": {"team": "deployers"}}
    answer = send(world, body, contents="read").json()
    assert answer["data"]["organization"] == {"login": OWNER, "team": None}
    assert answer["errors"][0]["type"] == "FORBIDDEN"
    (error,) = ask(world, '{ organization(login: "writer") { login } }')["errors"]
    assert error["message"] == "Could not resolve to an Organization with the login of 'writer'."


def test_files_are_read_and_large_ones_cut(world: World, clone: Clone) -> None:
    clone.push("Files", long="x" * 512_001, picture="a\0b", notes__today="기분\n")
    head = clone("rev-parse", "HEAD")
    blob = "__typename oid ... on Blob { text isBinary isTruncated byteSize }"
    names = {"long": "main:long", "picture": f"{head}:picture", "notes": "HEAD:notes/today"}
    fields = " ".join(
        f'{key}: object(expression: "{at}") {{ {blob} }}' for key, at in names.items()
    )
    seen = inside(world, fields)
    assert seen["notes"] == {
        "__typename": "Blob",
        "oid": clone("rev-parse", "HEAD:notes/today"),
        "text": "기분\n",
        "isBinary": False,
        "isTruncated": False,
        "byteSize": 7,
    }
    assert (seen["picture"]["text"], seen["picture"]["isBinary"]) == (None, True)
    assert (len(seen["long"]["text"]), seen["long"]["isTruncated"]) == (512_000, True)
    trees = inside(
        world,
        """all: object(expression: "main:") { __typename oid }
        notes: object(expression: "main:notes") { __typename oid }
        tip: object(expression: "main") { __typename oid }
        none: object(expression: "main:nothing") { oid } unknown: object(oid: "%s") { oid }"""
        % ("0" * 40),
    )
    assert trees == {
        "all": {"__typename": "Tree", "oid": clone("rev-parse", "HEAD^{tree}")},
        "notes": {"__typename": "Tree", "oid": clone("rev-parse", "HEAD:notes")},
        "tip": {"__typename": "Commit", "oid": head},
        "none": None,
        "unknown": None,
    }


def test_a_bot_is_a_bot_without_its_brackets(world: World, clone: Clone) -> None:
    clone("push", "--quiet", "origin", "HEAD:refs/heads/topic")
    clone.push("More", "topic", README="more\n")
    opened = world.bot().create_pull(base="main", head="topic", title="By a bot")
    fields = f"pullRequest(number: {opened.number}) {{ author {{ __typename login }} }}"
    assert inside(world, fields)["pullRequest"]["author"] == {
        "__typename": "Bot",
        "login": "spillway",
    }

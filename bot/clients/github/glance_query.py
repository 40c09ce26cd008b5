"""The one question of GraphQL that a glance asks: no more than it needs, and nothing by text.

What people and files say travels as variables; the document is made of our own words only.

Schema: https://docs.github.com/en/graphql/reference
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.github import Glance

_PULL = """
fragment Pull on PullRequest {
  number title state isDraft headRefOid headRepository { databaseId }
  baseRefName baseRepository { databaseId defaultBranchRef { name } }
  author { __typename login } mergeCommit { oid }
}"""
_REVIEWS = """
fragment Reviews on PullRequest {
  reviews(first: 100) {
    pageInfo { hasNextPage }
    nodes {
      author { __typename login } state commit { oid } submittedAt authorCanPushToRepository
    }
  }
}"""
_RUNS = """... on Commit {
    checkSuites(first: 100) {
      totalCount
      nodes {
        databaseId app { databaseId }
        checkRuns(first: 100, filterBy: { checkType: LATEST }) {
          totalCount
          nodes { databaseId name status conclusion }
        }
      }
    }
  }"""
_STATUSES = "... on Commit { status { contexts { context state } } }"
_BROUGHT = """... on Commit {
    associatedPullRequests(first: 30) {
      pageInfo { hasNextPage }
      nodes { ...Pull ...Reviews }
    }
  }"""
_COMPARED = """{
    aheadBy baseTarget { oid } headTarget { oid } commits(last: 100) { nodes { oid } }
  }"""
_ROLES = "{ edges { permission node { login } } }"
_MEMBERS = "{ members(first: 100) { totalCount nodes { login } } }"
_CONTENT = "mode object { ... on Blob { text byteSize } }"
_NEEDED = {"checks": "statuses", "teams": "members"}
"""Permissions beyond the usual, by the part of a glance that needs them."""


class Query(Struct, frozen=True):
    """A document, its variables, and the permissions that only this needs."""

    document: str
    variables: dict[str, str | int]
    also: tuple[str, ...]


def query(wanted: Glance, full_name: str) -> Query:
    """Return the question for everything that is wanted of a repository."""
    wanted = wanted if wanted.people else replace(wanted, teams=())
    owner, _, name = full_name.partition("/")
    variables: dict[str, str | int] = {"owner": owner, "name": name}
    variables |= {"number": wanted.number} if wanted.number else {}
    about = wanted.checks or wanted.brought or wanted.paths
    variables |= {"sha": wanted.sha} if wanted.sha and about else {}
    variables |= dict(_places(wanted))
    variables |= {f"commit{n}": sha for n, sha in enumerate(wanted.compared)}
    variables |= {f"other{n}": number for n, number in enumerate(wanted.others)}
    variables |= {f"person{n}": login for n, login in enumerate(wanted.people)}
    for n, team in enumerate(wanted.teams):
        variables[f"organization{n}"], _, variables[f"team{n}"] = team.partition("/")
    also = tuple(more for part, more in _NEEDED.items() if getattr(wanted, part))
    return Query(_document(wanted, variables), variables, also)


def _places(wanted: Glance) -> Iterator[tuple[str, str]]:
    """Yield what stands where; ids are asked for in git's own words, `.` for the whole tree."""
    for n, (sha, path) in enumerate(wanted.files):
        yield from ((f"at{n}", sha), (f"file{n}", path))
    for n, path in enumerate(wanted.paths):
        yield f"path{n}", f"{wanted.sha}:{'' if path == '.' else path.strip('/')}"


def _document(wanted: Glance, variables: dict[str, str | int]) -> str:
    declared = ", ".join(f"${name}: {_type(name)}" for name in variables)
    here = "\n  ".join(("databaseId", *_here(wanted)))
    elsewhere = "\n".join(_teams(wanted))
    fragments = _PULL if "...Pull" in here else ""
    fragments += _REVIEWS if "...Reviews" in here else ""
    return f"""query({declared}) {{
repository(owner: $owner, name: $name) {{
  {here}
}}
{elsewhere}
}}{fragments}"""


def _type(name: str) -> str:
    if name == "sha" or name.startswith("at"):
        return "GitObjectID!"
    return "Int!" if name.startswith(("number", "other")) else "String!"


def _here(wanted: Glance) -> Iterator[str]:
    """Yield the repository's parts, each under a name of its own: one may be refused alone."""
    with_reviews = "...Reviews" if wanted.reviews else ""
    if wanted.number:
        yield f"pull: pullRequest(number: $number) {{ ...Pull {with_reviews} }}"
    for n in range(len(wanted.others)):
        yield f"other{n}: pullRequest(number: $other{n}) {{ ...Pull }}"
    for n in range(len(wanted.people)):
        yield f"person{n}: collaborators(query: $person{n}, first: 100) {_ROLES}"
    if wanted.sha:
        yield from _of_commit(wanted)


def _of_commit(wanted: Glance) -> Iterator[str]:
    if wanted.checks:
        yield f"runs: object(oid: $sha) {{ {_RUNS} }}"
        yield f"statuses: object(oid: $sha) {{ {_STATUSES} }}"
    for n in range(len(wanted.files)):
        in_commit = f"... on Commit {{ file(path: $file{n}) {{ {_CONTENT} }} }}"
        yield f"file{n}: object(oid: $at{n}) {{ {in_commit} }}"
    if wanted.paths:
        yield "commit: object(oid: $sha) { oid }"
    for n in range(len(wanted.paths)):
        yield f"path{n}: object(expression: $path{n}) {{ oid }}"
    if wanted.brought:
        yield f"brought: object(oid: $sha) {{ {_BROUGHT} }}"
    if wanted.compared:
        parts = " ".join(_comparisons(wanted))
        at_default, at_head = "defaultBranchRef", "pullRequest(number: $number) { headRef"
        opened, closed = (at_default, "}") if wanted.on_default_branch else (at_head, "} }")
        yield f"compared: {opened} {{ {parts} {closed}"


def _comparisons(wanted: Glance) -> Iterator[str]:
    for n in range(len(wanted.compared)):
        yield f"commit{n}: compare(headRef: $commit{n}) {_COMPARED}"


def _teams(wanted: Glance) -> Iterator[str]:
    for n in range(len(wanted.teams)):
        team = f"team(slug: $team{n}) {_MEMBERS}"
        yield f"team{n}: organization(login: $organization{n}) {{ {team} }}"

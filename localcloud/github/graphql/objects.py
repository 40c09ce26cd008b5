"""Git's own objects, by hash, by expression or by ref; and files as their contents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.github import trees
from localcloud.github.git import GitError
from localcloud.github.graphql.nodes import Fields, Kinds, Node
from localcloud.github.graphql.refusals import unserved

if TYPE_CHECKING:
    from localcloud.github.exchange import Ask

HEADS = "refs/heads/"
LARGEST_TEXT = 512_000
"""Bytes above which a text is cut: https://github.com/sveltia/sveltia-cms/issues/950."""
PEEK = 8000
"""Bytes among which a NUL makes a file binary, as for git."""

_FULL = re.compile(r"[0-9a-f]{40}")
_STEPS = re.compile(r"[~^]|@\{")
_TYPES = {"commit": "Commit", "tree": "Tree", "blob": "Blob"}
_SHORT = 7


@dataclass(frozen=True)
class Held:
    """A ref by its full name, and the hash that it holds."""

    name: str
    sha: str


def ref(ask: Ask, name: str) -> Node | None:
    """Find a ref by its full name."""
    sha = ask.git.refs().get(name)
    return Node("Ref", ask, Held(name, sha)) if sha and name.startswith("refs/") else None


def at(ask: Ask, oid: str) -> Node | None:
    """Find an object by its full hash."""
    try:
        kind = ask.git.text("cat-file", "-t", oid) if _FULL.fullmatch(oid) else ""
    except GitError:
        return None
    if kind == "tag":
        unserved("Tag")
    return Node(_TYPES[kind], ask, oid) if kind else None


def located(ask: Ask, expression: str) -> Node | None:
    """Find what `REVISION` or `REVISION:PATH` names."""
    revision, colon, path = expression.partition(":")
    if _STEPS.search(revision):
        unserved(f"the expression {expression}")
    named = ask.repository.default_branch if revision == "HEAD" else revision
    sha = ask.git.resolve(named) or (named if _FULL.fullmatch(named) else None)
    if sha is None or not colon:
        return at(ask, sha) if sha else None
    entry = trees.entry_at(ask.git, sha, path)
    return Node(_TYPES[entry.type], ask, entry.sha) if entry and entry.type != "commit" else None


def _tree(_ask: Ask, oid: str) -> Fields:
    return named(oid)


def _blob(ask: Ask, oid: str) -> Fields:
    content = ask.git.blob(oid)
    binary = b"\0" in content[:PEEK]
    cut = content[:LARGEST_TEXT].decode(errors="replace")
    return {
        **named(oid),
        "byteSize": len(content),
        "isBinary": binary,
        "isTruncated": len(content) > LARGEST_TEXT,
        "text": None if binary else cut,
    }


def named(oid: str) -> Fields:
    """Shape what every object has."""
    return {"oid": oid, "abbreviatedOid": oid[:_SHORT]}


kinds: Kinds = {"Tree": _tree, "Blob": _blob}

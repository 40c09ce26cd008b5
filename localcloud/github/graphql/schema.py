"""GitHub's own schema, parsed when it is first needed and then shared by the whole process."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from graphql import GraphQLSchema, build_schema

if TYPE_CHECKING:
    from pathlib import Path

_loading = threading.Lock()


def schema(path: Path) -> GraphQLSchema:
    """Return the schema that a file holds; parsing it takes a second, and happens once."""
    with _loading:
        return _parsed(path)


@lru_cache(maxsize=1)
def _parsed(path: Path) -> GraphQLSchema:
    return build_schema(path.read_text(encoding="utf-8"), assume_valid=True, no_location=True)

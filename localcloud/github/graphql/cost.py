"""What a query may cost at most, reckoned before it is executed, as GitHub does.

https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    value_from_ast_untyped,
)

if TYPE_CHECKING:
    from graphql import SelectionNode

MOST_NODES = 500_000
_PER_POINT = 100


class Weight(NamedTuple):
    """How many connections are read, and how many nodes they may hold."""

    requests: int = 0
    nodes: int = 0

    @property
    def points(self) -> int:
        """What the query takes from the rate limit."""
        return max(1, round(self.requests / _PER_POINT))


@dataclass
class Scale:
    """Weighs one document, each of its fragments once."""

    fragments: dict[str, FragmentDefinitionNode]
    variables: dict[str, Any]
    _known: dict[str, Weight] = field(default_factory=dict)

    def weigh(self, selected: SelectionSetNode | None) -> Weight:
        """Sum up what is selected side by side."""
        parts = [self._of(one) for one in selected.selections] if selected else []
        return Weight(sum(one.requests for one in parts), sum(one.nodes for one in parts))

    def _of(self, one: SelectionNode) -> Weight:
        if isinstance(one, FragmentSpreadNode):
            name = one.name.value
            if name not in self._known:
                self._known[name] = self.weigh(self.fragments[name].selection_set)
            return self._known[name]
        below = self.weigh(getattr(one, "selection_set", None))
        size = self._size(one) if isinstance(one, FieldNode) else None
        if size is None:
            return below
        return Weight(1 + size * below.requests, size * (1 + below.nodes))

    def _size(self, one: FieldNode) -> int | None:
        """Read how long a page may be; None for what is no connection."""
        for argument in one.arguments or ():
            if argument.name.value in {"first", "last"}:
                value = argument.value
                said = (
                    self.variables.get(value.name.value)
                    if isinstance(value, VariableNode)
                    else value_from_ast_untyped(value)
                )
                return said if isinstance(said, int) else None
        return None


def weigh(document: DocumentNode, name: str | None, variables: dict[str, Any]) -> Weight:
    """Weigh the operation of a valid document that is to be executed."""
    parts = document.definitions
    fragments = {one.name.value: one for one in parts if isinstance(one, FragmentDefinitionNode)}
    meant = [
        one
        for one in parts
        if isinstance(one, OperationDefinitionNode)
        and name in (None, one.name.value if one.name else None)
    ]
    return Scale(fragments, variables).weigh(meant[0].selection_set) if meant else Weight()

"""How a query's fields find their values: whatever is not served is refused by its name."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, get_named_type

from localcloud.github.graphql.nodes import Node
from localcloud.github.graphql.paging import PAGING, page
from localcloud.github.graphql.refusals import unserved

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import (
        GraphQLAbstractType,
        GraphQLResolveInfo,
        SelectionNode,
        SelectionSetNode,
    )

    from localcloud.github.graphql.nodes import Fields, Kinds

_ITEMS = frozenset({"nodes", "edges"})
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def kind(
    source: Node | Fields, _info: GraphQLResolveInfo[Kinds], _type: GraphQLAbstractType
) -> str:
    """Name the type of what stands where GitHub's schema allows several."""
    return source.kind if isinstance(source, Node) else str(source["__typename"])


def resolve(source: Node | Fields, info: GraphQLResolveInfo[Kinds], /, **given: Any) -> Any:  # noqa: ANN401  # any field's value
    """Read one field; `info.context` has the kinds of nodes."""
    fields = source.fields(info.context) if isinstance(source, Node) else source
    if info.field_name not in fields:
        unserved(f"{info.parent_type.name}.{info.field_name}")
    value = fields[info.field_name]
    return value(**_arguments(value, info, given)) if callable(value) else value


def _arguments(
    value: Callable[..., Any], info: GraphQLResolveInfo[Kinds], given: dict[str, Any]
) -> dict[str, Any]:
    """Return what a field's reader takes; an argument that was written is never ignored."""
    paged = get_named_type(info.return_type).name.endswith("Connection")
    named = {_HUMP.sub("_", name).lower(): said for name, said in given.items()}
    if paged:
        bounds = {name: named.pop(name, None) for name in PAGING}
        listed = any(_lists(node.selection_set, info) for node in info.field_nodes)
        named["page"] = page(info.field_name, bounds, listed=listed)
    taken = inspect.signature(value).parameters
    for node in info.field_nodes:
        for argument in node.arguments or ():
            name = argument.name.value
            ours = "page" if paged and name in PAGING else _HUMP.sub("_", name).lower()
            if name in given and ours not in taken:
                unserved(f"{info.parent_type.name}.{info.field_name}({name}:)")
    return {name: said for name, said in named.items() if name in taken}


def _lists(selected: SelectionSetNode | None, info: GraphQLResolveInfo[Kinds]) -> bool:
    """Tell whether a connection's items are asked for, and not only how many there are."""
    return any(
        one.name.value in _ITEMS if isinstance(one, FieldNode) else _lists(_inside(one, info), info)
        for one in (selected.selections if selected else ())
    )


def _inside(fragment: SelectionNode, info: GraphQLResolveInfo[Kinds]) -> SelectionSetNode | None:
    if isinstance(fragment, FragmentSpreadNode):
        return info.fragments[fragment.name.value].selection_set
    return fragment.selection_set if isinstance(fragment, InlineFragmentNode) else None

"""A generic walk from located YAML to msgspec Structs that finds every problem, with its line.

msgspec's own conversion stops at the first error and knows no lines; its type descriptions
(`msgspec.inspect`) drive this walk instead.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeVar

from msgspec import UNSET, Struct, UnsetType, inspect

from bot.core.manifest.checks import CROSS_CHECKS, FIELD_CHECKS
from bot.core.manifest.durations import parse_duration
from bot.core.manifest.keys import ANNOUNCED
from bot.core.manifest.located import Node, Problem, every_member, members, plain, shown
from bot.core.spelling import closest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from bot.core.manifest.rules import Finding

S = TypeVar("S", bound=Struct)

_WORDS: dict[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.TimeDeltaType: "a duration such as 90s, 5m, 1h30m or 7d",
    inspect.VarTupleType: "a list",
    inspect.DictType: "a mapping",
    inspect.StructType: "a mapping",
}
_SHAPES: dict[type[inspect.Type], tuple[type, ...]] = {
    inspect.StrType: (str, int, float),
    inspect.IntType: (int,),
    inspect.FloatType: (int, float),
    inspect.BoolType: (bool,),
    inspect.TimeDeltaType: (str, int),
    inspect.LiteralType: (str,),
    inspect.VarTupleType: (tuple,),
    inspect.DictType: (dict,),
    inspect.StructType: (dict,),
    inspect.AnyType: (object,),
}


def read(node: Node, kind: type[S]) -> tuple[S | None, tuple[Problem, ...]]:
    """Read a mapping as this Struct.

    The value stands in for what could be read; it is worth keeping only without problems.
    """
    reader = _Reader()
    value = reader.value(node, _described(kind))
    return (value if isinstance(value, kind) else None), tuple(reader.problems)


def unknown_key(node: Node, name: str, known: Iterable[str]) -> Problem:
    """Return the problem of a key that is not one of ours."""
    meant = closest(name, known)
    hint = f"did you mean `{meant}`?" if meant else f"known keys: {', '.join(known)}"
    return node.problem(f"is not a key here; {hint}")


@cache
def _described(kind: type[Struct]) -> inspect.Type:
    return inspect.type_info(kind)


class _Reader:
    """Reads what is readable and remembers every problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def value(self, node: Node, kind: inspect.Type) -> object:
        """Return the value, or UNSET once its problem is noted."""
        chosen = _chosen(node, kind)
        if chosen is None:
            self._complain(node, _expected(node, kind))
            return UNSET
        return self._read(node, chosen)

    def _read(self, node: Node, kind: inspect.Type) -> object:
        match kind:
            case inspect.StructType():
                return self._struct(node, kind)
            case inspect.DictType():
                return self._mapping(node, kind.value_type)
            case inspect.VarTupleType():
                return self._items(node, kind.item_type)
            case inspect.TimeDeltaType():
                return self._duration(node)
            case inspect.StrType():
                return node.text
            case _:
                return plain(node)

    def _complain(self, node: Node, message: str) -> None:
        self.problems.append(node.problem(message))

    def _duration(self, node: Node) -> timedelta | UnsetType:
        length = parse_duration(node.text)
        if length is None:
            self._complain(node, f"must be {_WORDS[inspect.TimeDeltaType]}")
            return UNSET
        return length

    def _items(self, node: Node, kind: inspect.Type) -> tuple[object, ...] | UnsetType:
        items = node.value if isinstance(node.value, tuple) else ()
        values = tuple(self.value(item, kind) for item in items)
        return UNSET if UNSET in values else values

    def _mapping(self, node: Node, kind: inspect.Type) -> object:
        if isinstance(kind, inspect.AnyType):
            return plain(node)
        values = {key: self.value(member, kind) for key, member in members(node).items()}
        return {key: value for key, value in values.items() if value is not UNSET}

    def _struct(self, node: Node, kind: inspect.StructType) -> object:
        noted = len(self.problems)
        self._refuse_unknown(node, kind)
        given = members(node)
        read = {f.name: self.value(given[f.name], f.type) for f in kind.fields if f.name in given}
        good = {name: value for name, value in read.items() if value is not UNSET}
        required = [f.name for f in kind.fields if f.required]
        for name in required:
            if name not in given:
                self.problems.append(_missing(node, name))
        self._check_fields(node, kind.cls, good)
        value = kind.cls(**dict.fromkeys(required, "") | good)
        if len(self.problems) == noted and kind.cls in CROSS_CHECKS:
            self._note(node, CROSS_CHECKS[kind.cls](value))
        return value

    def _refuse_unknown(self, node: Node, kind: inspect.StructType) -> None:
        known = [f.name for f in kind.fields]
        for name, member in every_member(node).items():
            if name in ANNOUNCED.get(kind.cls, ()):
                self._complain(member, "is not available yet; remove it, it would protect nothing")
            elif name not in known:
                self.problems.append(unknown_key(member, name, known))

    def _check_fields(self, node: Node, kind: type, good: dict[str, object]) -> None:
        checks = FIELD_CHECKS.get(kind, {})
        for name, value in good.items():
            if name in checks:
                self._note(node.at((name,)), checks[name](value))

    def _note(self, node: Node, findings: Iterable[Finding]) -> None:
        self.problems.extend(node.at(path).problem(message) for path, message in findings)


def _missing(node: Node, name: str) -> Problem:
    return Problem(node.line, f"{node.key}.{name}".removeprefix("."), "is missing")


def _alternatives(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    """Return what a key may hold besides nothing; text first, since it keeps what was written."""
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    real = [one for one in kinds if not isinstance(one, inspect.NoneType)]
    return tuple(sorted(real, key=lambda one: not isinstance(one, inspect.StrType)))


def _chosen(node: Node, kind: inspect.Type) -> inspect.Type | None:
    return next((one for one in _alternatives(kind) if _accepts(one, node.value)), None)


def _accepts(kind: inspect.Type, value: object) -> bool:
    if isinstance(kind, inspect.AnyType | inspect.BoolType):
        return isinstance(value, _SHAPES[type(kind)])
    if isinstance(kind, inspect.LiteralType):
        return value in kind.values
    return isinstance(value, _SHAPES[type(kind)]) and not isinstance(value, bool)


def _expected(node: Node, kind: inspect.Type) -> str:
    kinds = _alternatives(kind)
    if isinstance(node.value, bool) and any(isinstance(one, inspect.StrType) for one in kinds):
        return f'must be text: quote it, "{node.text}"'
    wanted = " or ".join(dict.fromkeys(_wanted(one, node.text) for one in kinds))
    return f"must be {wanted}, not {given(node)}"


def _wanted(kind: inspect.Type, text: str) -> str:
    if not isinstance(kind, inspect.LiteralType):
        return _WORDS[type(kind)]
    values = [str(value) for value in kind.values]
    meant = closest(text, values)
    named = " or ".join(f"`{value}`" for value in values)
    return f"{named} (did you mean `{meant}`?)" if meant else named


def given(node: Node) -> str:
    """Say what a value is, to somebody who wrote something else than was asked for."""
    if isinstance(node.value, dict):
        return "a mapping"
    if isinstance(node.value, tuple):
        return "a list"
    return f"`{shown(node.text)}`"

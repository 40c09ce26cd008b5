"""Comparisons of one value with what a filter names."""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeAlias

from localcloud.google.errors import refuse

Value: TypeAlias = "str | bool | float | IntEnum | dt.datetime | list[str] | None"
Test: TypeAlias = Callable[[Value], bool]

_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_FUNCTIONS: dict[str, Callable[[str, list[str]], bool]] = {
    "one_of": lambda value, arguments: value in arguments,
    "starts_with": lambda value, arguments: value.startswith(arguments[0]),
    "ends_with": lambda value, arguments: value.endswith(arguments[0]),
    "has_substring": lambda value, arguments: arguments[0] in value,
    "monitoring.regex.full_match": lambda value, arguments: _search(f"^(?:{arguments[0]})$", value),
}


def test_of(comparison: str, function: str, arguments: list[str]) -> Test:
    """Return the test of `comparison function(arguments)`; no function means the bare argument."""
    if function:
        return _function_test(comparison, function, arguments)
    wanted = arguments[0]
    if comparison == ":":
        return lambda value: _has(value, wanted)
    if comparison in {"=~", "!~"}:
        return lambda value: _search(wanted, _text(value)) is (comparison == "=~")
    return lambda value: _ordered(comparison, value, wanted)


def _function_test(comparison: str, name: str, arguments: list[str]) -> Test:
    if name not in _FUNCTIONS or comparison not in {"=", "!="}:
        refuse(f"Field filter had an invalid value: unknown function {name!r}.")
    function = _FUNCTIONS[name]
    return lambda value: function(_text(value), arguments) is (comparison == "=")


def _ordered(comparison: str, value: Value, wanted: str) -> bool:
    if isinstance(value, list):
        return any(_ordered(comparison, one, wanted) for one in value)
    if value is None:
        return comparison == "!="
    return _ORDERINGS[comparison](value, _like(value, wanted))


def _like(value: Value, wanted: str) -> object:
    """Return the wanted text as a value of the same type."""
    try:
        if isinstance(value, IntEnum):
            return type(value)[wanted] if not wanted.isdigit() else int(wanted)
        if isinstance(value, bool):
            return wanted.lower() == "true"
        if isinstance(value, float | int):
            return float(wanted)
        return _moment(wanted) if isinstance(value, dt.datetime) else wanted
    except (KeyError, ValueError):
        refuse(f"Field filter had an invalid value: {wanted!r} does not compare.")


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _has(value: Value, wanted: str) -> bool:
    if value is None:
        return False
    if wanted == "*":
        return True
    if isinstance(value, list):
        return any(_has(one, wanted) for one in value)
    return wanted.lower() in _text(value).lower()


def _search(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error as error:
        refuse(f"Field filter had an invalid value: bad regular expression: {error}.")


def _text(value: Value) -> str:
    return value.name if isinstance(value, IntEnum) else "" if value is None else str(value)

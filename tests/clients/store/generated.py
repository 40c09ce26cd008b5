"""Any record that the types allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from bot.ports import Record

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # hypothesis adds the zone
PLAIN: dict[object, st.SearchStrategy[Any]] = {
    Any: JSON,
    type(None): st.none(),
    bool: st.booleans(),
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(max_size=12),
    datetime: st.datetimes(min_value=EPOCH, timezones=st.just(UTC)),
    timedelta: st.timedeltas(timedelta(days=-900), timedelta(days=900)),
}


def anything(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401  # a type, or a form of one
    """Return the strategy of every value that a field of this type may have."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        found = PLAIN[kind]
    elif origin in {Union, UnionType}:
        found = st.one_of(*map(anything, parts))
    elif origin is Literal:
        found = st.sampled_from(parts)
    elif origin is tuple and parts[-1] is not Ellipsis:
        found = st.tuples(*map(anything, parts))
    elif origin is tuple:
        found = st.lists(anything(parts[0]), max_size=2).map(tuple)
    elif origin is dict:
        found = st.dictionaries(anything(parts[0]), anything(parts[1]), max_size=2)
    elif issubclass(kind, Enum):
        found = st.sampled_from(kind)
    else:
        fields = {name: anything(field) for name, field in get_type_hints(kind).items()}
        found = st.builds(kind, **fields)
    return found


ANY_RECORD = st.one_of(*map(anything, get_args(Record)))

"""YAML values that remember where they were written, and the problems found in them."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

_SHOWN = 60


class Problem(Struct, frozen=True, order=True):
    """One thing wrong with deploy.yaml."""

    line: int
    """1-based."""
    key: str
    """The dotted path, e.g. `environments.prod.rollout.steps`; empty for the file itself."""
    message: str
    """What is wrong and how to put it right; continues "key: …"."""

    def __str__(self) -> str:
        return f"{self.key}: {self.message}" if self.key else self.message


class Node(Struct, frozen=True):
    """A value, the line of the key (or list item) that brought it, and its dotted path."""

    line: int
    key: str
    value: Value
    text: str = ""
    """A scalar as it was written: `010` stays `010`."""

    def at(self, path: tuple[str | int, ...]) -> Node:
        """Return the value at this path, or the nearest one above it."""
        if not path:
            return self
        below = self.below(path[0])
        return below.at(path[1:]) if below else self

    def below(self, step: str | int) -> Node | None:
        """Return one member or item, if there is such a one."""
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, tuple) and isinstance(step, int):
            return self.value[step]
        return None

    def problem(self, message: str) -> Problem:
        """Return a problem with this value."""
        return Problem(self.line, self.key, message)


Value = bool | int | float | str | tuple[Node, ...] | dict[str, Node] | None


def every_member(node: Node | None) -> dict[str, Node]:
    """Return a mapping's members, those that are null included; anything else has none."""
    return node.value if node is not None and isinstance(node.value, dict) else {}


def members(node: Node | None) -> dict[str, Node]:
    """Return a mapping's members that are set; null counts as not set."""
    return {key: value for key, value in every_member(node).items() if value.value is not None}


def plain(node: Node) -> object:
    """Return the value without its lines, as JSON knows it."""
    if isinstance(node.value, dict):
        return {key: plain(value) for key, value in node.value.items()}
    if isinstance(node.value, tuple):
        return [plain(item) for item in node.value]
    return node.value


def merge(base: Node, over: Node) -> Node:
    """Lay one value over another: mappings deeply, null removes, all else replaces."""
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    merged = dict(base.value)
    for key, value in over.value.items():
        if value.value is None and key in merged:
            del merged[key]
        else:
            merged[key] = merge(merged[key], value) if key in merged else value
    return replace(base, value=merged)


def shown(text: str) -> str:
    """Return somebody's text, shortened and free of what would break out of a sentence."""
    kept = "".join(mark if mark.isprintable() and mark not in "`<>@[]|" else "·" for mark in text)
    return kept if len(kept) <= _SHOWN else kept[:_SHOWN] + "…"

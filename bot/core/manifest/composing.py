"""Text → YAML values with their lines, or everything that makes it no plain YAML.

Only what JSON could say is taken: no anchors, aliases, tags or second documents, so nothing can
unfold into more than was written. Scalars follow the YAML 1.2 core schema, where `yes` and `on`
are text (https://yaml.org/spec/1.2.2/#103-core-schema).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import yaml

from bot.core.manifest.located import Node, Problem, Value, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARACTERS = 256 * 1024
MAX_DEPTH = 24
_LARGEST = 2**53
"""Whole numbers beyond this are not the same in every JSON reader; they stay text."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NULL = re.compile(r"|~|null|Null|NULL")
_BOOL = re.compile(r"(true|True|TRUE)|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,17}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def compose(text: str) -> Node | tuple[Problem, ...]:
    """Return the file's top-level mapping, or every problem that keeps it from being read."""
    text = text.removeprefix("\ufeff")
    problems = _not_text(text) or tuple(_not_plain(text))
    if problems:
        return problems
    document = yaml.compose(text, Loader=_LOADER)
    if not isinstance(document, yaml.MappingNode):
        return (Problem(1, "", "must be a mapping with the keys project, region, images, …"),)
    composer = _Composer()
    root = composer.node(document, line=1, key="")
    return tuple(composer.problems) or root


def _not_text(text: str) -> tuple[Problem, ...]:
    if len(text) > MAX_CHARACTERS:
        return (Problem(1, "", f"is larger than {MAX_CHARACTERS // 1024} KB"),)
    strange = _UNPRINTABLE.search(text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        return (Problem(line, "", f"has the control character U+{ord(strange[0]):04X}"),)
    return ()


def _not_plain(text: str) -> Iterator[Problem]:
    """Read the stream of events, which grows no larger than the text, before anything is built."""
    try:
        yield from _refused_events(text)
    except yaml.MarkedYAMLError as error:
        yield _syntax_problem(text, error)
    except yaml.YAMLError as error:
        yield Problem(1, "", f"is not valid YAML: {shown(str(error))}")


def _refused_events(text: str) -> Iterator[Problem]:
    depth = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > MAX_DEPTH:
            yield Problem(line, "", f"is nested more than {MAX_DEPTH} deep")
            return
        if documents > 1:
            yield Problem(line, "", "has a second document: remove this `---`")
            return
        yield from _refused_extras(event, line)


def _refused_extras(event: yaml.Event, line: int) -> Iterator[Problem]:
    anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
    if anchor:
        sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
        yield Problem(line, "", f"anchors and aliases are not read: write `{sign}{anchor}` out")
    if tag:
        yield Problem(line, "", f"tags such as `{shown(tag)}` are not read")


def _syntax_problem(text: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    written = "".join(text.splitlines()[line - 1 : line])
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return Problem(line, "", "is indented with a tab: YAML takes spaces only")
    what = ", ".join(shown(part) for part in (error.context, error.problem) if part)
    return Problem(line, "", f"is not valid YAML: {what}")


class _Composer:
    """Turns PyYAML's nodes into ours and gathers what is wrong with keys."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def node(self, node: yaml.Node, line: int, key: str) -> Node:
        if isinstance(node, yaml.MappingNode):
            return Node(line, key, self._mapping(node, key))
        if isinstance(node, yaml.SequenceNode):
            return Node(line, key, self._items(node, key))
        quoted = isinstance(node, yaml.ScalarNode) and bool(node.style)
        return Node(line, key, _scalar(node.value, quoted=quoted), node.value)

    def _items(self, node: yaml.SequenceNode, key: str) -> tuple[Node, ...]:
        return tuple(
            self.node(item, item.start_mark.line + 1, f"{key}[{place}]")
            for place, item in enumerate(node.value)
        )

    def _mapping(self, node: yaml.MappingNode, key: str) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for name, value in node.value:
            line = name.start_mark.line + 1
            if not isinstance(name, yaml.ScalarNode):
                self.problems.append(Problem(line, key, "has a key that is not plain text"))
                continue
            path = f"{key}.{shown(name.value)}".removeprefix(".")
            if name.value in found:
                first = found[name.value].line
                self.problems.append(Problem(line, path, f"is set twice, first on line {first}"))
            found[name.value] = self.node(value, line, path)
        return found


def _scalar(text: str, *, quoted: bool) -> Value:
    if quoted:
        return text
    if _NULL.fullmatch(text):
        return None
    truth = _BOOL.fullmatch(text)
    if truth:
        return truth[1] is not None
    return _number(text)


def _number(text: str) -> int | float | str:
    if _INT.fullmatch(text) and abs(int(text)) <= _LARGEST:
        return int(text)
    if _FLOAT.fullmatch(text) and not _INT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text

"""Google's filter language, as far as clients use it: parsed once, asked of many resources.

Comparisons joined by AND, OR, NOT, juxtaposition and parentheses; OR binds tighter than AND.
https://google.aip.dev/160, https://cloud.google.com/logging/docs/view/logging-query-language,
https://cloud.google.com/monitoring/api/v3/filters
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from localcloud.google.errors import refuse
from localcloud.google.filter_values import Test, Value, test_of

Lookup: TypeAlias = Callable[[tuple[str, ...]], Value]
"""Gives the value that a resource has at a path, None when it has none."""
Filter: TypeAlias = Callable[[Lookup], bool]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    | (?P<operator><=|>=|!=|=~|!~|[=<>:(),-])
    | (?P<word>[^\s"'<>=!:(),]+(?:"(?:\\.|[^"\\])*"[^\s"'<>=!:(),]*)*)
    )""",
    re.VERBOSE,
)
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">=", ":", "=~", "!~"})
_PATH_PART = re.compile(r'"((?:\\.|[^"\\])*)"|([^."]+)')
_DEEPEST = 50


def parse(text: str) -> Filter:
    """Return the filter; an empty text lets everything through. Raises ApiError otherwise."""
    tokens = _Tokens(text)
    if tokens.peek() == "":
        return lambda _: True
    found = _all_of(tokens)
    if tokens.peek():
        tokens.refuse()
    return found


@dataclass
class _Tokens:
    text: str
    place: int = 0
    depth: int = 0
    _next: tuple[str, str] = field(default=("", ""), init=False)

    def __post_init__(self) -> None:
        self.advance()

    def advance(self) -> tuple[str, str]:
        """Take the next token: its kind and its text."""
        taken = self._next
        found = _TOKEN.match(self.text, self.place)
        if found:
            self._next = (str(found.lastgroup), found[str(found.lastgroup)])
            self.place = found.end()
        elif self.text[self.place :].strip():
            self.refuse()
        else:
            self._next = ("", "")
        return taken

    def peek(self) -> str:
        """Return the next token's text; a string keeps its quotes."""
        return self._next[1]

    def take(self, *texts: str) -> str:
        """Take the next token if it is one of these; else return ""."""
        return self.advance()[1] if self._next[0] != "string" and self.peek() in texts else ""

    def expect(self, text: str) -> None:
        """Take this token, or refuse the filter."""
        if not self.take(text):
            self.refuse()

    def refuse(self) -> None:
        """Refuse the filter, naming the place."""
        rest = self.text[max(0, self.place - len(self.peek())) :][:40]
        refuse(f"Field filter had an invalid value: unparseable filter near {rest!r}.")


def _all_of(tokens: _Tokens) -> Filter:
    terms = [_any_of(tokens)]
    while tokens.peek() not in {"", ")"}:
        tokens.take("AND")
        terms.append(_any_of(tokens))
    return lambda lookup: all(term(lookup) for term in terms)


def _any_of(tokens: _Tokens) -> Filter:
    terms = [_term(tokens)]
    while tokens.take("OR"):
        terms.append(_term(tokens))
    return lambda lookup: any(term(lookup) for term in terms)


def _term(tokens: _Tokens) -> Filter:
    if tokens.take("NOT", "-"):
        negated = _nested(tokens, _term)
        return lambda lookup: not negated(lookup)
    if tokens.take("("):
        return _group(tokens)
    return _comparison(tokens)


def _group(tokens: _Tokens) -> Filter:
    inner = _nested(tokens, _all_of)
    tokens.expect(")")
    return inner


def _nested(tokens: _Tokens, parse_inner: Callable[[_Tokens], Filter]) -> Filter:
    tokens.depth += 1
    if tokens.depth > _DEEPEST:
        tokens.refuse()
    inner = parse_inner(tokens)
    tokens.depth -= 1
    return inner


def _comparison(tokens: _Tokens) -> Filter:
    kind, text = tokens.advance()
    if kind not in {"word", "string"}:
        tokens.refuse()
    if tokens.peek() == "(":
        return _predicate(tokens, text)
    if tokens.peek() not in _COMPARISONS:
        return _mentions(_literal(text))
    path = path_of(text)
    _, operator = tokens.advance()
    test = _operand(tokens, operator)
    return lambda lookup: test(lookup(path))


def _operand(tokens: _Tokens, operator: str) -> Test:
    """Parse a value, a list `("a" OR "b")`, or a function such as `one_of("a", "b")`."""
    if tokens.peek() == "(":
        return _nested_values(tokens, operator)
    return _value(tokens, operator)


def _nested_values(tokens: _Tokens, operator: str) -> Test:
    tokens.depth += 1
    if tokens.depth > _DEEPEST:
        tokens.refuse()
    tokens.expect("(")
    tests = [_operand(tokens, operator)]
    while tokens.take("OR"):
        tests.append(_operand(tokens, operator))
    tokens.expect(")")
    tokens.depth -= 1
    return lambda value: any(test(value) for test in tests)


def _value(tokens: _Tokens, operator: str) -> Test:
    sign = tokens.take("-")
    kind, text = tokens.advance()
    if kind not in {"word", "string"}:
        tokens.refuse()
    if tokens.peek() == "(" and kind == "word":
        return test_of(operator, text, _arguments(tokens))
    return test_of(operator, "", [sign + _literal(text)])


def _arguments(tokens: _Tokens) -> list[str]:
    tokens.expect("(")
    found = [_literal(tokens.advance()[1])]
    while tokens.take(","):
        found.append(_literal(tokens.advance()[1]))
    tokens.expect(")")
    return found


def _predicate(tokens: _Tokens, name: str) -> Filter:
    """Parse `hasPrefix(attributes.x, "y")`, Pub/Sub's only function."""
    subject, *rest = _arguments(tokens)
    if name != "hasPrefix" or len(rest) != 1:
        tokens.refuse()
    path, test = path_of(subject), test_of("=", "starts_with", rest)
    return lambda lookup: test(lookup(path))


def _mentions(text: str) -> Filter:
    """Return a search for a text anywhere: Logging's global restriction."""
    test = test_of(":", "", [text])
    return lambda lookup: test(lookup(()))


def _literal(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[:1] in {'"', "'"} else text


def path_of(text: str) -> tuple[str, ...]:
    """Return a path's parts: `labels."a.b".c` is labels, a.b, c."""
    parts = _PATH_PART.findall(text)
    return tuple(re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in parts)

"""Whatever somebody writes into deploy.yaml is read or told, never a crash."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.manifest import Manifest, parse
from tests.core.manifest.test_problems import GOOD


@given(st.text())
@settings(max_examples=200)
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(parse(text), Manifest | tuple)


LINES = GOOD.splitlines()
JUNK = st.sampled_from(
    ["", "null", "5", "-1", "true", "[]", "{}", "[[]]", "{a: {b: c}}", "x", "'${ai.url}'", "1e999",
     "9" * 5000, "2026-01-01", "1:30", "~", ".nan", "0x10", "<<", "{<<: {a: b}}", "- a"]
)  # fmt: skip


@given(st.integers(0, len(LINES) - 1), JUNK)
@settings(max_examples=300, deadline=None)
def test_any_value_anywhere_is_read_or_told(place: int, junk: str) -> None:
    key = LINES[place].partition(":")[0]
    text = "\n".join((*LINES[:place], f"{key}: {junk}", *LINES[place + 1 :]))
    found = parse(text)
    assert isinstance(found, Manifest) or all(problem.message for problem in found)
    if isinstance(found, Manifest):
        assert all(found.resolve(name).services for name in found.environments)


@pytest.mark.parametrize("key", ["![x](http://e/x)", "[a](http://e)", "@acme/team", "<b>", "| a |"])
@pytest.mark.parametrize("before", ["", "services: {web: {path: web, ", "environments: {prod: {"])
def test_what_somebody_called_a_key_is_told_as_plain_words(before: str, key: str) -> None:
    """Whoever opens a pull request writes what the answer repeats."""
    said = parse(f'{before}"{key}": 1{"}" * before.count("{")}')
    assert isinstance(said, tuple)
    assert not any(
        mark in str(problem) for problem in said for mark in ("![", "](", "@", "<", "| ")
    )

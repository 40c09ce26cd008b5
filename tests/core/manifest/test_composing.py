"""What is no plain YAML is refused before anything in it can unfold."""

from __future__ import annotations

import pytest

from bot.core.manifest import Problem, parse


def problems(text: str) -> tuple[Problem, ...]:
    found = parse(text)
    return found if isinstance(found, tuple) else ()


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "must be a mapping"),
        ("just words", 1, "must be a mapping"),
        ("[1, 2]", 1, "must be a mapping"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: 1\nb:\n\tc: 2\n", 3, "tab"),
        ("a: 1\nb: [1\nc: 2\n", 3, "not valid YAML"),
        ("a: 1\nb: 'x\n", 3, "not valid YAML"),
        ("a: &x 1\n", 1, "anchors and aliases"),
        ("a: 1\nb: *x\n", 2, "anchors and aliases"),
        ("a: !!python/object/apply:os.system [x]\n", 1, "tags"),
        ("a: 1\n? [b]\n: 1\n", 2, "not plain text"),
        ("a: 1\nb: 2\na: 3\n", 3, "set twice, first on line 1"),
        ("a: 1\nb: \x07\n", 2, "control character U+0007"),
        ("a: \ud800\n", 1, "control character U+D800"),
        ("a: " + "[" * 100 + "]" * 100, 1, "nested"),
        ("[" * 10_000, 1, "nest"),
        ("- " * 10_000, 1, "nested"),
        ("a: " + "x" * 300_000, 1, "larger than 256 KB"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    (found,) = problems(text)
    assert found.line == line
    assert message in found.message
    assert str(found).strip(" :") == str(found)


def test_a_bomb_of_aliases_never_unfolds() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*a, *a, *a]\n" for c in "bcdefgh")
    assert all("anchors and aliases" in problem.message for problem in problems(bomb))
    assert problems(bomb)

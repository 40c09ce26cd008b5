"""The shape that the project promises: a trail to read along, small files, plain names."""

from __future__ import annotations

import ast
import re
import statistics
from importlib import import_module
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = sorted(
    path
    for folder in ("bot", "localcloud", "benchmarks", "services/ai-service/app")
    for path in (ROOT / folder).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FIRST = "bot/core/model.py"
NEXT = re.compile(r"^Next: (\S+)$", re.MULTILINE)
STOP = re.compile(r"^\d+\. `([^`]+)`", re.MULTILINE)
VAGUE = {"utils", "helpers", "common", "manager", "handler", "base", "misc"}


def test_the_reading_trail_is_the_one_in_the_docs() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

    assert _trail() == STOP.findall(page)


@pytest.mark.parametrize(
    "path", [path for path in TESTS if path.parent.name == "e2e"], ids=lambda path: path.stem
)
def test_what_is_played_elsewhere_still_finds_what_it_imports(path: Path) -> None:
    """Types are not checked in tests, and these are not run before each merge."""
    assert import_module(f"tests.e2e.{path.stem}")


def test_every_signpost_leads_to_a_file() -> None:
    lost = [
        f"{path.relative_to(ROOT)} → {target}"
        for path in PRODUCT
        for target in NEXT.findall(path.read_text(encoding="utf-8"))
        if not (ROOT / target).is_file()
    ]

    assert not lost


def test_files_stay_small() -> None:
    limits = [(path, 250) for path in PRODUCT] + [(path, 300) for path in TESTS]
    large = {
        str(path.relative_to(ROOT)): lines
        for path, most in limits
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > most
    }

    assert not large


def test_functions_stay_short() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{function.name}": _lines(function)
        for path in PRODUCT
        for function in _functions(path)
    }

    assert not {name: lines for name, lines in lengths.items() if lines > 40}
    assert statistics.median(lengths.values()) <= 8


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [path for path in chain(PRODUCT, TESTS) if path.stem in VAGUE]


def test_every_module_of_the_product_says_why_it_exists() -> None:
    assert not [path for path in PRODUCT if not ast.get_docstring(_parsed(path))]


def _trail() -> list[str]:
    stops = [FIRST]
    while found := NEXT.search((ROOT / stops[-1]).read_text(encoding="utf-8")):
        assert found[1] not in stops, f"the trail runs in a circle at {found[1]}"
        stops.append(found[1])
    return stops


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(_parsed(path))
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))

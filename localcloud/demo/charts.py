"""Mermaid charts as a terminal can draw them: GitHub draws the pictures."""

from __future__ import annotations

import re

BARS = "▁▂▃▄▅▆▇█"
_CHART = re.compile(r"```mermaid\n.*?```", re.DOTALL)
_TITLE = re.compile(r'title "(.*)"')
_TOP = re.compile(r"0 --> ([\d.]+)$", re.MULTILINE)
_LINE = re.compile(r"line \[(.*)\]")


def drawn(text: str) -> str:
    """Return a comment's Markdown with every chart as a block of bars, a row a line."""
    return _CHART.sub(lambda found: _bars(found[0]), text)


def _bars(chart: str) -> str:
    title, top = [text.partition(":")[0] for text in _TITLE.findall(chart)], _TOP.findall(chart)
    rows = [
        "".join(_bar(float(value) / float(top[-1])) for value in line.split(","))
        for line in _LINE.findall(chart)
    ]
    if len(rows) > 1:
        rows = [f"{side} {row}" for side, row in zip(("canary", "stable"), rows, strict=True)]
    return "\n".join(("```", *title, *rows, "```"))


def _bar(part: float) -> str:
    return BARS[min(int(part * len(BARS)), len(BARS) - 1)]

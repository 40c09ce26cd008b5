"""Draw the cost curve as plain SVG, each point with its name beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from benchmarks.rollouts.rules import ORACLE, SPILLWAY, TUNED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.rollouts.curve import Point

FILE = "cost.svg"
WIDTH, HEIGHT = 900, 560
LEFT, RIGHT, TOP, BOTTOM = 80, 40, 70, 70
LETTER, LINE = 7.0, 16.0
"""How wide a letter is and how high a line, about."""
MARK = 8.0
"""Half of what a point takes up."""
COLOURS = {
    SPILLWAY: "#0b7a75",
    ORACLE: "#6b6b6b",
    "release-manager": "#b5542b",
    "flagger": "#7a4fb5",
    "argo-rollouts": "#9a6d00",
    "kayenta": "#b0306a",
}


class Box(NamedTuple):
    """A rectangle on the sheet."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Tell whether the two overlap."""
        beside = self.right < other.left or other.right < self.left
        return not beside and not (self.bottom < other.top or other.bottom < self.top)


def draw(found: Sequence[Point], heading: str) -> str:
    """Return the picture."""
    scale = _Scale(found)
    font = 'font-family="system-ui, sans-serif" font-size="13"'
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    legend = "Down and left is better. Filled: documented defaults; ring: tuned."
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} {font}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="28" font-size="17" fill="#1a1a1a">{escape(heading)}</text>',
        f'<text x="{LEFT}" y="50" fill="#555555">{legend}</text>',
        *scale.grid(),
        *_named(found, scale),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Scale:
    """Where hours and harm lie on the sheet: hours evenly, harm by its logarithm."""

    def __init__(self, found: Sequence[Point]) -> None:
        self.hours = math.ceil(max((one.hours for one in found), default=1.0) * 2 + 0.5) / 2
        logs = [math.log10(one.harm) for one in found] or [0.0]
        self.low = math.floor(min(logs))
        self.high = max(math.ceil(max(logs)), self.low + 1)

    def x(self, hours: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * hours / self.hours

    def y(self, harm: float) -> float:
        part = (math.log10(harm) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part

    def grid(self) -> Iterator[str]:
        foot = HEIGHT - BOTTOM
        for power in range(self.low, self.high + 1):
            y = self.y(10.0**power)
            yield _line(LEFT, y, WIDTH - RIGHT, y)
            yield _label(LEFT - 8, y + 4, f"{10.0**power:g}", "end")
        for half in range(int(self.hours * 2) + 1):
            x = self.x(half / 2)
            yield _line(x, TOP, x, foot)
            yield _label(x, foot + 20, f"{half / 2:g}", "middle")
        middle = (LEFT + WIDTH - RIGHT) / 2
        yield _label(middle, HEIGHT - 20, "hours to 100 %, good releases", "middle")
        yield (
            f'<text transform="translate(24 {(TOP + foot) / 2}) rotate(-90)" text-anchor="middle"'
            ' fill="#333333">harm of bad releases, times the oracle\'s</text>'
        )


def _named(found: Sequence[Point], scale: _Scale) -> Iterator[str]:
    """Yield points and names; a name lies where it covers neither a point nor another name."""
    taken = [_around(scale.x(one.hours), scale.y(one.harm)) for one in found]
    for one in found:
        yield _mark(one, scale)
    for one in found:
        name = f"{one.rule} ({one.hours:.1f} h, {one.harm:.1f})"
        places = list(_places(scale.x(one.hours), scale.y(one.harm), len(name) * LETTER))
        free = (place for place in places if not any(place.meets(box) for box in taken))
        place = next(free, places[0])
        taken.append(place)
        colour = _colour(one)
        yield (
            f'<text x="{place.left:.1f}" y="{place.bottom - 4:.1f}" fill="{colour}"'
            f' textLength="{place.right - place.left:.1f}">{escape(name)}</text>'
        )


def _places(x: float, y: float, width: float) -> Iterator[Box]:
    """Yield where a name may lie, best first: beside the point, then further up and down."""
    for lines in (0, 1, -1, 2, -2, 3, -3):
        top = y - LINE / 2 + lines * LINE
        for left in (x + MARK + 3, x - MARK - 3 - width):
            if left > LEFT and left + width < WIDTH - 4:
                yield Box(left, top, left + width, top + LINE)
    yield Box(x + MARK, y - LINE / 2, x + MARK + width, y + LINE / 2)


def _around(x: float, y: float) -> Box:
    return Box(x - MARK, y - MARK, x + MARK, y + MARK)


def _mark(one: Point, scale: _Scale) -> str:
    colour = _colour(one)
    fill = "#ffffff" if one.rule in TUNED else colour
    where = f'cx="{scale.x(one.hours):.1f}" cy="{scale.y(one.harm):.1f}"'
    return f'<circle {where} r="6" fill="{fill}" stroke="{colour}" stroke-width="2.5"/>'


def _colour(one: Point) -> str:
    return next(colour for rule, colour in COLOURS.items() if one.rule.startswith(rule))


def _line(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="#e3e3e3"/>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#333333">{text}</text>'

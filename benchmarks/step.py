"""How long the verdict takes for one more window, after four hours of them.

`python -m benchmarks.step [--json]`; exit 1 when the median is over 200 µs of processor time.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, datetime, timedelta

import click

from benchmarks.numbers import Measured, tell
from bot.core import course, verdict
from bot.core.evidence import Counts, Evidence, VerdictConfig, Window
from bot.core.route import Course, Route, Stage

BOUND_SECONDS = 200e-6
HOURS = 4
TRIES = 5
START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SIZES = {"10 requests a second": 600, "1000 requests a second": 60_000}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(*, as_json: bool) -> None:
    """Measure `update`, `read` and `onward` for the windows after four hours."""
    measured = [Measured(name, tuple(_seconds(size))) for name, size in SIZES.items()]
    held = all(one.median <= BOUND_SECONDS for one in measured)
    medians = {one.name: f"{one.median * 1e6:.0f} µs" for one in measured}
    tell(measured, {**medians, "bound in µs": BOUND_SECONDS * 1e6, "held": held}, as_json=as_json)
    sys.exit(0 if held else 1)


def _seconds(requests: int) -> list[float]:
    """Return the least of several tries for each window of the fifth hour."""
    chance = random.Random(1)  # noqa: S311  # traffic, no secret
    day = [_counts(chance, requests) for _ in range(1440)]
    config = VerdictConfig(history=verdict.summary(day))
    windows = [_window(chance, number, requests) for number in range((HOURS + 1) * 60)]
    evidence = Evidence()
    for window in windows[: HOURS * 60]:
        evidence = verdict.update(evidence, window, config)
    taken = []
    for window in windows[HOURS * 60 :]:
        taken.append(min(_timed(evidence, window, config) for _ in range(TRIES)))
        evidence = verdict.update(evidence, window, config)
    return taken


def _timed(evidence: Evidence, window: Window, config: VerdictConfig) -> float:
    begun = time.process_time()
    after = verdict.update(evidence, window, config)
    seen = ((after, verdict.read(after, config)),)
    course.onward(Course(stage=Stage.WATCH, share=10), seen, Route(watch=1440))
    return time.process_time() - begun


def _window(chance: random.Random, number: int, requests: int) -> Window:
    start = START + number * MINUTE
    canary, stable = _counts(chance, requests // 10), _counts(chance, requests * 9 // 10)
    return Window(start=start, end=start + MINUTE, share=10, canary=canary, stable=stable)


def _counts(chance: random.Random, requests: int) -> Counts:
    bad = (_some(chance, requests * rate) for rate in (0.005, 0.01, 0.003))
    return Counts(requests, *(min(requests, some) for some in bad))


def _some(chance: random.Random, mean: float) -> int:
    return max(0, round(chance.gauss(mean, mean**0.5)))


if __name__ == "__main__":
    main()

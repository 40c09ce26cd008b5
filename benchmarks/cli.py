"""How long `python -m bot --help` takes, beside a Python that does nothing.

`python -m benchmarks.cli [--json]`; exit 1 when the median is over half a second.
"""

from __future__ import annotations

import subprocess
import sys
import time

import click

from benchmarks.numbers import Measured, tell

BOUND_SECONDS = 0.5
RUNS = 15


@click.command()
@click.option("--runs", default=RUNS, show_default=True, help="How often each is started.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(runs: int, *, as_json: bool) -> None:
    """Measure the command line's start."""
    commands = {"python -m bot --help": ("-m", "bot", "--help"), "python -c pass": ("-c", "pass")}
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, words in commands.items():
            taken[name].append(_seconds(words))
    measured = [Measured(name, tuple(seconds)) for name, seconds in taken.items()]
    ours, bare = measured
    held = ours.median <= BOUND_SECONDS
    verdict = {
        "times a bare python": round(ours.median / bare.median, 1),
        "bound in seconds": BOUND_SECONDS,
        "held": held,
    }
    tell(measured, verdict, as_json=as_json)
    sys.exit(0 if held else 1)


def _seconds(words: tuple[str, ...]) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own words
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()

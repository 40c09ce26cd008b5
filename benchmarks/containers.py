"""How long a change of code needs on real containers, from the build's start to a ready revision.

`python -m benchmarks.containers [--rounds N] [--stand-ins] [--json]` deploys several commits to
prod on a local cloud whose services are containers. Each differs from the one before by one line,
so all layers but the source's are in the engine's cache. Timed from Cloud Build's `createTime` to
the revision's `Ready` condition: build, push, pull by digest, start. Exit 1 when a round took over
ten seconds. Where base images are out of reach it says so at once; `--stand-ins` makes some first.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import datetime
from pathlib import Path

import click

from benchmarks.numbers import Measured, tell
from benchmarks.overhead import Field
from localcloud.cloud import Cloud, CloudError, Options
from localcloud.containers.standins import make
from localcloud.runtimes import CONTAINERS

BOUND_SECONDS = 10.0
ROUNDS = 5


class Yard(Field):
    """One cloud on containers."""

    def build_to_ready(self, number: int) -> float:
        """Deploy one more commit; return its seconds."""
        played = self.play(number)
        builds = self._get(self._builds)["builds"]
        begun = max(datetime.fromisoformat(one["createTime"]).timestamp() for one in builds)
        return played.ready - begun


@click.command()
@click.option("--rounds", default=ROUNDS, show_default=True, help="How many deployments are timed.")
@click.option("--stand-ins", is_flag=True, help="Make stand-ins for base images before, once.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(rounds: int, *, stand_ins: bool, as_json: bool) -> None:
    """Measure a warm build on containers."""
    if stand_ins:
        make()
    with tempfile.TemporaryDirectory(prefix="spillway-containers-") as folder:
        seconds = _played(Path(folder), rounds)
    measured = Measured("containers: build begun to revision ready, warm", seconds)
    held = max(seconds) <= BOUND_SECONDS
    tell([measured], {"bound in seconds": BOUND_SECONDS, "held": held}, as_json=as_json)
    sys.exit(0 if held else 1)


def _played(folder: Path, rounds: int) -> tuple[float, ...]:
    cloud = Cloud(folder / "state", Options(runtime=CONTAINERS))
    cloud.on_progress = lambda line: click.echo(line, err=True)
    try:
        cloud.start()
    except CloudError as reason:
        raise click.ClickException(str(reason)) from reason
    try:
        yard = Yard(cloud, folder / "checkout")
        yard.without_smoke_checks()
        return tuple(_told(number, yard.build_to_ready(number)) for number in range(rounds))
    finally:
        cloud.stop()


def _told(number: int, seconds: float) -> float:
    click.echo(f"round {number + 1}: {seconds:.1f} s", err=True)
    return seconds


if __name__ == "__main__":
    main()

"""How measurements are shown: least, middle and most, beside a bound."""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Measured:
    """Several measurements of the same thing, in seconds."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        least, most = min(self.seconds), max(self.seconds)
        return (
            f"{self.name:<52} {least * 1000:8.0f} {self.median * 1000:8.0f} {most * 1000:8.0f}  ms"
        )

    def as_json(self) -> dict[str, object]:
        """Return the same for machines, in seconds."""
        return {
            "name": self.name,
            "runs": len(self.seconds),
            "min": min(self.seconds),
            "median": self.median,
            "max": max(self.seconds),
        }


def tell(measured: Sequence[Measured], verdict: Mapping[str, object], *, as_json: bool) -> None:
    """Print the measurements and the verdict; with `as_json` as one JSON document."""
    if as_json:
        document = {"measured": [one.as_json() for one in measured], **verdict}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return
    sys.stdout.write(f"{'':<52} {'min':>8} {'median':>8} {'max':>8}\n")
    sys.stdout.writelines(f"{one}\n" for one in measured)
    sys.stdout.writelines(f"{name}: {value}\n" for name, value in verdict.items())

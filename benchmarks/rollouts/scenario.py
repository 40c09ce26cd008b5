"""One situation that a rollout can meet: a service, its traffic, and perhaps a bad canary."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.rollouts.faults import Fault, Sound
from benchmarks.rollouts.noise import Noise, Steady
from benchmarks.rollouts.traffic import Even, Load, Outage

SOUND, STEADY, EVEN = Sound(), Steady(), Even()


@dataclass(frozen=True, kw_only=True)
class MetricsOutage:
    """Minutes in which Cloud Monitoring answers nothing; afterwards it shows what was missed."""

    start: int = 10
    minutes: int


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Everything that is true about one kind of rollout, but for chance."""

    name: str
    rps: float
    """Requests per second, on average."""
    bad: bool = False
    """Whether the release ought to be rolled back."""
    errors: float = 0.001
    """Stable's probability of a 5xx."""
    slow: float = 0.003
    """Stable's probability of an answer above the latency boundary."""
    fault: Fault = SOUND
    noise: Noise = STEADY
    hidden: bool = False
    """Whether the day before showed nothing of the noise."""
    load: Load = EVEN
    outage: Outage | None = None
    sticky: bool = False
    metrics_outage: MetricsOutage | None = None

    @property
    def noise_before(self) -> Noise:
        """The noise of the day before."""
        return STEADY if self.hidden else self.noise

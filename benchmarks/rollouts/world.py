"""A seeded world: what a canary and its stable answer, minute by minute, at a given split.

Requests arrive as a Poisson stream, each goes to the canary with the split's probability, and
fails or is slow by chance. What does not depend on the split is drawn beforehand, so that every
rule meets the same day.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.random import default_rng

from benchmarks.rollouts.faults import ColdStart, Moment
from benchmarks.rollouts.traffic import DAY, Clients
from bot.core.evidence import Counts

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from benchmarks.rollouts.scenario import Scenario

HORIZON = 360
"""Minutes within which a rollout has to come to 100 % or back to 0."""
WATCH = 60
"""Minutes at 100 % in which a fault still does harm that counts."""
LENGTH = HORIZON + 4 * WATCH
ERRORS_4XX = 0.01
MOST = 0.999
"""No noise makes more than so many requests fail."""


NOTHING = Counts()


class Served(NamedTuple):
    """One minute: what either side answered, and the harm done."""

    canary: Counts
    stable: Counts
    harm: float
    """Requests that went wrong because of the canary's fault, in expectation."""


def seeded(scenario: Scenario, seed: int, repetition: int, what: int) -> Generator:
    """Return the source of chance for one part of one repetition; no rule shares another's."""
    return default_rng([seed, zlib.crc32(scenario.name.encode()), repetition, what])


def turn_of(scenario: Scenario, seed: int, repetition: int) -> float:
    """Return the time of day at which this repetition starts, in [0, 1)."""
    return float(seeded(scenario, seed, repetition, 0).random())


def day_before(scenario: Scenario, seed: int, repetition: int) -> tuple[Counts, ...]:
    """Return stable's counts of the 1440 minutes before the rollout, oldest first."""
    random = seeded(scenario, seed, repetition, 1)
    minutes = np.arange(-DAY, 0)
    load = scenario.load.factors(minutes, turn_of(scenario, seed, repetition))
    requests = random.poisson(60 * scenario.rps * load)
    noise = scenario.noise_before
    rates = [
        np.minimum(rate * noise.factors(random, DAY), MOST)
        for rate in (_scattered(scenario), scenario.slow)
    ]
    errors, slow = (random.binomial(requests, rate) for rate in rates)
    if scenario.sticky:
        errors = np.minimum(errors + _clumps(scenario, random), requests)
    others = random.binomial(requests, ERRORS_4XX)
    columns = (requests.tolist(), errors.tolist(), others.tolist(), slow.tolist())
    return tuple(Counts(*row) for row in zip(*columns, strict=True))


def _scattered(scenario: Scenario) -> float:
    """Return the rate of errors that do not come in clumps."""
    return scenario.errors / 2 if scenario.sticky else scenario.errors


def _clumped(scenario: Scenario) -> float:
    return 60 * scenario.rps * scenario.errors / 2


def _clumps(scenario: Scenario, random: Generator) -> NDArray[np.int64]:
    clients = Clients(random, _clumped(scenario), 1.0)
    return np.array([clients.minute(1.0) for _ in range(DAY)])


class Side:
    """One revision's own chance."""

    def __init__(self, scenario: Scenario, random: Generator, share: float) -> None:
        """Draw its noise; `share` of the sticky clients are there from before."""
        self._binomial = random.binomial
        self._errors: list[float] = scenario.noise.factors(random, LENGTH).tolist()
        self._slow: list[float] = scenario.noise.factors(random, LENGTH).tolist()
        self._clients = Clients(random, _clumped(scenario), share) if scenario.sticky else None

    def answer(
        self, minute: int, requests: int, share: float, rates: tuple[float, float]
    ) -> Counts:
        """Return what became of that many requests."""
        failed = self._clients.minute(share) if self._clients else 0
        if not requests:
            return NOTHING
        binomial, (failing, late) = self._binomial, rates
        most = MOST if failing < 1 else 1.0
        errors = int(binomial(requests, min(most, failing * self._errors[minute])))
        slow = int(binomial(requests, min(MOST, late * self._slow[minute])))
        others = int(binomial(requests, ERRORS_4XX))
        return Counts(requests, min(requests, errors + failed), others, slow)


class World:
    """One repetition of a scenario, as one rule meets it."""

    def __init__(self, scenario: Scenario, seed: int, repetition: int) -> None:
        """Draw what does not depend on the split."""
        self._scenario = scenario
        self._random = seeded(scenario, seed, repetition, 2)
        turn = turn_of(scenario, seed, repetition)
        load = scenario.load.factors(np.arange(LENGTH), turn)
        self._requests = self._random.poisson(60 * scenario.rps * load).tolist()
        self._canary = Side(scenario, seeded(scenario, seed, repetition, 3), 0.0)
        self._stable = Side(scenario, seeded(scenario, seed, repetition, 4), 1.0)
        self._settled = 0.0

    def minute(self, moment: Moment) -> Served:
        """Play one minute."""
        share = moment.share / 100
        here = self._share(share)
        requests = self._requests[moment.minute]
        mine = (
            int(self._random.binomial(requests, here)) if 0 < here < 1 else round(requests * here)
        )
        scenario = self._scenario
        failing = scenario.outage and scenario.outage.failing(moment.minute, moment.since_full)
        level = _scattered(scenario)
        if failing and scenario.outage:
            level = max(level, scenario.outage.errors)
        extra = scenario.fault.adds(moment)
        rates = (level + extra.errors, scenario.slow + extra.slow)
        canary = self._canary.answer(moment.minute, mine, share, rates)
        theirs = (level, scenario.slow)
        stable = self._stable.answer(moment.minute, requests - mine, 1 - share, theirs)
        lasting = 0.0 if isinstance(scenario.fault, ColdStart) else extra.errors + extra.slow
        return Served(canary, stable, mine * lasting)

    def _share(self, share: float) -> float:
        """Return the share of requests that the canary gets: sticky clients follow slowly."""
        if not self._scenario.sticky:
            return share
        self._settled += (share - self._settled) / Clients.STAY
        return self._settled if 0 < share < 1 else share

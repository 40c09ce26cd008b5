"""Every scenario of the benchmark, by name; `good-` ought to be promoted, `bad-` rolled back.

A name says what stable's error rate is, what happens, and how many requests come in a second.
Slow answers are 0.3 % everywhere but where the name says otherwise.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.rollouts.faults import Broken, ColdStart, Late, Leak, UnderLoad
from benchmarks.rollouts.noise import Bursts, PerMinute, Spells
from benchmarks.rollouts.scenario import MetricsOutage, Scenario
from benchmarks.rollouts.traffic import Ceasing, Diurnal, Outage


def _good() -> list[Scenario]:
    quiet = [Scenario(name=f"good-0.1%-{r:g}rps", rps=r) for r in (0.1, 1, 10, 100, 1000)]
    high = [Scenario(name=f"good-2%-{r}rps", rps=r, errors=0.02) for r in (10, 100)]
    diurnal = Scenario(name="good-diurnal-0.5%-10rps", rps=10, errors=0.005, load=Diurnal())
    return [*quiet, *high, diurnal, *_shared(), *_noisy(), *_clumped(), *_dark()]


def _shared() -> list[Scenario]:
    rates = (1, 10, 100)
    ramp, watch = Outage(start=8), Outage(after_full=20)
    return [
        *(Scenario(name=f"good-outage-in-ramp-{r}rps", rps=r, outage=ramp) for r in rates),
        *(Scenario(name=f"good-outage-in-watch-{r}rps", rps=r, outage=watch) for r in rates),
        *(Scenario(name=f"good-cold-start-5%-{r}rps", rps=r, fault=ColdStart(0.05)) for r in rates),
    ]


NOISY = (("2%", 0.02, 10), ("0.1%", 0.001, 100), ("2%", 0.02, 100), ("0.1%", 0.001, 1000))


def _noisy() -> list[Scenario]:
    shown = [
        Scenario(name=f"good-noise-{v:g}-{p}-{r}rps", rps=r, errors=rate, noise=PerMinute(v))
        for v in (0.25, 1, 4)
        for p, rate, r in NOISY
    ]
    hidden = [
        replace(one, name=one.name.replace("noise", "hidden-noise"), hidden=True)
        for one in shown
        if one.noise != PerMinute(4)
    ]
    return shown + hidden


def _clumped() -> list[Scenario]:
    spells = [
        Scenario(name=f"good-spells-{v:g}-{p}-{r}rps", rps=r, errors=rate, noise=Spells(v))
        for v in (0.25, 1)
        for p, rate, r in NOISY[:2]
    ]
    bursts = [
        Scenario(name=f"good-bursts-x4-{p}-{r}rps", rps=r, errors=rate, noise=Bursts(4))
        for p, rate, r in NOISY[:2]
    ]
    sticky = [
        Scenario(name=f"good-sticky-0.5%-{r}rps", rps=r, errors=0.005, sticky=True)
        for r in (10, 100)
    ]
    return spells + bursts + sticky


def _dark() -> list[Scenario]:
    outages = [
        Scenario(
            name=f"good-metrics-outage-{minutes}min-{r}rps",
            rps=r,
            metrics_outage=MetricsOutage(minutes=minutes),
        )
        for minutes in (5, 15)
        for r in (10, 100)
    ]
    return [*outages, Scenario(name="good-traffic-ends-10rps", rps=10, load=Ceasing(10))]


def _bad() -> list[Scenario]:
    return [
        *_worse("0.1%-to-0.5%", 0.001, 0.005, (10, 100, 1000)),
        *_worse("0.1%-to-2%", 0.001, 0.02, (1, 10, 100)),
        *_worse("2%-to-4%", 0.02, 0.04, (10, 100)),
        *_worse("0.1%-to-50%", 0.001, 0.5, (0.1, 1, 10, 1000)),
        *_worse("0.1%-to-100%", 0.001, 1.0, (0.1, 10, 1000)),
        *_slower("slow-0.3%-to-3%", 0.003, 0.03, (10, 100)),
        *_slower("slow-1%-to-3%", 0.01, 0.03, (100,)),
        *_leaks(),
        Scenario(
            name="bad-noise-1-0.5%-to-2.5%-100rps",
            rps=100,
            bad=True,
            errors=0.005,
            fault=Broken(errors=0.02),
            noise=PerMinute(1),
        ),
        *_hiding(),
    ]


def _worse(name: str, was: float, now: float, rates: tuple[float, ...]) -> list[Scenario]:
    fault = Broken(errors=now - was)
    return [
        Scenario(name=f"bad-{name}-{r:g}rps", rps=r, bad=True, errors=was, fault=fault)
        for r in rates
    ]


def _slower(name: str, was: float, now: float, rates: tuple[float, ...]) -> list[Scenario]:
    fault = Broken(slow=now - was)
    return [
        Scenario(name=f"bad-{name}-{r:g}rps", rps=r, bad=True, slow=was, fault=fault) for r in rates
    ]


def _leaks() -> list[Scenario]:
    return [
        Scenario(
            name=f"bad-leak-to-10%-over-{over}-from-{start}-10rps",
            rps=10,
            bad=True,
            fault=Leak(0.1, over, start),
        )
        for over in (30, 60, 120)
        for start in (0, 30)
    ]


def _hiding() -> list[Scenario]:
    rates = (10, 100)
    return [
        *(
            Scenario(name=f"bad-only-at-90%-share-{r}rps", rps=r, bad=True, fault=UnderLoad(0.019))
            for r in rates
        ),
        *(
            Scenario(name=f"bad-20min-after-100%-{r}rps", rps=r, bad=True, fault=Late(0.019))
            for r in rates
        ),
    ]


SCENARIOS = {one.name: one for one in [*_good(), *_bad()]}

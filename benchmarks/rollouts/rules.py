"""Every rule that the benchmark plays, by name: Spillway, the peers and the oracle.

Each peer stands here twice: with the settings that its documentation gives, and with the one tuned
setting that we would give it to do well in these very scenarios: of several dozen that we tried,
those with the fewest false alarms, and among them those that let the least harm through. Flagger
and argo-rollouts get a query that compares the canary with stable over five minutes, and the
patience to be wrong for twenty of them. All were fixed before Spillway's rule was measured here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.rollouts.floors import Oracle
from benchmarks.rollouts.peers.argo_rollouts import ArgoRollouts, Canary
from benchmarks.rollouts.peers.flagger import Analysis, Flagger
from benchmarks.rollouts.peers.kayenta import CanaryConfig, Kayenta
from benchmarks.rollouts.peers.release_manager import ReleaseManager, Strategy
from benchmarks.rollouts.spillway import spillway
from bot.core.evidence import VerdictConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.rollouts.rule import History, MakeRule, Rule
    from benchmarks.rollouts.scenario import Scenario

SPILLWAY = "spillway"
ORACLE = "oracle"

DEFAULTS: dict[str, Callable[[], Rule]] = {
    "release-manager": lambda: ReleaseManager(Strategy()),
    "flagger": lambda: Flagger(Analysis()),
    "argo-rollouts": lambda: ArgoRollouts(Canary()),
    "kayenta": lambda: Kayenta(CanaryConfig()),
}

TUNED: dict[str, Callable[[], Rule]] = {
    "release-manager-tuned": lambda: ReleaseManager(
        Strategy(steps=(1, 5, 20, 50), min_wait=10, max_error_rate=5.0)
    ),
    "flagger-tuned": lambda: Flagger(
        Analysis(
            step_weight=5,
            threshold=20,
            over=5,
            min_success=0.0,
            latency=False,
            max_worse=1.0,
            idle=True,
        )
    ),
    "argo-rollouts-tuned": lambda: ArgoRollouts(
        Canary(
            steps=(5, 20, 50),
            start=4,
            interval=1,
            min_success=0.0,
            max_worse=0.01,
            max_slower=0.01,
            failure_limit=19,
            error_limit=1000,
            idle=True,
        )
    ),
    "kayenta-tuned": lambda: Kayenta(CanaryConfig(begin_after=4, allowed_increase=1.5)),
}

PEERS = {**DEFAULTS, **TUNED}
KNOB = {
    "spillway-alpha-5%": VerdictConfig(alpha=0.05),
    "spillway-alpha-0.1%": VerdictConfig(alpha=0.001),
    "spillway-guard-0.5": VerdictConfig(guard=0.5),
    "spillway-guard-2": VerdictConfig(guard=2.0),
    "spillway-guard-10": VerdictConfig(guard=10.0),
}
"""Spillway with another alpha or guard, for the curve; played only when they are named."""
USUAL = (SPILLWAY, *PEERS, ORACLE)
NAMES = (*USUAL, *KNOB)


def maker(name: str, scenario: Scenario) -> MakeRule:
    """Return what begins a rollout under the rule of that name."""
    if name == SPILLWAY or name in KNOB:
        return partial(_own, KNOB.get(name, VerdictConfig()))
    if name == ORACLE:
        return partial(Oracle, scenario)
    return partial(_peer, PEERS[name])


def _peer(make: Callable[[], Rule], history: History) -> Rule:
    """Peers know nothing of the day before."""
    del history
    return make()


def _own(config: VerdictConfig, history: History) -> Rule:
    return spillway(config, history)

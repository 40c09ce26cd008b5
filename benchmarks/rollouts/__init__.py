"""Rollouts played in a seeded world: what each rule lets through, and at what price.

Spillway's rule can be driven from outside: `spillway(config=None, history=())` returns one that
steers a rollout, told once a minute what became visible.
"""

from benchmarks.rollouts.spillway import spillway
from bot.core.evidence import Counts, Outcome

__all__ = ["Counts", "Outcome", "spillway"]

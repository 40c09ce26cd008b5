"""The distributions that Cloud Monitoring answers with: how many answers lie above a boundary.

Buckets differ from metric to metric and may change, so they are read from every answer
(https://cloud.google.com/monitoring/api/ref_v3/rest/v3/TypedValue#Distribution): bucket 0 lies
below the first bound, and bucket i begins at bound i.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, repeat, takewhile
from math import isfinite
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from google.api.distribution_pb2 import Distribution

MOST_BUCKETS = 1000
"""Far more than there are: https://cloud.google.com/monitoring/quotas has 200 at most."""
EXACT = 1e-6
"""Bounds are sums and powers of floats."""


def bounds_of(distribution: Distribution) -> list[float]:
    """Return where buckets 1, 2, … begin."""
    options = distribution.bucket_options
    if explicit := list(options.explicit_buckets.bounds):
        return explicit
    if finite := min(MOST_BUCKETS, options.linear_buckets.num_finite_buckets):
        linear = options.linear_buckets
        return [linear.offset + linear.width * step for step in range(finite + 1)]
    growing = options.exponential_buckets
    bounds = accumulate(
        repeat(growing.growth_factor, min(MOST_BUCKETS, growing.num_finite_buckets)),
        mul,
        initial=growing.scale,
    )
    return list(takewhile(isfinite, bounds))


def above(distribution: Distribution, boundary: float) -> int:
    """Return how many answers lie in buckets that begin at the boundary or higher; none for 0."""
    if not boundary:
        return 0
    first = bisect_left(bounds_of(distribution), boundary * (1.0 - EXACT)) + 1
    return sum(distribution.bucket_counts[first:])


def boundary(distributions: Iterable[Distribution], least: float, share: float) -> float:
    """Return the lowest bound, not below `least`, above which at most that share lies.

    With a `least` of its own the share does not matter. No answers: `least` itself.
    """
    bounds: Sequence[float] = ()
    counts: list[int] = []
    for one in distributions:
        bounds = bounds or bounds_of(one)
        counts += [0] * (len(one.bucket_counts) - len(counts))
        for place, count in enumerate(one.bucket_counts):
            counts[place] += count
    left, most = sum(counts), sum(counts) * (1.0 if least else share)
    for place, bound in enumerate(bounds):
        left -= counts[place] if place < len(counts) else 0
        if left <= most and bound >= least * (1.0 - EXACT):
            return bound
    return least

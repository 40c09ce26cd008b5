"""Boundaries of latencies, whatever buckets Cloud Monitoring tells them in."""

from __future__ import annotations

from google.api.distribution_pb2 import Distribution

from bot.clients.latencies import above, boundary


def growing(scale: float, factor: float, buckets: int, counts: list[int]) -> Distribution:
    exponential = Distribution.BucketOptions.Exponential(
        scale=scale, growth_factor=factor, num_finite_buckets=buckets
    )
    options = Distribution.BucketOptions(exponential_buckets=exponential)
    return Distribution(count=sum(counts), bucket_options=options, bucket_counts=counts)


def test_buckets_that_grow_beyond_every_number_have_no_boundary_there() -> None:
    beyond = growing(1.0, 1e300, 2**31 - 1, [1, 2, 3])
    assert above(beyond, 1.0) == 5
    assert above(beyond, 2.0) == 3
    assert boundary([beyond], 0.0, 0.01) == 0.0

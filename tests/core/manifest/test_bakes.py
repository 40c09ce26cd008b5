"""How long a bake must last."""

from __future__ import annotations

from datetime import timedelta

from bot.core.manifest import Manifest, parse

TEXT = """\
project: my-project
region: us-central1
images: gcr.io/my-project
services: {web: {path: .}}
environments:
  prod:
    rollout: {steps: [5, 100], min_bake: 30s}
"""


def test_a_bake_that_no_window_fits_in_is_refused_with_its_line() -> None:
    read = parse(TEXT, timedelta(seconds=60))
    assert isinstance(read, tuple)
    (problem,) = read
    assert (problem.line, problem.key) == (7, "environments.prod.rollout.min_bake")
    assert problem.message == "30s is shorter than one metric window, 1m"
    assert isinstance(parse(TEXT, timedelta(seconds=1)), Manifest)

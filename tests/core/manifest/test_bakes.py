"""How long a bake must last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.manifest import Manifest, parse

TEXT = """\
project: my-project
region: us-central1
images: gcr.io/my-project
services: {web: {path: .}}
environments:
  prod:
    rollout: {steps: auto, KEY: 30s}
"""


@pytest.mark.parametrize("key", ["min_bake", "max_bake", "watch"])
def test_a_length_that_no_window_fits_in_is_refused_with_its_line(key: str) -> None:
    text = TEXT.replace("KEY", key)
    read = parse(text, timedelta(seconds=60))
    assert isinstance(read, tuple)
    (problem,) = read
    assert (problem.line, problem.key) == (7, f"environments.prod.rollout.{key}")
    assert problem.message == "30s is shorter than one metric window, 1m"
    assert isinstance(parse(text, timedelta(seconds=1)), Manifest)


def test_no_watch_at_all_is_no_short_one() -> None:
    read = parse(TEXT.replace("KEY: 30s", "watch: 0s"), timedelta(seconds=60))
    assert isinstance(read, Manifest)

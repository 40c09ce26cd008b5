"""The whole show: start a cloud, let visitors in, play the stories, tell how it went."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from localcloud.bot_environment import PROJECT, REGION
from localcloud.cloud import Cloud, Options
from localcloud.demo.checkout import Checkout, GitFailed
from localcloud.demo.cloud_run import CloudRun
from localcloud.demo.person import GitHubSaysNo, Person
from localcloud.demo.scene import Outcome
from localcloud.demo.stage import Follow, Stage
from localcloud.demo.stories import STORIES
from localcloud.demo.waiting import Missed
from localcloud.visit import Visitors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localcloud.demo.scene import Screen
    from localcloud.demo.stories import Story

VISITS_A_SECOND = 50
VISIT = {"text": "오늘 기분이 좋아요", "userId": "visitor"}
BROKEN_OFF = "broken off"


@contextmanager
def stage(state: Path, screen: Screen, runtime: str) -> Iterator[Stage]:
    """Give a fresh cloud on this runtime with visitors on prod, and end all of it.

    Raises CloudError when it cannot start.
    """
    cloud = Cloud(state, Options(runtime=runtime))
    cloud.on_progress = screen.say
    _start(cloud)
    try:
        with _visitors(cloud) as visitors, tempfile.TemporaryDirectory() as folder:
            yield _stage(cloud, visitors, Path(folder) / "senior-mhealth", screen)
    finally:
        screen.say("stopping")
        cloud.stop()


def _start(cloud: Cloud) -> None:
    """Start it; whoever interrupts that leaves nothing running either."""
    try:
        cloud.start()
    except (KeyboardInterrupt, SystemExit):
        cloud.stop()
        raise


def play(on: Stage) -> list[Outcome]:
    """Play the stories in order; one that breaks off ends the show."""
    outcomes: list[Outcome] = []
    for number, story in enumerate(STORIES, start=1):
        follow = Follow(on, f"Story {number} of {len(STORIES)}: {story.title}", story.service)
        outcomes.append(_play_one(story, follow))
        on.screen.ended(outcomes[-1])
        if outcomes[-1].actual == BROKEN_OFF:
            break
    return outcomes


def _play_one(story: Story, follow: Follow) -> Outcome:
    try:
        actual, problems = story.play(follow)
    except (Missed, GitHubSaysNo, GitFailed, requests.RequestException) as trouble:
        actual, problems = BROKEN_OFF, [str(trouble)]
    return Outcome(
        title=story.title,
        expected=story.expected,
        actual=actual,
        problems=tuple(problems),
        seconds=follow.seconds,
        visits=follow.visits(),
        splits=tuple(follow.splits),
    )


@contextmanager
def _visitors(cloud: Cloud) -> Iterator[Visitors]:
    url = f"{cloud.service_url('prod', 'api-service')}/api/analyze"
    visitors = Visitors([url], VISITS_A_SECOND, "POST", VISIT)
    visitors.start()
    try:
        yield visitors
    finally:
        visitors.stop()


def _stage(cloud: Cloud, visitors: Visitors, folder: Path, screen: Screen) -> Stage:
    info = cloud.info()
    api = f"{info['github']}/repos/{info['repository']}"
    people = {
        login: Person(login=login, token=cloud.tokens[login], api=api)
        for login in ("owner", "writer", "reader")
    }
    region = f"{info['google']}/v2/projects/{PROJECT}/locations/{REGION}"
    address: Callable[[str, str], str] = cloud.service_url
    return Stage(
        owner=people["owner"],
        writer=people["writer"],
        reader=people["reader"],
        checkout=Checkout(folder, str(info["clone_url"]), people["writer"]),
        run=CloudRun(region),
        visitors=visitors,
        screen=screen,
        address=address,
    )

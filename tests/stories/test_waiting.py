"""One deployment at a time per environment: the next one says its place and starts by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.stories import services
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.visit import Visitors
    from tests.stories.console import Console
    from tests.stories.people import Repository


def test_the_second_and_third_deployment_wait_for_their_turn(
    live: Callable[..., Repository], visitors: Callable[..., Visitors], console: Console
) -> None:
    made = live()
    visitors(made)
    pulls = [
        made.pull_request({"web/app.py": services.good(each)}, each)
        for each in ("first", "second", "third")
    ]
    asked = [pulls[0].comment("/deploy prod")]
    eventually(lambda: made.check(pulls[0].sha, "prod"), bool, "the first one's check run")
    for place, pull in enumerate(pulls[1:], start=1):
        asked.append(pull.comment("/deploy prod"))
        told = pull.reply(f"prod: Queued, position {place}")
        assert f"(position {place}). It starts by itself." in told
        assert pull.reactions(asked[place]) == ["eyes"]
        check = made.check(pull.sha, "prod")
        assert check is not None
        assert (check["status"], check["output"]["title"]) == (
            "queued",
            f"Queued, position {place}",
        )
    ends = []
    for pull, comment in zip(pulls, asked, strict=True):
        ends.append(made.concluded(pull.sha, "prod"))
        assert pull.reacted(comment, "rocket") == ["eyes", "rocket"]
        assert len(pull.told()) == 1
    assert [end["conclusion"] for end in ends] == ["success"] * 3
    assert sorted(end["completed_at"] for end in ends) == [end["completed_at"] for end in ends]
    assert console.serving(f"{made.prefix}-web").startswith(f"{made.prefix}-web-{pulls[2].sha[:7]}")


def test_another_environment_does_not_wait(live: Callable[..., Repository]) -> None:
    made = live()
    pull = made.pull_request({"web/app.py": services.good("for both")})
    pull.comment("/deploy prod\n/deploy staging")
    assert made.concluded(pull.sha, "staging")["conclusion"] == "success"
    check = made.check(pull.sha, "prod")
    assert check is not None
    assert check["status"] == "in_progress"
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    assert len(pull.told()) == 2


def test_a_failure_makes_room_for_the_next(live: Callable[..., Repository]) -> None:
    made = live(prod="{steps: [100], watch: 0s}")
    bad = made.pull_request({"web/app.py": services.silent()}, "bad")
    good = made.pull_request({"web/app.py": services.good("next")}, "good")
    bad.comment("/deploy prod")
    good.comment("/deploy prod")
    assert made.concluded(bad.sha, "prod")["conclusion"] == "failure"
    assert made.concluded(good.sha, "prod")["conclusion"] == "success"
    assert len(bad.alerts()) == 1
    assert good.alerts() == []

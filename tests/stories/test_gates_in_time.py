"""Gates that time opens and closes, a push that needs a second person, heads that nobody told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bot.core.awaiting import Approvals
from bot.core.model import Heads, Sweep
from bot.engine.opened import KEY
from tests.stories import services
from tests.stories.gated import behind_gates, says
from tests.stories.later import record_of, rewritten
from tests.stories.people import eventually, wait_for_the_next_second

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stories.people import Repository

BEGINS = datetime.now(ZoneInfo("Asia/Seoul")) - timedelta(hours=1)
HOURS = f"{BEGINS:%H:00}-{BEGINS + timedelta(hours=3):%H:00}"
"""Now, in Seoul; far from now in New York."""
WINDOWS = 'gates: {{windows: [{{hours: "{hours}", zone: {zone}}}]}}'
ENVIRONMENTS = {
    "staging": "",
    "open": WINDOWS.format(hours=HOURS, zone="Asia/Seoul"),
    "shut": WINDOWS.format(hours=HOURS, zone="America/New_York"),
    "warned": "gates: {up_to_date: warn}",
    "aged": "gates: {head_age: 1h}",
    "hasty": "gates: {checks: [ci], when_green: wait, green_within: 1s}",
    "paired": "gates: {two_person: true, approval_lasts: 1m}",
    "auto": "on_push: main, gates: {two_person: true}",
}
LATE_HEAD = "became this pull request's head at about the same time"


@pytest.fixture(scope="module")
def made(repository: Callable[..., Repository]) -> Repository:
    """One service behind gates of time."""
    return behind_gates(repository, ENVIRONMENTS)


def test_a_push_waits_for_a_second_person_who_presses_a_button(made: Repository) -> None:
    sha = made.commit({"web/app.py": services.good("two people")}, "Straight to main")
    made.push()
    waits = made.titled(sha, "auto", "Waits for a second person")
    assert (waits["status"], waits["conclusion"]) == ("completed", "action_required")
    assert f"`/approve auto {sha[:7]}`" in waits["output"]["summary"]

    made.cloud.github.press(waits["id"], "reader", "approve")
    made.cloud.github.press(waits["id"], "owner", "approve")

    refused = eventually(lambda: made.named(sha, "deploy"), lambda runs: len(runs) > 1, "refusals")
    said = "".join(run["output"]["summary"] for run in refused)
    assert "@reader has `read` permission" in said
    assert "@owner asked for" in said
    assert made.statuses(sha, "auto") == []

    made.cloud.github.press(waits["id"], "writer", "approve")

    going = eventually(
        lambda: made.checks(sha, "auto")[-1],
        lambda run: run["id"] != waits["id"],
        "a check of the deployment's own, as the one before is completed",
    )
    assert going["status"] in {"queued", "in_progress", "completed"}
    eventually(
        lambda: made.checks(sha, "auto")[-1],
        lambda run: run["conclusion"] == "success",
        "the deployment",
    )


def test_windows_warnings_and_ages_are_told_by_the_clock(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("timely")}, "timely")
    made.commit({"notes.md": "newer\n"}, "Move on")
    made.push()
    told = pull.answer(pull.comment("/deploy shut\n/plan open\n/plan warned\n/deploy aged"))
    assert (
        f"`shut` takes deployments only within: mon-sun {HOURS} America/New_York"
        in told.replace("Shut", "shut")
    )
    assert "/deploy shut --override --reason" in told
    opened, warned = told.split("**Plan for ")[1:]
    assert "windows and freezes" in opened
    assert f"`{pull.sha[:7]}` lacks 1 commit of `main`" in warned
    assert "It would start at once" in warned
    assert "`aged` asks for 60 min" in warned


def test_a_wait_for_checks_ends_and_says_so(made: Repository) -> None:
    pull = made.pull_request({"notes.md": "never checked\n"}, "never-checked")
    asked = pull.comment("/deploy hasty")
    told = says(pull, asked, "was refused")
    assert f"Checks of `{pull.sha[:7]}`: `ci` has not passed yet." in told
    assert pull.reacted(asked, "-1") == ["eyes", "-1"]


def test_a_second_persons_word_expires(made: Repository) -> None:
    pull = made.pull_request({"notes.md": "soon\n"}, "expires")
    pull.reacted(pull.comment(f"/approve paired {pull.sha[:7]}", by="owner"), "rocket")
    place = made.call("GET", "")["id"]

    def aged(given: Approvals) -> Approvals:
        minutes = timedelta(minutes=2)
        return replace(given, given=tuple(replace(w, at=w.at - minutes) for w in given.given))

    rewritten(made.cloud, Approvals, f"{place}/paired/{pull.sha}", aged)
    says(pull, pull.comment("/deploy paired"), "waits with")
    pull.reacted(pull.comment("/abort paired"), "rocket")


def test_heads_that_no_delivery_told_are_read(made: Repository) -> None:
    cloud, key = made.cloud, f"{made.call('GET', '')['id']}"
    cloud.github.uninstall("spillway", made.full_name)
    pull = made.pull_request({"notes.md": "unheard\n"}, "unheard")
    cloud.github.install("spillway", made.full_name)
    heads = f"{key}/{pull.number}"
    record_of(cloud, Heads, heads)
    wait_for_the_next_second()
    told = pull.refusal(pull.comment("/deploy shut"))
    assert "takes deployments only within" in told
    assert LATE_HEAD not in told

    rewritten(cloud, Heads, heads, lambda known: Heads(key=known.key, first_seen={}))
    long_ago = datetime.now(UTC) - timedelta(minutes=31)
    rewritten(cloud, Sweep, KEY, lambda swept: replace(swept, at=long_ago))
    eventually(lambda: record_of(cloud, Heads, heads).first_seen, bool, "the head, read in a sweep")
    wait_for_the_next_second()
    assert LATE_HEAD not in pull.refusal(pull.comment("/deploy shut"))

"""What `/status`, `/history` and `/help` say: what somebody must know before they type."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.core.command import USAGE
from bot.core.configuration import Gates
from bot.core.deployment import Failure, FailureCode, Phase
from bot.core.model import Environment, Lock, Release, ReleasedService
from bot.core.report.history import history
from bot.core.report.manual import MEANS, manual
from bot.core.report.status import Seen, status
from tests.core.rollout.simulated import deployment, service_plan

MADE = replace(deployment(service_plan("web")), number=13, sha="b" * 40, actor="writer")
NOW = MADE.created_at + timedelta(hours=2)
RELEASE = Release(
    deployment="0" * 12,
    sha="a" * 40,
    number=12,
    at=MADE.created_at - timedelta(days=1),
    services={
        "web": ReleasedService(revision="web-1", digest="sha256:1", settings_hash="x", sha="a" * 40)
    },
)
PLACE = Environment(key="7/prod", name="prod", repository=MADE.repository, live=RELEASE)
LOCK = Lock(key="k", reason="on fire", owner="writer", since=NOW - timedelta(hours=3), number=9)


def told(seen: Seen) -> str:
    """The environment's row, and what follows the table."""
    return status([seen], NOW).split("|---|---|---|---|---|\n")[1]


def test_an_environment_that_nothing_went_to_starts_at_once() -> None:
    assert told(Seen(name="prod")).startswith("| prod | nothing yet |  |  | starts at once |")


def test_what_runs_is_told_with_its_share_its_release_and_where_it_came_from() -> None:
    moving = replace(MADE, phase=Phase.SHIFTING, share=20, phase_since=NOW - timedelta(minutes=4))
    waiting = replace(MADE, id="c" * 12, sha="c" * 40, number=14)
    row = told(Seen(name="prod", place=PLACE, moving=moving, waiting=(waiting,)))
    assert (
        f"`aaaaaaa` from #12 since {RELEASE.at:%Y-%m-%d %H:%M} UTC (release `000000000000`, 80 %)"
        in row
    )
    assert "`bbbbbbb` from #13 by writer: shifting traffic, 20 % for 4 min" in row
    assert "| `ccccccc` from #14 | waits for 2 before it |" in row


def test_services_of_an_older_commit_are_told() -> None:
    old = replace(RELEASE.services["web"], sha="d" * 40)
    live = replace(RELEASE, services={**RELEASE.services, "api": old})
    assert "some services still `ddddddd`" in told(
        Seen(name="prod", place=replace(PLACE, live=live))
    )


def test_a_lock_is_told_with_its_reason_and_how_to_open_it() -> None:
    row = told(Seen(name="prod", place=replace(PLACE, lock=LOCK)))
    assert "| is refused: locked |" in row
    assert "🔒 `prod` is locked by @writer on #9 for 3 h: `on fire`" in row
    assert row.endswith("Next: `/unlock prod` · `/help`")


def test_a_rollbacks_lock_keeps_out_one_commit_only() -> None:
    lock = replace(LOCK, rolled_back="e" * 40)
    row = told(Seen(name="prod", place=replace(PLACE, lock=lock)))
    assert "| starts at once; `eeeeeee` is refused |" in row


def test_history_tells_how_each_ended() -> None:
    failure = Failure(
        code=FailureCode.SMOKE_FAILED, service="web", reason="GET /health answered 500"
    )
    ended = replace(
        MADE,
        phase=Phase.FAILED,
        failure=failure,
        finished_at=MADE.created_at + timedelta(minutes=3),
    )
    pushed = replace(MADE, phase=Phase.SUCCEEDED, number=None, finished_at=NOW)
    told = history("prod", [ended, pushed], NOW)
    assert "| `bbbbbbb` | #13 | writer | ❌ failed: GET /health answered 500 | 3 min |" in told
    assert "| `bbbbbbb` | a push | writer | ✅ deployed | 2 h |" in told
    assert "Next: `/rollback prod` · `/status prod`" in told


def test_an_empty_history_says_so() -> None:
    assert "Nothing went to `prod` yet." in history("prod", [], NOW)


def test_help_has_a_line_for_every_command_and_every_gate_that_is_set() -> None:
    assert MEANS.keys() == USAGE.keys()
    plan = replace(MADE.plan, name="prod", gates=Gates(permission="admin"))
    told = manual([plan], ["prod"])
    assert "| `/lock <environment> [--for 2h] <reason>` | keeps deployments out" in told
    assert "`admin` permission | `required`, `forks: deny`, `contains_live: true` |" in told
    open_ = replace(plan, gates=Gates(contains_live=False))
    assert "| `forks: deny`, `contains_live: false` |" in manual([open_])

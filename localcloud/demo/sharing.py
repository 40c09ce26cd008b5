"""The stories of several people who want the same place: lock, queue, race, second person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.demo.changes import LONGER_IDS, TWO_PERSONS
from localcloud.demo.expectations import FULL, mismatches, runs, unharmed
from localcloud.demo.stage import Command
from localcloud.demo.waiting import next_second

if TYPE_CHECKING:
    from localcloud.demo.person import Comment, Person
    from localcloud.demo.stage import Follow


def locked_then_queued(follow: Follow) -> tuple[str, list[str]]:
    """Lock staging: it refuses; once it is open, two commands at once go one by one."""
    stage = follow.stage
    first, second = stage.writer.open_pulls()[:2]
    _say(follow, stage.owner, first, "/lock staging --for 1h the database is being moved")
    _told(follow, first, "`staging` is locked")
    refused = _say(follow, stage.writer, first, "/deploy staging")
    follow.answered(refused, "👎", "is locked by @owner")
    _say(follow, stage.writer, first, "/unlock staging")
    _told(follow, first, "`staging` is open")
    asked = _say(follow, stage.writer, first, "/deploy staging")
    _begun(follow, str(stage.writer.pull(first)["head"]["sha"]))
    later = _say(follow, stage.writer, second, "/deploy staging main")
    _told(follow, second, "Queued, position 1")
    follow.answered(asked, "🚀", "✅ staging")
    follow.answered(later, "🚀", "✅ staging")
    sha, _ = stage.writer.head("main")
    wrong = mismatches(
        (runs(follow, sha), f"main's {sha[:7]} to run there at last, not {follow.traffic()}"),
        *unharmed(follow),
    )
    return "Refused by the lock; the second waited for the first", wrong


def approved_by_two(follow: Follow) -> tuple[str, list[str]]:
    """Ask for what nobody can have seen: refused; named, it waits for somebody else."""
    stage = follow.stage
    number = stage.writer.open_pulls()[0]
    stage.checkout.main()
    stage.checkout.commit(TWO_PERSONS)
    stage.checkout.push()
    sha = _next_commit(follow, number)
    raced = Command(number, stage.writer.say(number, "/deploy prod --now"))
    told = follow.answered(raced, "👎", "became this pull request's head")
    named = f"/deploy prod {sha[:7]}"
    _say(follow, stage.writer, number, f"{named} --now")
    _told(follow, number, f"waits with `{sha[:7]}`")
    own = _say(follow, stage.writer, number, f"/approve prod {sha[:7]}")
    follow.answered(own, "👎", "has to approve")
    _say(follow, stage.owner, number, f"/approve prod {sha[:7]}")
    check = follow.concluded(sha, "deploy / prod")
    wrong = mismatches(
        (check.conclusion == "success", f"check run success, but it is {check}"),
        (any(named in one.body for one in told), f"{named} offered, but it is not"),
        (runs(follow, sha), f"all traffic on {sha[:7]}, not {follow.traffic()}"),
        (list(follow.traffic().values()) == [FULL], "one revision with all the traffic"),
        *unharmed(follow),
    )
    return "Refused unnamed; at 100 % once the owner approved it", wrong


def _next_commit(follow: Follow, number: int) -> str:
    """Bring one more commit to the pull request just as its second begins."""
    stage = follow.stage
    branch = str(stage.writer.pull(number)["head"]["ref"])
    stage.checkout.again(branch)
    sha = stage.checkout.commit(LONGER_IDS)
    stage.checkout.push_as("longer-ids")
    next_second()
    stage.writer.move(branch, sha)
    return sha


def _begun(follow: Follow, sha: str) -> None:
    """Wait until a deployment of the commit to staging is on its way."""

    def look() -> list[str]:
        return [run.name for run in follow.stage.writer.check_runs(sha)]

    follow.until("the first to begin", look, lambda names: "deploy / staging" in names)


def _say(follow: Follow, person: Person, number: int, text: str) -> Command:
    follow.show(f"{person.login} says {text} on #{number}")
    return Command(number, person.say(number, text))


def _told(follow: Follow, number: int, words: str) -> None:
    """Wait until the conversation holds these words; raise Missed when it never does."""

    def look() -> tuple[Comment, ...]:
        return follow.stage.writer.comments(number)

    def done(seen: tuple[Comment, ...]) -> bool:
        return any(words in one.body for one in seen)

    follow.until(f"'{words}' in #{number}", look, done)

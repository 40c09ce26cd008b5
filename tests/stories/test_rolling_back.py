"""`/rollback`: back to an earlier release, by traffic alone, and locked afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.console import visit
from tests.stories.faults import counted
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from localcloud.visit import Visitors
    from tests.stories.console import Console
    from tests.stories.people import Pull, Repository

AT_ONCE = "{steps: [100], watch: 0s}"
KEPT_AT = "/run/keys/greeting"
VARIABLE = 'os.environ.get("GREETING", "hello")'
SAYS_BOTH = (VARIABLE, f'({VARIABLE} + ", " + open(os.environ["FILE"]).read())')


@pytest.fixture(scope="module")
def made(live: Callable[..., Repository]) -> Repository:
    return live("web", "api", prod=AT_ONCE)


def deployed(made: Repository, title: str) -> Pull:
    files = {f"{name}/app.py": services.good(title) for name in ("web", "api")}
    pull = made.pull_request(files, title)
    pull.comment("/deploy prod")
    ended = made.concluded(pull.sha, "prod")
    assert ended["conclusion"] == "success", ended["output"]["summary"]
    return pull


def serving(made: Repository, console: Console) -> list[str]:
    return [console.serving(f"{made.prefix}-{name}") for name in ("web", "api")]


def test_back_and_further_back_and_to_a_named_commit(
    made: Repository, console: Console, cloud: Cloud
) -> None:
    first = deployed(made, "one")
    runs = [serving(made, console)]
    second = deployed(made, "two")
    runs.append(serving(made, console))
    third = deployed(made, "three")
    builds = console.builds(f"{made.prefix}-web")
    with counted(cloud, "UpdateService", f"/{made.prefix}-") as writes:
        asked = third.comment("/rollback prod")
        told = third.reply(f"prod: Rolled back to {second.sha[:7]}")
        assert third.reacted(asked, "rocket") == ["eyes", "rocket"]
    assert len(writes) == 2
    assert serving(made, console) == runs[1]
    assert console.builds(f"{made.prefix}-web") == builds
    assert f"Rollback from {third.sha} to {second.sha}" in told
    assert f"`prod` is locked against `{third.sha[:7]}`" in told
    refused = third.refusal(third.comment("/deploy prod"))
    assert "/unlock prod" in refused

    third.comment("/rollback prod")
    third.reply(f"prod: Rolled back to {first.sha[:7]}")
    assert serving(made, console) == runs[0]

    third.comment(f"/rollback prod to {second.sha[:7]}")
    eventually(
        lambda: serving(made, console), lambda seen: seen == runs[1], "the second release again"
    )


def test_from_a_canary_it_goes_back_to_what_is_live(
    live: Callable[..., Repository], console: Console
) -> None:
    slow = "{steps: [20, 100], min_bake: 1s, max_bake: 30m, min_requests: 10, watch: 0s}"
    made = live(prod=slow)
    service = f"{made.prefix}-web"
    before = console.shares(service)
    pull = made.pull_request({"web/app.py": services.good("canary")})
    pull.comment("/deploy prod")
    made.titled(pull.sha, "prod", "Canary at 20 %")
    other = made.pull_request({"notes.md": "other\n"}, "other")
    other.comment("/rollback prod", by="owner")
    check = made.concluded(pull.sha, "prod")
    assert (check["conclusion"], check["output"]["title"]) == ("neutral", "Superseded")
    assert "Superseded by the rollback to" in check["output"]["summary"]
    other.reply("prod: Back on")
    assert console.shares(service) == before


def test_it_does_not_wait_while_what_is_live_is_compared_with_stable_again(
    live: Callable[..., Repository], visitors: Callable[..., Visitors], console: Console
) -> None:
    made = live(prod=services.WATCHED)
    service = f"{made.prefix}-web"
    (stable,) = before = console.shares(service)
    visitors(made)
    pull = made.pull_request({"web/app.py": services.turned_bad()})
    pull.comment("/deploy prod")
    eventually(lambda: console.shares(service).get(stable), lambda has: has == 50, "a canary")
    eventually(lambda: console.shares(service).get(stable), lambda has: has is None, "100 %")

    def worse() -> int | None:
        """Have it do badly for a moment, whenever it is that the watch looks."""
        visit(f"{made.cloud.service_url('prod', service)}/turn")
        return console.shares(service).get(stable)

    eventually(worse, lambda has: has == 80, "a recheck")
    pull.comment("/rollback prod")
    pull.reply("prod: Rolled back to")
    assert console.shares(service) == before
    told = pull.reply("prod: Superseded")
    assert "The rollback takes the traffic from where it is." in told


def test_a_revision_that_is_gone_is_made_again_without_a_build(
    made: Repository, console: Console
) -> None:
    gone = deployed(made, "gone")
    names = serving(made, console)
    last = deployed(made, "last")
    builds = console.builds(f"{made.prefix}-web")
    console.delete_revision(f"{made.prefix}-web", names[0])
    last.comment(f"/rollback prod to {gone.sha[:7]}")
    last.reply(f"prod: Rolled back to {gone.sha[:7]}")
    web, api = serving(made, console)
    assert api == names[1]
    assert web != names[0]
    assert console.builds(f"{made.prefix}-web") == builds


def test_what_was_rolled_back_does_not_come_again_unless_people_insist(made: Repository) -> None:
    bad = deployed(made, "bad")
    bad.comment("/rollback prod")
    bad.reply("prod: Rolled back to")
    files = {f"{name}/app.py": services.good("bad") for name in ("web", "api")}
    again = made.pull_request({**files, "notes.md": "the same again\n"}, "again")
    again.comment("/deploy prod")
    assert made.concluded(again.sha, "prod")["conclusion"] == "failure"
    alert = again.alert()
    assert "same image with the same settings was taken back before: rolled back" in alert
    assert "Next: `/deploy prod --retry`" in alert
    asked = again.comment("/deploy prod --retry")
    assert again.reacted(asked, "rocket") == ["eyes", "rocket"]


def test_only_permission_is_asked_for_and_nowhere_to_go_is_said(made: Repository) -> None:
    pull = made.pull_request({"notes.md": "rights\n"}, "rights")
    said = pull.refusal(pull.comment("/rollback prod", by="reader"))
    assert "`prod` needs `write`" in said
    said = pull.refusal(pull.comment("/rollback staging to 1234567"))
    assert "no release of a commit that begins with `1234567`" in said


def test_a_rollback_reads_the_secrets_that_were_read_then(
    repository: Callable[..., Repository], console: Console, cloud: Cloud
) -> None:
    made = repository(prod=AT_ONCE)
    secret = f"{made.prefix}-greeting"
    console.create_secret(secret, "good morning")
    plain = services.manifest(made.prefix, "web", prod=AT_ONCE)
    reads = plain.replace(
        "env: {GREETING: hello}",
        f"env: {{FILE: {KEPT_AT}}}\n      secrets: {{GREETING: '{secret}:latest', "
        f"{KEPT_AT}: '{secret}:latest'}}",
    )
    made.commit({"deploy.yaml": reads, "web/app.py": services.good().replace(*SAYS_BOTH)})
    made.push()
    url = cloud.service_url("prod", f"{made.prefix}-web")
    pull = made.pull_request({"notes.md": "prod\n"}, "prod")

    def answers(words: str) -> None:
        eventually(lambda: visit(url).text, lambda text: text == words, f"{words!r} at {url}")

    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    answers("good morning, good morning")
    console.add_secret_version(secret, "good evening")
    answers("good morning, good morning")
    builds = console.builds(f"{made.prefix}-web")
    pull.comment("/deploy prod")
    answers("good evening, good evening")
    pull.comment("/rollback prod")
    answers("good morning, good morning")
    assert console.builds(f"{made.prefix}-web") == builds

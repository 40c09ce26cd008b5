"""A refusal costs six requests, whatever the gates ask and however many of them refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.model import Environment
from tests.stories import services
from tests.stories.gated import behind_gates, manifest, report, review
from tests.stories.later import record_of
from tests.stories.people import eventually, wait_for_the_next_second

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stories.people import Pull, Repository

EVERYTHING = """gates: {
    permission: admin, teams: [acme/shippers, acme/others], checks: required, approvals: 2,
    up_to_date: require, contains_live: true, two_person: true, after: staging,
    freezes: [{starts: 2020-01-01, ends: 2099-12-31}]}"""
RULED = "gates: {checks: required}"
REFUSALS = {
    "freeze": "frozen",
    "up_to_date": "lacks 2 commits of `main`",
    "contains_live": "runs `{live}` from #{number}",
    "after": "comes after `staging`",
    "checks": "`ci` has not passed yet",
    "approvals": "0 of 2 approvals",
    "objections": "@owner wants changes",
}
COSTS = [
    "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
    "POST /graphql",
    "GET /repos/{owner}/{repo}/branches/{branch}",
    "GET /repos/{owner}/{repo}/rules/branches/{branch}",
    "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
]


def test_a_refusal_by_every_gate_costs_six_requests(
    repository: Callable[..., Repository],
) -> None:
    made = behind_gates(repository, {"staging": "", "prod": ""})
    first = made.pull_request({"web/app.py": services.good("live")}, "live")
    second = made.pull_request({"web/app.py": services.good("refused")}, "refused")
    first.comment("/deploy prod")
    assert made.concluded(first.sha, "prod")["conclusion"] == "success"
    ready_for_everything(made, first)
    review(second, "owner", "REQUEST_CHANGES")
    told, paid = refused(second)
    lacking = [
        gate
        for gate, said in REFUSALS.items()
        if said.format(live=first.sha[:7], number=first.number) not in told
    ]
    assert lacking == []
    assert paid == COSTS
    so_does_one_of_what_cannot_be_built(made)


def so_does_one_of_what_cannot_be_built(made: Repository) -> None:
    pull = made.pull_request({"web/Dockerfile": ""}, "unbuilt")
    report(pull, "success")
    told, paid = refused(pull, "ruled")
    assert "there is no web/Dockerfile" in told
    assert paid == COSTS


def ready_for_everything(made: Repository, live: Pull) -> None:
    """Merge what is live as a commit of its own, and put every gate in front of prod."""
    squashed = {"merge_method": "squash"}
    made.call("PUT", f"pulls/{live.number}/merge", squashed, "owner")
    made.git("pull", "--quiet", made.remote("owner"), "main")
    made.commit(
        {"deploy.yaml": manifest(made.prefix, {"staging": "", "ruled": RULED, "prod": EVERYTHING})}
    )
    made.push()
    rule = {
        "type": "required_status_checks",
        "parameters": {
            "required_status_checks": [{"context": "ci"}],
            "strict_required_status_checks_policy": False,
        },
    }
    made.call("POST", "rulesets", {"name": "main", "enforcement": "active", "rules": [rule]})
    made.cloud.github.join_team("acme/shippers", "writer")
    made.cloud.github.deliveries_idle(10)
    wait_for_the_next_second()


def refused(pull: Pull, environment: str = "prod") -> tuple[str, list[str]]:
    """Ask, and return what was told, and what it cost once all that came before is told."""
    made = pull.repository
    eventually(lambda: at_rest(made), bool, "an end to what is said of deployments")
    pull.reacted(pull.comment("/status prod"), "rocket")
    before = len(made.cost())
    asked = pull.comment(f"/deploy {environment}")
    told = pull.refusal(asked)
    assert pull.reacted(asked, "-1") == ["eyes", "-1"]
    return told, made.cost()[before:]


def at_rest(made: Repository) -> bool:
    """Tell whether nothing more is to be said of any deployment."""
    names = ("staging", "prod")
    places = (f"{made.call('GET', '')['id']}/{name}" for name in names)
    seen = [record_of(made.cloud, Environment, place) for place in places]
    return not any(one.active or one.watching or one.telling for one in seen)

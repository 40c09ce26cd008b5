"""What is served when: first deployments, reuse, thin traffic, and hands on the traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.console import visit
from tests.stories.faults import google_down, standing_still
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from localcloud.visit import Visitors
    from tests.stories.console import Console
    from tests.stories.people import Repository


@pytest.fixture(scope="module")
def made(live: Callable[..., Repository]) -> Repository:
    """One repository for the stories that end where they began, or go on from anywhere."""
    return live(prod=services.QUIET)


def test_nothing_differs(live: Callable[..., Repository], console: Console) -> None:
    made = live(prod="{steps: [100], watch: 0s}")
    before = console.shares(f"{made.prefix}-web")
    pull = made.pull_request({"notes.md": "words only\n"}, "words")
    asked = pull.comment("/deploy prod")
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    check = made.concluded(pull.sha, "prod")
    assert check["conclusion"] == "neutral"
    assert check["output"]["title"] == "Nothing to deploy"
    assert "already runs this input with these settings" in pull.reply("prod: Nothing to deploy")
    assert made.statuses(pull.sha, "prod") == []
    assert console.shares(f"{made.prefix}-web") == before


def test_only_settings_differ(made: Repository, console: Console, cloud: Cloud) -> None:
    service = f"{made.prefix}-web"
    before, built = console.serving(service), console.builds(service)
    manifest = services.manifest(made.prefix, "web", prod=services.QUIET)
    greeting = manifest.replace("GREETING: hello", "GREETING: good evening")
    warm = greeting.replace("      env:", "      min_instances: 2\n      env:")
    pull = made.pull_request({"deploy.yaml": warm}, "settings")
    with standing_still(cloud, ("UpdateService", service, "percent: 20")) as (shift,):
        pull.comment("/deploy prod")
        shift.wait_until_arrived()
        assert console.serving(service) == before
        (canary,) = (one for one in console.service(service).traffic_statuses if one.tag)
        assert len({visit(canary.uri).headers["Instance"] for _ in range(4)}) == 2
        shift.let_go()
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    assert console.serving(service) != before
    assert console.builds(service) == built
    assert visit(cloud.service_url("prod", service)).text == "good evening"


def test_the_release_before_becomes_inactive(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("replaces")}, "replaces")
    before = next(
        each for each in made.deployments("prod") if made.states(each)[-1:] == ["success"]
    )
    pull.comment("/deploy prod")
    ended = made.concluded(pull.sha, "prod")
    assert ended["conclusion"] == "success", ended["output"]["summary"]
    eventually(
        lambda: [made.states(each) for each in (made.deployments("prod")[0], before)],
        lambda seen: [states[-1:] for states in seen] == [["success"], ["inactive"]],
        "the present release's deployment active, the former one's inactive",
    )


def test_what_staging_runs_is_not_built_again_for_prod(made: Repository, console: Console) -> None:
    service = f"{made.prefix}-web"
    pull = made.pull_request({"web/app.py": services.good("built once")}, "reuse")
    built = console.builds(service)
    for environment in ("staging", "prod"):
        pull.comment(f"/deploy {environment}")
        assert made.concluded(pull.sha, environment)["conclusion"] == "success"
    assert console.builds(service) == built + 1
    ours, theirs = (console.service(name) for name in (service, f"{service}-staging"))
    assert ours.template.containers[0].image == theirs.template.containers[0].image
    assert "@sha256:" in ours.template.containers[0].image


def test_without_visitors_it_is_said_and_promoted_all_the_same(
    made: Repository, console: Console
) -> None:
    pull = made.pull_request({"web/app.py": services.good("unvisited")}, "unvisited")
    pull.comment("/deploy prod")
    check = made.concluded(pull.sha, "prod")
    assert check["conclusion"] == "success"
    because = check["output"]["summary"].partition("| 100 % | not-enough-traffic")[2]
    assert "smoke checks passed again" in because.partition("\n")[0]
    assert console.serving(f"{made.prefix}-web").startswith(f"{made.prefix}-web-{pull.sha[:7]}")
    assert console.tags(f"{made.prefix}-web") == []


def test_traffic_moved_by_hand_on_the_way(
    live: Callable[..., Repository], console: Console
) -> None:
    made = live(prod=services.QUIET.replace("max_bake: 3s", "max_bake: 4s"))
    service = f"{made.prefix}-web"
    stable = console.serving(service)
    pull = made.pull_request({"web/app.py": services.good("not alone")})
    pull.comment("/deploy prod")
    split = eventually(lambda: console.shares(service), lambda seen: len(seen) > 1, "a canary")
    console.move(service, {stable: 100})
    held = f"traffic of {service} was moved by somebody: held until it is put back"
    made.titled(pull.sha, "prod", f"Canary at 20 % ({held})")
    assert console.shares(service) == {stable: 100}
    console.move(service, split)
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"


def test_traffic_moved_by_hand_during_the_build(
    made: Repository, console: Console, cloud: Cloud
) -> None:
    service = f"{made.prefix}-web"
    by_hand = console.revise(service, {"GREETING": "by hand"})
    pull = made.pull_request({"web/app.py": services.good("meanwhile")}, "meanwhile")
    with standing_still(cloud, ("CreateBuild", pull.sha)) as (build,):
        pull.comment("/deploy prod")
        build.wait_until_arrived()
        with console.moved(service, {by_hand: 100}):
            build.let_go()
            assert f"traffic of {service} was moved by somebody" in pull.alert()
            assert made.concluded(pull.sha, "prod")["conclusion"] == "failure"
            assert console.shares(service) == {by_hand: 100}


def test_a_service_of_another_repository(
    made: Repository, repository: Callable[..., Repository], console: Console
) -> None:
    service = f"{made.prefix}-web"
    before = console.shares(service)
    theirs = services.manifest(made.prefix, "web")
    other = repository(files={"deploy.yaml": theirs})
    pull = other.pull_request({"web/app.py": services.good("not mine")})
    pull.comment("/deploy prod")
    assert other.concluded(pull.sha, "prod")["conclusion"] == "failure"
    alert = pull.alert()
    assert f"Cloud Run service {service} belongs to another repository" in alert
    assert console.shares(service) == before


def test_a_first_deployment_is_private_until_its_smoke_checks_are_green(
    repository: Callable[..., Repository], console: Console, cloud: Cloud
) -> None:
    made = repository()
    service = f"{made.prefix}-web"
    made.concluded(made.git("rev-parse", "HEAD"), "staging")
    pull = made.pull_request({"notes.md": "prod, for the first time\n"})
    url = cloud.service_url("prod", service)
    with standing_still(cloud, ("SetIamPolicy", f'/{service}"')) as (opening,):
        pull.comment("/deploy prod")
        opening.wait_until_arrived()
        assert console.service(service).traffic_statuses[0].percent == 100
        assert visit(url).status_code == 403
        opening.let_go()
    check = made.concluded(pull.sha, "prod")
    assert check["conclusion"] == "success"
    assert "so no canary" in check["output"]["summary"]
    assert "1 smoke check passed, first deployment" in check["output"]["summary"]
    assert visit(url).status_code == 200


def test_while_metrics_are_down_nothing_is_decided(
    live: Callable[..., Repository],
    visitors: Callable[..., Visitors],
    console: Console,
    cloud: Cloud,
) -> None:
    promised = f"{{steps: [20, 100], max_p95: 100ms, {services.QUICK}}}"
    made = live(prod=promised, files={"web/app.py": services.sluggish()})
    visitors(made)
    pull = made.pull_request({"web/app.py": services.sluggish("as slow as stable")})
    with google_down(cloud, "google.monitoring.v3.MetricService"):
        pull.comment("/deploy prod")
        check = made.titled(pull.sha, "prod", "Canary at 20 % (metrics-down)")
        said = check["output"]["summary"]
        assert "**Metrics are down** since " in said
        assert ": Cloud Monitoring: 503 " in said
        assert sorted(console.shares(f"{made.prefix}-web").values()) == [20, 80]
    assert made.concluded(pull.sha, "prod")["output"]["title"] == "Rolled back"
    assert "answers more slowly than deploy.yaml allows" in pull.alert()


def test_a_release_that_turns_bad_while_it_is_watched(
    live: Callable[..., Repository], visitors: Callable[..., Visitors], console: Console
) -> None:
    made = live(prod=services.WATCHED)
    service = f"{made.prefix}-web"
    before = console.shares(service)
    visitors(made)
    pull = made.pull_request({"web/app.py": services.turning_bad(at=100)})
    pull.comment("/deploy prod")
    eventually(
        lambda: [check["conclusion"] for check in made.checks(pull.sha, "prod")],
        lambda seen: seen == ["success", "failure"],
        "a second check run that failed",
    )
    assert len(pull.told()) == 1
    alert = pull.alert()
    assert f"canary of {service} fails more often than stable" in alert
    assert f"| {service} | 20 % | compared with stable again; " in pull.told()[0]
    assert console.shares(service) == before
    made.reached(pull.sha, "prod", "in_progress", "success", "in_progress", "failure")

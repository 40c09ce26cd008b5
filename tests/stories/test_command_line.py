"""Operators on the command line: the same gates as comments, followed live, told by exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, TypeAlias

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from tests.stories import services

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from localcloud.cloud import Cloud
    from tests.stories.budget import Ledger
    from tests.stories.console import Console
    from tests.stories.people import Repository

Done: TypeAlias = "subprocess.CompletedProcess[str]"
DONE, FAILED, USAGE, REFUSED, UNREACHABLE = 0, 1, 2, 3, 5


@pytest.fixture(scope="module")
def made(live: Callable[..., Repository]) -> Repository:
    """One service that serves in staging and in prod."""
    return live(prod="{steps: [50, 100], min_bake: 1s, max_bake: 1s, min_requests: 1, watch: 0s}")


@pytest.fixture
def bot(cloud: Cloud, made: Repository, ledger: Ledger) -> Callable[..., Done]:
    """Run `python -m bot` with the consumer's environment, for this repository."""

    def run(*words: str, repository: str = "", known: bool = True) -> Done:
        where = ["--repository", repository or made.full_name]
        ledger.typed(made.full_name)
        own = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        return subprocess.run(  # noqa: S603  # our own module, the story's own arguments
            [sys.executable, "-m", "bot", *words, *where],
            env=own | (cloud.bot_environment if known else {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_a_pull_request_is_deployed_and_followed(
    made: Repository, bot: Callable[..., Done], console: Console
) -> None:
    pull = made.pull_request({"web/app.py": services.good("typed")}, "typed")
    done = bot("deploy", "prod", "--pr", str(pull.number), "--as", "writer")
    assert done.returncode == DONE, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any(f"{made.prefix}-web at 50 %" in line for line in lines)
    assert f"✅ prod {pull.sha[:7]}: Deployed" in lines
    assert lines[-1].startswith(f"  {made.prefix}-web: http")
    assert "\x1b" not in done.stdout
    assert pull.sha[:7] in console.serving(f"{made.prefix}-web")
    assert len(pull.told()) == 1
    assert "@writer" in pull.told()[0]


def test_without_a_pull_request_the_default_branch_is_meant(
    made: Repository, bot: Callable[..., Done]
) -> None:
    done = bot("deploy", "staging", "--as", "@writer", "--json")
    assert done.returncode == DONE, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["state"] == "accepted"
    assert told["deployment"]["sha"] == made.git("rev-parse", "main")
    assert told["deployment"]["phase"] == "unchanged"


def test_whoever_is_named_is_judged_like_a_commenter(
    made: Repository, bot: Callable[..., Done]
) -> None:
    pull = made.pull_request({"notes.md": "not by a reader\n"}, "judged")
    done = bot("deploy", "prod", "--pr", str(pull.number), "--as", "reader", "--json")
    assert done.returncode == REFUSED
    told = json.loads(done.stdout)
    assert (told["state"], told["reasons"]) == ("refused", ["permission_denied"])
    assert "@reader has `read` permission" in told["said"]
    assert pull.replies() == []
    assert made.check(pull.sha, "prod") is None


def test_there_is_colour_on_a_terminal_only(made: Repository, cloud: Cloud, ledger: Ledger) -> None:
    ledger.typed(made.full_name)
    ours, theirs = os.openpty()
    where = ["--repository", made.full_name, "--as", "reader"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run(  # noqa: S603  # our own module, the story's own arguments
        [sys.executable, "-m", "bot", "deploy", "prod", *where],
        env=environment | cloud.bot_environment,
        stdout=theirs,
        check=False,
        timeout=120,
    )
    os.close(theirs)
    assert done.returncode == REFUSED
    assert os.read(ours, 100).decode().startswith("\x1b[31m👎 @reader")
    os.close(ours)


@pytest.fixture
def asked(cloud: Cloud, made: Repository, ledger: Ledger) -> Callable[..., Result]:
    """Type `python -m bot` in a shell that is there already."""

    def run(*words: str) -> Result:
        ledger.typed(made.full_name)
        typed = [made.full_name if word == "HERE" else word for word in words]
        runner = CliRunner(env=cloud.bot_environment)
        return runner.invoke(main, typed, catch_exceptions=False)

    return run


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("deploy", "prdo", "--as", "writer"), "Next: `python -m bot deploy prod main`"),
        (("deploy", "prod", "--frce", "--as", "writer"), "no option `--frce`"),
        (("deploy", "prod", "--pr", "999", "--as", "writer"), "There is no pull request #999"),
        (("rollback", "moon", "--as", "writer"), "There is no environment `moon`"),
        (("rollback", "prod", "to", "0123abc", "--as", "writer"), "`0123abc`"),
        (("deploy", "prod", "0123abc", "--as", "writer"), "`0123abc`"),
        (("deploy", "prod", "wbe", "--as", "writer"), "There is no service `wbe`; there is `"),
    ],
)
def test_a_command_that_cannot_be_followed_says_why(
    asked: Callable[..., Result], words: tuple[str, ...], reason: str
) -> None:
    done = asked(*words, "--repository", "HERE")
    assert done.exit_code == REFUSED, done.output
    assert reason in done.stdout


@pytest.mark.parametrize("verb", ["status", "history", "forecast"])
def test_an_environment_that_nobody_knows_is_asked_about(
    made: Repository, asked: Callable[..., Result], verb: str
) -> None:
    done = asked(verb, "prdo", "--repository", "HERE")
    assert done.exit_code == REFUSED, done.output
    assert "There is no environment `prdo`; there is `staging`, `prod`." in done.stdout
    again = f"{'history' if verb == 'forecast' else verb} prod --repository {made.full_name}"
    assert f"Next: `python -m bot {again}`" in done.stdout


@pytest.mark.parametrize("verb", ["status", "history"])
def test_programs_read_that_nothing_has_that_name(asked: Callable[..., Result], verb: str) -> None:
    done = asked(verb, "moon", "--json", "--repository", "HERE")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["state"]) == (REFUSED, "refused")
    assert told["reasons"] == ["unknown_environment"]
    assert "`staging`, `prod`" in told["said"]


@pytest.mark.parametrize("verb", ["explain", "replay"])
def test_a_deployment_is_known_by_its_id_alone(asked: Callable[..., Result], verb: str) -> None:
    (newest,) = json.loads(
        asked("history", "prod", "--limit", "1", "--json", "--repository", "HERE").stdout
    )
    for name in (newest["sha"][:7], newest["id"][:5], f"#{newest['pull_request']}"):
        done = asked(verb, name)
        assert done.exit_code == REFUSED
        assert f"There is no deployment `{name}`; meant could be\n  {newest['id']}  " in done.stdout
    lost = asked(verb, "nothing")
    assert (lost.exit_code, "; the newest are\n" in lost.stdout) == (REFUSED, True)
    assert asked(verb, newest["id"]).exit_code == DONE


def test_the_doctor_looks_where_services_are_deployed_to(asked: Callable[..., Result]) -> None:
    told = json.loads(asked("doctor", "--json", "--patience", "60").stdout)
    good = {check["name"] for check in told if check["good"]}
    images = "images asia-northeast3-docker.pkg.dev/senior-mhealth-lee/backend"
    assert {"Cloud Run", "Cloud Build", "Cloud Monitoring", images} <= good


def test_a_release_is_taken_back(
    made: Repository, bot: Callable[..., Done], console: Console
) -> None:
    before = console.serving(f"{made.prefix}-web")
    pull = made.pull_request({"web/app.py": services.good("taken back")}, "taken-back")
    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    done = bot("rollback", "prod", "--as", "writer")
    assert done.returncode == DONE, done.stdout + done.stderr
    assert console.serving(f"{made.prefix}-web") == before


def test_a_rollout_is_steered(made: Repository, bot: Callable[..., Done], console: Console) -> None:
    before = console.shares(f"{made.prefix}-web")
    pull = made.pull_request({"web/app.py": services.good("steered")}, "steered")
    pull.comment("/deploy prod\n/pause prod")
    made.titled(pull.sha, "prod", "Smoke checks on the tagged URLs (paused)")
    refused = bot("promote", "prod", "--as", "reader")
    assert refused.returncode == REFUSED, refused.stdout + refused.stderr
    promoted = bot("promote", "prod", "--as", "writer")
    assert promoted.returncode == DONE, promoted.stdout + promoted.stderr
    assert "takes its next step after 0 % and stays paused there" in promoted.stdout
    made.titled(pull.sha, "prod", "Canary at 50 % (paused)")
    aborted = bot("abort", "prod", "--as", "owner")
    assert aborted.returncode == DONE, aborted.stdout + aborted.stderr
    assert made.concluded(pull.sha, "prod")["conclusion"] == "cancelled"
    assert console.shares(f"{made.prefix}-web") == before


def test_a_failure_is_told_with_its_cause(made: Repository, bot: Callable[..., Done]) -> None:
    pull = made.pull_request({"web/app.py": services.silent()}, "fails")
    done = bot("deploy", "prod", "--pr", str(pull.number), "--as", "writer")
    assert done.returncode == FAILED, done.stdout + done.stderr
    assert f"❌ prod {pull.sha[:7]}: Failed" in done.stdout
    assert "    | the database password is missing" in done.stdout


def test_what_runs_and_what_ran(
    made: Repository, bot: Callable[..., Done], console: Console
) -> None:
    runs = console.serving(f"{made.prefix}-web").split("-")[-2]
    assert f"prod: {runs} since " in bot("status", "prod").stdout
    (place,) = json.loads(bot("status", "prod", "--json").stdout)
    assert place["live"]["sha"].startswith(runs)
    past = bot("history", "prod").stdout.splitlines()
    assert any(f" {runs} Deployed by writer" in line for line in past)
    states = json.loads(bot("history", "prod", "--json", "--limit", "1").stdout)
    assert len(states) == 1
    assert states[0]["environment"] == "prod"


def test_what_is_wrong_with_the_command_line_itself(
    bot: Callable[..., Done],
) -> None:
    assert bot("deploy", "prod").returncode == USAGE
    unset = bot("status", known=False)
    assert unset.returncode == USAGE
    assert "SPILLWAY_PROJECT is not set" in unset.stderr
    nowhere = bot("status", repository="acme/nowhere")
    assert nowhere.returncode == UNREACHABLE
    assert "our App is not installed on acme/nowhere" in nowhere.stderr
    assert bot("status", repository="acme").returncode == USAGE
    assert "Exit code:" in bot("deploy", "--help").stdout

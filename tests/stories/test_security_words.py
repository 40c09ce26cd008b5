"""Attacks by words: what others wrote is repeated as text, and secrets are not repeated at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from tests.stories import services
from tests.stories.canaries import leaked, secrets_of
from tests.stories.gated import behind_gates
from tests.stories.people import wait_for_the_next_second

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from markdown_it.token import Token

    from localcloud.cloud import Cloud
    from tests.stories.people import Pull, Repository

HOSTILE = (
    "@evil @acme/all <img src=x onerror=alert(1)> ![i](http://evil.example/i.png) "
    "[click](http://evil.example) ``` `code` | cell \x1b[31mred\x1b[0m \u202egnp <!-- /deploy prod"
)
BRANCH = "x`@evil`<b>;$(reboot)|y"
OURS = re.compile(r"<!--(?:(?!-->).)*-->|</?(?:details|summary|sub|br)\s*/?>", re.DOTALL)
LARGEST = 65_536
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def unwell(body: str) -> str:
    """A service whose health check fails with this body, printing it, too."""
    app = services.unhealthy("is hostile")
    shown = 'body = os.environ.get("GREETING", "hello").encode()'
    assert shown in app
    return app.replace(shown, f"body = {body!r}.encode(); print({body!r}, flush=True)")


@pytest.fixture(scope="module")
def made(repository: Callable[..., Repository]) -> Repository:
    """One service."""
    return behind_gates(repository, {"staging": "", "prod": "gates: {contains_live: false}"})


def spoken(pull: Pull) -> list[str]:
    """Everything that the bot wrote about a pull request: comments, and check runs' words."""
    runs = pull.repository.call("GET", f"commits/{pull.sha}/check-runs?filter=all")["check_runs"]
    said = [run["output"] for run in runs if run["app"]["slug"] == "spillway"]
    return [*pull.replies(), *(f"{one['title']}\n\n{one['summary']}" for one in said)]


def leaves(tokens: list[Token]) -> Iterator[Token]:
    """Every token, those within others too."""
    for token in tokens:
        yield token
        yield from leaves(token.children or [])


def harms(text: str) -> list[str]:
    """What would be rendered of somebody else's words as more than words."""
    found = []
    for token in leaves(MARKDOWN.parse(text)):
        if token.type in {"html_inline", "html_block"} and OURS.sub("", token.content).strip():
            found.append(f"HTML: {token.content}")
        if token.type == "image":
            found.append(f"image: {token.attrs}")
        if token.type == "link_open" and "evil" in str(token.attrs.get("href")):
            found.append(f"link: {token.attrs}")
        if token.type == "text" and re.search(r"@(?:evil|acme)", token.content):
            found.append(f"mention: {token.content}")
    if "\x1b" in text or "\u202e" in text:
        found.append("control characters")
    return found


def test_the_check_for_harm_sees_harm() -> None:
    assert {harm.split(":")[0] for harm in harms(HOSTILE)} >= {"HTML", "image", "link", "mention"}


def hostile_pull(made: Repository, app: str) -> Pull:
    pull = made.pull_request({"web/app.py": app}, BRANCH, f"A {HOSTILE}")
    made.cloud.github.deliveries_idle(10)
    wait_for_the_next_second()
    return pull


def test_what_others_write_stays_text(made: Repository) -> None:
    pull = hostile_pull(made, unwell(HOSTILE))
    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "failure"
    alert = pull.alert()
    assert "onerror" in alert + "".join(spoken(pull))
    pull.refusal(pull.comment(f"/deploy prod {BRANCH[:20]}"))
    pull.answer(pull.comment("/status"))
    made.git("push", "--quiet", made.remote("owner"), f"main:refs/heads/{BRANCH}-base")
    made.call("PATCH", f"pulls/{pull.number}", {"base": f"{BRANCH}-base"})
    assert "This pull request goes to" in pull.refusal(pull.comment("/deploy prod"))
    assert [harm for text in spoken(pull) for harm in harms(text)] == []
    assert "/deploy prod" not in {line.strip() for line in alert.splitlines()}


def test_endless_output_is_cut_and_ends_nothing(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": unwell("endless " * 40_000)}, "endless")
    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "failure"
    pull.alert()
    assert max(map(len, spoken(pull))) <= LARGEST


def test_hostile_names_in_deploy_yaml_are_refused_and_not_repeated(made: Repository) -> None:
    own = (made.work / "deploy.yaml").read_text(encoding="utf-8")
    hostile = own.replace(f"{made.prefix}-web:", '"web; $(reboot) <b>@evil</b>":', 1)
    hostile = hostile.replace("path: web", "path: ../../etc")
    hostile = hostile.replace("GREETING: hello", '"A B": x')
    pull = made.pull_request({"deploy.yaml": hostile}, "hostile-manifest")
    told = pull.refusal(pull.comment("/deploy prod"))
    assert "is no Cloud Run service name" in told
    assert "no leading or trailing /, no .." in told
    assert "is no variable name" in told
    assert harms(told) == []


def test_a_hostile_name_of_a_file_stays_text(made: Repository) -> None:
    name = "web/@acme`<img src=x> [a](http:evil).bin"
    files = {name: "pointer\n", "web/.gitattributes": "*.bin filter=lfs\n"}
    told = (pull := made.pull_request(files, "hostile-file")).refusal(pull.comment("/deploy prod"))
    assert "is kept in Git LFS" in told
    assert harms(told) == []


def test_no_secret_is_ever_emitted(made: Repository, cloud: Cloud) -> None:
    pull = made.pull_request({"web/app.py": services.good("secretive")}, "secretive")
    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    assert leaked(cloud) == []
    said = pull.comment(f"It is {secrets_of(cloud)['webhook secret']}")
    assert leaked(cloud) == ["webhook secret in what is said on GitHub"]
    made.call("DELETE", f"issues/comments/{said}")

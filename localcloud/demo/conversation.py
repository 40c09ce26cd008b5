"""The pull requests as a person would read them, drawn in the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.console import Group
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from localcloud.demo.charts import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, RenderableType

    from localcloud.demo.person import Comment, Person

_HIDDEN = re.compile(r"<!--.*?-->\s*", re.DOTALL)
"""GitHub does not show HTML comments either."""


def show_conversations(console: Console, person: Person) -> None:
    """Print main's newest commit and every open pull request, with checks and deployments."""
    sha, message = person.head("main")
    _print(console, f"main: {message}", list(_checks(person, sha)))
    for number in person.open_pulls():
        pull = person.pull(number)
        parts = [
            _opening(pull["user"]["login"], pull["head"]["ref"]),
            *(_comment(told) for told in person.comments(number)),
            "",
            *_checks(person, pull["head"]["sha"]),
        ]
        _print(console, f"#{number} {pull['title']}", parts)


def _print(console: Console, title: str, parts: list[RenderableType]) -> None:
    panel = Panel(Group(*parts), title=Text(title, "bold"), title_align="left", padding=(1, 2))
    console.print(panel)


def _opening(author: str, branch: str) -> RenderableType:
    return Text.assemble((author, "bold"), " wants to merge ", (branch, "cyan"), " into main")


def _comment(told: Comment) -> RenderableType:
    who = Text.assemble("\n", (told.author, "bold"), (f"  {told.at[11:19]} UTC  ", "dim"))
    body = Markdown(drawn(_HIDDEN.sub("", told.body)).replace("\n", "  \n"))
    reactions = [Padding(Text(told.reactions), (0, 2))] if told.reactions else []
    return Group(who, Padding(body, (0, 2)), *reactions)


def _checks(person: Person, sha: str) -> Iterator[RenderableType]:
    yield Text(f"Checks and deployments of {sha[:7]}", "bold")
    for run in person.check_runs(sha):
        yield Text(f"  {run}")
    for deployment in person.deployments(sha):
        yield Text(f"  deployed to {deployment.environment}: {', '.join(deployment.statuses)}")

"""What each thing may cost at GitHub, in requests: DESIGN's budget, and docs/gates.md for gates.

Nothing is allowed because it might happen: each price is of something that did happen, as webhooks,
GitHub's route log, and the bot's records and log have it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from bot.core import command
from bot.core.report.pace import DOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.manifest import Manifest

ANSWER = 6
PRICES = {
    "act": ANSWER,
    "deployment": 18 - ANSWER,
    "push": 13 - ANSWER,
    "step": 2,
    "pushed branch": 1,
    "new head": 1,
    "look again": 3,
    "edited reply": 1,
    "required check": 1,
    "refused request": 1,
    "moved": 2,
    "steered": 3,
    "heads read": 1,
    "rules read anew": 1,
    "tags' trouble": 4,
    "metrics' trouble": 4,
    "half a minute": 2,
    "reminder": 1,
    "request of the story's": 1,
    "": 0,
}
"""Whatever people do is answered for 6; 18 are for a command that deploys, 13 for a push. Of a
push to a branch that goes nowhere the default branch's rules tell; a new head is compared with
what is on its way there. An ask that is looked at again reads the pull request, the branch and
the permission once more. A repository that moved is looked for by its id, and asked once more.
Whoever steers changes the check run, its buttons and the comment. Trouble with tags or metrics
is told in two places, and there that it is over; so is a state that lasts half a minute, as it
may on a busy machine. A consumer that was started again, or a repository that another owner has
now, has deploy.yaml and cloudbuild.yaml read once more."""
BEFORE_CHECKS = 3
"""What is read for a head or a merge group whose checks are required, beside the checks."""
NOBODYS = re.compile(r"\d+/(?:head|group)/")
REFUSED = frozenset({403, 429})
MOVED = frozenset({301, 307, 308})
ERRORS = 500


class Looked(Struct, frozen=True, kw_only=True):
    """One line of the bot's log: what came of a look at an ask, at heads, or at tags."""

    message: str
    id: int = 0
    read: int | None = None
    """How many heads there were."""
    deployment: str = ""
    waiting: str = ""
    ask: str = ""
    text: str = ""
    answer: str = ""
    pause: str = ""
    """Set where there was trouble, such as somebody else's write in between."""

    @property
    def trouble(self) -> str:
        """What else has to be told of a deployment; "" where nothing is."""
        if self.message == "look":
            return "metrics' trouble" if self.waiting == DOWN else ""
        return "tags' trouble" if self.message == "tags" else ""

    @property
    def repository(self) -> int:
        """The repository's id."""
        return int(self.ask.partition("/")[0] or self.id)


def looked(line: str) -> Looked | None:
    """Read a line of the log that tells of a look at an ask."""
    try:
        read = msgspec.json.decode(line, type=Looked)
    except msgspec.MsgspecError:
        return None
    return read if read.message in {"ask", "heads", "tags", "look"} else None


def acts(event: str, payload: dict[str, Any]) -> list[str]:
    """Return what somebody did that may cost anything, a word for each; chatter may not."""
    action = payload.get("action")
    match event:
        case "issue_comment":
            ours = payload["sender"]["type"] == "Bot" or action != "created"
            return [] if ours else ["act"] * len(command.lines(payload["comment"]["body"]))
        case "push":
            default = f"refs/heads/{payload['repository']['default_branch']}"
            meant = payload["ref"] == default or payload["ref"].startswith("refs/tags/")
            return ["act" if meant else "pushed branch"] * (not payload["deleted"])
        case "check_run" | "check_suite":
            return ["act"] * (action in {"rerequested", "requested_action"})
        case "installation" | "installation_repositories":
            return ["act"]
        case "pull_request":
            return ["new head"] * (action == "synchronize")
        case _:
            return []


def key(event: str, payload: dict[str, Any], guid: str) -> str:
    """Return under which key the bot keeps what a delivery asks for, where that can be told."""
    repository = payload.get("repository", {}).get("id")
    if event == "issue_comment" and acts(event, payload):
        return f"{repository}/{payload['comment']['id']}/0"
    pushed = event == "push" and payload["ref"].startswith("refs/heads/")
    return f"{repository}/push/{guid}" if pushed and not payload["deleted"] else ""


def refused(status: int) -> str:
    """Return what an answer of GitHub's is that has the bot ask once more; "" for any other."""
    if status in MOVED:
        return "moved"
    return "refused request" if status in REFUSED or status >= ERRORS else ""


def looked_again(earlier: Looked | None) -> Iterator[str]:
    """Yield what one look more at an ask may cost, after what came of the one before."""
    if earlier is not None and (earlier.pause or earlier.answer == "Wait"):
        yield "look again"
    if earlier is not None and earlier.answer == "Wait":
        yield "edited reply"


def steered(line: Looked) -> Iterator[str]:
    """Yield what a command that was followed changes of what is said of a deployment."""
    if line.answer == "Answer" and isinstance(command.parse(line.text), command.Steering):
        yield "steered"


def marked(line: Looked, manifest: Manifest) -> int:
    """Return what the checks cost that a merge asks for: of a head, or of a merge group."""
    return BEFORE_CHECKS + len(manifest.required) if NOBODYS.match(line.ask) else 0

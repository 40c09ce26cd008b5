"""What a story may cost at GitHub, by what people did in it: the API budget, story by story.

What people did is read from the webhooks that GitHub sent, what came of it from the bot's store,
and what it cost from GitHub's route log. A story that ends before all is told leaves the rest of
its budget to the next one of its repository.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.clients.store_sqlite import SqliteStore

if TYPE_CHECKING:
    from localcloud.cloud import Cloud

BOT = "spillway[bot]"
ANSWER, STEP = 6, 2
PRICES = {"act": ANSWER, "deployment": 18 - ANSWER, "push": 13 - ANSWER, "step": STEP}
"""Whatever people do is answered for 6; 18 are for a command that deploys, 13 for a push."""
MANY = 200
COMMAND = re.compile(r"^\s*/\w", re.MULTILINE)
REPOSITORY = re.compile(r"^/repos/([^/]+/[^/]+)")


@dataclass
class Account:
    """One repository's requests since it was last settled, and how many there may be."""

    calls: Counter[str] = field(default_factory=Counter)
    came: Counter[str] = field(default_factory=Counter)
    """What people did, and what came of it."""
    left: int = 0
    """What the story before left unspent."""
    own: bool = False
    """Whether anything was done here at all."""

    @property
    def allowed(self) -> int:
        """How many requests all that may cost."""
        return sum(PRICES[what] * number for what, number in self.came.items())

    @property
    def rest(self) -> int:
        """How many are left; below 0 it cost too much."""
        return self.allowed + self.left - self.calls.total()

    def __str__(self) -> str:
        came = ", ".join(f"{number} {what}" for what, number in self.came.items() if number)
        kinds = "".join(f"\n  {number:>3}  {kind}" for kind, number in sorted(self.calls.items()))
        return (
            f"{self.calls.total()} of {self.allowed} + {self.left} for {came or 'nothing'}{kinds}"
        )


class Ledger:
    """Every repository's account."""

    def __init__(self, cloud: Cloud) -> None:
        self._github = cloud.github
        self._store = SqliteStore(cloud.state / "bot" / "store.sqlite")
        self._called = self._told = 0
        self._ids: dict[str, int] = {}
        self._typed: Counter[str] = Counter()
        self._before: dict[str, Counter[str]] = {}
        self._left: Counter[str] = Counter()

    def typed(self, repository: str) -> None:
        """Take down a command on the command line, of which no webhook tells."""
        self._typed[repository] += 1

    def settle(self) -> dict[str, Account]:
        """Return what happened since the last time, by repository."""
        accounts = {name: Account(calls) for name, calls in self._new_calls().items()}
        for name, acts in self._new_acts().items():
            account = accounts.setdefault(name, Account())
            account.own = True
            account.came = Counter({"act": acts}) + self._newly_came(name)
        for name, account in accounts.items():
            account.left = self._left[name]
            rest = min(account.rest, account.allowed) if account.own else account.rest
            self._left[name] = max(0, rest)
        return accounts

    def _new_calls(self) -> dict[str, Counter[str]]:
        calls = self._github.calls
        new, self._called = calls[self._called :], len(calls)
        made: dict[str, Counter[str]] = {}
        for call in new:
            found = REPOSITORY.match(call.path)
            if found and call.actor == BOT and call.kind == "rest":
                made.setdefault(found[1], Counter())[f"{call.method} {call.route}"] += 1
        return made

    def _new_acts(self) -> dict[str, int]:
        typed, self._typed = self._typed, Counter()
        acts = dict(typed)
        for payload, number in self._new_deliveries():
            for told in _repositories(payload):
                self._ids[told["full_name"]] = told["id"]
                acts[told["full_name"]] = acts.get(told["full_name"], 0) + number
        return acts

    def _new_deliveries(self) -> list[tuple[dict[str, Any], int]]:
        new = [one for one in self._github.deliveries() if one.id > self._told]
        self._told = max((one.id for one in new), default=self._told)
        told = [(one.event, json.loads(one.request_body)) for one in new if not one.redelivery]
        return [(payload, acts(event, payload)) for event, payload in told]

    def _newly_came(self, name: str) -> Counter[str]:
        """Return what came of it: each deployment's end of the price, and each step of traffic."""
        came: Counter[str] = Counter()
        for place in self._store.environments(self._ids[name]):
            for one in self._store.history(place.key, MANY):
                pushed = one.standing is not None and one.standing.pushed
                came["push" if pushed else "deployment"] += 1
                came["step"] += sum(step.share > 0 for step in one.steps_taken)
        new = came - self._before.get(name, Counter())
        self._before[name] = came
        return new


def acts(event: str, payload: dict[str, Any]) -> int:
    """Return how much somebody did that may cost anything; chatter may not."""
    action = payload.get("action")
    match event:
        case "issue_comment":
            ours = payload["sender"]["type"] == "Bot" or action != "created"
            return 0 if ours else len(COMMAND.findall(payload["comment"]["body"]))
        case "push":
            default = f"refs/heads/{payload['repository']['default_branch']}"
            return int(payload["ref"] == default or payload["ref"].startswith("refs/tags/"))
        case "check_run" | "check_suite":
            return int(action in {"rerequested", "requested_action"})
        case "installation" | "installation_repositories":
            return 1
        case _:
            return 0


def _repositories(payload: dict[str, Any]) -> list[dict[str, Any]]:
    one = [payload["repository"]] if "repository" in payload else []
    return one + payload.get("repositories", []) + payload.get("repositories_added", [])

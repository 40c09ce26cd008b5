"""What a story cost at GitHub, and what it may have cost: the API budget, story by story.

What people did is read from the webhooks that GitHub sent, what came of it from the bot's store
and log, and what it cost from GitHub's route log. A story that ends before all is told leaves the
rest of its budget to the next one of its repository.
"""

from __future__ import annotations

import json
import re
import time
from base64 import b64decode
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.clients.store_sqlite import SqliteStore
from bot.core.deployment import Deployment, Phase
from bot.core.known import KEY, Known
from bot.core.manifest import Manifest, parse
from bot.core.model import Ask
from bot.core.report.pace import SETTLED
from tests.stories import prices
from tests.stories.people import LINE
from tests.stories.prices import PRICES, Looked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.cloud import Cloud
    from localcloud.github.route_log import Called

BOT = "spillway[bot]"
MANY = 200
RULES = 2
"""deploy.yaml and cloudbuild.yaml."""
BACK = frozenset({Phase.ROLLED_BACK, Phase.ABORTED, Phase.FAILED})
"""Traffic that was moved and comes back takes one step more."""
SOON = timedelta(minutes=10)
REPOSITORY = re.compile(r"^/repos/([^/]+/[^/]+)")


@dataclass
class Account:
    """One repository's requests since it was last settled, and how many there may be."""

    calls: Counter[str] = field(default_factory=Counter)
    came: Counter[str] = field(default_factory=Counter)
    """What people did, and what came of it."""
    left: int = 0
    """What the story before left unspent."""

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
    """Every repository's account, by its id: names change."""

    def __init__(self, cloud: Cloud) -> None:
        self._github, self._token = cloud.github, cloud.tokens["owner"]
        self._store = SqliteStore(cloud.state / "bot" / "store.sqlite")
        self._log = (cloud.state / "logs" / "consumer.log").open(encoding="utf-8")
        self._called = self._told = 0
        self._ids: dict[str, int] = {}
        self._owners: dict[int, str] = {}
        self._typed: dict[str, Counter[str]] = defaultdict(Counter)
        self._before: dict[int, Counter[str]] = {}
        self._left: Counter[int] = Counter()
        self._asked: set[str] = set()
        """What the bot has to hear of yet."""
        self._looked: dict[str, Looked] = {}
        self._troubled: set[tuple[str, str]] = set()
        self._anew: dict[tuple[int, str], int] = defaultdict(int)
        self._started = 0.0
        self._manifests: dict[int, Manifest] = {}
        self._read: set[int] = set()
        """The repositories whose manifest was read for this bill."""

    def close(self) -> None:
        """Let go of the log."""
        self._log.close()

    def typed(self, repository: str, what: str = "act") -> None:
        """Take down a command on the command line, or anything else that no webhook tells."""
        self._typed[repository][what] += 1

    def restarted(self) -> None:
        """Take down that a consumer without a memory reads every repository's rules once more."""
        self._anew, self._started = defaultdict(lambda: RULES), time.time()

    def settle(self) -> dict[str, Account]:
        """Return what happened since the last time, by repository.

        What is at rest is so before the calls are counted, and they before what allows them.
        """
        self._read.clear()
        busy = self._busy()
        calls, self._called = self._github.calls[self._called :], len(self._github.calls)
        came = self._new_acts()
        names = {identity: name for name, identity in self._ids.items()}
        accounts = {identity: Account(came=acts) for identity, acts in came.items()}
        for identity, call in self._ours(calls):
            account = accounts.setdefault(identity, Account())
            account.calls[f"{call.method} {call.route}"] += 1
            account.came[prices.refused(call.status)] += 1
            place = identity, call.path.split("/")[2]
            again = call.at > self._started and self._anew[place]
            if again and call.route.endswith("/contents/{path}"):
                self._anew[place] -= 1
                account.came["rules read anew"] += 1
        looks = self._new_looks(names)
        unheard = {int(key.partition("/")[0]) for key in self._unheard()}
        for identity, account in accounts.items():
            account.came += self._newly_came(identity) + looks.get(identity, Counter())
            account.left = self._left[identity]
            self._left[identity] = max(0, account.rest) if identity in busy | unheard else 0
        return {names[identity]: account for identity, account in accounts.items()}

    def _ours(self, calls: list[Called]) -> Iterator[tuple[int, Called]]:
        for call in calls:
            found = REPOSITORY.match(call.path)
            if found and found[1] in self._ids and call.actor == BOT and call.kind == "rest":
                yield self._ids[found[1]], call

    def _new_acts(self) -> dict[int, Counter[str]]:
        typed, self._typed = self._typed, defaultdict(Counter)
        acts: dict[int, Counter[str]] = {}
        new = [one for one in self._github.deliveries() if one.id > self._told]
        self._told = max((one.id for one in new), default=self._told)
        for one in new:
            payload = json.loads(one.request_body)
            for told in _repositories(payload):
                self._know(told["id"], told["full_name"])
                done = acts.setdefault(told["id"], Counter())
                done.update([] if one.redelivery else prices.acts(one.event, payload))
            if asked := prices.key(one.event, payload, one.guid):
                self._asked.add(asked)
        for name, done in typed.items():
            acts.setdefault(self._ids[name], Counter()).update(done)
        return acts

    def _know(self, identity: int, name: str) -> None:
        """Take down a name; under another owner's installation the rules are read anew."""
        self._ids[name] = identity
        owner = name.partition("/")[0]
        if self._owners.setdefault(identity, owner) != owner:
            self._owners[identity], self._anew[identity, owner] = owner, RULES

    def _newly_came(self, identity: int) -> Counter[str]:
        """Return what came of it: each deployment's end of the price, and each step of traffic."""
        came: Counter[str] = Counter()
        now = datetime.now(UTC)
        for place in self._store.environments(identity):
            for one in self._store.history(place.key, MANY):
                pushed = one.standing is not None and one.standing.pushed
                came["push" if pushed else "deployment"] += 1
                came["half a minute"] += ((one.finished_at or now) - one.created_at) // SETTLED
                steps = sum(step.share > 0 for step in one.steps_taken)
                came["step"] += steps + (steps > 0 and one.phase in BACK)
        new = came - self._before.get(identity, Counter())
        self._before[identity] = came
        return new

    def _new_looks(self, names: dict[int, str]) -> dict[int, Counter[str]]:
        came: dict[int, Counter[str]] = defaultdict(Counter)
        for look in filter(None, map(prices.looked, self._new_lines())):
            if trouble := look.trouble:
                first = (look.deployment, trouble) not in self._troubled
                self._troubled.add((look.deployment, trouble))
                found = self._store.get(Deployment, look.deployment)
                came[found[0].repository.id if found else 0][trouble] += first
            elif look.read is not None:
                came[look.id]["heads read"] += 1 + look.read // 100
            elif look.ask and look.repository in names:
                came[look.repository].update(self._looked_at(look, names))
        return came

    def _looked_at(self, look: Looked, names: dict[int, str]) -> Counter[str]:
        again = prices.looked_again(self._looked.get(look.ask))
        counted = Counter([*again, *prices.steered(look)])
        self._looked[look.ask] = look
        if manifest := self._manifest(look.repository, names):
            counted["required check"] += prices.marked(look, manifest)
        return counted

    def _new_lines(self) -> Iterator[str]:
        """Yield whole lines only; the rest of one is read when it is there."""
        while (line := self._log.readline()).endswith("\n"):
            yield line
        self._log.seek(self._log.tell() - len(line.encode()))

    def _manifest(self, identity: int, names: dict[int, str]) -> Manifest | None:
        """Return the default branch's deploy.yaml, or how it was when it could last be read."""
        if identity not in self._read:
            self._read.add(identity)
            at = f"{self._github.url}/repos/{names[identity]}/contents/deploy.yaml"
            answer = LINE.get(at, headers={"Authorization": f"Bearer {self._token}"}, timeout=20)
            found = parse(b64decode(answer.json()["content"]).decode()) if answer.ok else None
            if isinstance(found, Manifest):
                self._manifests[identity] = found
        return self._manifests.get(identity)

    def _unheard(self) -> set[str]:
        self._asked = {key for key in self._asked if self._store.get(Ask, key) is None}
        return self._asked

    def _busy(self) -> set[int]:
        """Return the repositories of which not all is told."""
        due = self._store.due(datetime.now(UTC) + SOON, MANY)
        going = {one.repository.id for one in due if isinstance(one, Ask | Deployment)}
        known = self._store.get(Known, KEY)
        return going | {
            int(identity)
            for identity in (known[0].places if known else ())
            for place in self._store.environments(int(identity))
            if place.active or place.queue or place.watching or place.telling
        }


def _repositories(payload: dict[str, Any]) -> list[dict[str, Any]]:
    one = [payload["repository"]] if "repository" in payload else []
    return one + payload.get("repositories", []) + payload.get("repositories_added", [])

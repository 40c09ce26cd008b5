"""Two services, one calling the other: the second one's canary fails, and both are rolled back."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bot.clients.store_sqlite import SqliteStore
from bot.core.rollout.turn import ENDS
from localcloud.cloud import Cloud, Options
from localcloud.visit import Visitors
from tests.faults.boundaries import Boundaries
from tests.faults.gate import PORT, TIMES, Gate
from tests.faults.outside import Outside
from tests.faults.standby import StandbyConsumer, bot_with
from tests.stories import services
from tests.stories.people import Pull, Repository, eventually

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from bot.core.deployment import Deployment, Phase
    from bot.core.model import Environment

T = TypeVar("T")
REPOSITORY, PREFIX = "acme/matrix", "m"
ROLLOUT = "{steps: [50, 100], min_bake: 1s, max_bake: 4s, min_requests: 1, watch: 0s"
HELD = f"{ROLLOUT}, on_undecided: hold, on_not_enough_traffic: hold}}"
"""A canary that fails is found out however slow the machine is; one that is well gets nowhere."""
LET_GO = f"{ROLLOUT}}}"
PATIENCE = 60.0
GRACE = 0.4
"""Seconds in which whatever is said too often would come."""
RPS = 25
LAG = 1.0
"""Seconds after which a request counts: answers take that long where the machine is busy."""


class Stage:
    """One cloud with both services in prod, on which the story is played again and again."""

    def __init__(self, folder: Path, times: int = 10, rollout: str = HELD) -> None:
        self.boundaries = Boundaries()
        self._gate = Gate(self.boundaries.meet)
        quick = Options(metric_window=0.2, metric_lag=LAG, tick=0.2, seed=False)
        beside = {PORT: str(self._gate.port), TIMES: str(times)}
        self.cloud = Cloud(folder / "cloud", quick, bot_with(beside))
        self._folder = folder
        self._rollout = rollout
        self._played = 0
        self.told: list[str] = []
        """The alerts of the last play, word for word."""
        self._visitors: Visitors | None = None

    def set(self) -> None:
        """Start everything, and bring both services to prod."""
        self.cloud.start()
        self.boundaries.watch(self.cloud)
        self._outside = Outside(self.cloud)
        self._store = SqliteStore(self.cloud.state / "bot" / "store.sqlite")
        self._repository = self._made()
        pull = self._repository.pull_request({"notes.md": "for the first time\n"}, "first")
        pull.comment("/deploy prod main")
        main = self._repository.git("rev-parse", "main")
        assert self._repository.concluded(main, "prod")["conclusion"] == "success"
        assert self._ended(main)
        urls = [self.cloud.service_url("prod", f"{PREFIX}-{name}") for name in ("ai", "api")]
        self._visitors = Visitors([f"{url}/" for url in urls], RPS)
        self._visitors.start()

    def strike(self) -> None:
        """Stop everything."""
        if self._visitors is not None:
            self._visitors.stop()
        self.cloud.stop()
        self._gate.close()

    def play(
        self, boundary: str = "", when: str = "", *, bad: bool = True
    ) -> tuple[list[str], int]:
        """Play it to the end; return what is seen then, and how many builds were wasted.

        Without `bad` the second service's canary is well, and prod gets both where that is let go.
        """
        with self.boundaries.listening(boundary, when):
            pull, asked = self._asked(bad=bad)
            self._ended(pull.sha)
        return self._seen(pull, asked)

    def play_with(self, faults: AbstractContextManager[T]) -> tuple[list[str], T]:
        """Play it, with both services well, under faults that last until its end."""
        with faults as met:
            pull, asked = self._asked(bad=False)
            self._ended(pull.sha)
        return self._seen(pull, asked)[0], met

    def play_through(
        self, outage: AbstractContextManager[T], seconds: float, phase: Phase | None = None
    ) -> tuple[list[str], T]:
        """Play it with an outage of so many seconds.

        It begins once the command was delivered, or where a phase is named when that is reached.
        """
        pull, asked = self._asked(bad=False)
        self.cloud.github.deliveries_idle(10)
        if phase is not None:
            eventually(lambda: self._newest(pull.sha), lambda one: one is phase, str(phase))
        with outage as met:
            time.sleep(seconds)
        return self._seen(pull, asked)[0], met

    def _asked(self, *, bad: bool) -> tuple[Pull, int]:
        self._played += 1
        title = f"story {self._played}"
        second = _always_failing(title) if bad else services.good(title)
        files = {"ai/app.py": services.good(title), "api/app.py": second}
        pull = self._repository.pull_request(files, f"story-{self._played}")
        return pull, pull.comment("/deploy prod")

    def _seen(self, pull: Pull, asked: int) -> tuple[list[str], int]:
        ended = self._ended(pull.sha)
        self.told = pull.alerts()
        if not ended:
            return [self._stuck(), *self._outside.seen(pull, asked)], 0
        return self._outside.seen(pull, asked), self._outside.waste(pull)

    def _stuck(self) -> str:
        """Say where the consumer stands, and start another one for the next play."""
        consumer = self.cloud.consumer
        kept = Path(tempfile.mkdtemp(prefix="spillway-stuck-"))
        if isinstance(consumer, StandbyConsumer):
            consumer.tell_where_it_stands()
            time.sleep(GRACE)
            shutil.copy(self.cloud.state / "logs" / "consumer.log", kept)
            consumer.start()
        return f"it never came to an end; the consumer's log is in {kept}"

    def _made(self) -> Repository:
        cloud = self.cloud
        number = cloud.github.add_repository(REPOSITORY)
        for login, permission in {"owner": "admin", "writer": "write"}.items():
            cloud.github.grant(REPOSITORY, login, permission)
        cloud.github.install("spillway", REPOSITORY)
        self._prod = f"{number}/prod"
        work = self._folder / "work"
        work.mkdir()
        made = Repository(cloud, REPOSITORY, work, PREFIX)
        made.git("init", "--quiet", "--initial-branch=main")
        files = services.repository(PREFIX, "ai", "api", prod=self._rollout)
        files["deploy.yaml"] = _without_staging(files["deploy.yaml"])
        made.commit(files, "Begin")
        made.push()
        return made

    def _ended(self, sha: str) -> bool:
        """Wait until nothing is left to do, and a moment more."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self._at_rest(sha):
                time.sleep(GRACE)
                if self._at_rest(sha):
                    return True
            time.sleep(0.05)
        return False

    def _newest(self, sha: str) -> Phase | None:
        return next((d.phase for d in self._store.history(self._prod, 1) if d.sha == sha), None)

    def _at_rest(self, sha: str) -> bool:
        environment = self._environment()
        if environment is None or environment.active or environment.telling:
            return False
        newest: Deployment = self._store.history(self._prod, 1)[0]
        return newest.sha == sha and newest.phase in ENDS and newest.wake_at is None

    def _environment(self) -> Environment | None:
        (found,) = self._store.environments(int(self._prod.partition("/")[0])) or (None,)
        return found


def _without_staging(manifest: str) -> str:
    lines = manifest.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("  staging:"))


def _always_failing(title: str) -> str:
    return services.APP.format(title=title, behaviour='status = 500 if self.path == "/" else 200')

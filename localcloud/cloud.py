"""The whole laptop cloud: GitHub, Google, the runtime, and the bot's two processes.

The bot runs unchanged: all it is given are endpoints, keys and how quickly metrics come.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.bot_environment import PROJECT, REGION, Endpoints, bot_environment, webhook_secret
from localcloud.bot_process import BotProcess
from localcloud.doors import doors
from localcloud.github.server import GitHub
from localcloud.google.build_source import SourceRefused
from localcloud.google.server import Google, GoogleSettings
from localcloud.runtimes import PROCESSES, runtime_named
from localcloud.seed import REPOSITORY, USERS, Seed, dockerfiles
from localcloud.topics import make_topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

APP = "spillway"


class CloudError(Exception):
    """The local cloud cannot be started; the text says why and where to look."""


@dataclass(frozen=True)
class Options:
    """How quickly this cloud lives, in seconds; real life: windows of 60, lag 180, ticks of 60."""

    port: int = 0
    """First of five ports in a row; 0 takes free ones and keeps them for the next time."""
    metric_window: float = 1.0
    metric_lag: float = 1.0
    tick: float = 1.0
    sweep: float = 300.0
    """How often the bot looks for webhook deliveries that failed."""
    cloud_latency: float = 0.0
    disorder: int | None = None
    """The seed of a Pub/Sub that delivers everything twice and shuffled; None for none."""
    runtime: str = PROCESSES
    """What services run as: a name of `localcloud.runtimes.RUNTIMES`."""
    log_to_stderr: bool = False
    seed: bool = True
    """Whether to make the sample repository's content and deploy it."""


class Cloud:
    """One local cloud below `state`; the same folder resumes where it was.

    `bot` makes the bot's two processes, from what BotProcess takes.
    """

    def __init__(
        self,
        state: Path,
        options: Options | None = None,
        bot: Callable[..., BotProcess] = BotProcess,
    ) -> None:
        self.options = options or Options()
        self.state = state.absolute()
        self.on_progress: Callable[[str], None] = lambda _line: None
        ports = doors(self.state / "ports.json", self.options.port)
        self.github = GitHub(self.state / "github", ports["github"])
        folder = self.state / "runtime"
        self.runtime = runtime_named(self.options.runtime, folder, self._verified)
        self.google = Google(
            self.state / "google",
            self._google_settings(ports),
            self.runtime.images,
            self.runtime.revisions,
            self.runtime.traffic,
        )
        self.google.connect(self._clone)
        self._stopped = False
        self.tokens: dict[str, str] = {}
        self._environment: dict[str, str] = {}
        self._process = bot
        self.receiver = self._bot("receiver", ports["receiver"])
        self.consumer = self._bot("consumer", ports["consumer"])

    def start(self) -> None:
        """Bring everything up, seeded and deployed; raise CloudError with the reason."""
        try:
            self._start()
        except Exception as reason:
            self.stop()
            raise CloudError(str(reason)) from reason

    def stop(self) -> None:
        """Stop everything, once; no process is left."""
        if self._stopped:
            return
        self._stopped = True
        self.github.hold_webhooks()
        self.receiver.stop()
        self.consumer.stop()
        self.google.stop()
        self.runtime.stop()
        self.github.stop()

    def info(self) -> dict[str, object]:
        """Return where everything is, as `up` prints it."""
        return {
            "github": self.github.url,
            "google": self.google.url,
            "google_grpc": self.google.grpc_target,
            "receiver": self.receiver.url,
            "consumer": self.consumer.url,
            "repository": REPOSITORY,
            "clone_url": f"{self.github.url}/{REPOSITORY}.git",
            "tokens": self.tokens,
        }

    @property
    def bot_environment(self) -> dict[str, str]:
        """The variables that the bot is given."""
        return dict(self._environment)

    @contextmanager
    def consumer_given(self, settings: Mapping[str, str]) -> Iterator[None]:
        """Have the consumer run anew with these variables for a while, then as it was."""
        before = dict(self._environment)
        self._environment.update(settings)
        self._restart_consumer()
        try:
            yield
        finally:
            self._environment.clear()
            self._environment.update(before)
            self._restart_consumer()

    def _restart_consumer(self) -> None:
        self.consumer.stop()
        self.consumer.start()
        self.consumer.wait_ready()

    def service_url(self, environment: str, service: str) -> str:
        """Return the address of a service in an environment."""
        suffix = "" if environment == "prod" else f"-{environment}"
        name = f"projects/{PROJECT}/locations/{REGION}/services/{service}{suffix}"
        return self.runtime.traffic.url(name)

    def _start(self) -> None:
        self.on_progress("starting GitHub and Google Cloud")
        self.runtime.start(self.google.telemetry)
        self.on_progress(self.runtime.about())
        if self.options.seed:
            self.runtime.expect(dockerfiles())
        self.google.start()
        self.github.serve()
        endpoints = Endpoints(
            github=self.github.url,
            google=self.google.url,
            google_grpc=self.google.grpc_target,
            consumer=self.consumer.url,
        )
        make_topics(endpoints)
        self._introduce_the_bot(endpoints)
        self.on_progress("starting the bot's receiver and consumer")
        for process in (self.receiver, self.consumer):
            process.start()
        for process in (self.receiver, self.consumer):
            process.wait_ready()
        self.github.send_webhooks()
        self._install_the_bot()
        if self.options.seed:
            Seed(self.state, self.github.url, self.tokens, self.on_progress).plant()

    def _introduce_the_bot(self, endpoints: Endpoints) -> None:
        self.tokens |= {login: self.github.add_user(login) for login in USERS}
        app = self.github.add_app(
            APP,
            webhook_url=f"{self.receiver.url}/webhooks/github",
            webhook_secret=webhook_secret(self.state),
        )
        paces = (self.options.metric_window, self.options.metric_lag, self.options.sweep)
        self._environment |= bot_environment(self.state, endpoints, paces, app)
        self._environment |= self.google.metadata_environment()

    def _install_the_bot(self) -> None:
        self.github.add_repository(REPOSITORY)
        for login, permission in USERS.items():
            self.github.grant(REPOSITORY, login, permission)
        self.github.install(APP, REPOSITORY)

    def _google_settings(self, ports: dict[str, int]) -> GoogleSettings:
        return GoogleSettings(
            port=ports["google"],
            grpc_port=ports["google_grpc"],
            metric_window=self.options.metric_window,
            metric_lag=self.options.metric_lag,
            tick=self.options.tick,
            cloud_latency=self.options.cloud_latency,
            disorder=self.options.disorder,
            project=PROJECT,
        )

    def _clone(self, name: str, revision: str, folder: Path) -> None:
        """Let every repository of GitHub's be connected to Cloud Build, as `owner-name`."""
        try:
            self.github.clone(name.rpartition("/")[2], revision, folder)
        except LookupError as absent:
            raise SourceRefused(str(absent)) from absent

    def _verified(self, token: str, audience: str) -> bool:
        try:
            self.google.issuer.verify(token, audience)
        except Exception:  # noqa: BLE001  # whatever is wrong with a token, it opens nothing
            return False
        return True

    def _bot(self, role: str, port: int) -> BotProcess:
        log = None if self.options.log_to_stderr else self.state / "logs" / f"{role}.log"
        return self._process(role, port, self._environment, log)

"""A world that does what it is told, fails where it is told to, and can be looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from bot.core.action import (
    Accepted,
    Action,
    BuildOver,
    BuildStarted,
    CancelBuild,
    Conflicted,
    Opened,
    OpenToAll,
    Outcome,
    Shift,
    Stage,
    StartBuild,
)
from bot.core.configuration import (
    CloudRun,
    EnvironmentPlan,
    Rollout,
    ServiceKey,
    ServicePlan,
)
from bot.core.deployment import Deployment, ServiceRollout, SmokeAnswer
from bot.core.evidence import Counts, Day, Window
from bot.core.gates import Gates
from bot.core.model import Repository
from bot.core.rollout import table
from bot.core.rollout.splits import share_within
from bot.core.rollout.turn import ENDS, service_named
from bot.core.rollout.wants import Wants, WindowsWanted, wants
from bot.core.route import Sampling
from bot.core.sight import (
    BuildSeen,
    BuildState,
    Memory,
    OperationSeen,
    RevisionSeen,
    ServiceSeen,
    Sight,
    TrafficSeen,
)

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
REPOSITORY = Repository(7, "acme/senior-mhealth", 1)
QUOTA = "Quota exceeded for total allowable CPU per project per region."


def service_plan(name: str, *, level: int = 0, needs: tuple[str, ...] = ()) -> ServicePlan:
    env = {f"{need.upper()}_URL": f"${{{need}.url}}" for need in needs}
    return ServicePlan(
        name=name,
        key=ServiceKey("p", "r", name),
        path=name,
        image=f"images/{name}",
        cloud_run=CloudRun(env=env, allow_unauthenticated=True),
        needs=needs,
        level=level,
    )


def deployment(
    *plans: ServicePlan, steps: tuple[int, ...] = (5, 50, 100), watch: int = 0
) -> Deployment:
    rollout = Rollout(
        steps=steps,
        min_bake=3 * SECOND,
        max_bake=30 * SECOND,
        watch=watch * SECOND,
    )
    plan = EnvironmentPlan(
        name="prod", services=plans, rollout=rollout, gates=Gates(), reuse=timedelta(0)
    )
    services = tuple(
        ServiceRollout(
            plan=plan,
            settings_hash="new",
            reuse_key=f"new-{plan.name}",
            revision=f"{plan.name}-new",
            tag="c-new",
        )
        for plan in plans
    )
    return Deployment(
        id="d1",
        repository=REPOSITORY,
        environment="prod",
        sha="a" * 40,
        trusted_sha="b" * 40,
        actor="writer",
        ask="7/1/0",
        created_at=START,
        phase_since=START,
        wake_at=START,
        plan=plan,
        cloudbuild="",
        sampling=Sampling(window=SECOND, lag=SECOND),
        services=services,
    )


@dataclass
class Faults:
    """What goes wrong, by service name."""

    build: set[str] = field(default_factory=set)
    ready: set[str] = field(default_factory=set)
    smoke: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)
    thin: bool = False
    """Hardly anybody visits the canary."""
    dark: dict[str, datetime] = field(default_factory=dict)
    """Sides that have no series from then on: canary, stable."""
    down: str = ""
    """Why Cloud Monitoring cannot be read."""
    odd: Counts | None = None
    """What it says of the canary instead of what is true."""
    late: int = 0
    """So many windows later than Cloud Monitoring says, it shows a point."""
    conflicts: int = 0
    """So many writes meet somebody else's."""
    traffic: dict[str, int] = field(default_factory=dict)
    """So many writes of traffic are taken, and their operations fail."""


@dataclass
class World:
    """Cloud Build, Cloud Run and Cloud Monitoring as one dictionary each."""

    faults: Faults = field(default_factory=Faults)
    services: dict[str, ServiceSeen] = field(default_factory=dict)
    unreleased: frozenset[str] = frozenset()
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    unpinned: str = ""
    memory: Memory = field(default_factory=Memory)
    usual: int = 1000
    """Requests in every window of stable's last day."""
    actions: list[Action] = field(default_factory=list)
    shares: list[tuple[str, int]] = field(default_factory=list)
    now: datetime = START

    def with_stable(self, *names: str) -> World:
        for name in names:
            stable = f"{name}-old"
            self.services[name] = ServiceSeen(
                exists=True,
                etag="1",
                uri=f"https://{name}",
                traffic=(TrafficSeen(revision=stable, percent=100),),
                revisions={stable: RevisionSeen(name=stable, ready=True)},
            )
        return self

    def play(self, started: Deployment, looks: int = 400) -> Deployment:
        """Look, act and let time pass until the deployment has ended."""
        deployment = started
        for _ in range(looks):
            if deployment.phase in ENDS:
                return deployment
            deployment = self.look(deployment)
            self.now = max(self.now + 0.2 * SECOND, deployment.wake_at or self.now)
        return deployment

    def look(self, deployment: Deployment) -> Deployment:
        turn = table.step(deployment, self.seen(deployment), self.now)
        deployment = turn.deployment
        for action in turn.actions:
            self.actions.append(action)
            deployment = table.record(deployment, self.perform(action), self.now)
        return deployment

    def seen(self, deployment: Deployment) -> Sight:
        wanted: Wants = wants(deployment, self.now)
        nothing = ServiceSeen(exists=False)
        return Sight(
            services={w.name: self.services.get(w.name, nothing) for w in wanted.services},
            operations={n: OperationSeen(done=True, error=QUOTA) for n in wanted.operations},
            builds={name: self._build(name) for name in wanted.builds},
            unreleased=self.unreleased,
            secrets=self.secrets if wanted.secrets else {},
            unpinned=self.unpinned if wanted.secrets else "",
            memory=self.memory if wanted.memory else Memory(),
            smoke={name: self._smoke(name) for name in wanted.smoke},
            windows={} if self.faults.down else self._seen_windows(deployment, wanted),
            metrics_down=self.faults.down if wanted.windows else "",
            days={w.name: Day(windows=(Counts(self.usual),) * 60) for w in wanted.days},
            logs=("line",) if wanted.build_logs or wanted.revision_logs else None,
        )

    def perform(self, action: Action) -> Outcome:
        if self.faults.conflicts > 0 and not isinstance(action, StartBuild):
            self.faults.conflicts -= 1
            return Conflicted(service=action.service)
        match action:
            case StartBuild():
                return BuildStarted(service=action.service, build=f"builds/{action.service}")
            case CancelBuild():
                return BuildOver(service=action.service)
            case Stage():
                self._stage(action)
                return Accepted(service=action.service, operation="", kept=())
            case Shift():
                return self._written(action)
            case OpenToAll():
                return Opened(service=action.service)

    def _written(self, action: Shift) -> Outcome:
        left = self.faults.traffic.get(action.service, 0)
        self.faults.traffic[action.service] = max(0, left - 1)
        if not left:
            self._shift(action)
        return Accepted(service=action.service, operation="operations/failing" if left else "")

    def _build(self, name: str) -> BuildSeen:
        failed = name in self.faults.build
        state = BuildState.FAILED if failed else BuildState.SUCCEEDED
        return BuildSeen(name=name, state=state, digest="" if failed else f"sha256:{name}")

    def _smoke(self, name: str) -> tuple[SmokeAnswer, ...]:
        passed = name not in self.faults.smoke
        return (SmokeAnswer(request="GET /", passed=passed, got="200" if passed else "404"),)

    def _seen_windows(self, deployment: Deployment, wanted: Wants) -> dict[str, tuple[Window, ...]]:
        return {w.name: self._windows(deployment, w) for w in wanted.windows}

    def _windows(self, deployment: Deployment, want: WindowsWanted) -> tuple[Window, ...]:
        windows, start = [], want.since
        service = service_named(deployment, want.name)
        while start < want.until:
            share = share_within(service, start, start + SECOND)
            if share is not None:
                stable = Counts(10 * (100 - share)) if share < 100 else None
                canary = self._canary(want.name, share, start)
                window = Window(
                    start=start, end=start + SECOND, share=share, canary=canary, stable=stable
                )
                windows.append(self._shown(deployment, window))
            start += SECOND
        return tuple(windows)

    def _shown(self, deployment: Deployment, window: Window) -> Window:
        """Return a window as far as its points have come by now."""
        come = self.now - deployment.sampling.lag - self.faults.late * deployment.sampling.window
        dark = {side for side, since in self.faults.dark.items() if window.end > since}
        hidden = {"canary", "stable"} if window.end > come else dark
        return replace(window, **dict.fromkeys(hidden))

    def _canary(self, name: str, share: int, start: datetime) -> Counts | None:
        if self.faults.odd:
            return self.faults.odd
        failing = name in self.faults.errors
        if not self.faults.thin:
            return Counts(10 * share, 3 * share if failing else 0)
        return Counts(1, int(failing)) if start.second % 10 == 0 else None

    def _stage(self, action: Stage) -> None:
        live = self.services.get(action.service, ServiceSeen(exists=False))
        new = RevisionSeen(name=action.revision, ready=action.service not in self.faults.ready)
        target = TrafficSeen(
            revision=action.revision,
            percent=0 if action.percents else 100,
            tag=action.revision_tag,
            uri=f"https://{action.revision_tag}---{action.service}",
        )
        kept = [TrafficSeen(revision=name, percent=p) for name, p in action.percents.items()]
        routed = (target,) if new.ready else ()
        self.services[action.service] = replace(
            live,
            exists=True,
            uri=f"https://{action.service}",
            labels=action.labels,
            traffic=(*kept, *routed),
            tags_wanted=live.tags_wanted | {action.revision_tag},
            follows_latest=not action.stable,
            revisions={**live.revisions, action.revision: new},
        )

    def _shift(self, action: Shift) -> None:
        live = self.services[action.service]
        targets = [
            TrafficSeen(revision=revision, percent=percent)
            for revision, percent in (action.percents or live.shares).items()
        ]
        targets += [
            TrafficSeen(revision=revision, percent=0, tag=tag, uri=f"https://{tag}")
            for tag, revision in action.tags.items()
        ]
        left = live.tags_wanted - {action.drop_tag} | set(action.tags)
        self.services[action.service] = replace(
            live, traffic=tuple(targets), tags_wanted=left, follows_latest=False
        )
        self.shares.append((action.service, action.percents.get(f"{action.service}-new", 0)))

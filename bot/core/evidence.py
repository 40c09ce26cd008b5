"""The verdict's nouns: what was counted, what it adds up to, and what follows from it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field


class Counts(Struct, frozen=True, omit_defaults=True):
    """One revision's requests in one metric window."""

    requests: int = 0
    errors_5xx: int = 0
    errors_4xx: int = 0
    slow: int = 0
    """Answers slower than a boundary that was frozen before the rollout."""
    logged: int = 0
    """Lines of severity ERROR or worse, at most one for each request; 0 where nobody asked."""


class Outcome(StrEnum):
    """How a rollout ends; until then there is none."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"


class Metric(StrEnum):
    """What a release can make worse: the fields of Counts."""

    ERRORS = "errors_5xx"
    SLOW = "slow"
    REJECTED = "errors_4xx"
    LOGGED = "logged"


ANSWERS = (Metric.ERRORS, Metric.SLOW, Metric.REJECTED)


class RevisionCounts(Struct, frozen=True, kw_only=True):
    """One metric window: what each revision answered; a revision without a series is absent."""

    start: datetime
    end: datetime
    counts: dict[str, Counts]


class Window(Struct, frozen=True, kw_only=True):
    """One metric window of both revisions at one split; None where there is no series."""

    start: datetime
    end: datetime
    share: int
    canary: Counts | None = None
    stable: Counts | None = None


class Day(Struct, frozen=True, kw_only=True):
    """Stable's windows of its last day, and the boundary above which their answers are slow."""

    windows: tuple[Counts, ...] = ()
    """Oldest first, from its first request on; a window without a series is empty."""
    slow_above: float = 0.0
    """Milliseconds."""


class Past(Struct, frozen=True, kw_only=True):
    """What stable's last day says about one metric."""

    rate: float = 0.005
    """Bad answers per request."""
    noise: float = 1.0
    """Squared coefficient of variation of that rate from window to window, beyond chance."""
    worth: float = 50.0
    """How many requests of today outweigh it."""
    worst: float = 0.0
    """The second worst window's ratio."""
    persistence: float = 1.0
    """For how many windows a deviation lasts."""
    measured: bool = False
    """Whether the day had enough bad answers to tell the noise."""


class History(Struct, frozen=True, kw_only=True):
    """Stable's last day in short, stored with the deployment: enough to judge by, and to replay."""

    windows: int = 0
    requests: float = 0.0
    """Per window."""
    due: float = 0.0
    """Expected in a window from now on, by `past.summary`; 0: nobody calls at this time of day."""
    lasting: int = 0
    """Whole windows that the slowest of a hundred answers takes: it counts once it has ended."""
    metrics: dict[Metric, Past] = field(default_factory=dict)

    def past(self, metric: Metric) -> Past:
        """Return what is known of a metric; caution where nothing is."""
        return self.metrics.get(metric, Past())


class VerdictConfig(Struct, frozen=True, kw_only=True):
    """The rule's parameters, stored with the deployment so that a past rollout can be re-judged."""

    alpha: float = 0.01
    """Most that the odds of rolling a good release back may be, for this service."""
    guard: float = 5.0
    """Odds that must remain without the two windows that spoke loudest: two may be noise."""
    history: History = History()
    max_error_rate: float = 0.0
    max_slow_rate: float = 0.0
    """Absolute limits of the canary's 5xx and slow answers; 0 = none."""
    affine: bool = False
    """Whether clients stay with the revision that they know, so that shares say little."""
    error_logs: bool = False
    """Whether lines of severity ERROR count."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What is judged."""
        return tuple(Metric) if self.error_logs else ANSWERS


class Sums(Struct, frozen=True):
    """Counts of both sides over some windows, of one metric."""

    canary_bad: int = 0
    canary: int = 0
    stable_bad: int = 0
    stable: int = 0


class Excursion(Struct, frozen=True):
    """A run of windows in which the canary looks like a catastrophe, and how much so."""

    sums: Sums = Sums()
    nats: float = 0.0
    """Logarithm of the likelihood ratio."""


class Lull(Struct, frozen=True):
    """A run of windows at 100 % in which the canary answered hardly any of what is usual."""

    windows: int = 0
    due: float = 0.0
    answered: int = 0


class Trace(Struct, frozen=True):
    """The evidence of one metric, by alternative: `likelihood.RATIOS`."""

    ramp: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    """Against concurrent stable: likelihood ratios, averaged over the start of the trouble."""
    best: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    second: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    """The two windows that spoke loudest, in nats."""
    watch: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    """Against the frozen base rate, where there is no stable any more."""
    stable_bad: float = 0.0
    stable: int = 0
    """Concurrent stable: where the base rate really is."""
    recent: tuple[float, float] = (0.0, 0.0)
    """Stable's latest windows, each further back counting less: bad answers, requests."""
    noisier: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    """How much better more noise than yesterday's explains stable's own windows, in nats."""
    last: tuple[int, int] = (0, 0)
    """Stable's last window: bad answers, requests."""


class Evidence(Struct, frozen=True, kw_only=True):
    """A fold over windows: `verdict.update` adds one, nothing is ever taken out."""

    share: int = 0
    """The split that the windows below belong to."""
    former: int = 0
    """The split before."""
    risen: bool = True
    """Whether this split gave the canary more than the one before."""
    windows: int = 0
    """Complete windows at this split."""
    seen: int = 0
    """Complete windows since the canary first had traffic."""
    judged: int = 0
    """Windows of both revisions that went into `traces`."""
    steps: int = 0
    """Splits since the last judged window."""
    compared: int = 0
    """Windows judged since traffic was split again after the watch; negative before that."""
    watched: int = 0
    """Windows judged without stable."""
    alarms: int = 0
    """How often the watch has asked for stable to be asked again."""
    canary: Counts = Counts()  # at this split
    stable: Counts = Counts()
    canary_total: Counts = Counts()  # while both had traffic
    stable_total: Counts = Counts()
    traces: dict[Metric, Trace] = field(default_factory=dict)
    excursion: Excursion = Excursion()
    solo: Excursion = Excursion()  # the same where there is no stable to compare with
    lull: Lull = Lull()
    unmet: float = 0.0
    """Requests that stable must have had since its last one, by the canary's count."""
    blank: int = 0
    """Windows at this split that were taken in without any series, though requests were due."""
    idle: int = 0
    """How many of the latest windows had no answer of either side."""
    missing: float = 0.0
    """Requests that were due in windows without a series, when none that came could be taken in."""
    until: datetime | None = None
    """End of the last window taken in."""
    strange: str = ""
    """Why the last window could not be: counts that no revision can have."""


class Finding(StrEnum):
    """What the evidence says."""

    CLEAR = "clear"
    UNDECIDED = "undecided"
    """Evidence against the canary is building: traffic does not grow."""
    BREWING = "brewing"
    """It looks like a catastrophe, with too few requests to be sure."""
    WORSE = "worse"
    """More often than stable, beyond doubt."""
    BROKEN = "broken"
    """A catastrophe that needs no comparison over time."""
    MUTE = "mute"
    """It answers hardly any of the requests that its share brings: they reach no instance."""
    ALARMED = "alarmed"
    """At 100 % it does worse than stable did before: ask concurrent stable again."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What the evidence says, with the numbers behind it."""

    finding: Finding = Finding.CLEAR
    odds: float = 0.0
    """Evidence against the canary: so many to one."""
    metric: Metric = Metric.ERRORS
    """The one that speaks loudest."""
    ratio: float = 0.0
    at_least: float = 0.0
    """How many times as often the canary does it, and the least that this may be."""
    due: float = 0.0
    """Requests that were due where silence is what speaks against the canary."""
    limit: float = 0.0
    """The limit that it is beyond, where deploy.yaml sets one."""
    canary: Counts = Counts()
    stable: Counts = Counts()

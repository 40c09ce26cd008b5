"""What one deployment says on GitHub: check run, GitHub Deployment, comment, alert, reaction."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import structlog
from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase
from bot.core.environment import place_in_queue
from bot.core.gates import is_production
from bot.core.releases import called
from bot.core.report import check, controls, pace
from bot.core.report import deployment as words
from bot.core.rollout.turn import ENDS
from bot.core.told import Rest, Shown, rested, resting
from bot.engine.observe import back_off
from bot.ports import Broken, Gone, OtherCommit, Transient, World, Write

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.model import Environment
    from bot.core.told import Told

log = structlog.get_logger()

CLOCKS_APART = timedelta(minutes=1)
"""GitHub's clock and ours may differ by so much when we look for a comment of ours."""


class Voice:
    """Says what is not yet said; each id that GitHub gives is stored at once."""

    def __init__(self, world: World, environment: Environment, deployment: Deployment) -> None:
        self.deployment = deployment
        self._world = world
        self._environment = environment
        self._repository = deployment.repository
        self._place = place_in_queue(environment, deployment.id)
        self._later: datetime | None = None

    def say(self) -> datetime | None:
        """Bring every surface up to date; return when one is to be looked at again."""
        self._tell("check run", self._check_run)
        self._tell("controls", self._controls)
        self._tell("deployment", self._github_deployment)
        self._tell("comment", self._comment)
        self._tell("alert", self._alert)
        self._tell("reaction", self._reaction)
        self._tell("retired", self._retire)
        return self._later

    def _tell(self, name: str, surface: Callable[[], None]) -> None:
        """Let one that cannot be reached rest by itself, however often a rollout looks."""
        rest = resting(self._told, name)
        if rest is not None and rest.until > self._world.clock():
            self._look_again(rest.until)
            return
        try:
            surface()
        except Gone:
            raise
        except (Transient, Broken) as trouble:
            self._put_off(name, rest.attempts if rest else 0, trouble)
            return
        if rest is not None:
            self._keep(rested(self._told, name))

    def _put_off(self, name: str, attempts: int, trouble: Transient | Broken) -> None:
        log.warning("report", deployment=self.deployment.id, surface=name, trouble=str(trouble))
        asked = trouble.retry_after if isinstance(trouble, Transient) else None
        pause = max(back_off(attempts), timedelta(seconds=asked or 0))
        rest = Rest(surface=name, attempts=attempts + 1, until=self._world.clock() + pause)
        self._keep(rested(self._told, name, rest))
        self._look_again(rest.until)

    def _look_again(self, at: datetime) -> None:
        self._later = min(filter(None, (self._later, at)))

    @property
    def _told(self) -> Told:
        return self.deployment.told

    def _keep(self, told: Told) -> None:
        """Store what has been said, whatever else of the record others write in between."""
        while True:
            found = self._world.store.get(Deployment, self.deployment.id)
            if found is None or found[0].told != self.deployment.told:
                what = "somebody else reports the same deployment"
                raise Transient(what)
            kept = replace(found[0], told=told)
            if self._world.store.commit(Write(kept, found[1])):
                self.deployment = kept
                return

    def _made(self, what: str, find: Callable[[], int], make: Callable[[], int]) -> int:
        """Make something that has no key at GitHub's end, once."""
        if what in self._told.attempted:
            return find() or make()
        self._keep(replace(self._told, attempted=(*self._told.attempted, what)))
        return make()

    def _check_run(self) -> None:
        wanted = check.check_run(self.deployment, self._place)
        said = _hash(msgspec.json.encode(wanted))
        if said == self._told.check_run_hash:
            return
        news, title = pace.news(self.deployment, self._place), wanted.title
        shown = Shown(at=self._world.clock(), news=news, title=title)
        voice, repository = self._world.voice, self._repository
        if not self._told.check_run:
            made = self._made(
                f"check run {wanted.external_id}",
                lambda: voice.find_check_run(repository, wanted),
                lambda: voice.create_check_run(repository, wanted),
            )
            self._keep(replace(self._told, check_run=made, check_run_hash=said, check_shown=shown))
        elif self._is_due(self._told.check_shown, shown):
            voice.edit_check_run(repository, self._told.check_run, wanted)
            self._keep(replace(self._told, check_run_hash=said, check_shown=shown))

    def _is_due(self, before: Shown | None, wanted: Shown) -> bool:
        """Tell whether an edit is due; if not, keep in mind when it will be."""
        if before is None or self.deployment.phase in ENDS:
            return True
        due = pace.due(self.deployment, before, wanted)
        if due <= wanted.at:
            return True
        self._look_again(due)
        return False

    def _controls(self) -> None:
        """Make the buttons anew when other ones are right; the newest run is what GitHub shows."""
        wanted = controls.controls(self.deployment, self._world.clock())
        if wanted is None:
            return
        shown = (wanted.conclusion, wanted.title, wanted.buttons)
        said = _hash(msgspec.json.encode(shown))
        if said == self._told.controls_hash:
            return
        voice, repository = self._world.voice, self._repository
        self._made(
            wanted.external_id,
            lambda: voice.find_check_run(repository, wanted),
            lambda: voice.create_check_run(repository, wanted),
        )
        made = self._told.controls + 1
        self._keep(replace(self._told, controls=made, controls_hash=said))

    def _github_deployment(self) -> None:
        status = words.status(self.deployment)
        if status is None or status.state == self._told.status:
            return
        voice, repository, ours = self._world.voice, self._repository, self.deployment
        if not self._told.github_deployment:
            try:
                made = self._made(
                    "deployment",
                    lambda: voice.find_deployment(repository, ours.sha, ours.environment, ours.id),
                    lambda: voice.create_deployment(
                        repository, ours.sha, ours.environment, ours.id
                    ),
                )
            except OtherCommit as other:
                self._keep(
                    replace(self._told, github_deployment=other.made, other_commit=other.sha)
                )
                return
            self._keep(replace(self._told, github_deployment=made))
        self._status(self._told.github_deployment, status)
        self._keep(replace(self._told, status=status.state))

    def _status(self, made: int, status: words.Status) -> None:
        voice, repository, state = self._world.voice, self._repository, status.state
        self._made(
            f"status {state}",
            lambda: voice.find_deployment_status(repository, made, state),
            lambda: voice.deployment_status(
                repository, made, state, status.description, status.url
            ),
        )

    def _comment(self) -> None:
        ours = self.deployment
        if ours.number is None:
            return
        body = words.comment(ours, self._place)
        said = _hash(body.encode())
        if said == self._told.comment_hash:
            return
        news = pace.comment_news(ours, self._place)
        shown = Shown(at=self._world.clock(), news=news, title="")
        if not self._told.comment:
            made = self._commented(ours.number, body, words.marker(ours))
            told = replace(self._told, comment=made, comment_hash=said, comment_shown=shown)
            self._keep(told)
        elif self._is_due(self._told.comment_shown, shown):
            self._world.voice.edit_comment(self._repository, self._told.comment, body)
            self._keep(replace(self._told, comment_hash=said, comment_shown=shown))

    def _commented(self, number: int, body: str, marker: str) -> int:
        voice, repository = self._world.voice, self._repository
        since = self.deployment.created_at - CLOCKS_APART
        return self._made(
            marker,
            lambda: voice.find_comment(repository, number, marker, since),
            lambda: voice.comment(repository, number, body),
        )

    def _alert(self) -> None:
        body = words.alert(self.deployment)
        if not body or self._told.alert or self.deployment.number is None:
            return
        made = self._commented(self.deployment.number, body, words.alert_marker(self.deployment))
        self._keep(replace(self._told, alert=made))

    def _reaction(self) -> None:
        content = words.reaction(self.deployment)
        comment = self.deployment.comment_id
        if not content or comment is None or content == self._told.reaction:
            return
        self._world.voice.react(self._repository, comment, content)
        self._keep(replace(self._told, reaction=content))

    def _retire(self) -> None:
        """Set the release before ours inactive, which GitHub does itself but in production.

        It does so as a newer one succeeds: what others had deployed is none that it knows.
        """
        live, before = self._environment.live, self._environment.previous
        out = self.deployment.phase in {Phase.SUCCEEDED, Phase.WATCHING}
        if live is None or live.deployment != self.deployment.id or not out:
            return
        if before is None or self._told.retired:
            return
        found = self._world.store.get(Deployment, before.deployment)
        earlier = found[0].told.github_deployment if found else 0
        if earlier and (not live.sha or is_production(self.deployment.environment)):
            why = f"replaced by {called(live)}"
            self._world.voice.deployment_status(self._repository, earlier, "inactive", why, "")
        self._keep(replace(self._told, retired=earlier or -1))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]

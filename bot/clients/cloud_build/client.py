"""Cloud Build, one call at a time: started once, found again by its tag, read by its name.

Everything is regional and read with get_build: the operation of a regional build cannot be
polled on the global endpoint (https://github.com/googleapis/google-cloud-python/issues/12123).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from google.api_core import exceptions as google
from google.cloud.devtools import cloudbuild_v1

from bot.clients.cloud_build import build_file
from bot.clients.cloud_build.sight import build_seen
from bot.clients.endpoint import DEADLINE, message_of, rest, translate
from bot.core.action import BuildOver, BuildStarted, CancelBuild, Rejected, StartBuild
from bot.core.sight import BuildSeen, BuildState
from bot.ports import Transient

if TYPE_CHECKING:
    from collections.abc import Sequence

WHAT = "Cloud Build"
OURS = "spillway"
"""The tag on every build that we start."""
GLOBAL = "global"
Options = cloudbuild_v1.BuildOptions.SubstitutionOption
LOOSE = Options(Options.ALLOW_LOOSE)
REFUSALS = (google.BadRequest, google.Forbidden, google.NotFound)


class CloudBuildClient:
    """The port `Builds`; `url` is empty for the real thing."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: dict[str, cloudbuild_v1.CloudBuildClient] = {}

    def problems(self, cloudbuild: str) -> tuple[str, ...]:
        """Return everything that is wrong with a cloudbuild.yaml."""
        return build_file.problems(cloudbuild)

    def dockerfile(self, cloudbuild: str, path: str) -> str:
        """Return the Dockerfile that a service's folder needs; nothing where that is not plain."""
        return build_file.dockerfile(cloudbuild, path)

    @translate(WHAT, final=True)
    def start(self, action: StartBuild, source: str) -> BuildStarted | Rejected:
        """Start a build from `gs://bucket/object`, or find the one started before."""
        if problems := self.problems(action.cloudbuild):
            return Rejected(service=action.service, detail="; ".join(problems))
        name = self._find(action) if action.look_up else ""
        try:
            name = name or self._create(action, source)
        except REFUSALS as error:
            denied = isinstance(error, google.Forbidden)
            return Rejected(service=action.service, detail=message_of(error), denied=denied)
        return BuildStarted(service=action.service, build=name)

    @translate(WHAT, final=True)
    def build(self, name: str, image: str) -> BuildSeen:
        """Return how a build stands; one that Cloud Build does not know has failed."""
        request = cloudbuild_v1.GetBuildRequest(name=name)
        try:
            build = self._in(_location(name)).get_build(request, retry=None, timeout=DEADLINE)
        except google.NotFound as error:
            return BuildSeen(name=name, state=BuildState.FAILED, detail=message_of(error))
        return build_seen(name, build, image)

    @translate(WHAT, final=True)
    def cancel(self, action: CancelBuild) -> BuildOver:
        """Cancel a build, or find the one that may have been started.

        One that has ended (400 FAILED_PRECONDITION) or is unknown is over already; one that we may
        not cancel ends by itself
        (https://cloud.google.com/build/docs/api/reference/rest/v1/projects.locations.builds/cancel).
        """
        name = action.build or self._find(action)
        if name:
            request = cloudbuild_v1.CancelBuildRequest(name=name)
            with suppress(*REFUSALS, google.Conflict):
                self._in(_location(name)).cancel_build(request, retry=None, timeout=DEADLINE)
        return BuildOver(service=action.service)

    def _in(self, location: str) -> cloudbuild_v1.CloudBuildClient:
        """Private pools, and default pools outside `global`, answer on regional endpoints only."""
        if location not in self._clients:
            regional = "" if location == GLOBAL else f"https://{location}-cloudbuild.googleapis.com"
            self._clients[location] = rest(cloudbuild_v1.CloudBuildClient, self._url or regional)
        return self._clients[location]

    def _find(self, action: StartBuild | CancelBuild) -> str:
        """Return the newest build with the action's tag that nobody cancelled, or nothing."""
        request = cloudbuild_v1.ListBuildsRequest(
            parent=_parent(action), filter=f'tags="{action.build_tag}"'
        )
        listed = self._in(action.region).list_builds(request, retry=None, timeout=DEADLINE)
        newest = _newest(next(iter(listed.pages)).builds, action.build_tag)
        return "" if newest is None else _name(action, newest)

    def _create(self, action: StartBuild, source: str) -> str:
        """Create the build; with a `project_id` the REST transport would take the global route."""
        request = cloudbuild_v1.CreateBuildRequest(
            parent=_parent(action), build=_wanted(action, source)
        )
        operation = self._in(action.region).create_build(request, retry=None, timeout=DEADLINE)
        made = operation.metadata
        if made is None or not made.build.id:
            message = f"{WHAT} does not say which build it started"
            raise Transient(message)
        return _name(action, made.build)


def _wanted(action: StartBuild, source: str) -> cloudbuild_v1.Build:
    """Return the file's build of this commit; substitutions it has no use for are allowed."""
    build = build_file.parse(action.cloudbuild)
    build.substitutions.update(
        _SERVICE=action.service, _PATH=action.path, _IMAGE=action.image, _SHA=action.sha
    )
    build.options.substitution_option = LOOSE
    build.source = _source(action, source)
    build.tags.extend((action.build_tag, OURS))
    return build


def _source(action: StartBuild, source: str) -> cloudbuild_v1.Source:
    if action.connected_repository:
        connected = cloudbuild_v1.ConnectedRepository(
            repository=action.connected_repository, revision=action.sha
        )
        return cloudbuild_v1.Source(connected_repository=connected)
    bucket, _, name = source.removeprefix("gs://").partition("/")
    return cloudbuild_v1.Source(
        storage_source=cloudbuild_v1.StorageSource(bucket=bucket, object_=name)
    )


def _newest(builds: Sequence[cloudbuild_v1.Build], build_tag: str) -> cloudbuild_v1.Build | None:
    cancelled = cloudbuild_v1.Build.Status.CANCELLED
    standing = [b for b in builds if b.id and build_tag in b.tags and b.status != cancelled]
    return max(standing, key=_created, default=None)


def _created(build: cloudbuild_v1.Build) -> int:
    return cast("int", cloudbuild_v1.Build.pb(build).create_time.ToNanoseconds())


def _parent(action: StartBuild | CancelBuild) -> str:
    return f"projects/{action.project}/locations/{action.region}"


def _name(action: StartBuild | CancelBuild, build: cloudbuild_v1.Build) -> str:
    return f"{_parent(action)}/builds/{build.id}"


def _location(name: str) -> str:
    """Return REGION of projects/P/locations/REGION/builds/ID."""
    return name.partition("/locations/")[2].partition("/")[0] or GLOBAL

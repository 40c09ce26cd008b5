"""The API's front: finds the route, authenticates, serves, tells refusals, lets it be judged."""

from __future__ import annotations

import json
import re
import time
import traceback
import uuid
from typing import TYPE_CHECKING, Any

import msgspec
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException

from localcloud.github.actors import Actor, authenticate
from localcloud.github.exchange import Reply
from localcloud.github.git import GitError
from localcloud.github.graphql import endpoint
from localcloud.github.judge import Exchange
from localcloud.github.problems import Problem
from localcloud.github.records import Repository
from localcloud.github.route_log import Called
from localcloud.github.routes import (
    account,
    apps,
    archives,
    checks,
    commits,
    contents,
    deployments,
    git_data,
    issues,
    protection,
    pulls,
    reactions,
    repositories,
    reviews,
    statuses,
    teams,
)
from localcloud.github.routing import Route, map_of

if TYPE_CHECKING:
    from localcloud.github.judge import Judge
    from localcloud.github.route_log import RouteLog
    from localcloud.github.site import Site

ROUTES = map_of(
    [
        account.routes, apps.routes, archives.routes, checks.routes, commits.routes,
        commits.of_pulls, contents.routes, deployments.routes, git_data.routes, issues.routes,
        pulls.routes, pulls.merging, reactions.routes, repositories.routes, reviews.routes,
        statuses.routes, protection.routes, protection.ruling, teams.routes, endpoint.routes,
    ]
)  # fmt: skip

_BY_ID = re.compile(r"/repositories/(\d+)(?=/|$)")
_ENTERPRISE = "/api/v3"


class Rest:
    """Answers REST calls of one site."""

    def __init__(self, site: Site, calls: RouteLog, judge: Judge | None) -> None:
        self._site = site
        self._calls = calls
        self._judge = judge

    def __call__(self, request: Request) -> Response:
        """Answer one call, whatever happens."""
        actor, route, found = Actor(), None, Reply()
        try:
            actor = authenticate(self._site, request.headers.get("Authorization", ""))
            route, places = self._match(request)
            found = route.answer(self._site, request, actor, places)
        except Problem as problem:
            found = Reply(problem.body, problem.status)
        except GitError as refused:
            found = Reply(Problem(422, str(refused)).body, 422)
        except Exception:  # noqa: BLE001  # a bug here must look like GitHub being down, and be seen
            traceback.print_exc()
            found = Reply({"message": "Server Error"}, 500)
        route = route or self._route_of(request)
        self._note(request, route, actor, found)
        return _response(found)

    def path(self, request: Request) -> str:
        """Name the path as GitHub's templates do: without `/api/v3`, repositories by name."""
        path = request.path.removeprefix(_ENTERPRISE)
        match = _BY_ID.match(path)
        repository = self._site.store.get(Repository, int(match[1])) if match else None
        return _BY_ID.sub(f"/repos/{repository.full_name}", path) if repository else path

    def _match(self, request: Request) -> tuple[Route, dict[str, Any]]:
        adapter = ROUTES.bind("localhost")
        try:
            found, places = adapter.match(self.path(request), method=request.method)
        except HTTPException:
            raise Problem(404, "Not Found") from None
        route: Route = found
        return route, dict(places)

    def _route_of(self, request: Request) -> Route | None:
        try:
            return self._match(request)[0]
        except Problem:
            return None

    def _note(self, request: Request, route: Route | None, actor: Actor, reply: Reply) -> None:
        name = route.template if route else request.path
        kind: Any = route.kind if route else "rest"
        at, path = time.time(), reply.path or self.path(request)
        self._calls.note(Called(request.method, name, reply.status, actor.login, at, kind, path))
        if self._judge and name != endpoint.TEMPLATE:
            self._judge.exchange(
                Exchange(
                    method=route.method if route else request.method,
                    template=route.template if route else None,
                    path=request.path,
                    query=tuple(request.args),
                    request=_parsed(request.get_data()),
                    status=reply.status,
                    response=None if isinstance(reply.body, bytes) else reply.body,
                )
            )


def _parsed(raw: bytes) -> Any:  # noqa: ANN401  # any JSON
    try:
        return msgspec.json.decode(raw) if raw else None
    except (ValueError, RecursionError):
        return raw.decode(errors="replace")


def _response(reply: Reply) -> Response:
    headers = {
        "X-GitHub-Media-Type": "github.v3; format=json",
        "X-GitHub-Api-Version-Selected": "2022-11-28",
        "X-GitHub-Request-Id": uuid.uuid4().hex.upper(),
        **reply.headers,
    }
    if isinstance(reply.body, bytes):
        return Response(reply.body, reply.status, headers)
    body = b"" if reply.body is None else json.dumps(reply.body).encode()
    mimetype = "application/json" if body else None
    return Response(body, reply.status, headers, mimetype=mimetype)

"""Declaring REST routes under GitHub's own templates, with who may call them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from werkzeug.routing import Map, Rule

from localcloud.github.access import Level, authorize
from localcloud.github.exchange import Ask, Reply
from localcloud.github.problems import DOCUMENTATION, LOGIN_REQUIRED, Problem, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug import Request

    from localcloud.github.actors import Actor
    from localcloud.github.site import Site

Serve: TypeAlias = Callable[..., Reply]

_WITH_SLASHES = {"path", "ref", "basehead", "branch", "tree_sha", "sha"}
_NUMBERS = re.compile(r"(?:.*_)?(?:id|number)")
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, eq=False)
class Route:
    """One operation: GitHub's method and template, and what it takes to be let in.

    `needs` is asked of people, `app` (any one of them) of installations; where `needs` is None the
    route judges its caller itself. `also` is a second path, which GitHub serves undescribed.
    """

    method: str
    template: str
    serve: Serve
    needs: Level | None
    app: dict[str, str]
    kind: str
    also: str | None
    reads: bool

    @property
    def rules(self) -> list[Rule]:
        """This route for werkzeug's map; a place that a second path leaves out is empty there."""
        paths = [self.template, *([self.also] if self.also else [])]
        places = set(_PLACE.findall(self.template))
        return [
            Rule(
                _PLACE.sub(_converter, path),
                methods=[self.method],
                endpoint=self,
                defaults=dict.fromkeys(places - set(_PLACE.findall(path)), ""),
            )
            for path in paths
        ]

    def answer(self, site: Site, request: Request, actor: Actor, places: dict[str, Any]) -> Reply:
        """Let the caller in or refuse, then serve; whatever may write holds the site's lock."""
        if self.reads:
            return self._serve(Ask(site, request, actor), places)
        if self.needs and not actor.login:
            raise Problem(401, LOGIN_REQUIRED)
        with site.lock:
            return self._serve(Ask(site, request, actor), places)

    def _serve(self, ask: Ask, places: dict[str, Any]) -> Reply:
        if self.needs is None:
            return self.serve(ask, **places)
        name = f"{places.pop('owner')}/{places.pop('repo')}"
        repository = ask.site.repository(name)
        if repository is None:
            return _moved(ask, name)
        authorize(ask.site, ask.actor, repository, self.needs, self.app)
        return self.serve(Ask(ask.site, ask.request, ask.actor, repository), **places)


class Routes:
    """The routes of one resource; `app` names the App permissions that open them."""

    def __init__(self, *app: str) -> None:
        self._app = app
        self.all: list[Route] = []

    def get(
        self, template: str, needs: Level | None = "read", also: str | None = None
    ) -> Callable[[Serve], Serve]:
        """Declare a route that reads, under a second path too if there is one."""
        return self._route("GET", template, needs, also=also)

    def post(
        self, template: str, needs: Level | None = "write", kind: str = "rest"
    ) -> Callable[[Serve], Serve]:
        """Declare a route that makes something."""
        return self._route("POST", template, needs, kind=kind)

    def query(self, template: str, also: str | None = None) -> Callable[[Serve], Serve]:
        """Declare a route that reads what its body asks for, and judges its caller itself."""
        return self._route("POST", template, None, also=also, reads=True)

    def put(self, template: str, needs: Level | None = "write") -> Callable[[Serve], Serve]:
        """Declare a route that puts something in place."""
        return self._route("PUT", template, needs)

    def patch(self, template: str, needs: Level | None = "write") -> Callable[[Serve], Serve]:
        """Declare a route that changes something."""
        return self._route("PATCH", template, needs)

    def delete(self, template: str, needs: Level | None = "write") -> Callable[[Serve], Serve]:
        """Declare a route that removes something."""
        return self._route("DELETE", template, needs)

    def _route(
        self,
        method: str,
        template: str,
        needs: Level | None,
        **more: Any,  # noqa: ANN401  # fields of a Route
    ) -> Callable[[Serve], Serve]:
        told = {"kind": "rest", "also": None, "reads": method == "GET", **more}
        app = dict.fromkeys(self._app, "read" if told["reads"] else "write")

        def declare(serve: Serve) -> Serve:
            self.all.append(Route(method, template, serve, needs, app, **told))
            return serve

        return declare


def _moved(ask: Ask, name: str) -> Reply:
    """Lead who may read it to where a repository of this former name is now.

    https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
    """
    repository = ask.site.moved(name)
    if repository is None:
        raise not_found()
    authorize(ask.site, ask.actor, repository, "read", {"metadata": "read"})
    below = ask.request.path.partition(f"/repos/{name}")[2]
    address = f"{ask.site.url}/repositories/{repository.id}{below}"
    body = {"message": "Moved Permanently", "url": address, "documentation_url": DOCUMENTATION}
    status = 301 if ask.request.method == "GET" else 307
    return Reply(body, status, {"Location": address})


def map_of(resources: Iterable[Routes]) -> Map:
    """Join the routes of all resources into one map."""
    rules = [rule for routes in resources for route in routes.all for rule in route.rules]
    return Map(rules, merge_slashes=False, strict_slashes=False, redirect_defaults=False)


def _converter(place: re.Match[str]) -> str:
    name = place[1]
    if name in _WITH_SLASHES:
        return f"<path:{name}>"
    return f"<int:{name}>" if _NUMBERS.fullmatch(name) else f"<{name}>"

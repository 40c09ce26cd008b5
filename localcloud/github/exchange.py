"""One REST request as its route reads it, and the answer that the route gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

import msgspec

from localcloud.github.access import may, may_as_app
from localcloud.github.problems import Problem, not_found, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from werkzeug import Request

    from localcloud.github.actors import Actor
    from localcloud.github.git import Commit, Git
    from localcloud.github.records import Repository
    from localcloud.github.site import Site

T = TypeVar("T")
Body = TypeVar("Body", bound=msgspec.Struct)
MOST_PER_PAGE = 100


@dataclass(frozen=True)
class Reply:
    """An answer: JSON, or raw bytes with their own Content-Type among the headers.

    `path` is what the request was about where its own path does not tell.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    path: str = ""


def created(body: Any) -> Reply:  # noqa: ANN401  # any JSON
    """Answer that the thing now exists."""
    return Reply(body, 201)


def no_content() -> Reply:
    """Answer that it is done and there is nothing to tell."""
    return Reply(None, 204)


class Ask:
    """One request: who asks, about which repository, with what."""

    def __init__(
        self, site: Site, request: Request, actor: Actor, repository: Repository | None = None
    ) -> None:
        self.site = site
        self.request = request
        self.actor = actor
        self._repository = repository

    @property
    def repository(self) -> Repository:
        """The repository that the path names.

        Raises Problem 404 where the path names none.
        """
        if self._repository is None:
            raise not_found()
        return self._repository

    @property
    def git(self) -> Git:
        """The repository's git directory."""
        return self.site.git(self.repository)

    def sha(self, revision: str) -> str:
        """Resolve a branch, tag or (short) hash; `HEAD` is the default branch.

        Raises Problem 404 when there is no such commit.
        """
        wanted = self.repository.default_branch if revision == "HEAD" else revision
        found = self.git.resolve(wanted)
        if found is None:
            raise not_found()
        return found

    def commit(self, revision: str) -> Commit:
        """Read the commit that a revision names, or raise Problem 404."""
        return self.git.commit(self.sha(revision))

    def json(self) -> Any:  # noqa: ANN401  # any JSON
        """Read the request's JSON; no body at all is an empty object.

        Raises Problem 400 for what is not JSON.
        """
        raw = self.request.get_data()
        try:
            return msgspec.json.decode(raw) if raw else {}
        except (ValueError, RecursionError):
            raise Problem(400, "Problems parsing JSON") from None

    def read(self, shape: type[Body]) -> Body:
        """Read the body into a Struct; Problem 422 says which field is wrong."""
        try:
            return msgspec.convert(self.json(), shape)
        except msgspec.ValidationError as wrong:
            raise Problem(422, unreadable(str(wrong))) from None

    def query(self, name: str, default: str = "") -> str:
        """Read one query parameter."""
        return self.request.args.get(name, default)

    def number(self, name: str, default: int) -> int:
        """Read one query parameter as a number; what is no positive number is the default."""
        text = self.query(name)
        return int(text) if text.isdecimal() and int(text) > 0 else default

    def may(self, level: str, **app: str) -> bool:
        """Tell whether the actor has this level here; for an App, any of these permissions."""
        if self.actor.app:
            return may_as_app(self.site, self.actor, self.repository, app)
        return may(self.site, self.actor, self.repository, level)  # type: ignore[arg-type]  # callers pass literals

    def must(self, allowed: bool, message: str) -> None:  # noqa: FBT001  # reads as a sentence
        """Refuse with 403 and GitHub's words unless allowed."""
        if not allowed:
            raise Problem(403, message)

    def page(
        self, items: Sequence[T], shape: Callable[[T], Any], wrapped: str | None = None
    ) -> Reply:
        """Answer one page of a list, with GitHub's `Link` header; `wrapped` adds `total_count`."""
        size = min(self.number("per_page", 30), MOST_PER_PAGE)
        page = self.number("page", 1)
        shaped = [shape(item) for item in items[(page - 1) * size : page * size]]
        link = self._links(page, max(1, -(-len(items) // size)))
        body = {"total_count": len(items), wrapped: shaped} if wrapped else shaped
        return Reply(body, headers={"Link": link} if link else {})

    def _links(self, page: int, last: int) -> str:
        wanted: dict[str, int] = {}
        if page > 1:
            wanted |= {"prev": page - 1, "first": 1}
        if page < last:
            wanted |= {"next": page + 1, "last": last}
        return ", ".join(f'<{self._url(number)}>; rel="{rel}"' for rel, number in wanted.items())

    def _url(self, page: int) -> str:
        query = urlencode(self.request.args.to_dict() | {"page": str(page)})
        return f"{self.site.url}{self.request.path}?{query}"

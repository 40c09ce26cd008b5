"""The one wrapper around PyGithub: every request of ours passes through `Session.ask`.

PyGithub signs, retries and keeps connections; answers are decoded here, so that one method of
ours is one request and a senseless answer is noticed. One connection per thread, because
PyGithub's may send one thread's request for another; one token per repository for all threads.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import msgspec
from cachetools import LRUCache
from github import Github
from github.Requester import Requester

from bot.clients.github.answers import App, Installed, Named, Refusal
from bot.clients.github.errors import MOVED, TROUBLE, Lost, Missing, Moved, translated
from bot.clients.github.exchange import HERE, Answer, Call, refuse_detours
from bot.clients.github.leave import Leave
from bot.clients.github.transport import (
    TIMEOUT,
    InstallationAuth,
    Scope,
    app_auth,
    keep_tokens_out_of_logs,
    patient_retry,
)
from bot.clients.github.whereabouts import Place, Whereabouts
from bot.ports import Broken, Gone, Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from github.Auth import Auth

    from bot.clients.github.glance_query import Query
    from bot.core.model import Repository

T = TypeVar("T")
PAGES = 100
"""More are a senseless answer: 100 pages are 10,000 comments since one command."""
USER_AGENT = "spillway"
UNAUTHORIZED = 401
ERRORS = 400
MEDIA = "application/vnd.github+json"
API_VERSION = "2022-11-28"


CONNECTIONS = 8
"""A thread holds no more at once: every repository needs its own, and threads are many."""


class _Requesters(LRUCache[Scope, Requester]):
    """The connections of one thread; the one that was idle longest is closed for a new one."""

    def __init__(self) -> None:
        super().__init__(CONNECTIONS)

    def popitem(self) -> tuple[Scope, Requester]:
        scope, requester = super().popitem()
        requester.close()
        return scope, requester


class _PerThread(threading.local):
    def __init__(self) -> None:
        self.requesters = _Requesters()


class Session:
    """Requests as one GitHub App, from any number of threads."""

    def __init__(self, app_id: int, key: str, base_url: str) -> None:
        self.app_id = app_id
        self._app = app_auth(app_id, key)
        self._base_url = base_url.rstrip("/")
        address = urlsplit(self._base_url)
        beside = Requester.get_graphql_prefix(address.path)
        self._graphql = urlunsplit(address._replace(path=beside))
        self.leave = Leave()
        """From asking GraphQL."""
        self._auths: dict[Scope, InstallationAuth] = {}
        self._places = Whereabouts()
        self._lock = threading.Lock()
        self._threads = _PerThread()
        self._slug = ""
        keep_tokens_out_of_logs()

    def ask(self, repository: Repository, call: Call) -> Answer:
        """Make a request; raise Transient, Broken, or Missing for what GitHub does not have.

        A repository that was renamed or transferred is found again by its id, also in another
        owner's installation; raises Gone where our App is in none.
        """
        refuse_detours(call)
        place = self._places.of(repository)
        try:
            answer = self._ask(self._scope(repository, call), f"/repos/{place.name}", call)
        except (Moved, Missing, Lost) as trouble:
            return self._found_again(repository, call, trouble)
        self._places.saw(repository, place)
        return answer

    def ask_elsewhere(self, repository: Repository, call: Call) -> Answer:
        """Make a request anew where the answer was another repository's of the same name."""
        message = f"{self._places.of(repository).name} is another repository by now"
        return self._found_again(repository, call, Moved(message))

    def ask_as_app(self, call: Call) -> Answer:
        """Make a request as the App itself, outside any repository."""
        return _accepted(self._send(self._connect(self._app), call.path, call))

    def ask_beside(self, repository: Repository, call: Call) -> Answer:
        """Make a request at an address of its own, as the installation on a repository."""
        return self._ask(self._scope(repository, call), "", call)

    def query(self, repository: Repository, named: Callable[[str], Query]) -> Answer:
        """Ask GraphQL about a repository under its present name."""
        asked = named(self._places.of(repository).name)
        body = {"query": asked.document, "variables": asked.variables}
        call = Call("POST", self._graphql, body=body, also=asked.also)
        return self.ask_beside(repository, call)

    def pages(self, repository: Repository, call: Call) -> Iterator[Answer]:
        """Yield every page of a list."""
        for page in range(1, PAGES + 1):
            parameters = {**call.parameters, "per_page": "100", "page": str(page)}
            answer = self.ask(repository, msgspec.structs.replace(call, parameters=parameters))
            yield answer
            if not answer.goes_on:
                return
        message = f"{call.verb} {call.path}: more than {PAGES} pages"
        raise Broken(message)

    @property
    def login(self) -> str:
        """The login under which our App comments, asked for once."""
        if not self._slug:
            self._slug = self.ask_as_app(Call("GET", "/app")).read(App).slug
        return f"{self._slug}[bot]"

    def _found_again(self, repository: Repository, call: Call, trouble: Broken) -> Answer:
        """Ask where the repository is by now; raise the trouble where it has not moved.

        Raises Transient where even that leads elsewhere for now.
        """
        before = self._places.of(repository)
        doubted = isinstance(trouble, Lost) or not self._places.sure(repository)
        if isinstance(trouble, Missing) and not doubted:
            raise trouble
        try:
            present = self._present(repository, before, doubted=doubted)
        except Moved as elsewhere:
            raise Transient(str(elsewhere)) from None
        except Missing:
            raise trouble from None
        self._places.saw(repository, present)
        if present == before and not isinstance(trouble, Moved):
            raise trouble
        return self._ask(self._scope(repository, call), f"/repos/{present.name}", call)

    def _present(self, repository: Repository, before: Place, *, doubted: bool) -> Place:
        """Ask for the name, and where our App is in doubt for the installation that reaches it."""
        at = self._installation_of(repository) if doubted else before.installation
        scope = Scope(at, repository.id)
        found = self._ask(scope, f"/repositories/{repository.id}", HERE).read(Named)
        return Place(found.full_name, at)

    def _scope(self, repository: Repository, call: Call) -> Scope:
        return Scope(self._places.of(repository).installation, repository.id, call.also)

    def _installation_of(self, repository: Repository) -> int:
        try:
            found = self.ask_as_app(Call("GET", f"/repositories/{repository.id}/installation"))
        except Missing:
            message = f"Spillway's App is not installed in {repository.full_name}"
            raise Gone(message) from None
        return found.read(Installed).id

    def _ask(self, scope: Scope, under: str, call: Call) -> Answer:
        auth = self._auth(scope)
        answer = self._send(self._requester(auth), under + call.path, call)
        if answer.status == UNAUTHORIZED:
            self._forget(auth)
            again = self._requester(self._auth(scope))
            answer = self._send(again, under + call.path, call)
        return _accepted(answer)

    def _send(self, requester: Requester, path: str, call: Call) -> Answer:
        what = f"{call.verb} {path}"
        refuse_detours(call)
        try:
            status, headers, text = requester.requestJson(
                call.verb, path, call.parameters, {"Accept": MEDIA}, call.body
            )
        except TROUBLE as error:
            raise translated(error, what) from None  # its frames hold the token
        return Answer(what, status, headers, text)

    def _auth(self, scope: Scope) -> InstallationAuth:
        with self._lock:
            if scope not in self._auths:
                self._auths[scope] = InstallationAuth(self._app, scope)
            return self._auths[scope]

    def _forget(self, auth: InstallationAuth) -> None:
        with self._lock:
            if self._auths.get(auth.scope) is auth:
                del self._auths[auth.scope]

    def _requester(self, auth: InstallationAuth) -> Requester:
        held = self._threads.requesters
        requester = held.get(auth.scope)
        if requester is None or requester.auth is not auth:
            requester = held[auth.scope] = self._connect(auth)
        return requester

    def _connect(self, auth: Auth) -> Requester:
        return Github(
            auth=auth,
            base_url=self._base_url,
            lazy=True,
            retry=patient_retry(),
            timeout=TIMEOUT,
            user_agent=USER_AGENT,
            seconds_between_requests=0,
            seconds_between_writes=0,
            api_version=API_VERSION,
        ).requester


def _accepted(answer: Answer) -> Answer:
    """Return a good answer, or the 302 of a download; raise what any other means."""
    if answer.status >= ERRORS or answer.status in MOVED:
        error = Requester.createException(answer.status, answer.headers, _data(answer))
        raise translated(error, answer.what)
    return answer


def _data(answer: Answer) -> dict[str, Any]:
    """Return what GitHub says of a refusal, where its message is the text that it should be."""
    try:
        said = msgspec.json.decode(answer.text, type=Refusal)
    except msgspec.MsgspecError:
        return {}
    return msgspec.structs.asdict(said)

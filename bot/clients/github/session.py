"""The one wrapper around PyGithub: every request of ours passes through `Session.ask`.

PyGithub signs, retries and keeps connections; answers are decoded here, so that one method of
ours is one request and a senseless answer is noticed. One connection per thread, because
PyGithub's may send one thread's request for another; one token per installation for all threads.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from github import Github, GithubException
from github.Requester import Requester
from requests import RequestException

from bot.clients.github.answers import App, Installed, Named
from bot.clients.github.errors import MOVED, Lost, Missing, Moved, translated
from bot.clients.github.exchange import HERE, Answer, Call, refuse_detours
from bot.clients.github.transport import (
    TIMEOUT,
    InstallationAuth,
    app_auth,
    keep_tokens_out_of_logs,
    patient_retry,
)
from bot.clients.github.whereabouts import Whereabouts
from bot.ports import Broken, Gone, Transient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from github.Auth import Auth

    from bot.core.model import Repository

T = TypeVar("T")
Key = tuple[int, str]
"""An installation, and what its token may read beyond the usual."""
PAGES = 100
"""More are a senseless answer: 100 pages are 10,000 comments since one command."""
USER_AGENT = "spillway"
UNAUTHORIZED = 401
ERRORS = 400
MEDIA = "application/vnd.github+json"
API_VERSION = "2022-11-28"


class _PerThread(threading.local):
    def __init__(self) -> None:
        self.requesters: dict[Key, Requester] = {}


class Session:
    """Requests as one GitHub App, from any number of threads."""

    def __init__(self, app_id: int, key: str, base_url: str) -> None:
        self.app_id = app_id
        self._app = app_auth(app_id, key)
        self._base_url = base_url.rstrip("/")
        self._auths: dict[Key, InstallationAuth] = {}
        self._places = Whereabouts()
        self._lock = threading.Lock()
        self._threads = _PerThread()
        self._slug = ""
        keep_tokens_out_of_logs()

    def ask(self, repository: Repository, call: Call) -> Answer:
        """Make a request; raise Transient, Broken, or Missing for what GitHub does not have.

        A repository that was renamed or transferred is found again by its id, also in another
        owner's installation; raises Gone where our App is in none. The new name is not kept: the
        next event brings it, and by then the name could be somebody else's.
        """
        refuse_detours(call)
        installation = self._places.installation(repository)
        try:
            answer = self._ask(installation, f"/repos/{repository.full_name}", call)
        except (Moved, Missing, Lost) as trouble:
            return self._found_again(repository, call, trouble)
        self._places.saw(repository, installation)
        return answer

    def ask_as_app(self, call: Call) -> Answer:
        """Make a request as the App itself, outside any repository."""
        return _accepted(self._send(self._connect(self._app), call.path, call))

    def ask_beside(self, repository: Repository, call: Call) -> Answer:
        """Make a request at an address of its own, as the installation on a repository."""
        return self._ask(self._places.installation(repository), "", call)

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
        before = self._places.installation(repository)
        doubted = isinstance(trouble, Lost) or not self._places.sure(repository)
        try:
            present = self._installation_of(repository) if doubted else before
            self._places.saw(repository, present)
            if present == before and not isinstance(trouble, Moved):
                raise trouble
            found = self._ask(present, f"/repositories/{repository.id}", HERE)
        except Moved as elsewhere:
            raise Transient(str(elsewhere)) from None
        return self._ask(present, f"/repos/{found.read(Named).full_name}", call)

    def _installation_of(self, repository: Repository) -> int:
        try:
            found = self.ask_as_app(Call("GET", f"/repositories/{repository.id}/installation"))
        except Missing:
            message = f"Spillway's App is not installed in {repository.full_name}"
            raise Gone(message) from None
        return found.read(Installed).id

    def _ask(self, installation: int, under: str, call: Call) -> Answer:
        key = (installation, call.also)
        auth = self._auth(key)
        answer = self._send(self._requester(auth), under + call.path, call)
        if answer.status == UNAUTHORIZED:
            self._forget(auth)
            again = self._requester(self._auth(key))
            answer = self._send(again, under + call.path, call)
        return _accepted(answer)

    def _send(self, requester: Requester, path: str, call: Call) -> Answer:
        what = f"{call.verb} {path}"
        refuse_detours(call)
        try:
            status, headers, text = requester.requestJson(
                call.verb, path, call.parameters, {"Accept": MEDIA}, call.body
            )
        except (GithubException, RequestException) as error:
            raise translated(error, what) from None  # its frames hold the token
        return Answer(what, status, headers, text)

    def _auth(self, key: Key) -> InstallationAuth:
        with self._lock:
            if key not in self._auths:
                self._auths[key] = InstallationAuth(self._app, *key)
            return self._auths[key]

    def _forget(self, auth: InstallationAuth) -> None:
        with self._lock:
            if self._auths.get(auth.key) is auth:
                del self._auths[auth.key]

    def _requester(self, auth: InstallationAuth) -> Requester:
        held = self._threads.requesters
        requester = held.get(auth.key)
        if requester is None or requester.auth is not auth:
            requester = held[auth.key] = self._connect(auth)
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
    try:
        return msgspec.json.decode(answer.text, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}

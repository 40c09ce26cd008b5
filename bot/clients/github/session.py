"""The one wrapper around PyGithub: every request of ours passes through `Session.ask`.

PyGithub signs, retries and keeps connections; answers are decoded here, so that one method of
ours is one request and a senseless answer is noticed. One connection per thread, because
PyGithub's may send one thread's request for another; one token per installation for all threads.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
from github import Github, GithubException
from github.Requester import Requester
from msgspec import Struct, field
from requests import RequestException
from requests.utils import parse_header_links

from bot.clients.github.answers import App, Named
from bot.clients.github.errors import MOVED, Missing, Moved, translated
from bot.clients.github.transport import (
    TIMEOUT,
    InstallationAuth,
    app_auth,
    keep_tokens_out_of_logs,
    patient_retry,
)
from bot.ports import Broken, Transient

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
DETOURS = frozenset({".", ".."})
"""Parts of a path that would lead to another address, such as another repository's."""


class Call(Struct, frozen=True):
    """One request below a repository; `path` is quoted already."""

    verb: str
    path: str
    parameters: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    also: str = ""
    """A permission that only some gates need, such as `members`: a token of its own carries it, so
    that an App without it can do everything else."""


HERE = Call("GET", "")
"""The repository, or whatever else stands in front of a call's path."""


class Answer(Struct, frozen=True):
    """What GitHub said to `what`."""

    what: str
    status: int
    headers: dict[str, str]
    text: str

    def read(self, kind: type[T]) -> T:
        """Return the fields that we need; raise Broken when they are not there."""
        try:
            return msgspec.json.decode(self.text, type=kind)
        except msgspec.MsgspecError as error:
            message = f"{self.what}: GitHub's answer {self.status} makes no sense: {error}"
            raise Broken(message) from None

    @property
    def goes_on(self) -> bool:
        """Whether there is another page."""
        links = parse_header_links(self.headers.get("link", ""))
        return any(link.get("rel") == "next" for link in links)

    @property
    def following(self) -> dict[str, str]:
        """The parameters of the next page; none when this is the last one."""
        links = parse_header_links(self.headers.get("link", ""))
        address = next((link["url"] for link in links if link.get("rel") == "next"), "")
        return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


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
        self._lock = threading.Lock()
        self._threads = _PerThread()
        self._slug = ""
        keep_tokens_out_of_logs()

    def ask(self, repository: Repository, call: Call) -> Answer:
        """Make a request; raise Transient, Broken, or Missing for what GitHub does not have.

        A repository that was renamed is found again by its id, once. The new name is not kept:
        the next event brings it, and by then the name could be somebody else's.
        """
        try:
            return self._ask(repository.installation, f"/repos/{repository.full_name}", call)
        except Moved:
            name = self._name_of(repository)
            return self._ask(repository.installation, f"/repos/{name}", call)

    def ask_as_app(self, call: Call) -> Answer:
        """Make a request as the App itself, outside any repository."""
        return _accepted(self._send(self._connect(self._app), call.path, call))

    def ask_beside(self, repository: Repository, call: Call) -> Answer:
        """Make a request at an address of its own, as the installation on a repository."""
        return self._ask(repository.installation, "", call)

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

    def _name_of(self, repository: Repository) -> str:
        """Return its present name; raise Transient where even that leads elsewhere for now."""
        try:
            answer = self._ask(repository.installation, f"/repositories/{repository.id}", HERE)
        except Moved as elsewhere:
            raise Transient(str(elsewhere)) from None
        return answer.read(Named).full_name

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
        if DETOURS & set(path.split("/")):
            message = f"{what}: GitHub has no such address"
            raise Missing(message)
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

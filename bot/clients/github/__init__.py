"""GitHub, as one GitHub App sees it: everything the bot asks there and everything it says."""

from __future__ import annotations

from bot.clients.github.deliveries import Deliveries
from bot.clients.github.files import Files
from bot.clients.github.glance import Glancing
from bot.clients.github.office import Office
from bot.clients.github.session import Session
from bot.clients.github.trees import Commits
from bot.clients.github.writer import Writer

__all__ = ["GitHubClient"]


class GitHubClient(Glancing, Writer, Deliveries):
    """Its ports over one session, for any number of threads.

    Every method raises Transient or Broken (`bot.ports`) as its port says.
    """

    def __init__(self, app_id: int, key: str, base_url: str) -> None:
        """Take the App's id, its private key in PEM and the address of the REST API."""
        session = Session(app_id, key, base_url)
        super().__init__(session, Files(session), Commits(session))

    @property
    def office(self) -> Office:
        """The App's own side of GitHub."""
        return Office(self._session)

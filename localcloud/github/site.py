"""What everything shares: records, repositories on disk, outgoing webhooks, the lock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.github.app_records import Installation
from localcloud.github.git import Git
from localcloud.github.records import Repository, User
from localcloud.github.tickets import Tickets

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.github.deliveries import Outbox
    from localcloud.github.store import Store


@dataclass
class Site:
    """One running GitHub; whoever changes records or refs holds `lock`: effects have one order."""

    root: Path
    url: str
    store: Store
    outbox: Outbox
    schema: Path
    """Where GitHub's GraphQL schema is kept, if it was ever fetched."""
    tickets: Tickets = field(default_factory=Tickets)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _gits: dict[int, Git] = field(default_factory=dict)

    def git(self, repository: Repository) -> Git:
        """Open a repository's bare git directory, the same one for all."""
        path = self.root / "repositories" / f"{repository.id}.git"
        return self._gits.setdefault(repository.id, Git(path))

    def user(self, login: str) -> User | None:
        """Find a user, organisation or bot by login, in any case."""
        wanted = login.lower()
        return next((u for u in self.store.find(User) if u.login.lower() == wanted), None)

    def repository(self, full_name: str) -> Repository | None:
        """Find a repository by `owner/name`, in any case."""
        wanted = full_name.lower()
        every = self.store.find(Repository)
        return next((r for r in every if r.full_name.lower() == wanted), None)

    def moved(self, full_name: str) -> Repository | None:
        """Find the repository that had this name last, where none has it now."""
        wanted = full_name.lower()
        had = [r for r in self.store.find(Repository) if wanted in map(str.lower, r.former)]
        return None if self.repository(full_name) or not had else had[-1]

    def installations(self, repository: Repository) -> list[Installation]:
        """List the installations that cover a repository."""
        every = self.store.find(Installation)
        return [installed for installed in every if repository.id in installed.repositories]

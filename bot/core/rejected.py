"""What a service is made of, so that the same can be known again, and what was taken back."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

Content = tuple[str, str, tuple[tuple[str, str], ...]]
"""An image, its settings, and the versions of its secrets: the same again behaves the same."""


def content(digest: str, settings_hash: str, secrets: dict[str, str]) -> Content:
    """Return what one service is made of, to be compared."""
    return digest, settings_hash, tuple(sorted(secrets.items()))


class Rejected(Struct, frozen=True, kw_only=True):
    """What was taken back because of how it behaved: not rolled out again unless people insist."""

    deployment: str
    sha: str
    at: datetime
    why: str
    """One sentence's end, as in "abc1234 was rolled back: …"."""
    services: dict[str, RejectedService]
    """It is the same again when all of these are."""

    def is_in(self, contents: dict[str, Content]) -> bool:
        """Tell whether everything that was taken back together is there, service by service."""
        same = (contents.get(name) == one.content for name, one in self.services.items())
        return bool(self.services) and all(same)


class RejectedService(Struct, frozen=True, kw_only=True):
    """One service of it."""

    digest: str
    settings_hash: str
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> Content:
        """Return what it was made of."""
        return content(self.digest, self.settings_hash, self.secrets)

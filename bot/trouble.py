"""The two ways in which the outside world fails us; everything else that it says is a value."""

from __future__ import annotations

LONGEST_WAIT = 3600.0
"""Seconds: GitHub's limits are told anew every hour, and nobody means longer."""


class Transient(Exception):  # noqa: N818  # it names a condition, and reads so where it is caught
    """The outside world cannot answer now; the same call may succeed later."""

    def __init__(self, what: str, retry_after: float | None = None) -> None:
        super().__init__(what)
        self.retry_after = None if retry_after is None else min(retry_after, LONGEST_WAIT)
        """Seconds that the other side asked us to wait, where it said so; at most an hour."""


class Broken(Exception):  # noqa: N818  # as above
    """Something is wrong that waiting will not mend: credentials, code, a senseless answer."""


class Nameless(Broken):
    """We have no credentials, so nobody out there knows who asks."""


class Gone(Broken):
    """Our App is not installed there, or no longer: nothing can be read or said."""


class OtherCommit(Broken):
    """GitHub made a Deployment, and of another commit than it was asked for."""

    def __init__(self, what: str, made: int, sha: str) -> None:
        super().__init__(what)
        self.made = made
        self.sha = sha


class Unsuitable(Broken):
    """What somebody committed cannot be worked with; the text says what to mend, and where."""

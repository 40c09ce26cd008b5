"""What a revision may run as: a process of this machine, or a container of an engine."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.runtime.interface import RevisionSpec


class Running(Protocol):
    """One started command."""

    @property
    def stdout(self) -> IO[bytes]:
        """Its standard output."""
        ...

    @property
    def stderr(self) -> IO[bytes]:
        """Its standard error."""
        ...

    @property
    def exit_code(self) -> int | None:
        """The exit code once it has ended, 128 + N after signal N."""
        ...

    def ask_to_stop(self) -> None:
        """Send SIGTERM, and SIGKILL after ten seconds; returns at once."""
        ...

    def kill(self) -> None:
        """Send SIGKILL; returns at once."""
        ...

    def wait(self) -> int:
        """Block until it has ended; gives its exit code."""
        ...


class Launcher(Protocol):
    """Starts one revision, as often as it must."""

    def start(self, port: int) -> Running:
        """Start it with PORT in its environment."""
        ...

    def ending(self, code: int) -> str:
        """Say what it means that it ended by itself with this exit code."""
        ...


class Workshop(Protocol):
    """Makes everything ready that a revision needs, and clears it away."""

    def prepare(self, spec: RevisionSpec, log: Callable[[str], None]) -> Launcher:
        """Return what starts this revision; raises StartFailed."""
        ...

    def discard(self, revision: str) -> None:
        """Clear away what was prepared for a revision that has ended."""
        ...

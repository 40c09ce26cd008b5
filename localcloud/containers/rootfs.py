"""The file tree of a base image, packed from what is installed on this machine."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LIBRARIES = "/lib/x86_64-linux-gnu"
_EVERYWHERE = (
    "libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libutil.so.1",
    "libresolv.so.2", "libgcc_s.so.1", "libstdc++.so.6", "libz.so.1",
)  # fmt: skip
"""What wheels and addons expect to find, though the interpreter itself may not need it."""
_LOADER = Path("/lib64/ld-linux-x86-64.so.2")
_NEEDED = re.compile(r"=> (/\S+)")
_KNOWN = re.compile(r"^\s*(\S+) .*=> (/\S+)$", re.MULTILINE)
_ACCOUNTS = (("root", 0, "/root"), ("node", 1000, "/home/node"), ("nobody", 65534, "/nonexistent"))


class RootFs:
    """A tarball in the making; paths in it are absolute."""

    def __init__(self, file: Path) -> None:
        self._tar = tarfile.open(file, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  # closed by close
        self._known: set[str] = set()

    def close(self) -> None:
        """Finish the tarball."""
        self._tar.close()

    def folder(self, at: str, mode: int = 0o755) -> None:
        """Make a folder, and its parents."""
        for path in [*reversed(PurePosixPath(at).parents), PurePosixPath(at)][1:]:
            made = self._member(str(path), mode if str(path) == at else 0o755)
            made.type = tarfile.DIRTYPE
            self._add(made)

    def text(self, at: str, text: str, mode: int = 0o644) -> None:
        """Make a file of this text."""
        made = self._member(at, mode)
        made.size = len(text.encode())
        self._add(made, io.BytesIO(text.encode()))

    def link(self, at: str, target: str) -> None:
        """Make a symbolic link."""
        made = self._member(at, 0o777)
        made.type, made.linkname = tarfile.SYMTYPE, target
        self._add(made)

    def file(self, source: Path, at: str) -> None:
        """Copy a file of this machine, following links."""
        real = source.resolve()
        made = self._member(at, 0o755 if real.stat().st_mode & 0o111 else 0o644)
        made.size = real.stat().st_size
        with real.open("rb") as content:
            self._add(made, content)

    def tree(self, source: Path, at: str, without: frozenset[str] = frozenset()) -> None:
        """Copy a folder of this machine; entries with these names stay out at every depth."""
        self.folder(at)
        for path in sorted(source.iterdir()):
            inside = f"{at}/{path.name}"
            if path.name in without or path.name.startswith("config-"):
                continue
            if path.is_symlink():
                self.link(inside, str(path.readlink()))
            elif path.is_dir():
                self.tree(path, inside, without)
            elif path.is_file():
                self.file(path, inside)

    def libraries(self, programs: Iterable[Path]) -> None:
        """Copy the loader and every shared library that these programs need."""
        listed = dict(_KNOWN.findall(_told("/sbin/ldconfig", "-p")))
        wanted = {listed[name] for name in _EVERYWHERE if name in listed}
        for program in programs:
            wanted |= set(_NEEDED.findall(_told("ldd", str(program))))
        for library in sorted(wanted):
            self.file(Path(library), f"{LIBRARIES}/{Path(library).name}")
        self.file(_LOADER, str(_LOADER))

    def system(self, busybox: Path, certificates: Path) -> None:
        """Make what every image has: a shell and its tools, accounts, /tmp, certificates."""
        for name in ("proc", "sys", "dev", "root", "home/node", "usr/local/bin", "var/tmp"):
            self.folder(f"/{name}")
        self.folder("/tmp", 0o1777)  # noqa: S108  # the image's own
        self.file(busybox, "/bin/busybox")
        for applet in _told(str(busybox), "--list").split():
            if applet != "busybox":
                self.link(f"/bin/{applet}", "busybox")
        self.link("/usr/bin/env", "/bin/env")
        lines = [f"{name}:x:{uid}:{uid}::{home}:/bin/sh\n" for name, uid, home in _ACCOUNTS]
        self.text("/etc/passwd", "".join(lines))
        self.text("/etc/group", "".join(f"{name}:x:{gid}:\n" for name, gid, _ in _ACCOUNTS))
        self.text("/etc/nsswitch.conf", "hosts: files dns\n")
        if certificates.exists():
            self.file(certificates, str(certificates))

    def _member(self, at: str, mode: int) -> tarfile.TarInfo:
        made = tarfile.TarInfo(at.lstrip("/"))
        made.mode = mode
        return made

    def _add(self, member: tarfile.TarInfo, content: io.BufferedIOBase | None = None) -> None:
        if member.name not in self._known:
            self._known.add(member.name)
            self._tar.addfile(member, content)


def _told(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # the linker's own tools
    return done.stdout

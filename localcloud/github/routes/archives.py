"""Source archives: the API redirects to a short-lived address that streams `git archive`."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from werkzeug import Response

from localcloud.github.exchange import Ask, Reply
from localcloud.github.git import environment
from localcloud.github.routing import Routes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.github.git import Git
    from localcloud.github.site import Site

routes = Routes("contents")

_PIECE = 64 * 1024


@routes.get("/repos/{owner}/{repo}/tarball/{ref}", also="/repos/{owner}/{repo}/tarball")
def get_tarball(ask: Ask, ref: str) -> Reply:
    """Redirect to the archive of a revision; without one, of the default branch."""
    sha = ask.sha(ref or "HEAD")
    ticket = ask.site.tickets.issue(ask.repository, sha)
    place = f"{ask.site.url}/codeload/{ask.repository.full_name}/legacy.tar.gz/{sha}"
    return Reply(None, 302, {"Location": f"{place}?token={ticket}"})


def stream(site: Site, path: str, ticket: str) -> Response:
    """Stream the archive that `/codeload/{owner}/{repo}/legacy.tar.gz/{sha}` names; else 404."""
    parts = path.strip("/").split("/")
    full_name, sha = "/".join(parts[1:3]), parts[-1]
    repository = site.repository(full_name)
    if repository is None or not site.tickets.opens(ticket, repository, sha):
        return Response("404: Not Found", 404, mimetype="text/plain")
    top = f"{repository.owner}-{repository.name}-{sha[:7]}"
    headers = {"Content-Disposition": f"attachment; filename={top}.tar.gz"}
    pieces = _pieces(site.git(repository), sha, f"{top}/")
    return Response(pieces, 200, headers, mimetype="application/x-gzip")


def _pieces(git: Git, sha: str, prefix: str) -> Iterator[bytes]:
    command = _command(git.path, sha, prefix)
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as archiver:  # noqa: S603  # a full hash and a known name
        try:
            if archiver.stdout:
                while piece := archiver.stdout.read(_PIECE):
                    yield piece
        finally:
            archiver.kill()


def _command(path: Path, sha: str, prefix: str) -> list[str]:
    return ["git", "--git-dir", str(path), "archive", "--format=tar.gz", f"--prefix={prefix}", sha]

"""Sources of builds, uploaded as anybody would: curl's request to Cloud Storage."""

from __future__ import annotations

import io
import socket
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from localcloud.bot_environment import PROJECT
from tests.stories.services import DOCKERFILE, good

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BUCKET = "strangers"
PATIENT = """\
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
CMD ["python"]
"""


@dataclass(frozen=True)
class Sources:
    """Names of objects in the bucket: `quick` builds at once, `patient` until it is cancelled."""

    bucket: str = BUCKET
    quick: str = "quick.tgz"
    patient: str = "patient.tgz"

    @classmethod
    @contextmanager
    def uploaded(cls, google: str) -> Iterator[Sources]:
        """Upload both; the patient one asks a package index that never answers."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
            waiting = f"--index-url {index}\nnever-answered==1.0\n"
            _call(google, f"/storage/v1/b?project={PROJECT}", b'{"name": "strangers"}')
            made = cls()
            quick = {"Dockerfile": DOCKERFILE, "app.py": good()}
            for name, files in (
                (made.quick, quick),
                (made.patient, {"Dockerfile": PATIENT, "requirements.txt": waiting}),
            ):
                path = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={name}"
                _call(google, path, _tarball(files))
            yield made


def _call(google: str, path: str, body: bytes) -> None:
    answer = requests.post(f"{google}{path}", data=body, timeout=20)
    assert answer.ok, answer.text


def _tarball(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()

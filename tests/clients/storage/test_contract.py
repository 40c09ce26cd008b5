"""What Cloud Build finds is the commit, whole and bare, or there is nothing to find."""

from __future__ import annotations

import gzip
import hashlib
import io
import socket
import tarfile
from typing import TYPE_CHECKING

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client

from bot.clients.storage import CHUNK, StorageSources, repacked
from bot.ports import Broken, Transient
from bot.trouble import Unsuitable
from tests.clients.local_google import PROJECT
from tests.clients.storage.tarballs import (
    LONG,
    ORDINARY,
    TOP,
    folder,
    hard_link,
    member,
    pieces,
    symlink,
    tar,
    tarball,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.cloud.storage import Bucket

    from localcloud.google.server import Google

BUCKET = "acme-sources"


@pytest.fixture(scope="session")
def bucket(google: Google) -> Bucket:
    client = Client(
        project=PROJECT,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": google.url},
    )
    return client.create_bucket(BUCKET)


@pytest.fixture
def sources(google: Google, bucket: Bucket) -> StorageSources:
    return StorageSources(bucket.name, google.url)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"sources/{abs(hash(request.node.name))}.tar.gz"


def noise(size: int) -> bytes:
    """Return bytes that no compression makes smaller."""
    return hashlib.shake_128(b"noise").digest(size)


def unpacked(data: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
        assert tar.pax_headers == {}
        return {info.name: info for info in tar}


def rewritten(archive: bytes) -> bytes:
    return b"".join(repacked(pieces(archive)))


def test_the_source_is_stored_without_its_top_folder(
    sources: StorageSources, bucket: Bucket, name: str
) -> None:
    assert sources.put(name, pieces(tarball(*ORDINARY))) == f"gs://{BUCKET}/{name}"
    stored = bucket.blob(name).download_as_bytes(raw_download=True)
    found = unpacked(stored)
    assert list(found) == [
        "README.md",
        "services/api",
        "services/api/run.sh",
        "services/api/empty",
        LONG,
        "services/api/LICENSE",
    ]
    with tarfile.open(fileobj=io.BytesIO(stored)) as tar:
        assert tar.extractfile("README.md").read() == "오늘\n".encode()
        assert tar.extractfile(LONG).read() == b"deep"
    assert found["services/api/run.sh"].mode == 0o755
    assert found["README.md"].mode == 0o644
    assert found["services/api/run.sh"].uname == ""
    assert found["services/api/LICENSE"].linkname == "../../README.md"


def test_the_same_files_are_the_same_object() -> None:
    one, other = (tarball(*ORDINARY, sha=sha * 40) for sha in "ab")
    assert one != other
    assert rewritten(one) == rewritten(other)
    assert b"".join(repacked(pieces(one, 7))) == b"".join(repacked(iter([one])))


def test_an_object_that_is_there_is_not_sent_again(
    sources: StorageSources, bucket: Bucket, name: str
) -> None:
    sources.put(name, pieces(tarball(*ORDINARY)))
    before = bucket.get_blob(name).generation

    def untouched() -> Iterator[bytes]:
        raise AssertionError
        yield b""

    assert sources.put(name, untouched()) == f"gs://{BUCKET}/{name}"
    assert bucket.get_blob(name).generation == before


def test_somebody_else_may_be_quicker(sources: StorageSources, bucket: Bucket, name: str) -> None:
    def overtaken() -> Iterator[bytes]:
        bucket.blob(name).upload_from_string(b"theirs")
        yield tarball(*ORDINARY)

    assert sources.put(name, overtaken()) == f"gs://{BUCKET}/{name}"
    assert bucket.blob(name).download_as_bytes() == b"theirs"


def test_a_source_of_several_chunks_arrives_whole(
    sources: StorageSources, bucket: Bucket, name: str
) -> None:
    content = noise(2 * CHUNK + 12345)
    sources.put(name, pieces(tarball(member(f"{TOP}/large", content)), 100_000))
    stored = bucket.blob(name).download_as_bytes(raw_download=True)
    with tarfile.open(fileobj=io.BytesIO(stored)) as tar:
        assert tar.extractfile("large").read() == content


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.9999])
def test_an_archive_that_breaks_off_leaves_nothing(
    sources: StorageSources, bucket: Bucket, name: str, kept: float
) -> None:
    whole = tarball(*ORDINARY, member(f"{TOP}/noise", bytes(range(256)) * 100))
    with pytest.raises(Transient, match="broke off"):
        sources.put(name, pieces(whole[: int(len(whole) * kept)]))
    assert bucket.get_blob(name) is None


def test_a_download_that_fails_late_leaves_nothing(
    sources: StorageSources, bucket: Bucket, name: str
) -> None:
    """By then a chunk is with Cloud Storage."""

    def failing() -> Iterator[bytes]:
        yield tarball(member(f"{TOP}/noise", noise(2 * CHUNK)))[: CHUNK + CHUNK // 4]
        message = "GitHub hung up"
        raise Transient(message)

    with pytest.raises(Transient, match="hung up"):
        sources.put(name, failing())
    assert bucket.get_blob(name) is None


@pytest.mark.parametrize(
    "bad",
    [
        member("/etc/passwd", b"x"),
        member("../outside", b"x"),
        member("elsewhere/file", b"x"),
        member(f"{TOP}/../outside", b"x"),
        member(f"{TOP}/a/../../outside", b"x"),
        symlink(f"{TOP}/link", "/etc/passwd"),
        symlink(f"{TOP}/link", "../outside"),
        symlink(f"{TOP}/a/link", "b/../../../outside"),
        hard_link(f"{TOP}/link", "/etc/passwd"),
        hard_link(f"{TOP}/link", f"{TOP}/../outside"),
        hard_link(f"{TOP}/link", TOP),
        member(f"{TOP}/device", type=tarfile.CHRTYPE, devmajor=1, devminor=5),
        member(f"{TOP}/disk", type=tarfile.BLKTYPE),
        member(f"{TOP}/pipe", type=tarfile.FIFOTYPE),
    ],
    ids=lambda bad: f"{bad[0].name}>{bad[0].linkname}{bad[0].type.decode()}",
)
def test_what_could_leave_the_folder_is_refused(
    sources: StorageSources, bucket: Bucket, name: str, bad: tuple[tarfile.TarInfo, bytes]
) -> None:
    with pytest.raises(Unsuitable, match=r"safely|leads out"):
        sources.put(name, pieces(tarball(*ORDINARY, bad)))
    assert bucket.get_blob(name) is None


def test_links_within_the_source_stay() -> None:
    found = unpacked(
        rewritten(
            tarball(
                folder(f"{TOP}/"),
                member(f"{TOP}/a/file", b"x"),
                hard_link(f"{TOP}/b", f"{TOP}/a/file"),
                symlink(f"{TOP}/a/c", "../b"),
                symlink(f"{TOP}/d", "a"),
                symlink(f"{TOP}/e", "..data"),
            )
        )
    )
    links = {name: info.linkname for name, info in found.items() if info.linkname}
    assert links == {"b": "a/file", "a/c": "../b", "d": "a", "e": "..data"}


@pytest.mark.parametrize(
    "nonsense",
    [
        b"<html>Unicorn!</html>",
        gzip.compress(b"no tar in here" * 100),
        tarball(*ORDINARY)[:-8] + b"12345678",
        gzip.compress(tar(*ORDINARY)[:1536] + b"\xff" * 512 + tar(*ORDINARY)),
    ],
    ids=["page", "no tar", "wrong checksum", "garbled header"],
)
def test_what_is_no_archive_is_broken(
    sources: StorageSources, bucket: Bucket, name: str, nonsense: bytes
) -> None:
    with pytest.raises(Broken, match="cannot be read"):
        sources.put(name, pieces(nonsense))
    assert bucket.get_blob(name) is None


def test_a_small_archive_may_not_unpack_to_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.clients.storage.LARGEST", 1_000_000)
    files = [member(f"{TOP}/{number}", bytes(100_000)) for number in range(11)]
    with pytest.raises(Unsuitable, match="larger than 1000000 bytes"):
        rewritten(tarball(*files))


def test_an_empty_repository_is_an_empty_source() -> None:
    assert unpacked(rewritten(tarball(folder(f"{TOP}/")))) == {}


def test_a_bucket_that_is_not_there_is_broken(google: Google) -> None:
    with pytest.raises(Broken, match="Cloud Storage refuses"):
        StorageSources("no-such-bucket", google.url).put("x", pieces(tarball(*ORDINARY)))


def test_storage_that_is_away_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.clients.storage.RETRY", None)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        sources = StorageSources(BUCKET, f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(Transient):
            sources.put("x", pieces(tarball(*ORDINARY)))

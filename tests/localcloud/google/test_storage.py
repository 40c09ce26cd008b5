"""Cloud Storage on the wire of the real client."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import requests
from google.api_core import exceptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.localcloud.google.conftest import Client, World

MIB = 1024 * 1024


@pytest.fixture
def bucket(world: World) -> Iterator[Client]:
    client = world.storage()
    yield client.create_bucket("demo-sources")
    client.close()


def test_an_uploaded_object_comes_back_whole(bucket: Client) -> None:
    blob = bucket.blob("a b/ü%/source.tgz")
    blob.metadata = {"sha": "abc"}
    blob.upload_from_string(b"hello\r\n--x", content_type="application/gzip")
    found = bucket.get_blob("a b/ü%/source.tgz")
    assert (found.size, found.content_type, found.metadata) == (
        10,
        "application/gzip",
        {"sha": "abc"},
    )
    assert found.download_as_bytes() == b"hello\r\n--x"
    assert found.download_as_bytes(start=1, end=3) == b"ell"


def test_a_large_file_is_sent_in_pieces(bucket: Client, tmp_path: Path) -> None:
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.write_bytes(os.urandom(3 * MIB + 17))
    blob = bucket.blob("large", chunk_size=MIB)
    blob.upload_from_filename(str(sent))
    bucket.blob("large").download_to_filename(str(received))
    assert received.read_bytes() == sent.read_bytes()
    assert bucket.get_blob("large").size == 3 * MIB + 17


def test_a_stream_of_unknown_length_is_taken(bucket: Client) -> None:
    with bucket.blob("stream").open("wb", chunk_size=256 * 1024) as stream:
        for _ in range(10):
            stream.write(b"x" * 100_000)
    assert bucket.get_blob("stream").size == MIB - 48_576


def test_an_object_is_created_only_once_on_request(bucket: Client) -> None:
    bucket.blob("once").upload_from_string(b"1", if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("once").upload_from_string(b"2", if_generation_match=0)
    assert bucket.blob("once").download_as_bytes() == b"1"
    large = bucket.blob("once", chunk_size=256 * 1024)
    with pytest.raises(exceptions.PreconditionFailed):
        large.upload_from_string(b"2" * MIB * 9, if_generation_match=0)


def test_an_overwritten_object_is_a_new_generation(bucket: Client) -> None:
    first, second = bucket.blob("x"), bucket.blob("x")
    first.upload_from_string(b"1")
    second.upload_from_string(b"2")
    assert second.generation > first.generation
    assert bucket.blob("x").download_as_bytes() == b"2"


def test_objects_are_listed_by_prefix_and_deleted(world: World, bucket: Client) -> None:
    for name in ("a/1", "a/2", "b/1"):
        bucket.blob(name).upload_from_string(b"x")
    assert [one.name for one in bucket.list_blobs(prefix="a/")] == ["a/1", "a/2"]
    assert [one.name for one in bucket.list_blobs(max_results=2)] == ["a/1", "a/2"]
    assert len(list(bucket.list_blobs(page_size=1))) == 3
    listing = bucket.list_blobs(delimiter="/")
    assert (list(listing), listing.prefixes) == ([], {"a/", "b/"})
    bucket.blob("a/1").delete()
    assert [one.name for one in bucket.list_blobs(prefix="a/")] == ["a/2"]
    assert len(list((world.root / "objects").iterdir())) == 2


def test_what_is_absent_is_not_found(world: World, bucket: Client) -> None:
    assert bucket.get_blob("none") is None
    with pytest.raises(exceptions.NotFound, match="No such object: demo-sources/none"):
        bucket.blob("none").download_as_bytes()
    with pytest.raises(exceptions.NotFound, match="No such object"):
        bucket.blob("none").delete()
    with pytest.raises(exceptions.Conflict):
        bucket.client.create_bucket("demo-sources")
    answer = requests.get(f"{world.google.url}/storage/v1/b/none", timeout=5)
    assert answer.status_code == 404
    assert answer.json()["error"]["errors"][0]["reason"] == "notFound"


def test_damaged_bytes_are_refused(world: World, bucket: Client) -> None:
    address = f"{world.google.url}/upload/storage/v1/b/demo-sources/o?uploadType=multipart"
    body = (
        b'--=x=\r\ncontent-type: application/json\r\n\r\n{"name": "n", "crc32c": "AAAAAA=="}\r\n'
        b"--=x=\r\ncontent-type: text/plain\r\n\r\nbytes\r\n--=x=--"
    )
    headers = {"Content-Type": 'multipart/related; boundary="=x="'}
    answer = requests.post(address, data=body, headers=headers, timeout=5)
    assert answer.status_code == 400
    cut = requests.post(address, data=body[:-10], headers=headers, timeout=5)
    assert cut.status_code == 400
    assert not list((world.root / "objects").iterdir())
    assert bucket.get_blob("n") is None


def test_objects_survive_a_restart(world: World, bucket: Client) -> None:
    bucket.blob("kept").upload_from_string(b"x")
    world.restart()
    client = world.storage()
    assert client.bucket("demo-sources").blob("kept").download_as_bytes() == b"x"
    client.close()

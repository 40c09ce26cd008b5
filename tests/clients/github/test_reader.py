from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.clients.github import whereabouts
from bot.core.model import Repository
from bot.ports import Broken, Gone
from tests.clients.github.acme import FILES, SLUG

if TYPE_CHECKING:
    from tests.clients.github.acme import Acme


@pytest.mark.parametrize(
    ("login", "role"),
    [
        ("owner", "admin"),
        ("writer", "write"),
        ("reader", "read"),
        ("outsider", "none"),
        ("nobody-at-all", "none"),
    ],
)
def test_permission(acme: Acme, login: str, role: str) -> None:
    assert acme.client.permission(acme.repository, login) == role
    assert len(_own(acme)) == 1


def test_a_pull_request(acme: Acme) -> None:
    number, head = acme.pull("feature")
    pull = acme.client.pull_request(acme.repository, number)
    assert pull is not None
    assert (pull.number, pull.state, pull.merged, pull.draft) == (number, "open", False, False)
    assert (pull.head_sha, pull.base_ref, pull.default_branch) == (head, "main", "main")
    assert pull.head_repository == acme.repository.id
    assert acme.client.pull_request(acme.repository, number + 100) is None


def test_the_pull_request_of_a_commit_is_the_merged_one(acme: Acme) -> None:
    number, head = acme.pull("merged")
    assert acme.client.pull_request_of(acme.repository, head) is None
    merge = acme.call("PUT", f"/pulls/{number}/merge", {})["sha"]
    for sha in (head, merge):
        found = acme.client.pull_request_of(acme.repository, sha)
        assert found is not None
        assert (found.number, found.merged, found.state) == (number, True, "closed")
    assert acme.client.pull_request_of(acme.repository, "0" * 40) is None


def test_branches(acme: Acme) -> None:
    assert acme.client.default_branch(acme.repository) == "main"
    assert acme.client.branch_head(acme.repository, "main") == acme.main()
    assert acme.client.branch_head(acme.repository, "no/such branch") is None


def test_a_branch_with_a_slash(acme: Acme) -> None:
    _, head = acme.pull("team/feature#1")
    assert acme.client.branch_head(acme.repository, "team/feature#1") == head
    assert acme.client.contains(acme.repository, head, "team/feature#1")


def test_contains_means_ancestor(acme: Acme) -> None:
    _, head = acme.pull("aside")
    assert acme.client.contains(acme.repository, acme.head, "main")
    assert acme.client.contains(acme.repository, acme.main(), "main")
    assert not acme.client.contains(acme.repository, head, "main")
    assert acme.client.contains(acme.repository, acme.main(), "aside")
    assert not acme.client.contains(acme.repository, "0" * 40, "main")


@pytest.mark.parametrize("path", FILES)
def test_a_file(acme: Acme, path: str) -> None:
    assert acme.client.file(acme.repository, path, acme.head) == FILES[path].decode()
    assert len(_own(acme)) == 1


@pytest.mark.parametrize(
    "path", ["none.yaml", "services", "services/../deploy.yaml", "../../user", "", "/deploy.yaml"]
)
def test_what_is_no_file(acme: Acme, path: str) -> None:
    assert acme.client.file(acme.repository, path, acme.head) is None


def test_a_file_is_read_at_its_commit(acme: Acme) -> None:
    number, head = acme.pull("later")
    assert acme.client.file(acme.repository, "later.txt", head) == "new\n"
    assert acme.client.file(acme.repository, "later.txt", acme.head) is None
    assert number


def test_a_file_at_a_whole_hash_is_read_once(acme: Acme) -> None:
    sha = acme.write("once.txt", b"once\n")
    before = len(_own(acme))
    for _ in range(3):
        assert acme.client.file(acme.repository, "once.txt", sha) == "once\n"
    assert len(_own(acme)) == before + 1
    for _ in range(2):
        assert acme.client.file(acme.repository, "once.txt", "main") == "once\n"
        assert acme.client.file(acme.repository, "none.txt", sha) is None
    assert len(_own(acme)) == before + 5


def test_a_large_file_and_one_that_is_no_text(acme: Acme) -> None:
    sha = acme.write("large.txt", ("좋아요\n" * 150_000).encode())
    before = len(_own(acme))
    found = acme.client.file(acme.repository, "large.txt", sha)
    assert found is not None
    assert (found.strip(), len(found)) == ("", 1024 * 1024), "long, and not read"
    assert len(_own(acme)) == before + 1
    sha = acme.write("binary", b"a\xffb")
    assert acme.client.file(acme.repository, "binary", sha) == "a\ufffdb"


def test_trees_in_one_request(acme: Acme) -> None:
    paths = ["services/api", "services/ai/", "deploy.yaml", "services/none", "none/x"]
    sha = acme.write("trees.txt", b"trees\n")
    before = len(_own(acme))
    found = acme.client.trees(acme.repository, sha, paths)
    assert set(found) == {"services/api", "services/ai/", "deploy.yaml"}
    assert len(_own(acme)) == before + 1
    listed = {x["path"]: x["sha"] for x in acme.call("GET", f"/contents/services?ref={sha}")}
    assert found["services/api"] == listed["services/api"]


def test_the_whole_tree(acme: Acme) -> None:
    found = acme.client.trees(acme.repository, acme.head, [".", "deploy.yaml"])
    commit = acme.call("GET", f"/git/commits/{acme.head}")
    assert found["."] == commit["tree"]["sha"]
    assert "deploy.yaml" in found


def test_trees_of_an_unknown_commit(acme: Acme) -> None:
    with pytest.raises(Broken):
        acme.client.trees(acme.repository, "0" * 40, ["services/api"])


def test_an_archive_is_exactly_this_commit(acme: Acme) -> None:
    packed = b"".join(acme.client.archive(acme.repository, acme.head))
    assert gzip.decompress(packed)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tarball:
        names = {name.partition("/")[2] for name in tarball.getnames()}
    assert set(FILES) <= names
    assert acme.seen.archive_headers
    assert set(acme.seen.archive_headers) == {""}


def test_an_archive_of_an_unknown_commit(acme: Acme) -> None:
    with pytest.raises(Broken):
        b"".join(acme.client.archive(acme.repository, "0" * 40))


def test_where_the_app_is_not_installed_nothing_is_missing_but_everything_gone(acme: Acme) -> None:
    alone = Repository(acme.server.add_repository("acme/alone", private=True), "acme/alone", 999)
    for client in (acme.client, acme.new_client()):
        with pytest.raises(Gone, match="not installed in acme/alone"):
            client.permission(alone, "owner")
        with pytest.raises(Gone, match="not installed in acme/alone"):
            client.file(alone, "deploy.yaml", acme.head)


def test_what_has_moved_is_read_and_written_where_it_is(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whereabouts, "SURE_SECONDS", 0.0)
    name = "acme/moving"
    here = Repository(acme.server.add_repository(name, private=True), name, 0)
    here = replace(here, installation=acme.server.install(SLUG, name))
    acme.server.grant(name, "owner", "admin")
    acme.server.add_repository("globex/other")
    acme.server.install(SLUG, "globex/other")
    assert acme.client.permission(here, "owner") == "admin"
    for new in ("acme/renamed", "globex/moved"):
        acme.server.move(name, new)
        name = new
        assert acme.client.permission(here, "owner") == "admin"
        assert acme.new_client().default_branch(here) == "main"
    acme.server.uninstall(SLUG, name)
    with pytest.raises(Gone):
        acme.new_client().default_branch(here)


@pytest.mark.parametrize("private", [True, False])
def test_another_repository_under_the_former_name_is_never_asked(
    acme: Acme, *, private: bool
) -> None:
    name, new = f"acme/former-{private}", f"acme/latter-{private}"
    here = Repository(acme.server.add_repository(name, private=True), name, 0)
    here = replace(here, installation=acme.server.install(SLUG, name))
    acme.server.move(name, new)
    acme.server.add_repository(name, private=private)
    acme.server.install(SLUG, name)
    acme.server.grant(name, "reader", "admin")
    acme.server.grant(new, "reader", "read")
    for client in (acme.client, acme.new_client()):
        assert client.default_branch(here) == "main"
        assert client.permission(here, "reader") == "read"


def _own(acme: Acme) -> list[str]:
    """Without tokens, and without the look at where a repository is after a 404."""
    beside = ("access_tokens", "/installation")
    return [call for call in acme.seen.requests if not any(one in call for one in beside)]

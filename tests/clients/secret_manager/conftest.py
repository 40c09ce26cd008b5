from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clients.local_google import local_google

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.google.server import Google


@pytest.fixture(scope="session")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    with local_google(tmp_path_factory.mktemp("google")) as google:
        yield google

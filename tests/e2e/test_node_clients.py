"""GitHub's and Google's own JavaScript clients, unmodified; their tests are in node/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.strangers import PLACE

if TYPE_CHECKING:
    from localcloud.cloud import Cloud
    from tests.e2e.sources import Sources
    from tests.e2e.strangers import Node
    from tests.stories.people import Repository


def test_octokit_is_at_home_on_the_local_github(
    cloud: Cloud, node: Node, place: Repository
) -> None:
    app = cloud.github.add_app(
        "stranger", webhook_url=f"{cloud.receiver.url}/healthz", webhook_secret="x"
    )
    cloud.github.install(app.slug, place.full_name)
    node.test(
        "octokit.test.mjs",
        REPOSITORY=PLACE,
        TOKEN=cloud.tokens["owner"],
        READER_TOKEN=cloud.tokens["reader"],
        APP_ID=str(app.id),
        APP_KEY=app.private_key_pem,
    )


def test_googles_node_clients_build_and_roll_out(node: Node, sources: Sources) -> None:
    node.test(
        "google.test.mjs",
        SOURCE_BUCKET=sources.bucket,
        QUICK_SOURCE=sources.quick,
        PATIENT_SOURCE=sources.patient,
    )

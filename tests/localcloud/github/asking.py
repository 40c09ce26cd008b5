"""GraphQL queries as people and installations send them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.localcloud.github.world import NAME

if TYPE_CHECKING:
    from requests import Response

    from tests.localcloud.github.world import World

OWNER, SHOP = NAME.split("/")
HERE = {"owner": OWNER, "name": SHOP}
INSIDE = "query($owner: String!, $name: String!%s) { repository(owner: $owner, name: $name) {%s} }"


def send(world: World, body: object, login: str = "", **permissions: str) -> Response:
    headers = {} if login else narrowed(world, permissions)
    return world.rest("POST", "/graphql", login, headers=headers, json=body)


def narrowed(world: World, permissions: dict[str, str]) -> dict[str, str]:
    if not permissions:
        return world.as_installation()
    path = f"/app/installations/{world.installation}/access_tokens"
    minted = world.rest("POST", path, headers=world.as_app(), json={"permissions": permissions})
    return {"Authorization": f"token {minted.json()['token']}"}


def ask(world: World, query: str, login: str = "", **variables: object) -> dict[str, Any]:
    answer = send(world, {"query": query, "variables": variables}, login)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]  # a GraphQL answer is an object


def inside(world: World, fields: str, login: str = "", more: str = "", **variables: object) -> Any:  # noqa: ANN401  # any JSON
    answer = ask(world, INSIDE % (more, fields), login, **HERE, **variables)
    assert "errors" not in answer, answer
    return answer["data"]["repository"]


def refusal(world: World, fields: str, login: str = "", **permissions: str) -> dict[str, Any]:
    body = {"query": INSIDE % ("", fields), "variables": HERE}
    (error,) = send(world, body, login, **permissions).json()["errors"]
    return error  # type: ignore[no-any-return]  # an error is an object

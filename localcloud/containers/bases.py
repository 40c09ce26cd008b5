"""The base images that services are built on: here, brought from their registry, or told."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

from docker.errors import DockerException, ImageNotFound
from dockerfile_parse import DockerfileParser

from localcloud.containers.engine import EngineMissing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from docker import APIClient

NOTHING = "scratch"
_HUB = "docker.io/library/"
_REMEDY = (
    "Bring it within reach of the container engine, or run `make stand-ins`, which makes stand-ins "
    "for python:3.12-slim and node:22-slim from what is installed on this machine."
)


def bases_of(dockerfiles: Iterable[Path]) -> list[str]:
    """Return the images that these are built on, each once, by the name that registries know."""
    found: dict[str, None] = {}
    for file in dockerfiles:
        parser = DockerfileParser(fileobj=BytesIO(file.read_bytes()))
        found |= dict.fromkeys(map(_full, filter(NOTHING.__ne__, parser.parent_images)))
    return list(found)


def bring(api: APIClient, images: Iterable[str]) -> None:
    """Pull what the engine does not have; raises EngineMissing for what it cannot get."""
    for image in images:
        if not here(api, image):
            _pull(api, image)


def _full(image: str) -> str:
    """Name an image of the hub in full, so that an engine does not guess."""
    return image if "/" in image else f"{_HUB}{image}"


def here(api: APIClient, image: str) -> bool:
    """Tell whether the engine has an image of this name."""
    try:
        api.inspect_image(image)
    except ImageNotFound:
        return False
    return True


def _pull(api: APIClient, image: str) -> None:
    try:
        lines: list[dict[str, Any]] = list(api.pull(image, stream=True, decode=True))
    except DockerException as trouble:
        lines = [{"error": str(trouble)}]
    for line in lines:
        if "error" in line:
            why = json.dumps(line["error"], ensure_ascii=False)
            reason = f"there is no {image} here, and it cannot be pulled: {why}. {_REMEDY}"
            raise EngineMissing(reason)

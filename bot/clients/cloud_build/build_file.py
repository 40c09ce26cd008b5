"""cloudbuild.yaml, read as strictly as Cloud Build's own types allow.

Google's parser stops at the first fault and speaks of Python; people get all of them, in words.
"""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING, Any

import yaml
from google.cloud.devtools import cloudbuild_v1
from google.protobuf.json_format import ParseError

from bot.clients.cloud_build import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_VALUES = 10_000
"""More values than this, after YAML's aliases are followed, is no build file."""
NO_IMAGES = (
    "images: is missing, so Cloud Build would push nothing and report no digest; "
    'name what the build makes, e.g. images: ["${_IMAGE}:${_SHA}"]'
)
NO_STEPS = "steps: is missing: a build without a step makes nothing"
LATEST = "names the tag latest, which says nothing about the commit; use ${_IMAGE}:${_SHA}"

UNTAGGED = ("$_IMAGE", "${_IMAGE}")
"""Our substitution is the image's name alone."""


def problems(text: str) -> tuple[str, ...]:
    """Return everything that is wrong with a build file, each with its path."""
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return (_not_yaml(error),)
    if not isinstance(content, dict):
        return ("cloudbuild.yaml must be a mapping with steps: and images:",)
    if _is_oversized(content):
        return (f"cloudbuild.yaml holds more than {MOST_VALUES} values",)
    kind = cloudbuild_v1.Build.pb(cloudbuild_v1.Build()).DESCRIPTOR
    found = (*fields.faults(kind, content, ""), *_pushes(content))
    return found or tuple(_last_word(content))


def _not_yaml(error: Exception) -> str:
    """Return where and why; PyYAML's angle brackets would vanish as HTML."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    line = f"line {mark.line + 1}: " if mark else ""
    why = error.problem if isinstance(error, yaml.MarkedYAMLError) else str(error)
    words = " ".join(str(why).split()).translate({ord("<"): None, ord(">"): None})
    return f"{line}is not YAML: {words}"


def dockerfile(text: str, path: str) -> str:
    """Return the Dockerfile that a good build file needs for a service, as far as it is plain.

    That is: docker builds the service's folder, with no file of another name, before any step that
    could have made one.
    """
    for step in parse(text).steps:
        words = [_folder(word, path) for word in step.args]
        own = step.name.partition("@")[0].partition(":")[0].rpartition("/")[2] == "docker"
        if own and words[:1] == ["pull"]:
            continue
        plain = own and words[:1] == ["build"] and words[-1] == path and not step.dir_
        return posixpath.normpath(f"{path}/Dockerfile") if plain and not _named(words) else ""
    return ""


def _named(words: list[str]) -> bool:
    return any(word in {"-f", "--file"} or word.startswith("--file=") for word in words)


def _folder(word: str, path: str) -> str:
    return path if word.rstrip("/") in {"$_PATH", "${_PATH}"} else word


def parse(text: str) -> cloudbuild_v1.Build:
    """Return the build that a file without problems describes."""
    return _build(yaml.safe_load(text))


def _build(content: dict[str, Any]) -> cloudbuild_v1.Build:
    build: cloudbuild_v1.Build = cloudbuild_v1.Build.from_json(json.dumps(content, default=str))
    return build


def _last_word(content: dict[str, Any]) -> Iterator[str]:
    """Google's own parser decides, should it know a fault that ours does not."""
    try:
        _build(content)
    except (ParseError, AttributeError, TypeError, ValueError) as error:
        yield str(error)


def _is_oversized(content: object) -> bool:
    """Count values with their aliases followed; one that holds itself never ends."""
    waiting, count = [content], 0
    while waiting and count <= MOST_VALUES:
        value = waiting.pop()
        count += 1
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return count > MOST_VALUES


def _pushes(content: dict[str, Any]) -> Iterator[str]:
    if not content.get("steps"):
        yield NO_STEPS
    if not content.get("images"):
        yield NO_IMAGES
    for path, image in (*_images(content), *_tagged(content)):
        if _is_latest(image):
            yield f"{path}: {image!r} {LATEST}"


def _images(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    images = content.get("images")
    for position, image in enumerate(images if isinstance(images, list) else ()):
        yield f"images[{position}]", str(image)


def _tagged(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what docker is told to tag: after -t or --tag, in --tag=…, or last of tag and push."""
    steps = content.get("steps")
    for position, step in enumerate(steps if isinstance(steps, list) else ()):
        args = step.get("args") if isinstance(step, dict) else None
        words = [str(word) for word in args] if isinstance(args, list) else []
        every = {"-a", "--all-tags"} & set(words)
        if words[:1] in (["tag"], ["push"]) and len(words) > 1 and not every:
            yield f"steps[{position}].args", words[-1]
        for before, word in zip(["", *words], words, strict=False):
            if before in ("-t", "--tag"):
                yield f"steps[{position}].args", word
            elif word.startswith("--tag="):
                yield f"steps[{position}].args", word.removeprefix("--tag=")


def _is_latest(image: str) -> bool:
    """No tag at all means latest too, unless the file's own substitution may bring one."""
    last = image.rpartition("/")[2]
    tag = last.partition(":")[2]
    untagged = not tag and "@" not in last
    return tag == "latest" or (untagged and ("$" not in last or last in UNTAGGED))

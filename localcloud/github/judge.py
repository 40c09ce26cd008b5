"""Checks every REST exchange and webhook against GitHub's own OpenAPI description.

Only what GitHub describes is judged. Refusals that GitHub answers everywhere (401, 403, 404, 422,
5xx) are not listed under every operation; they are held against its general error shapes.
"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jsonschema_rs import Draft7, Draft7Validator, Registry

from localcloud.github.published import CACHE, OPENAPI

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Json = dict[str, Any]

_ROOT = "urn:github"
_JSON = "application/json"
_VALIDATION = 422
_SERVER_ERROR = 500
_EVERYWHERE = {301, 307, 400, 401, 403, 404, 405, 409, 410, 415, 429}
_LONGEST = 200


@dataclass(frozen=True)
class Exchange:
    """One answered REST call; `template` is GitHub's, or None where no route matched.

    Bodies are parsed JSON, or None where there was none.
    """

    method: str
    template: str | None
    path: str
    query: tuple[str, ...]
    request: Any
    status: int
    response: Any


@dataclass(frozen=True)
class Violation:
    """One departure from GitHub's description; `where` says on which side."""

    operation: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.where}: {self.message}"


class Description:
    """GitHub's description, loaded when first needed and shared by any number of judges."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._validators: dict[str, Draft7Validator] = {}

    @cached_property
    def document(self) -> Json:
        """The whole description, with OpenAPI 3.0's `nullable` told in JSON Schema's way."""
        document = json.loads(self._path.read_bytes())
        _normalise(document)
        return document  # type: ignore[no-any-return]  # the file is one JSON object

    @cached_property
    def _registry(self) -> Registry:
        return Registry([(_ROOT, self.document)], draft=Draft7)

    def operation(self, template: str, method: str) -> Json | None:
        """Find one operation."""
        with self._lock:
            found: Json | None = self.document["paths"].get(template, {}).get(method.lower())
        return found

    def follow(self, held: Json) -> Json:
        """Follow a reference, if this is one."""
        if "$ref" not in held:
            return held
        found: Any = self.document
        for part in held["$ref"].partition("#/")[2].split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        return found  # type: ignore[no-any-return]  # references point to objects

    def problems(self, pointer: str, value: object) -> Iterator[str]:
        """List what a schema has against a value."""
        for error in self._validator(pointer).iter_errors(value):
            place = "".join(f".{part}" for part in error.instance_path)
            yield f"{place or '.'} {error.message[:_LONGEST]}"

    def _validator(self, pointer: str) -> Draft7Validator:
        with self._lock:
            if pointer not in self._validators:
                schema = {"$ref": f"{_ROOT}#{quote(pointer, safe='/~')}"}
                self._validators[pointer] = Draft7Validator(
                    schema, registry=self._registry, validate_formats=False
                )
            return self._validators[pointer]


class Judge:
    """Collects violations in `violations` and writes each to stderr."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self.violations: list[Violation] = []

    @classmethod
    def from_cache(cls, cache: Path = CACHE) -> Judge | None:
        """Make a judge of the description in the cache; None when it was never fetched."""
        path = OPENAPI.cached(cache)
        return cls(Description(path)) if path.exists() else None

    def exchange(self, seen: Exchange) -> None:
        """Judge one REST call."""
        operation = f"{seen.method} {seen.template or seen.path}"
        held = self._description.operation(seen.template or "", seen.method)
        if held is None:
            self._add(operation, "operation", "not one that GitHub describes and this server has")
            return
        for message in self._request(seen, held):
            self._add(operation, "request", message)
        for message in self._response(seen, held):
            self._add(operation, f"response {seen.status}", message)

    def webhook(self, event: str, action: str | None, payload: Json) -> None:
        """Judge one webhook's payload."""
        name = event.replace("_", "-")
        full = f"{name}-{action.replace('_', '-')}" if action else name
        schema = f"/x-webhooks/{full}/post/requestBody/content/{_escape(_JSON)}/schema"
        if full not in self._description.document["x-webhooks"]:
            self._add(f"webhook {full}", "event", "not one that GitHub describes")
            return
        for message in self._description.problems(schema, payload):
            self._add(f"webhook {full}", "payload", message)

    def _request(self, seen: Exchange, held: Json) -> Iterator[str]:
        parameters = [self._description.follow(one) for one in held.get("parameters", [])]
        known = {one["name"] for one in parameters if one["in"] == "query"}
        yield from (f"unknown query parameter {name}" for name in seen.query if name not in known)
        body = held.get("requestBody")
        if seen.request is None:
            if body and body.get("required"):
                yield "body is required"
            return
        if body is None:
            yield "takes no body"
            return
        yield from self._body(seen, body)

    def _body(self, seen: Exchange, body: Json) -> Iterator[str]:
        at = f"{_pointer(seen)}/requestBody/content/{_escape(_JSON)}/schema"
        yield from self._description.problems(at, seen.request)
        properties = body["content"][_JSON]["schema"].get("properties")
        if properties and isinstance(seen.request, dict):
            yield from (f"unknown field {name}" for name in seen.request if name not in properties)

    def _response(self, seen: Exchange, held: Json) -> Iterator[str]:
        status = str(seen.status)
        listed = held["responses"].get(status)
        if listed is None:
            yield from self._refusal(seen)
            return
        pointer = f"{_pointer(seen)}/responses/{status}"
        if "$ref" in listed:
            pointer = listed["$ref"].partition("#")[2]
        if (
            _JSON in self._description.follow(listed).get("content", {})
            and seen.response is not None
        ):
            schema = f"{pointer}/content/{_escape(_JSON)}/schema"
            yield from self._description.problems(schema, seen.response)

    def _refusal(self, seen: Exchange) -> Iterator[str]:
        if seen.status == _VALIDATION:
            simple = isinstance(seen.response, dict) and "errors" not in seen.response
            name = "validation-error-simple" if simple else "validation-error"
            yield from self._description.problems(f"/components/schemas/{name}", seen.response)
        elif seen.status in _EVERYWHERE:
            yield from self._description.problems("/components/schemas/basic-error", seen.response)
        elif seen.status < _SERVER_ERROR:
            yield "not a status that GitHub answers with here"

    def _add(self, operation: str, where: str, message: str) -> None:
        violation = Violation(operation, where, message)
        self.violations.append(violation)
        sys.stderr.write(f"judge: {violation}\n")


def _pointer(seen: Exchange) -> str:
    return f"/paths/{_escape(seen.template or '')}/{seen.method.lower()}"


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _normalise(held: object) -> None:
    """Rewrite in place: `nullable` becomes a type, references name this document.

    `oneOf` becomes `anyOf`, since GitHub lists shapes that overlap: its own answers match several.
    """
    if isinstance(held, list):
        for item in held:
            _normalise(item)
    if not isinstance(held, dict):
        return
    for value in held.values():
        _normalise(value)
    if isinstance(held.get("$ref"), str):
        held["$ref"] = f"{_ROOT}{held['$ref']}"
    if isinstance(held.get("oneOf"), list):
        held["anyOf"] = held.pop("oneOf")
    if held.get("nullable") is True:
        _nullable(held)


def _nullable(schema: Json) -> None:
    del schema["nullable"]
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"].append(None)
    if "anyOf" in schema:
        schema["anyOf"].append({"type": "null"})
    if "allOf" in schema:  # one shape, but in `/app/installations` two that exclude each other
        schema["anyOf"] = [*schema.pop("allOf"), {"type": "null"}]

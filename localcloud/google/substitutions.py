"""Cloud Build's substitutions: `$_KEY`, `${_KEY}`, `$$`.

https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from google.cloud.devtools import cloudbuild_v1

from localcloud.google.errors import refuse
from localcloud.google.metadata import project_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.google.protocol import Proto

_USER_KEY = re.compile(r"_[A-Z0-9_]+")
_PLACE = re.compile(r"\$(?:(\$)|([_A-Z][A-Z0-9_]*)|\{([^}]*)\})")
_NAME = re.compile(r"[_A-Z][A-Z0-9_]*")
_LOOSE = cloudbuild_v1.BuildOptions.SubstitutionOption.ALLOW_LOOSE
_MOST_KEYS, _LONGEST_KEY, _LONGEST_VALUE = 200, 100, 4000
_OF_TRIGGERS = (
    "COMMIT_SHA",
    "SHORT_SHA",
    "REVISION_ID",
    "REPO_NAME",
    "REPO_FULL_NAME",
    "BRANCH_NAME",
    "TAG_NAME",
    "REF_NAME",
    "TRIGGER_NAME",
    "TRIGGER_BUILD_CONFIG_PATH",
    "SERVICE_ACCOUNT",
    "SERVICE_ACCOUNT_EMAIL",
)
"""Known, but empty in a build that was created through the API."""


def substitute(build: Proto, location: str) -> None:
    """Replace every variable in a build, in place.

    Raises ApiError INVALID_ARGUMENT for a variable without a value, or a value without a use,
    unless the build's substitution option is ALLOW_LOOSE.
    """
    _check_keys(build.substitutions)
    values = dict.fromkeys(_OF_TRIGGERS, "") | dict(build.substitutions)
    values |= {"PROJECT_ID": build.project_id, "BUILD_ID": build.id, "LOCATION": location}
    values["PROJECT_NUMBER"] = project_number(build.project_id)
    strict = build.options.substitution_option != _LOOSE
    pass_over = _Pass(values, strict=strict)
    _replace_everywhere(build, pass_over.replace)
    unused = set(build.substitutions) - pass_over.used
    if strict and unused:
        names = ", ".join(f'"{name}"' for name in sorted(unused))
        refuse(
            f"invalid value for 'build.substitutions': key {names} in the substitution data is "
            "not matched in the template"
        )


class _Pass:
    def __init__(self, values: Mapping[str, str], *, strict: bool) -> None:
        self._values = values
        self._strict = strict
        self.used: set[str] = set()

    def replace(self, text: str) -> str:
        """Return a text with its variables replaced."""
        return _PLACE.sub(self._value, text)

    def _value(self, place: re.Match[str]) -> str:
        if place[1]:
            return "$"
        name = place[2] or place[3]
        if not _NAME.fullmatch(name):
            refuse(f"invalid build: '{place[0]}' is no substitution that is supported here")
        self.used.add(name)
        if name not in self._values and self._strict:
            refuse(
                f'invalid build: key in the template "{name}" is not a valid built-in substitution'
            )
        return self._values.get(name, "")


def _check_keys(substitutions: Mapping[str, str]) -> None:
    if len(substitutions) > _MOST_KEYS:
        refuse("invalid value for 'build.substitutions': at most 200 are allowed")
    for key, value in substitutions.items():
        if not _USER_KEY.fullmatch(key) or len(key) > _LONGEST_KEY:
            refuse(f"invalid value for 'build.substitutions': key {key!r} must match ^_[A-Z0-9_]+$")
        if len(value.encode()) > _LONGEST_VALUE:
            refuse(f"invalid value for 'build.substitutions': the value of {key} is too long")


def _replace_everywhere(build: Proto, replace: Callable[[str], str]) -> None:
    for step in build.steps:
        step.name, step.dir_ = replace(step.name), replace(step.dir_)
        for texts in (step.args, step.env):
            texts[:] = [replace(text) for text in texts]
    for texts in (build.images, build.tags):
        texts[:] = [replace(text) for text in texts]

"""What the outside world shows at the end: everything that people and Google can see, in words.

Names and numbers that differ from run to run are put aside, so that two ends can be compared.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import run_v2
from google.cloud.devtools import cloudbuild_v1

from localcloud.bot_environment import PROJECT, REGION

if TYPE_CHECKING:
    from localcloud.cloud import Cloud
    from tests.stories.people import Pull

PARENT = f"projects/{PROJECT}/locations/{REGION}"
VARYING = (
    (re.compile(r"<details>.*?</details>", re.DOTALL), "DETAILS"),
    (re.compile(r"Last log lines:\s+```.*?```", re.DOTALL), ""),
    (re.compile(r"canary \d+/\d+ against stable[^|`]*"), "VERDICT "),
    (re.compile(r"(\| \d\d:\d\d:\d\d \| [^|]* \| \d+ % \|)[^|]*\|"), r"\1"),
    (re.compile(r"(\| \[`[^|]*\| \d+ % \|)[^|]*\|"), r"\1"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "SHA"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"https?://\S+?(?=[)\s])"), "LINK"),
    (re.compile(r"\b[0-9a-f]{7}(-[0-9a-f]{4,12})?\b"), "SHA7"),
    (re.compile(r"\d+(\.\d+)?"), "#"),
)


class Outside:
    """Reads GitHub and Google as their users do."""

    def __init__(self, cloud: Cloud) -> None:
        access = {
            "transport": "rest",
            "credentials": AnonymousCredentials(),  # type: ignore[no-untyped-call]
            "client_options": {"api_endpoint": cloud.google.url},
        }
        self._services = run_v2.ServicesClient(**access)
        self._revisions = run_v2.RevisionsClient(**access)
        self._builds = cloudbuild_v1.CloudBuildClient(**access)

    def seen(self, pull: Pull, asked: int) -> list[str]:
        """Return a line for everything there is about one pull request's deployment."""
        return [*self._on_github(pull, asked), *self._on_google(pull)]

    def waste(self, pull: Pull) -> int:
        """Return how many builds were made more than once: waste, not harm."""
        return sum(number - 1 for number in self._built(pull).values())

    def _on_github(self, pull: Pull, asked: int) -> list[str]:
        made = pull.repository
        checks = made.call("GET", f"commits/{pull.sha}/check-runs?filter=all&per_page=100")
        runs = sorted(checks["check_runs"], key=lambda run: int(run["id"]))
        deployments = made.call("GET", f"deployments?sha={pull.sha}&per_page=100")
        return [
            *(f"check run {_check(run)}" for run in runs),
            *(f"comment {same(body)}" for body in pull.replies()),
            f"reactions {sorted(pull.reactions(asked))}",
            *(f"deployment {made.states(one['id'])}" for one in deployments),
        ]

    def _on_google(self, pull: Pull) -> list[str]:
        prefix = pull.repository.prefix
        services = [
            one
            for one in self._services.list_services(parent=PARENT)
            if one.name.rpartition("/")[2].startswith(f"{prefix}-")
        ]
        lines = [f"built {name}" for name in sorted(self._built(pull))]
        for service in sorted(services, key=lambda one: str(one.name)):
            lines += self._service(service, pull.sha[:7])
        return lines

    def _service(self, service: run_v2.Service, sha: str) -> list[str]:
        name = service.name.rpartition("/")[2]
        revisions = self._revisions.list_revisions(parent=service.name)
        ours = [one for one in revisions if sha in one.name]
        shares = sorted(
            (sha in target.revision, target.percent, bool(target.tag))
            for target in service.traffic_statuses
        )
        return [
            f"{name} has {len(ours)} new revision",
            *(f"{name}: new={new} {percent} % tagged={tagged}" for new, percent, tagged in shares),
        ]

    def _built(self, pull: Pull) -> Counter[str]:
        every = self._builds.list_builds({"parent": PARENT, "page_size": 1000})
        mine = (one for one in every if one.substitutions.get("_SHA") == pull.sha)
        return Counter(f"{one.substitutions['_SERVICE']}: {one.status.name}" for one in mine)


def same(text: str) -> str:
    """Return a text without what differs from run to run."""
    for pattern, instead in VARYING:
        text = pattern.sub(instead, text)
    return " ".join(text.split())


def _check(run: dict[str, Any]) -> str:
    said = f"{run['output']['title']} {run['output']['summary']}"
    return f"{run['name']}: {run['status']} {run['conclusion']} {same(said)}"

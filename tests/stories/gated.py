"""One service in many environments, each behind another gate: where gates' stories play."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.stories.people import eventually, wait_for_the_next_second

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.stories.people import Pull, Repository

HEAD = """\
project: senior-mhealth-lee
region: asia-northeast3
images: asia-northeast3-docker.pkg.dev/senior-mhealth-lee/backend
services:
  {prefix}-web:
    path: web
    cloud_run: {{allow_unauthenticated: true, env: {{GREETING: hello}}}}
    smoke: [{{get: /health, expect: {{status: 200}}}}]
environments:
"""


def manifest(prefix: str, environments: Mapping[str, str]) -> str:
    """A deploy.yaml with these environments; each holds further keys of its own, as YAML."""
    lines = [HEAD.format(prefix=prefix)]
    for name, keys in environments.items():
        lines.append(
            f"  {name}: {{service_suffix: -{name}, rollout: {{steps: [100], watch: 0s}}"
            f"{', ' if keys else ''}{keys}}}\n"
        )
    return "".join(lines)


def behind_gates(
    repository: Callable[..., Repository], environments: Mapping[str, str]
) -> Repository:
    """Make a repository whose main already has these environments."""
    made = repository().in_staging()
    made.commit({"deploy.yaml": manifest(made.prefix, environments)}, "Put gates in front")
    made.push()
    made.cloud.github.deliveries_idle(10)
    wait_for_the_next_second()
    return made


def report(pull: Pull, state: str, context: str = "ci", sha: str = "") -> None:
    """Have CI report on a commit, as a commit status."""
    body = {"state": state, "context": context}
    pull.repository.call("POST", f"statuses/{sha or pull.sha}", body)


def review(pull: Pull, by: str, event: str = "APPROVE", sha: str = "") -> int:
    """Review a pull request; returns the review's id."""
    body = {"event": event, "body": "looked at it"} | ({"commit_id": sha} if sha else {})
    given = pull.repository.call("POST", f"pulls/{pull.number}/reviews", body, by)
    return int(given["id"])


def says(pull: Pull, comment: int, part: str) -> str:
    """The reply to a comment, once it says this; it is edited in place."""
    return eventually(
        lambda: next((r for r in pull.replies() if f"/{comment}/0 -->" in r), ""),
        lambda reply: part in reply,
        f"{part!r} in the reply to {comment}",
    )

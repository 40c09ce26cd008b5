"""Rules and protection of branches in GitHub's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.github.shapes.repositories import api, checks_of

if TYPE_CHECKING:
    from localcloud.github.records import Repository, RequiredCheck
    from localcloud.github.shapes.people import Json
    from localcloud.github.site import Site


def rule(repository: Repository, checks: list[RequiredCheck]) -> Json:
    """Shape the rule of a ruleset that demands checks, as a branch lists it."""
    wanted: list[Json] = [
        {"context": check.context, **({"integration_id": check.app} if check.app else {})}
        for check in checks
    ]
    return {
        "type": "required_status_checks",
        "parameters": {
            "required_status_checks": wanted,
            "strict_required_status_checks_policy": False,
        },
        "ruleset_source_type": "Repository",
        "ruleset_source": repository.full_name,
        "ruleset_id": checks[0].id,
    }


def ruleset(repository: Repository, identity: int, name: str) -> Json:
    """Shape `repository-ruleset`."""
    return {
        "id": identity,
        "name": name,
        "target": "branch",
        "source_type": "Repository",
        "source": repository.full_name,
        "enforcement": "active",
    }


def protected_branch(
    site: Site, repository: Repository, branch: str, checks: list[RequiredCheck]
) -> Json:
    """Shape `protected-branch`."""
    url = f"{api(site, repository)}/branches/{branch}/protection"
    listed = checks_of(checks)
    policy = {
        "url": f"{url}/required_status_checks",
        "contexts_url": f"{url}/required_status_checks/contexts",
        "strict": False,
        **listed,
    }
    admins = {"url": f"{url}/enforce_admins", "enabled": False}
    return {"url": url, "required_status_checks": policy, "enforce_admins": admins}

"""Repositories, branches and refs in GitHub's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.github.records import Issue, Pull, Repository
from localcloud.github.shapes.people import Json, permissions, simple_user
from localcloud.github.times import epoch

if TYPE_CHECKING:
    from localcloud.github.records import Permission, RequiredCheck
    from localcloud.github.site import Site

_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_FEATURES = ("issues", "projects", "wiki", "downloads")
_ABSENT = ("pages", "discussions")


def api(site: Site, repository: Repository) -> str:
    """Name a repository's address in the API."""
    return f"{site.url}/repos/{repository.full_name}"


def page(site: Site, repository: Repository) -> str:
    """Name a repository's address for people."""
    return f"{site.url}/{repository.full_name}"


def minimal(site: Site, repository: Repository) -> Json:
    """Shape `minimal-repository`."""
    url = api(site, repository)
    return {
        "id": repository.id,
        "node_id": f"R_{repository.id}",
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": simple_user(site, repository.owner),
        "html_url": page(site, repository),
        "description": None,
        "fork": repository.parent is not None,
        "url": url,
        **{key: f"{url}{path}" for key, path in _LINKS.items()},
    }


def plain(site: Site, repository: Repository) -> Json:
    """Shape `repository`, as it stands inside pull requests."""
    html = page(site, repository)
    opened = len(_open(site, repository))
    return {
        **minimal(site, repository),
        **dict.fromkeys(("created_at", "updated_at"), repository.created_at),
        "pushed_at": repository.pushed_at,
        "git_url": f"git://{html.partition('://')[2]}.git",
        "ssh_url": f"git@{html.partition('://')[2].replace('/', ':', 1)}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        **dict.fromkeys(("homepage", "language", "mirror_url", "license")),
        **dict.fromkeys(("size", "stargazers_count", "watchers_count", "watchers"), 0),
        **dict.fromkeys(("forks_count", "forks"), _forks(site, repository)),
        **{f"has_{feature}": True for feature in _FEATURES},
        **{f"has_{feature}": False for feature in _ABSENT},
        **dict.fromkeys(("archived", "disabled", "web_commit_signoff_required"), False),
        **dict.fromkeys(("allow_forking", "is_template"), False),
        **dict.fromkeys(("open_issues_count", "open_issues"), opened),
        "custom_properties": {},
        "topics": [],
        "visibility": "private" if repository.private else "public",
        "default_branch": repository.default_branch,
    }


def full(site: Site, repository: Repository, permission: Permission) -> Json:
    """Shape `full-repository`, with the caller's permission."""
    parent = site.store.get(Repository, repository.parent) if repository.parent else None
    origin = plain(site, parent) if parent else None
    return {
        **plain(site, repository),
        "permissions": permissions(permission),
        "allow_squash_merge": True,
        "allow_merge_commit": True,
        "allow_rebase_merge": False,
        "allow_auto_merge": False,
        "delete_branch_on_merge": False,
        "network_count": _forks(site, repository),
        "subscribers_count": 0,
        **({"parent": origin, "source": origin} if origin else {}),
    }


def in_push(site: Site, repository: Repository) -> Json:
    """Shape a push event's repository, whose moments are numbers and whose URL is for people."""
    shaped = plain(site, repository)
    owner = shaped["owner"] | {"name": repository.owner, "email": None}
    return shaped | {
        "url": page(site, repository),
        "owner": owner,
        "created_at": epoch(repository.created_at),
        "pushed_at": epoch(repository.pushed_at),
        "stargazers": 0,
        "master_branch": repository.default_branch,
    }


def named(repository: Repository) -> Json:
    """Shape a repository as installation events list it."""
    return {
        "id": repository.id,
        "node_id": f"R_{repository.id}",
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
    }


def git_ref(site: Site, repository: Repository, ref: str, sha: str) -> Json:
    """Shape `git-ref` of a full ref name."""
    url = api(site, repository)
    kind = site.git(repository).text("cat-file", "-t", sha)
    return {
        "ref": ref,
        "node_id": f"REF_{repository.id}_{ref}",
        "url": f"{url}/git/{ref}",
        "object": {"sha": sha, "type": kind, "url": f"{url}/git/{kind}s/{sha}"},
    }


def short_branch(site: Site, repository: Repository, name: str, sha: str) -> Json:
    """Shape `short-branch`."""
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{api(site, repository)}/commits/{sha}"},
        "protected": False,
    }


def branch(
    site: Site, repository: Repository, commit: tuple[str, Json], checks: list[RequiredCheck]
) -> Json:
    """Shape `branch-with-protection`; without required checks nothing protects it."""
    name, head = commit
    url = f"{api(site, repository)}/branches/{name}"
    level = "non_admins" if checks else "off"
    return {
        "name": name,
        "commit": head,
        "_links": {"self": url, "html": f"{page(site, repository)}/tree/{name}"},
        "protected": bool(checks),
        "protection": {
            "enabled": bool(checks),
            "required_status_checks": {"enforcement_level": level, **checks_of(checks)},
        },
        "protection_url": f"{url}/protection",
    }


def checks_of(checks: list[RequiredCheck]) -> Json:
    """Shape what classic protection requires."""
    return {
        "contexts": [check.context for check in checks],
        "checks": [{"context": check.context, "app_id": check.app} for check in checks],
    }


def _forks(site: Site, repository: Repository) -> int:
    return len(site.store.find(Repository, parent=repository.id))


def _open(site: Site, repository: Repository) -> list[Issue]:
    of_this = {"repository": repository.id, "state": "open"}
    return [*site.store.find(Issue, **of_this), *site.store.find(Pull, **of_this)]

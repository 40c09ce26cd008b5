"""An App as its owner knows it: what was delivered to it, and its bot's own comments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cachetools import TTLCache, cached
from github.Auth import AppAuth

from localcloud.bot_environment import webhook_secret
from tests.stories.people import LINE

if TYPE_CHECKING:
    from localcloud.cloud import Cloud
    from localcloud.github.app_records import App
    from tests.stories.people import Pull, Repository


@dataclass
class AppOwner:
    """Whoever holds an App's private key."""

    cloud: Cloud
    app: App

    def deliveries(self, event: str) -> list[dict[str, Any]]:
        """The newest deliveries of one event, newest first."""
        told: list[dict[str, Any]] = self._call("GET", "hook/deliveries?per_page=100")
        return [delivery for delivery in told if delivery["event"] == event]

    def delivery(self, identity: int) -> dict[str, Any]:
        """One delivery with what was sent."""
        told: dict[str, Any] = self._call("GET", f"hook/deliveries/{identity}")
        return told

    def redeliver(self, delivery: dict[str, Any]) -> None:
        """Have GitHub deliver it once more, and wait until that is done."""
        self._call("POST", f"hook/deliveries/{delivery['id']}/attempts")
        assert self.cloud.github.deliveries_idle(10)

    def comment(self, pull: Pull, body: str) -> int:
        """Say something as the App's bot."""
        return self._make(pull.repository, f"issues/{pull.number}/comments", {"body": body})

    def check(self, pull: Pull, name: str, conclusion: str) -> int:
        """Run a check on the pull request's head, or run it again."""
        ended = {"status": "completed", "conclusion": conclusion}
        return self._make(
            pull.repository, "check-runs", {"name": name, "head_sha": pull.sha, **ended}
        )

    def _make(self, repository: Repository, what: str, body: dict[str, str]) -> int:
        answer = LINE.post(
            f"{self.cloud.github.url}/repos/{repository.full_name}/{what}",
            json=body,
            headers={"Authorization": f"Bearer {self._token(repository)}"},
            timeout=20,
        )
        return int(answer.json()["id"])

    def _token(self, repository: Repository) -> str:
        installation = self.cloud.github.install(self.app.slug, repository.full_name)
        return str(self._call("POST", f"installations/{installation}/access_tokens")["token"])

    def _call(self, method: str, path: str) -> Any:  # noqa: ANN401  # GitHub's JSON
        answer = LINE.request(
            method,
            f"{self.cloud.github.url}/app/{path}",
            headers={"Authorization": f"Bearer {_signed(self.app.id, self.app.private_key_pem)}"},
            timeout=20,
        )
        assert answer.ok, answer.text
        return answer.json()


@cached(TTLCache(16, ttl=60))
def _signed(app: int, key: str) -> str:
    """Return a token of the App's; it is good for minutes, and reading the key takes long."""
    return AppAuth(app, key).token


def spillway(cloud: Cloud) -> AppOwner:
    """Our own App."""
    door, secret = f"{cloud.receiver.url}/webhooks/github", webhook_secret(cloud.state)
    return AppOwner(
        cloud, cloud.github.add_app("spillway", webhook_url=door, webhook_secret=secret)
    )


def another_bot(cloud: Cloud) -> AppOwner:
    """Somebody else's App, whose webhooks nobody reads."""
    door = f"{cloud.receiver.url}/healthz"
    return AppOwner(cloud, cloud.github.add_app("renovate", webhook_url=door, webhook_secret="x"))

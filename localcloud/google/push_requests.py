"""One push request: Google's wrapped JSON under an identity token of the subscription's account.

https://cloud.google.com/pubsub/docs/push
https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import requests
from google.protobuf.json_format import MessageToDict
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from localcloud.google.issuer import Issuer
    from localcloud.google.protocol import Proto
    from localcloud.google.pubsub_queue import Delivery

_ACKNOWLEDGED = frozenset({102, 200, 201, 202, 204})


class Poster:
    """Posts deliveries over kept connections; safe from any thread."""

    def __init__(self, issuer: Issuer, connections: int) -> None:
        self._issuer = issuer
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", HTTPAdapter(pool_maxsize=connections))

    def post(self, subscription: Proto, delivery: Delivery) -> bool:
        """Return whether the endpoint acknowledged within the subscription's deadline."""
        try:
            with self._session.post(
                subscription.push_config.push_endpoint,
                json=wrapped(subscription, delivery),
                headers=self._headers(subscription.push_config),
                timeout=subscription.ack_deadline_seconds,
                allow_redirects=False,
            ) as answer:
                return answer.status_code in _ACKNOWLEDGED
        except requests.RequestException:
            return False

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()

    def _headers(self, push: Proto) -> dict[str, str]:
        headers = {"User-Agent": "CloudPubSub-Google", "From": "noreply@google.com"}
        if push.HasField("oidc_token"):
            audience = push.oidc_token.audience or push.push_endpoint
            token = self._issuer.mint(audience, push.oidc_token.service_account_email)
            headers["Authorization"] = f"Bearer {token}"
        return headers


def wrapped(subscription: Proto, delivery: Delivery) -> dict[str, Any]:
    """Return the body of a push request, with both spellings as the service sends them."""
    message = delivery.message
    published = MessageToDict(message)["publishTime"]
    inner: dict[str, Any] = {
        "data": base64.b64encode(message.data).decode(),
        "attributes": dict(message.attributes),
        "messageId": message.message_id,
        "message_id": message.message_id,
        "publishTime": published,
        "publish_time": published,
    }
    if message.ordering_key:
        inner["orderingKey"] = message.ordering_key
    body = {"message": inner, "subscription": subscription.name}
    if subscription.HasField("dead_letter_policy"):
        body["deliveryAttempt"] = delivery.attempt
    return body

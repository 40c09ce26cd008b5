"""Signed webhooks on their way to Apps: one worker per App, so that an App sees events in order.

What waits is on disk until it was tried, so that ending this GitHub loses nothing.

GitHub's rules: 10 s to answer with 2xx, no redelivery unless asked, nothing over 25 MB
(https://docs.github.com/webhooks, "Best practices" and "Troubleshooting").
"""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests

from localcloud.github.app_records import App, Delivery, Event, Parcel
from localcloud.github.times import now

if TYPE_CHECKING:
    from localcloud.github.judge import Judge
    from localcloud.github.store import Store

TIMEOUT = 10.0
LARGEST = 25 * 1024 * 1024
KEPT = 1000
_ANSWER_KEPT = 64 * 1024


@dataclass(frozen=True)
class _Answer:
    code: int
    status: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


class Outbox:
    """Everything still to be told, and the record of what was."""

    def __init__(self, store: Store, judge: Judge | None = None) -> None:
        self._store = store
        self._judge = judge
        self._queues: dict[int, queue.SimpleQueue[Parcel | None]] = {}
        self._threads: dict[int, threading.Thread] = {}
        self._changed = threading.Condition()
        self._waiting = 0
        self._running = False
        for parcel in store.find(Parcel):
            self._put(parcel)

    def start(self) -> None:
        """Begin to send; what was put before, and in a former run, is sent now."""
        with self._changed:
            self._running = True
            for app in self._queues:
                self._work_for(app)

    def stop(self) -> None:
        """Send nothing more, once it returns; what is still waiting stays for the next run."""
        with self._changed:
            self._running = False
        for line in self._queues.values():
            line.put(None)
        for thread in self._threads.values():
            thread.join(TIMEOUT)

    def send(self, app: int, event: Event) -> None:
        """Tell an App about an event, after all that it was told before."""
        self._keep(app, event, str(uuid.uuid4()))

    def redeliver(self, delivery: Delivery) -> None:
        """Send a recorded delivery again under its old GUID."""
        payload = json.loads(delivery.request_body)
        event = Event(
            delivery.event, delivery.action, payload, delivery.installation, delivery.repository
        )
        self._keep(delivery.app, event, delivery.guid, redelivery=True)

    def idle(self, timeout: float) -> bool:
        """Wait until nothing is waiting or under way; False when that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting == 0, timeout)

    def _keep(self, app: int, event: Event, guid: str, *, redelivery: bool = False) -> None:
        made = Parcel(
            id=self._store.new_id(), app=app, event=event, guid=guid, redelivery=redelivery
        )
        with self._changed:
            self._put(self._store.save(made))

    def _put(self, parcel: Parcel) -> None:
        with self._changed:
            self._waiting += 1
            self._queues.setdefault(parcel.app, queue.SimpleQueue()).put(parcel)
            if self._running:
                self._work_for(parcel.app)

    def _work_for(self, app: int) -> None:
        if app not in self._threads:
            name = f"webhooks-{app}"
            thread = threading.Thread(target=self._work, args=(app,), name=name, daemon=True)
            self._threads[app] = thread
            thread.start()

    def _work(self, app: int) -> None:
        line = self._queues[app]
        with requests.Session() as session:
            session.trust_env = False
            while (parcel := line.get()) is not None and self._running:
                told = None
                try:
                    told = self._deliver(session, parcel)
                finally:
                    self._done(parcel, told)

    def _done(self, parcel: Parcel, told: Delivery | None) -> None:
        """Record an attempt, unless it outlasted us: then it is made again in the next run."""
        with self._changed:
            self._waiting -= 1
            self._changed.notify_all()
            if not self._running:
                return
            self._store.delete(parcel)
            if told is not None:
                self._store.save(told)
            for old in self._store.find(Delivery)[:-KEPT]:
                self._store.delete(old)

    def _deliver(self, session: requests.Session, parcel: Parcel) -> Delivery | None:
        body = json.dumps(parcel.event.payload, separators=(",", ":"), ensure_ascii=False).encode()
        app = self._store.get(App, parcel.app)
        if app is None or len(body) > LARGEST:
            return None
        if self._judge:
            self._judge.webhook(parcel.event.name, parcel.event.action, parcel.event.payload)
        headers = _headers(app, parcel, body)
        began = time.monotonic()
        answer = _post(session, app.webhook_url, headers, body)
        return Delivery(
            id=self._store.new_id(),
            guid=parcel.guid,
            app=parcel.app,
            installation=parcel.event.installation,
            repository=parcel.event.repository,
            event=parcel.event.name,
            action=parcel.event.action,
            request_headers=headers,
            request_body=body.decode(),
            redelivery=parcel.redelivery,
            delivered_at=now(),
            duration=round(time.monotonic() - began, 2),
            status=answer.status,
            status_code=answer.code,
            response_headers=answer.headers,
            response_body=answer.body,
        )


def _headers(app: App, parcel: Parcel, body: bytes) -> dict[str, str]:
    signature = hmac.new(app.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/localcloud",
        "X-GitHub-Delivery": parcel.guid,
        "X-GitHub-Event": parcel.event.name,
        "X-GitHub-Hook-ID": str(app.hook_id),
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature-256": f"sha256={signature}",
    }


def _post(session: requests.Session, url: str, headers: dict[str, str], body: bytes) -> _Answer:
    try:
        answer = session.post(
            url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
        )
    except requests.Timeout:
        return _Answer(0, "timed out")
    except requests.RequestException:
        return _Answer(0, "failed to connect to host")
    told = "OK" if answer.ok else f"Invalid HTTP Response: {answer.status_code}"
    return _Answer(answer.status_code, told, dict(answer.headers), answer.text[:_ANSWER_KEPT])

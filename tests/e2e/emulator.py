"""Google's own Pub/Sub emulator, and the courier between it, the local cloud and the consumer."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import requests
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient

from localcloud.bot_environment import PROJECT, PUSH_ACCOUNT
from localcloud.runtime.ports import release, reserve
from localcloud.topics import TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localcloud.cloud import Cloud

READY_SECONDS = 60


def jar() -> Path | None:
    """The emulator of the installed Google Cloud CLI, None where there is none."""
    gcloud = shutil.which("gcloud")
    if gcloud is None or shutil.which("java") is None:
        return None
    parts = Path(gcloud).resolve().parents[1] / "platform" / "pubsub-emulator" / "lib"
    return next(iter(parts.glob("cloud-pubsub-emulator-*-all.jar")), None)


@contextmanager
def emulator(program: Path) -> Iterator[str]:
    """Run it, straight from its jar: gcloud would leave Java behind. Gives `host:port`."""
    port = reserve()
    command = ["java", "-jar", str(program), "--host=127.0.0.1", f"--port={port}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, **quiet)  # noqa: S603  # Google's program
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(READY_SECONDS)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        release(port)


class Courier:
    """Carries what the emulator lacks: the token on each push, and an ack for every 2xx.

    Messages that the local cloud itself publishes (builds, ticks) go through the emulator too.
    """

    def __init__(self, cloud: Cloud, broker: str) -> None:
        self._cloud = cloud
        self._channels = [grpc.insecure_channel(one) for one in (broker, self._local)]
        self._topics = _client(PublisherClient, self._channels[0])
        self.carried: list[str] = []
        """The topic of each message that the consumer took."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(self._take))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def _local(self) -> str:
        return self._cloud.google.grpc_target

    def close(self) -> None:
        """Carry no more."""
        self._server.shutdown()
        self._server.server_close()
        for channel in self._channels:
            channel.close()

    def take_over(self) -> None:
        """Let every message to the consumer go through the emulator."""
        theirs = _client(SubscriberClient, self._channels[0])
        ours = _client(SubscriberClient, self._channels[1])
        for topic in TOPICS:
            path = f"projects/{PROJECT}/topics/{topic}"
            self._topics.create_topic(name=path)
            name = f"projects/{PROJECT}/subscriptions/{topic}-to-consumer"
            push = {"push_endpoint": f"{self.url}/{path}"}
            wanted = {"name": name, "topic": path, "push_config": push, "ack_deadline_seconds": 120}
            theirs.create_subscription(request=wanted)
            push = {"push_endpoint": f"{self.url}/publish/{topic}"}
            ours.modify_push_config(subscription=name, push_config=push)

    def _take(self, path: str, body: bytes) -> int:
        if path.startswith("/publish/"):
            told = json.loads(body)["message"]
            data = base64.b64decode(told.get("data", ""))
            message = PubsubMessage(data=data, attributes=told.get("attributes", {}))
            topic = f"projects/{PROJECT}/topics/{path.rpartition('/')[2]}"
            self._topics.publish(topic=topic, messages=[message])
            return 200
        return self._push(path, body)

    def _push(self, path: str, body: bytes) -> int:
        consumer = self._cloud.consumer.url
        token = self._cloud.google.issuer.mint(consumer, PUSH_ACCOUNT)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = requests.post(f"{consumer}{path}", data=body, headers=headers, timeout=120)
        if answer.ok:
            self.carried.append(path.rpartition("/")[2])
        return 200 if answer.ok else answer.status_code


def _client(kind: type, channel: grpc.Channel) -> object:
    return kind(transport=kind.get_transport_class("grpc")(channel=channel))


def _answering(take: Callable[[str, bytes], int]) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(take(self.path, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Door

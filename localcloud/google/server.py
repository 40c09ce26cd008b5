"""The local Google: every service of this package behind one REST port and one gRPC port."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from localcloud.google.artifact_registry import ArtifactRegistryApi
from localcloud.google.build_records import BuildRecords
from localcloud.google.build_runs import BuildRunner
from localcloud.google.builds import BuildsApi
from localcloud.google.errors import Code, refuse
from localcloud.google.grpc_server import GrpcServer
from localcloud.google.issuer import Issuer
from localcloud.google.log_entries import LoggingApi
from localcloud.google.log_store import LogStore
from localcloud.google.metadata import MetadataServer, metadata_environment
from localcloud.google.metric_windows import MetricWindows
from localcloud.google.monitoring import MonitoringApi
from localcloud.google.operations import Operations
from localcloud.google.protocol import Method
from localcloud.google.pubsub import Pace, PubSub
from localcloud.google.records import Records
from localcloud.google.rest import ApiPages, RestServer
from localcloud.google.run import CloudRun
from localcloud.google.run_launch import Runtime
from localcloud.google.secret_manager import SecretManagerApi
from localcloud.google.storage import StoragePages
from localcloud.google.storage_objects import ObjectStore
from localcloud.google.telemetry import CloudTelemetry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from werkzeug.wrappers import Request, Response

    from localcloud.google.build_source import Clone
    from localcloud.google.ports import Images, Revisions, Telemetry, Traffic
    from localcloud.google.protocol import MethodTable, Proto
    from localcloud.google.rest import Pages


Around: TypeAlias = "Callable[[str, Proto, Callable[[], Proto]], Proto]"
"""Gets a call's full name, its request and its work, and answers instead."""


@dataclass(frozen=True, kw_only=True)
class GoogleSettings:
    """How this Google behaves: times in seconds, the defaults are real life's.

    Port 0 takes a free one. `metric_window` is the sampling period, `metric_lag` the time until a
    sample is visible, `tick` the scheduler's pace; `cloud_latency` passes before the work of each
    accepted Cloud Run operation. `disorder` is the seed of a Pub/Sub that brings every pushed
    message twice and in another order.
    """

    project: str
    port: int = 0
    grpc_port: int = 0
    metric_window: float = 60.0
    metric_lag: float = 180.0
    tick: float = 60.0
    cloud_latency: float = 0.0
    disorder: int | None = None


class Google:
    """Starts and stops everything together; state under `root` survives a restart.

    Both ports are bound, and so known, from construction on. Raises OSError when one is taken.
    """

    def __init__(  # one argument per side of the runtime
        self,
        root: Path,
        settings: GoogleSettings,
        images: Images,
        revisions: Revisions,
        traffic: Traffic,
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._settings = settings
        self.before_call: list[Callable[[str, Proto], None]] = []
        """Each hears of every call before its work, by the method's full name, and may wait or
        raise ApiError: a seam for injected faults. Storage is not heard."""
        self.around_grpc: list[Around] = []
        """Each stands around every gRPC call: the seam for answers that get lost."""

        self._records = Records(root / "google.sqlite")
        self._store = ObjectStore(self._records, root / "objects")
        self.issuer = Issuer(root)
        self._operations = Operations(self._records, settings.cloud_latency)
        self._secrets = SecretManagerApi(self._records)
        runtime = Runtime(images, revisions, self.metadata_environment, self._secrets.value)
        self._run = CloudRun(self._records, self._operations, runtime, traffic)
        pace = Pace(settings.tick, settings.disorder)
        self._pubsub = PubSub(self._records, self.issuer, pace, settings.project)
        self._tags = ArtifactRegistryApi(images)
        self._observe()
        self._compose_builds(images)
        methods = self._methods()
        self._rest = RestServer(self._pages(methods), settings.port)
        self.before_response = self._rest.before_response
        """Middlewares around every REST answer, outermost last: as GitHub's, Storage included."""
        inner = {name: self._surrounded(name, method) for name, method in methods.items()}
        self._grpc = GrpcServer(inner, settings.grpc_port)

    @property
    def url(self) -> str:
        """The address of everything REST."""
        return f"http://127.0.0.1:{self._rest.port}"

    @property
    def grpc_target(self) -> str:
        """The plaintext target of everything gRPC, `host:port`."""
        return f"127.0.0.1:{self._grpc.port}"

    def metadata_environment(self) -> dict[str, str]:
        """Return the variables that lead google-auth to this server."""
        return metadata_environment(self._rest.port)

    def connect(self, clone: Clone) -> None:
        """Let builds clone connected repositories this way."""
        self._runner.clone = clone

    def start(self) -> None:
        """Serve, then bring back whatever a former run on this root left behind."""
        self._rest.start()
        self._grpc.start()
        self._run.resume()
        self._builds.resume()
        self._pubsub.start()

    def stop(self) -> None:
        """Stop serving, end every revision and close the records."""
        self._operations.stop_accepting()
        self._run.stop()
        self._runner.stop()
        self._operations.stop()
        self._pubsub.stop()
        self._grpc.stop()
        self._rest.stop()
        self._records.close()

    def _observe(self) -> None:
        self._log = LogStore()
        length, lag = self._settings.metric_window, self._settings.metric_lag
        self._windows, self._lines = MetricWindows(length, lag), MetricWindows(length, lag)
        self.telemetry: Telemetry = CloudTelemetry(self._windows, self._lines, self._log)

    def _compose_builds(self, images: Images) -> None:
        records = BuildRecords(self._records, self._pubsub.topics, self._log)
        self._runner = BuildRunner(records, self._store, images)
        self._builds = BuildsApi(records, self._runner)
        self._operations.also(self._builds.operation)

    def _methods(self) -> MethodTable:
        methods = {
            **self._run.methods(),
            **self._builds.methods(),
            **self._tags.methods(),
            **self._secrets.methods(),
            **self._operations.methods(),
            **self._pubsub.methods(),
            **MonitoringApi(self._windows, self._lines).methods(),
            **LoggingApi(self._log).methods(),
        }
        return {name: self._heard(name, method) for name, method in methods.items()}

    def _heard(self, name: str, method: Method) -> Method:
        def call(request: Proto) -> Proto:
            for hear in self.before_call:
                hear(name, request)
            return method.call(request)

        return Method(method.request, call)

    def _surrounded(self, name: str, method: Method) -> Method:
        def call(request: Proto) -> Proto:
            work = partial(method.call, request)
            for around in self.around_grpc:
                work = partial(around, name, request, work)
            return work()

        return Method(method.request, call)

    def _pages(self, methods: MethodTable) -> dict[str, Pages]:
        api, storage = ApiPages(methods), StoragePages(self._store)
        metadata = MetadataServer(self._settings.project, self.issuer)
        return {
            "/v1/": api,
            "/v2/": api,
            "/storage/": storage,
            "/upload/": storage,
            "/download/": storage,
            "/oauth2/": self.issuer.pages,
            "/computeMetadata/": metadata,
            "": partial(_front_page, metadata),
        }


def _front_page(metadata: MetadataServer, request: Request) -> Response:
    """Answer `/`, where google-auth looks whether a metadata server is there."""
    if request.path != "/":
        refuse(f"Nothing is served at {request.path}.", Code.NOT_FOUND)
    return metadata(request)

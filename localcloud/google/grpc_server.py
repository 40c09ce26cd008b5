"""Every method over plaintext gRPC, without generated service code."""

from __future__ import annotations

import logging
import time
from concurrent import futures
from typing import TYPE_CHECKING

import grpc

from localcloud.google.errors import ApiError
from localcloud.google.protocol import CALL_ENDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.google.protocol import Method, MethodTable, Proto

    _GenericHandler = grpc.GenericRpcHandler[Proto, Proto]
else:
    _GenericHandler = grpc.GenericRpcHandler

_LOG = logging.getLogger(__name__)
_THREADS = 32
_NO_DEADLINE = 3600.0
_LARGEST_MESSAGE = 16 * 1024 * 1024
"""Bytes; Pub/Sub takes publish requests up to 10 MB."""


class _Methods(_GenericHandler):
    def __init__(self, methods: MethodTable) -> None:
        self._methods = methods

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler[Proto, Proto] | None:
        method = self._methods.get(handler_call_details.method)
        if method is None:
            return None
        return grpc.unary_unary_rpc_method_handler(
            _behaviour(method),
            request_deserializer=method.request.FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )


def _behaviour(method: Method) -> Callable[[Proto, grpc.ServicerContext], Proto]:
    def call(request: Proto, context: grpc.ServicerContext) -> Proto:
        CALL_ENDS.set(time.monotonic() + (context.time_remaining() or _NO_DEADLINE))
        try:
            return method.call(request)
        except ApiError as error:
            context.abort(grpc.StatusCode[error.code.name], error.message)
        except Exception:  # noqa: BLE001  # the caller gets INTERNAL, whatever it was
            _LOG.exception("%s failed", type(request).__name__)
            context.abort(grpc.StatusCode.INTERNAL, "Internal error encountered.")

    return call


class GrpcServer:
    """Serves the methods on 127.0.0.1; port 0 takes a free one. Raises OSError when taken."""

    def __init__(self, methods: MethodTable, port: int) -> None:
        sizes = [
            (f"grpc.max_{way}_message_length", _LARGEST_MESSAGE) for way in ("receive", "send")
        ]
        self._server = grpc.server(
            futures.ThreadPoolExecutor(_THREADS, thread_name_prefix="grpc"),
            handlers=[_Methods(methods)],
            options=[*sizes, ("grpc.so_reuseport", 0)],
        )
        try:
            self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        except RuntimeError as error:
            raise OSError(str(error)) from error

    def start(self) -> None:
        """Serve from now on."""
        self._server.start()

    def stop(self) -> None:
        """Stop at once; calls under way are cancelled."""
        self._server.stop(grace=None).wait()

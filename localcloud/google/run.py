"""Cloud Run as a whole: its APIs, and the reconciler behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.google.run_launch import Launch, Runtime
from localcloud.google.run_policies import PoliciesApi
from localcloud.google.run_reconcile import Reconciler
from localcloud.google.run_records import RunRecords
from localcloud.google.run_revisions import RevisionsApi
from localcloud.google.run_services import ServicesApi

if TYPE_CHECKING:
    from localcloud.google.operations import Operations
    from localcloud.google.ports import Traffic
    from localcloud.google.protocol import MethodTable
    from localcloud.google.records import Records


class CloudRun:
    """Puts the parts together."""

    def __init__(
        self, records: Records, operations: Operations, runtime: Runtime, traffic: Traffic
    ) -> None:
        kept = RunRecords(records)
        self._reconciler = Reconciler(kept, Launch(kept, runtime), traffic)
        self._services = ServicesApi(kept, operations, self._reconciler)
        self._policies = PoliciesApi(kept, self._reconciler)
        self._revisions = RevisionsApi(kept, operations)

    def methods(self) -> MethodTable:
        """Return the methods of all of Cloud Run's services."""
        return {
            **self._services.methods(),
            **self._policies.methods(),
            **self._revisions.methods(),
        }

    def resume(self) -> None:
        """Serve again what served before a restart, and end what was under way."""
        self._reconciler.resume()
        self._services.resume()

    def stop(self) -> None:
        """Stop every revision."""
        self._reconciler.stop()

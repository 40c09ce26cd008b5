"""IAM policies of services: who may call them, with the policy's own etag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.iam.v1 import iam_policy_pb2

from localcloud.google.errors import Code, refuse
from localcloud.google.protocol import MethodTable, Proto, method

if TYPE_CHECKING:
    from localcloud.google.run_reconcile import Reconciler
    from localcloud.google.run_records import RunRecords

_CONFLICT = (
    "There were concurrent policy changes. Please retry the whole read-modify-write with "
    "exponential backoff."
)


class PoliciesApi:
    """The IAM methods of google.cloud.run.v2.Services."""

    def __init__(self, records: RunRecords, reconciler: Reconciler) -> None:
        self._records = records
        self._reconciler = reconciler

    def methods(self) -> MethodTable:
        """Return the methods by their full names."""
        table = {
            "GetIamPolicy": method(iam_policy_pb2.GetIamPolicyRequest, self._get),
            "SetIamPolicy": method(iam_policy_pb2.SetIamPolicyRequest, self._set),
            "TestIamPermissions": method(iam_policy_pb2.TestIamPermissionsRequest, self._test),
        }
        return {f"/google.cloud.run.v2.Services/{name}": made for name, made in table.items()}

    def _get(self, request: Proto) -> Proto:
        self._records.service(request.resource)
        return self._records.policy(request.resource)

    def _set(self, request: Proto) -> Proto:
        with self._records.records.transaction():
            self._records.service(request.resource)
            current = self._records.policy(request.resource)
            if request.policy.etag and request.policy.etag != current.etag:
                refuse(_CONFLICT, Code.ABORTED)
            self._records.save_policy(request.resource, request.policy)
        self._reconciler.reroute(request.resource)
        return self._records.policy(request.resource)

    def _test(self, request: Proto) -> Proto:
        """Grant everything: the local cloud has one caller, its owner."""
        self._records.service(request.resource)
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=request.permissions)

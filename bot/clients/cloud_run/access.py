"""Who may call a service: read, change and write its IAM policy under the policy's etag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.iam.v1 import iam_policy_pb2, options_pb2, policy_pb2

from bot.clients.cloud_run import answer
from bot.clients.endpoint import DEADLINE

if TYPE_CHECKING:
    from google.cloud import run_v2

    from bot.core.action import Accepted, Conflicted, OpenToAll, Rejected

INVOKER = "roles/run.invoker"
ANYBODY = "allUsers"
WITH_CONDITIONS = 3
"""A lower policy version hides conditions, and writing it back would lose them
(https://cloud.google.com/iam/docs/policies#versions)."""


def open_to_all(
    services: run_v2.ServicesClient, action: OpenToAll
) -> Accepted | Conflicted | Rejected:
    """Add `allUsers` to the invokers unless it is there."""
    return answer.of(
        action.service, lambda: _open(services, action.key.name), look_again=answer.UPDATING
    )


def _open(services: run_v2.ServicesClient, name: str) -> None:
    policy = _policy(services, name)
    if any(_is_open(binding) for binding in policy.bindings):
        return
    policy.bindings.add(role=INVOKER, members=[ANYBODY])
    request = iam_policy_pb2.SetIamPolicyRequest(resource=name, policy=policy)
    services.set_iam_policy(request, retry=None, timeout=DEADLINE)


def _policy(services: run_v2.ServicesClient, name: str) -> policy_pb2.Policy:
    options = options_pb2.GetPolicyOptions(requested_policy_version=WITH_CONDITIONS)
    request = iam_policy_pb2.GetIamPolicyRequest(resource=name, options=options)
    return services.get_iam_policy(request, retry=None, timeout=DEADLINE)


def _is_open(binding: policy_pb2.Binding) -> bool:
    unconditional = not binding.HasField("condition")
    return binding.role == INVOKER and ANYBODY in binding.members and unconditional

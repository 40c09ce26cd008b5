"""What a container may use, out of Kubernetes' quantities: `512Mi`, `1Gi`, `500m`, `2`.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.google.protocol import Proto

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_FACTORS = {
    "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip


def memory_of(container: Proto) -> int:
    """Return the memory limit in bytes, 0 for none that can be read."""
    return int(_amount(container, "memory"))


def cpu_of(container: Proto) -> float:
    """Return the limit in processors, 0 for none that can be read."""
    return _amount(container, "cpu")


def _amount(container: Proto, resource: str) -> float:
    found = _QUANTITY.fullmatch(container.resources.limits.get(resource, ""))
    return float(found[1]) * _FACTORS.get(found[2] or "", 1) if found else 0.0

"""One build's docker: what its steps built in this workspace, and what they pushed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from localcloud.google.build_steps import BuildStep, PushStep, VersionStep, read_step
from localcloud.runtime.interface import BuildFailed, BuildOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.google.ports import Images
    from localcloud.google.protocol import Proto


class Docker:
    """Carries docker's steps out; images are known by their tags until they are pushed."""

    def __init__(self, images: Images, workspace: Path, cancelled: Callable[[], bool]) -> None:
        self._images = images
        self._workspace = workspace
        self._cancelled = cancelled
        self._digests: dict[str, str] = {}

    def __contains__(self, image: str) -> bool:
        """Tell whether a step has built this image."""
        return tagged(image) in self._digests

    def perform(self, step: Proto, deadline: float, log: Callable[[str], None]) -> None:
        """Carry one step out before `deadline`, in monotonic seconds.

        Raises StepRefused for what is no step of docker's, BuildFailed for one that failed.
        """
        log(f"Running {step.name} {' '.join(step.args)}")
        match read_step(step):
            case BuildStep() as wanted:
                if step.timeout.seconds:
                    deadline = min(deadline, time.monotonic() + step.timeout.seconds)
                self._build(wanted, deadline, log)
            case PushStep() as wanted:
                for image in wanted.images:
                    self._push_all(image, log, all_tags=wanted.all_tags)
            case VersionStep():
                log(self._images.version())

    def push(self, image: str) -> str:
        """Give the image its name in the registry and return its digest."""
        repository, _, tag = tagged(image).rpartition(":")
        digest = self._digests[tagged(image)]
        self._images.tag(repository, tag, digest)
        return digest

    def _build(self, wanted: BuildStep, deadline: float, log: Callable[[str], None]) -> None:
        options = BuildOptions(
            args=wanted.args,
            labels=wanted.labels,
            log=log,
            deadline=deadline,
            cancelled=self._cancelled,
        )
        context = self._workspace / wanted.context
        digest = self._images.build(context, self._workspace / wanted.dockerfile, options)
        self._digests |= dict.fromkeys(map(tagged, wanted.tags), digest)

    def _push_all(self, image: str, log: Callable[[str], None], *, all_tags: bool) -> None:
        found = [tagged(image)] if image in self else []
        if all_tags:
            found = [one for one in self._digests if one.rpartition(":")[0] == image]
        if not found:
            message = f"An image does not exist locally with the tag: {image}"
            raise BuildFailed(message)
        for reference in found:
            log(f"{reference}: digest: {self.push(reference)}")


def tagged(image: str) -> str:
    """Return an image reference with its tag: docker's `latest` when none is given."""
    return image if ":" in image.rpartition("/")[2] else f"{image}:latest"

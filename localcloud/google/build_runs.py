"""Runs builds: source, steps, push, each result written down; at most two at a time."""

from __future__ import annotations

import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from google.cloud.devtools import cloudbuild_v1

from localcloud.google.build_docker import Docker
from localcloud.google.build_records import STATUS, BuildRecords
from localcloud.google.build_source import Clone, SourceRefused, fetch_source, not_connected
from localcloud.google.build_steps import StepRefused
from localcloud.google.times import now
from localcloud.runtime.interface import BuildFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.google.ports import Images
    from localcloud.google.protocol import Proto
    from localcloud.google.storage_objects import ObjectStore

_AT_ONCE = 2
_FAILURE = cloudbuild_v1.Build.FailureInfo.FailureType


class _Failed(Exception):  # noqa: N818  # reads as the event that it is
    def __init__(self, kind: int, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


@dataclass
class _Run:
    """One build on its way."""

    build: Proto
    workspace: Path
    deadline: float
    ended: threading.Event
    docker: Docker


class BuildRunner:
    """Takes builds by name; cancelling or timing out ends a build at once for everybody else."""

    def __init__(self, records: BuildRecords, store: ObjectStore, images: Images) -> None:
        self._records = records
        self._store = store
        self._images = images
        self.clone: Clone = not_connected
        self._workers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="build")
        self._ends: dict[str, threading.Event] = {}

    def submit(self, name: str) -> None:
        """Queue a build."""
        self._ends[name] = threading.Event()
        self._workers.submit(self._run, name)

    def cancel(self, name: str) -> bool:
        """End a build as cancelled; False when it has ended already."""
        return self._end(name, partial(_set_status, status=STATUS.CANCELLED))

    def stop(self) -> None:
        """Abandon what runs; its record stays unfinished, so that a restart runs it again."""
        for ended in list(self._ends.values()):
            ended.set()
        self._workers.shutdown(wait=True, cancel_futures=True)

    def _end(self, name: str, edit: Callable[[Proto], None]) -> bool:
        changed = self._records.change(name, edit)
        self._ends.setdefault(name, threading.Event()).set()
        return changed

    def _run(self, name: str) -> None:
        ended = self._ends[name]
        if ended.is_set() or not self._records.change(name, _start):
            return
        build = self._records.build(name)
        left = float(build.timeout.seconds)
        watch = threading.Timer(left, self._end, (name, _time_out))
        watch.daemon = True
        watch.start()
        with tempfile.TemporaryDirectory(prefix="build-") as folder:
            try:
                docker = Docker(self._images, Path(folder), ended.is_set)
                run = _Run(build, Path(folder), time.monotonic() + left, ended, docker)
                self._work(run)
            finally:
                watch.cancel()

    def _work(self, run: _Run) -> None:
        self._records.line(run.build, f'starting build "{run.build.id}"')
        try:
            self._steps(run)
            results = self._push(run)
        except _Failed as failure:
            if not run.ended.is_set():
                self._fail(run, failure)
        except Exception as error:
            if not run.ended.is_set():
                self._fail(run, _Failed(_FAILURE.FAILURE_TYPE_UNSPECIFIED, "internal error"))
            raise error from None
        else:
            if not run.ended.is_set():
                self._records.change(run.build.name, partial(_succeed, results=results))
                self._records.line(run.build, "DONE")

    def _steps(self, run: _Run) -> None:
        self._records.line(run.build, "FETCHSOURCE")
        try:
            fetch_source(run.build, self._store, run.workspace, self.clone)
        except SourceRefused as refusal:
            raise _Failed(_FAILURE.FETCH_SOURCE_FAILED, str(refusal)) from refusal
        self._records.line(run.build, "BUILD")
        for number, step in enumerate(run.build.steps):
            self._step(run, number, step)

    def _step(self, run: _Run, number: int, step: Proto) -> None:
        """Run one step; raises _Failed unless it may fail."""
        if run.ended.is_set():
            raise _Failed(_FAILURE.FAILURE_TYPE_UNSPECIFIED, "ended")
        started = now()
        log = partial(self._log, run, number)
        try:
            run.docker.perform(step, run.deadline, log)
            status, message = STATUS.SUCCESS, ""
        except (StepRefused, BuildFailed) as error:
            status, message = STATUS.FAILURE, str(error)
            log(f"ERROR: {message}")
        edit = partial(_note_step, number=number, status=status, started=started)
        if not run.ended.is_set():
            self._records.change(run.build.name, edit)
        if message and not step.allow_failure:
            detail = f'build step {number} "{step.name}" failed: {message}'
            raise _Failed(_FAILURE.USER_BUILD_STEP, detail)

    def _log(self, run: _Run, number: int, text: str) -> None:
        self._records.line(run.build, text, number)

    def _push(self, run: _Run) -> Proto:
        """Push the build's images and return its results; raises _Failed for one never built."""
        self._records.line(run.build, "PUSH")
        results = cloudbuild_v1.Results.pb()()
        for image in run.build.images:
            if image not in run.docker:
                detail = (
                    f"failed to find one or more images after execution of build steps: [{image}]"
                )
                raise _Failed(_FAILURE.PUSH_IMAGE_NOT_FOUND, detail)
            if run.ended.is_set():
                break
            _check_push(run.build, image)
            digest = run.docker.push(image)
            results.images.add(name=image, digest=digest)
            self._records.line(run.build, f"{image}: digest: {digest}")
        return results

    def _fail(self, run: _Run, failure: _Failed) -> None:
        if time.monotonic() >= run.deadline:
            self._records.change(run.build.name, _time_out)
            return
        self._records.line(run.build, f"ERROR: {failure.detail}")
        self._records.change(run.build.name, partial(_set_failure, failure=failure))


def _check_push(build: Proto, image: str) -> None:
    """Refuse to push into another project's registry, as a build account without leave is."""
    project = image.split("/")[1] if image.count("/") > 1 else build.project_id
    if project != build.project_id:
        detail = (
            "denied: Permission 'artifactregistry.repositories.uploadArtifacts' denied on "
            f"resource 'projects/{project}' (or it may not exist)"
        )
        raise _Failed(_FAILURE.PUSH_NOT_AUTHORIZED, detail)


def _start(build: Proto) -> None:
    build.status = STATUS.WORKING
    build.start_time.CopyFrom(now())


def _set_status(build: Proto, status: int) -> None:
    build.status = status


def _time_out(build: Proto) -> None:
    build.status = STATUS.TIMEOUT
    build.status_detail = f"build timed out after {build.timeout.seconds} s"


def _set_failure(build: Proto, failure: _Failed) -> None:
    build.status = STATUS.FAILURE
    build.status_detail = failure.detail
    build.failure_info.type_ = failure.kind
    build.failure_info.detail = f"Build step failure: {failure.detail}"


def _note_step(build: Proto, number: int, status: int, started: Proto) -> None:
    step = build.steps[number]
    step.status = status
    step.timing.start_time.CopyFrom(started)
    step.timing.end_time.CopyFrom(now())


def _succeed(build: Proto, results: Proto) -> None:
    build.status = STATUS.SUCCESS
    build.results.CopyFrom(results)

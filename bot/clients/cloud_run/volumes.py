"""Volumes of a revision template: secrets as files, and the sockets of Cloud SQL."""

from __future__ import annotations

from posixpath import split
from typing import TYPE_CHECKING

from google.cloud import run_v2

if TYPE_CHECKING:
    from collections.abc import Callable

CLOUD_SQL = "/cloudsql"
"""Where Cloud Run puts the sockets (https://cloud.google.com/sql/docs/mysql/connect-run)."""


def mount_secret(
    template: run_v2.RevisionTemplate,
    container: run_v2.Container,
    path: str,
    secret: tuple[str, str],
) -> None:
    """Show one (secret, version) as the file `path`; its folder holds nothing else."""
    folder, file = split(path)
    name, version = secret
    volume = _mounted(template, container, folder, lambda volume: "secret" in volume)
    item = run_v2.VersionToPath(path=file, version=version)
    volume.secret = run_v2.SecretVolumeSource(secret=name, items=[item])


def mount_cloud_sql(
    template: run_v2.RevisionTemplate, container: run_v2.Container, instances: tuple[str, ...]
) -> None:
    """Put the sockets of these instances, `project:region:name`, under /cloudsql."""
    volume = _mounted(template, container, CLOUD_SQL, lambda volume: "cloud_sql_instance" in volume)
    volume.cloud_sql_instance = run_v2.CloudSqlInstance(instances=instances)


def unmount_secret(
    template: run_v2.RevisionTemplate, container: run_v2.Container, path: str
) -> None:
    """Take a secret's file away, and its folder with it."""
    _unmounted(template, container, split(path)[0], lambda volume: "secret" in volume)


def unmount_cloud_sql(template: run_v2.RevisionTemplate, container: run_v2.Container) -> None:
    """Take the sockets away."""
    _unmounted(template, container, CLOUD_SQL, lambda volume: "cloud_sql_instance" in volume)


def _mounted(
    template: run_v2.RevisionTemplate,
    container: run_v2.Container,
    folder: str,
    suitable: Callable[[run_v2.Volume], bool],
) -> run_v2.Volume:
    """Return the volume that is mounted at a folder, made when there is none of the right kind."""
    mounted = {mount.name for mount in container.volume_mounts if mount.mount_path == folder}
    for volume in template.volumes:
        if volume.name in mounted and suitable(volume):
            return volume
    name = folder.strip("/").replace("/", "-").replace("_", "-").replace(".", "-").lower()
    template.volumes.append(run_v2.Volume(name=name))
    container.volume_mounts.append(run_v2.VolumeMount(name=name, mount_path=folder))
    return template.volumes[-1]


def _unmounted(
    template: run_v2.RevisionTemplate,
    container: run_v2.Container,
    folder: str,
    suitable: Callable[[run_v2.Volume], bool],
) -> None:
    """Take away a mount of the right kind, and its volume unless another container has it."""
    kind = {volume.name for volume in template.volumes if suitable(volume)}
    for mount in [one for one in container.volume_mounts if one.mount_path == folder]:
        if mount.name in kind:
            container.volume_mounts.remove(mount)
    used = {mount.name for one in template.containers for mount in one.volume_mounts}
    for volume in [one for one in template.volumes if one.name in kind - used]:
        template.volumes.remove(volume)

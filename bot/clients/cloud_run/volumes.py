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

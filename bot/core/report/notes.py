"""What people should know beside how far it is: adopted services, divided traffic, late tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.report.phrases import block, clean, inline, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.deployment import Deployment, ServiceRollout
    from bot.core.failure import Failure

MOST_KEPT = 20


def notes(deployment: Deployment) -> list[str]:
    """Return one paragraph for each."""
    said = [f"**Note:** {clean(note)}" for note in deployment.plan.notes]
    said += [_split(service) for service in deployment.services if service.split]
    said += [note for service in deployment.services for note in _adopted(service)]
    if deployment.told.tag_trouble:
        trouble = plain(deployment.told.tag_trouble)
        said.append(f"**Note:** not every tag could be moved yet, it is tried again: {trouble}")
    return said


def remedies(failure: Failure) -> list[str]:
    """Return what to do about a failure, if more is known than its reason."""
    return [f"What to do: {clean(failure.remedy)}."] if failure.remedy else []


def _split(service: ServiceRollout) -> str:
    """Offer every way to say which revision is the stable one."""
    key = service.plan.key
    shares = ", ".join(f"{plain(name)} {part} %" for name, part in service.split.items())
    ways = [
        f"gcloud run services update-traffic {key.service} --project {key.project} "
        f"--region {key.region} --to-revisions {plain(revision)}=100"
        for revision in service.split
    ]
    return (
        f"**Held: the traffic of {service.plan.name} is split** ({shares}), so no revision is the "
        "stable one to compare with and to go back to. Nothing was changed. To adopt the service "
        "as it is, give one revision all the traffic; this goes on by itself then:\n\n"
        f"{block(chr(10).join(ways))}"
    )


def _adopted(service: ServiceRollout) -> Iterator[str]:
    if service.kept:
        named = ", ".join(inline(name) for name in service.kept[:MOST_KEPT])
        more = len(service.kept) - MOST_KEPT
        rest = f" and {more} more" if more > 0 else ""
        yield (
            f"**Note:** {service.plan.name} keeps what others set and deploy.yaml does not name: "
            f"{named}{rest}."
        )
    if service.pinned and service.kept is not None:
        yield (
            f"**Note:** the traffic of {service.plan.name} followed its latest revision; it was "
            f"pinned to {inline(service.stable)}, so that nothing but a rollout moves it."
        )

"""Checks that names in a command exist: applications, components, remedies, maintenance routines."""

from __future__ import annotations

from collections.abc import Sequence

from activities.records import Records
from models.errors import NotFoundError
from models.names import as_typed
from models.schedules import maintained_hosts
from models.settings import Settings


def require_application(settings: Settings, records: Records, application: str | None) -> None:
    """Raise `NotFoundError`, with the known names, unless a dossier of the application is published.

    The provider's own application needs no dossier. None stands for all applications and is valid.
    """
    if application is None:
        return
    known = records.applications()
    if application not in {*known, settings.provider_application}:
        raise not_published(application, known)


def not_published(application: str, known: Sequence[str]) -> NotFoundError:
    """Return the error for an application without a published dossier, with the published applications."""
    return NotFoundError(f"no dossier of {as_typed(application)} is published; there are {', '.join(known) or 'none'}")


def require_components(records: Records, application: str, names: Sequence[str]) -> None:
    """Raise `NotFoundError`, with the known names, unless the published dossier has all of these components."""
    dossier = records.current_dossier(application)
    known = dossier.architecture.components if dossier else {}
    if unknown := [name for name in names if name not in known]:
        raise NotFoundError(f"{application} has no component {unknown[0]!r}; it has {', '.join(known) or 'none'}")


def require_remedy(records: Records, application: str, instruction: str, remedy: str) -> None:
    """Raise `NotFoundError`, with the known names, unless the published dossier has the remedy."""
    dossier = records.current_dossier(application)
    instructions = dossier.instructions.troubleshooting if dossier else {}
    known = [f"{name}/{one}" for name, found in instructions.items() for one in found.remedies]
    if (wanted := f"{instruction}/{remedy}") not in known:
        raise NotFoundError(f"{application} has no remedy {wanted!r}; it has {', '.join(known) or 'none'}")


def require_maintenance(records: Records, application: str, routine: str, hosts: Sequence[str] = ()) -> None:
    """Raise `NotFoundError`, with the known names, unless the published dossier has the routine on all of these hosts."""
    dossier = records.current_dossier(application)
    known = dossier.routines.maintenance if dossier else {}
    if routine not in known:
        raise NotFoundError(
            f"{application} has no maintenance routine {routine!r}; it has {', '.join(known) or 'none'}"
        )
    assert dossier is not None
    on = maintained_hosts(dossier, known[routine])
    if unknown := [host for host in hosts if host not in on]:
        raise NotFoundError(f"{routine} is not carried out on {unknown[0]!r}; it is on {', '.join(on) or 'no host'}")

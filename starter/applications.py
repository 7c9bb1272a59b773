"""Which applications there are, as the commands see it."""

from __future__ import annotations

from collections.abc import Sequence

from activities.records import Records
from models.errors import NotFoundError
from models.names import as_typed
from models.schedules import maintained_hosts
from models.settings import Settings


def require_application(settings: Settings, records: Records, application: str) -> None:
    """Raise `NotFoundError`, naming those there are, unless a dossier of it is published or it is the provider's own."""
    known = records.applications()
    if application not in {*known, settings.provider_application}:
        raise not_published(application, known)


def not_published(application: str, known: Sequence[str]) -> NotFoundError:
    """That no dossier of an application is published, and which ones there are."""
    return NotFoundError(f"no dossier of {as_typed(application)} is published; there are {', '.join(known) or 'none'}")


def require_components(records: Records, application: str, names: Sequence[str]) -> None:
    """Raise `NotFoundError`, naming those there are, unless the published dossier of the application has them all."""
    dossier = records.current_dossier(application)
    known = dossier.architecture.components if dossier else {}
    if unknown := [name for name in names if name not in known]:
        raise NotFoundError(f"{application} has no component {unknown[0]!r}; it has {', '.join(known) or 'none'}")


def require_maintenance(records: Records, application: str, routine: str, hosts: Sequence[str] = ()) -> None:
    """Raise `NotFoundError`, naming those there are, unless the published dossier has that routine, on all of these hosts."""
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

"""Which applications there are, as the commands see it."""

from __future__ import annotations

from collections.abc import Sequence

from activities.records import Records
from models.errors import NotFoundError
from models.settings import Settings


def require_application(settings: Settings, records: Records, application: str) -> None:
    """Raise `NotFoundError`, naming those there are, unless a dossier of it is published or it is the provider's own."""
    known = records.applications()
    if application not in {*known, settings.provider_application}:
        names = ", ".join(known) or "none"
        raise NotFoundError(f"no dossier of {application} is published; there are {names}")


def require_components(records: Records, application: str, names: Sequence[str]) -> None:
    """Raise `NotFoundError`, naming those there are, unless the published dossier of the application has them all."""
    dossier = records.current_dossier(application)
    known = dossier.architecture.components if dossier else {}
    if unknown := [name for name in names if name not in known]:
        raise NotFoundError(f"{application} has no component {unknown[0]!r}; it has {', '.join(known) or 'none'}")


def require_maintenance(records: Records, application: str, routine: str) -> None:
    """Raise `NotFoundError`, naming those there are, unless the published dossier has that maintenance routine."""
    dossier = records.current_dossier(application)
    known = dossier.routines.maintenance if dossier else {}
    if routine not in known:
        raise NotFoundError(
            f"{application} has no maintenance routine {routine!r}; it has {', '.join(known) or 'none'}"
        )

"""Which applications there are, as the commands see it."""

from __future__ import annotations

from activities.records import Records
from models.errors import NotFoundError
from models.settings import Settings


def require_application(settings: Settings, records: Records, application: str) -> None:
    """Raise `NotFoundError`, naming those there are, unless a dossier of it is published or it is the provider's own."""
    known = records.applications()
    if application not in {*known, settings.provider_application}:
        names = ", ".join(known) or "none"
        raise NotFoundError(f"no dossier of {application} is published; there are {names}")

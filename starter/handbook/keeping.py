"""Keeps the handbooks of published dossiers in the home, so that people can read them while Driftvakt is down."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from activities.handbook.document import handbook
from activities.handbook.gathering import gather
from activities.handbook.source import DossierLines
from activities.records import Records
from models.base import Model
from models.dossier import Dossier
from models.errors import UserError
from models.settings import Settings
from starter.handbook.writing import handbook_name, write_handbook

_log = logging.getLogger("driftvakt.handbook")


class WrittenHandbook(Model):
    """The handbooks of one application in the home."""

    application: str
    directory: str
    """The directory with the handbook for the supplier and the customer's copy."""
    error: str = ""
    """The reason why they could not be written; empty: they are there."""


def handbooks_of(settings: Settings, application: str) -> Path:
    """Return the directory of an application's handbooks."""
    return settings.home / "handbooks" / application


def is_kept(settings: Settings, dossier: Dossier) -> bool:
    """Return whether the handbooks of this version are there."""
    return all(dossier.digest in _text(settings, dossier, customer=customer) for customer in (False, True))


def _text(settings: Settings, dossier: Dossier, *, customer: bool) -> str:
    file = handbooks_of(settings, dossier.id) / f"{handbook_name(dossier.id, customer=customer)}.md"
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):  # never written, or not by us
        return ""


def keep_handbook(
    settings: Settings, records: Records, dossier: Dossier, lines: DossierLines | None = None
) -> WrittenHandbook:
    """Write the handbook of a published dossier and the customer's copy, each in the language of its readers.

    It never raises: the version is published, whatever happens to its handbook.
    """
    directory = handbooks_of(settings, dossier.id)
    try:
        _write(records, dossier, directory, lines)
    except UserError as error:
        return WrittenHandbook(application=dossier.id, directory=str(directory), error=str(error))
    except Exception as error:  # a defect of ours must not stop a publishing
        _log.exception("the handbook of %s could not be written", dossier.id)
        return WrittenHandbook(
            application=dossier.id, directory=str(directory), error=f"{type(error).__name__}: {error}"
        )
    return WrittenHandbook(application=dossier.id, directory=str(directory))


def _write(records: Records, dossier: Dossier, directory: Path, lines: DossierLines | None) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        directory.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"{directory.parent}: cannot be made: {error.strerror}; remove what is in its place") from None
    for customer in (False, True):
        source = gather(records, dossier, now, customer=customer, lines=lines)
        write_handbook(handbook(source), directory, handbook_name(dossier.id, customer=customer))

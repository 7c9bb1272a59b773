"""The source of the monitor's measuring points: the current dossiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pydantic import ValidationError
from sqlalchemy import select
from sqlmodel import col

from activities.monitor.plan import MonitoredPoint, monitored_points
from activities.records.database import Database
from models.dossier.dossier import Dossier
from models.errors import DossierError, UserError
from models.tables import CurrentDossier, DossierVersion


class PointSource(Protocol):
    """Reads the current dossiers. Its methods block."""

    def current(self) -> Mapping[str, str]:
        """Return the digest of the current dossier of each application; raise a `StoreError`."""

    def dossier(self, digest: str) -> Dossier:
        """Return the dossier with a digest; raise `DossierError` if it cannot be used, or a `StoreError`."""


class RecordedDossiers:
    """The dossiers in the records database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self) -> Mapping[str, str]:
        """Return the digest of the current dossier of each application."""
        with self._database.reading() as session:
            rows = session.execute(select(col(CurrentDossier.application), col(CurrentDossier.digest))).all()
        return {row.application: row.digest for row in rows}

    def dossier(self, digest: str) -> Dossier:
        """Return the dossier with this digest."""
        content = select(col(DossierVersion.content)).where(col(DossierVersion.digest) == digest)
        with self._database.reading() as session:
            found = session.execute(content).scalar_one_or_none()
        try:
            return Dossier.model_validate(found)
        except ValidationError as error:
            raise DossierError(f"the dossier {digest[:12]} cannot be used: {error.error_count()} faults") from error


class SitePlan:
    """The points of one site; only changed dossiers are read again."""

    def __init__(self, source: PointSource, site: str) -> None:
        self._source = source
        self._site = site
        self._digests: dict[str, str] = {}
        self._points: dict[str, list[MonitoredPoint]] = {}
        self.faults: dict[str, str] = {}
        """The fault of each application's newest dossier; its points stay unchanged."""

    def refresh(self) -> dict[str, MonitoredPoint] | None:
        """Return all points by name, or None if nothing changed; raise a `StoreError`. Blocking."""
        current = self._source.current()
        if current == self._digests:
            return None
        for application in self._points.keys() - current.keys():
            del self._points[application]
        for application in [a for a, digest in current.items() if self._digests.get(a) != digest]:
            self._read(application, current[application])
        self._digests = dict(current)
        self.faults = {a: fault for a, fault in self.faults.items() if a in current}
        return {point.name: point for points in self._points.values() for point in points}

    def _read(self, application: str, digest: str) -> None:
        try:
            self._points[application] = monitored_points(self._source.dossier(digest), self._site)
            self.faults.pop(application, None)
        except UserError as error:
            self.faults[application] = f"{application}: {error}"

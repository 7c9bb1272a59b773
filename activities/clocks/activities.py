"""The activity that computes service-level clocks for workflows, so that history contains the results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio import activity

from activities.clocks.reading import no_targets, read
from activities.records.records import Records
from models.clock import ClockReading, ReadClock
from models.dossier import Dossier
from models.errors import NotFoundError


class ClockActivities:
    """Computes clocks under the agreement of one version of a dossier; blocking, for the worker's thread pool."""

    def __init__(self, records: Records) -> None:
        """`records`: the dossiers."""
        self._records = records

    def activities(self) -> list[Callable[..., Any]]:
        """Return all activities, for the worker."""
        return [self.read_clock]

    @activity.defn
    def read_clock(self, request: ReadClock) -> ClockReading:
        """Compute the service-level clocks; without a dossier, there are no targets."""
        dossier = self._dossier(request)
        if dossier is None:
            return no_targets(request.now)
        return read(dossier.agreement, dossier.parties, request.events, request.now, request.explain)

    def _dossier(self, request: ReadClock) -> Dossier | None:
        if not request.dossier:
            return self._records.current_dossier(request.application)
        dossier = self._records.dossier(request.dossier)
        if dossier.id != request.application:
            raise NotFoundError(
                f"the dossier {request.dossier[:12]} is one of {dossier.id}, not of {request.application}"
            )
        return dossier

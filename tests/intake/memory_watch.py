"""A watch without incidents: the real decisions over a real memory, so that the fakes built on it are as strict as the watch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from models.alarms import AlarmBatch, BatchReceipt
from models.plans import WatchPlan
from models.watch import WatchState
from workflows.watch.alarms import AlarmHandler
from workflows.watch.incidents import IncidentRegister

_PAYLOAD_LIMIT = 2 * 1024 * 1024
"""Of Temporal."""


class MemoryWatch:
    """Takes alarms as the watch of one application does."""

    def __init__(
        self, application: str, now: Callable[[], datetime], depends_on: dict[str, list[str]] | None = None
    ) -> None:
        self.application = application
        graph = depends_on or {"web": ["db"], "db": []}
        self.memory = WatchState(
            plan=WatchPlan(application=application, known=True, dossier="d", depends_on=graph),
            next_number=1,
            next_alarm=1,
        )
        book = IncidentRegister(application, self.memory, now, lambda *_: None, lambda *_: None)
        self.desk = AlarmHandler(application, self.memory, book, now, lambda *_: None)

    def take(self, batch: AlarmBatch) -> BatchReceipt:
        """Take a batch, as it arrives over the wire."""
        payload = batch.model_dump_json().encode()
        assert len(payload) < _PAYLOAD_LIMIT
        assert {a.application for a in batch.alarms} == {self.application}
        arrived = AlarmBatch.model_validate_json(payload)
        return BatchReceipt(receipts=[self.desk.take(alarm) for alarm in arrived.alarms])

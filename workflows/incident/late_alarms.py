"""Alarms that reach an incident too late: when it has already decided to end, or after its last look at what is healthy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from models.alarms import Alarm, digest_of, is_remembered
from models.incident import AlarmsUnhandled, IncidentEnd
from models.names import watch_id
from models.sizes import MESSAGE, parts
from workflows.incident.context import Case
from workflows.runtime.outcomes import explain

_PROVEN: Final = {IncidentEnd.RECOVERED, IncidentEnd.RECOVERED_BY_ITSELF}


class LateAlarms:
    """Keeps when alarms joined, and tells the watch which of them the incident did not handle.

    `was_looked_at` says whether the latest look at what is healthy says anything about an alarm.
    """

    def __init__(self, case: Case, was_looked_at: Callable[[Alarm], bool]) -> None:
        self._case = case
        self._was_looked_at = was_looked_at
        self._joined: dict[str, datetime] = {}
        """Digest of the fingerprint to when it joined."""
        self._decided_at: datetime | None = None

    def joined(self, alarm: Alarm) -> None:
        """An alarm joined just now."""
        self._joined[digest_of(alarm.fingerprint)] = workflow.now()

    def decided(self) -> None:
        """It is decided that the incident ends; the first time counts."""
        self._decided_at = self._decided_at or workflow.now()

    async def tell_watch(self, end: IncidentEnd) -> None:
        """Tell the watch which alarms it has to raise again at once; the last thing that an incident does."""
        told: set[str] = set()
        # More can join while it is told: the server lets a workflow end only after it has handled all of its signals.
        while late := [digest for digest in self._late(end) if digest not in told]:
            told.update(late)
            for message in self._messages(late):
                try:
                    handle = workflow.get_external_workflow_handle(watch_id(self._case.order.application))
                    await handle.signal("alarms_unhandled", message)
                except FailureError as error:
                    if is_cancelled_exception(error):
                        raise
                    workflow.logger.warning("the watch cannot be told of late alarms: %s", explain(error))
                    return

    def _late(self, end: IncidentEnd) -> Iterator[str]:
        if self._decided_at is None:
            return
        since = self._decided_at
        if end in _PROVEN:  # the last look may have been made just before the alarm came
            since -= self._case.terms.confirm_every
        fires = self._case.firing.digests
        unseen = self._unseen() if end is IncidentEnd.NOT_CONFIRMED else set()
        for digest, at in self._joined.items():
            if digest in fires and (at >= since or digest in unseen):
                yield digest

    def _unseen(self) -> set[str]:
        alarms = self._case.memory.alarms.values()
        return {digest_of(alarm.fingerprint) for alarm in alarms if not self._was_looked_at(alarm)}

    def _messages(self, late: list[str]) -> Iterator[AlarmsUnhandled]:
        id, wanted = self._case.id, set(late)
        reported = [
            alarm
            for alarm in self._case.memory.alarms.values()
            if digest_of(alarm.fingerprint) in wanted and not is_remembered(alarm.fingerprint)
        ]
        for some in parts(late, MESSAGE):
            yield AlarmsUnhandled(incident=id, members=some)
        for few in parts(reported, MESSAGE):
            yield AlarmsUnhandled(incident=id, reported=few)

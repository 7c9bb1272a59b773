"""Alarms that reach an incident too late: after it has decided to end, or after its last health check."""

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
from workflows.incident.context import IncidentContext
from workflows.runtime.outcomes import explain

_PROVEN: Final = {IncidentEnd.RECOVERED, IncidentEnd.RECOVERED_BY_ITSELF}


class LateAlarms:
    """Keeps when alarms joined, and sends the watch those that the incident did not handle.

    `was_checked` says whether the latest health check covered an alarm.
    """

    def __init__(self, context: IncidentContext, was_checked: Callable[[Alarm], bool]) -> None:
        self._context = context
        self._was_checked = was_checked
        self._joined: dict[str, datetime] = {}
        """Digest of the fingerprint to when it joined."""
        self._decided_at: datetime | None = None

    def joined(self, alarm: Alarm) -> None:
        """Note the time at which an alarm joined: now."""
        self._joined[digest_of(alarm.fingerprint)] = workflow.now()

    def decided(self) -> None:
        """Note the time at which the incident decided to end; only the first call counts."""
        self._decided_at = self._decided_at or workflow.now()

    async def return_to_watch(self, end: IncidentEnd) -> None:
        """Send the watch the alarms that it must raise again at once; the last step of an incident."""
        sent: set[str] = set()
        # More alarms can join meanwhile: the server lets a workflow end only after it has handled all of its signals.
        while late := [digest for digest in self._late(end) if digest not in sent]:
            sent.update(late)
            for message in self._messages(late):
                try:
                    handle = workflow.get_external_workflow_handle(watch_id(self._context.order.application))
                    await handle.signal("alarms_unhandled", message)
                except FailureError as error:
                    if is_cancelled_exception(error):
                        raise
                    workflow.logger.warning("late alarms cannot be sent to the watch: %s", explain(error))
                    return

    def _late(self, end: IncidentEnd) -> Iterator[str]:
        if self._decided_at is None:
            return
        since = self._decided_at
        if end in _PROVEN:  # the last check may have been just before the alarm came
            since -= self._context.terms.confirm_every
        fires = self._context.firing.digests
        unseen = self._unseen() if end is IncidentEnd.NOT_CONFIRMED else set()
        for digest, at in self._joined.items():
            if digest in fires and (at >= since or digest in unseen):
                yield digest

    def _unseen(self) -> set[str]:
        alarms = self._context.memory.alarms.values()
        return {digest_of(alarm.fingerprint) for alarm in alarms if not self._was_checked(alarm)}

    def _messages(self, late: list[str]) -> Iterator[AlarmsUnhandled]:
        id, wanted = self._context.id, set(late)
        reported = [
            alarm
            for alarm in self._context.memory.alarms.values()
            if digest_of(alarm.fingerprint) in wanted and not is_remembered(alarm.fingerprint)
        ]
        for some in parts(late, MESSAGE):
            yield AlarmsUnhandled(incident=id, members=some)
        for few in parts(reported, MESSAGE):
            yield AlarmsUnhandled(incident=id, reported=few)

"""The lines about alarms in the timeline of an incident: a line for each alarm, and one line for many at once.

In a storm, hundreds of alarms join and are cleared within seconds. A line for each would push everything else out of sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import workflow

from models.alarms import Alarm
from models.incident import AlarmsCleared
from models.records import EntryKind
from models.sizes import first_that_fit
from models.timeline import DATA
from workflows.incident.context import IncidentContext

_FEW: Final = 3
"""Up to so many alarms get a line each."""

_ONE_MOMENT: Final = timedelta(minutes=1)
"""Alarms that clear within this time share one line, unless another line comes between them."""

_IN_DATA: Final = DATA - 1_000
"""Bytes of alarm names in the data of a line."""


@dataclass
class _Cleared:
    """The latest line about cleared alarms, and the alarms that it counts."""

    line: int
    since: datetime
    how: str
    names: list[str]
    count: int


class AlarmLines:
    """Writes the alarms of one incident to its timeline."""

    def __init__(self, context: IncidentContext) -> None:
        self._context = context
        self._cleared: _Cleared | None = None

    def began_with(self, alarms: Sequence[Alarm]) -> None:
        """Log the alarms that opened the incident."""
        self._log("", [alarm_text(alarm) for alarm in alarms])

    def joined(self, alarms: Sequence[tuple[Alarm, str]]) -> None:
        """Log alarms that joined just now, each with its role in the incident."""
        by_role: dict[str, list[str]] = {}
        for alarm, role in alarms:
            by_role.setdefault(role, []).append(alarm_text(alarm))
        for role, texts in by_role.items():
            self._log(f"Joined{role}: ", texts)

    def _log(self, how: str, texts: Sequence[str]) -> None:
        if len(texts) <= _FEW:
            for text in texts:
                self._context.log(EntryKind.ALARM, how + text)
            return
        self._context.log(EntryKind.ALARM, how + _summary(texts, len(texts)), _data(texts))

    def cleared(self, message: AlarmsCleared, names: Sequence[str], further: int) -> None:
        """Log alarms that were cleared or moved to another incident: these names, and `further` alarms without a known name."""
        how = f"Moved to {message.moved_to}" if message.moved_to else "Cleared"
        latest, now = self._cleared, workflow.now()
        if latest is None or latest.how != how or now - latest.since > _ONE_MOMENT or not self._is_last(latest.line):
            latest = _Cleared(line=-1, since=now, how=how, names=[], count=0)
        latest.names += names
        latest.count += len(names) + further
        if not latest.count:
            return
        text = f"{how}: {_summary(latest.names, latest.count)}"
        data = _data(latest.names) if latest.count > 1 else None
        latest.line = self._context.log(
            EntryKind.ALARM, text, data, instead_of=latest.line if latest.line >= 0 else None
        )
        self._cleared = latest

    def _is_last(self, line: int) -> bool:
        return self._context.journal.timeline.is_last(line)


def _data(names: Sequence[str]) -> dict[str, Any]:
    return {"alarms": names[: first_that_fit(names, _IN_DATA)]}


def _summary(names: Sequence[str], count: int) -> str:
    """Alarms in one line: a single alarm by its name, else their number and the first names."""
    if count == len(names) == 1:
        return names[0]
    if not names:
        return f"{count} further alarms"
    more = f" and {count - _FEW} more" if count > _FEW else ""
    return f"{count} alarms ({'; '.join(names[:_FEW])}{more})"


def alarm_text(alarm: Alarm) -> str:
    """An alarm in one line: severity, source, title and detail."""
    detail = f": {alarm.detail}" if alarm.detail else ""
    return f"{alarm.severity.value} alarm from {alarm.source}: {alarm.title}{detail}"

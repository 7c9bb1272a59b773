"""What the timeline of an incident says of its alarms: a line each, and one line for many at once.

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
from workflows.incident.context import Case

_FEW: Final = 3
"""Alarms that are named one by one."""

_ONE_MOMENT: Final = timedelta(minutes=1)
"""Clears within that time stand in one line, as long as nothing else happens in between."""

_IN_DATA: Final = DATA - 1_000
"""Bytes of the names that a line rests on."""


@dataclass
class _Cleared:
    """The line that was told last of alarms that are over."""

    line: int
    since: datetime
    how: str
    names: list[str]
    count: int


class AlarmLines:
    """Tells the alarms of one incident in its timeline."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._cleared: _Cleared | None = None

    def began_with(self, alarms: Sequence[Alarm]) -> None:
        """The incident began with these alarms."""
        self._tell("", [alarm_text(alarm) for alarm in alarms])

    def joined(self, alarms: Sequence[tuple[Alarm, str]]) -> None:
        """Alarms joined just now, each with what it is to the incident."""
        by_role: dict[str, list[str]] = {}
        for alarm, role in alarms:
            by_role.setdefault(role, []).append(alarm_text(alarm))
        for role, texts in by_role.items():
            self._tell(f"Joined{role}: ", texts)

    def _tell(self, how: str, texts: Sequence[str]) -> None:
        if len(texts) <= _FEW:
            for text in texts:
                self._case.tell(EntryKind.ALARM, how + text)
            return
        self._case.tell(EntryKind.ALARM, how + _many(texts, len(texts)), _rests_on(texts))

    def cleared(self, message: AlarmsCleared, names: Sequence[str], further: int) -> None:
        """Alarms are over, or another incident has them: these, and so many of which only the identity is known."""
        how = f"Given to {message.moved_to}" if message.moved_to else "Taken back by its source"
        said, now = self._cleared, workflow.now()
        if said is None or said.how != how or now - said.since > _ONE_MOMENT or not self._is_last(said.line):
            said = _Cleared(line=-1, since=now, how=how, names=[], count=0)
        said.names += names
        said.count += len(names) + further
        if not said.count:
            return
        text = f"{how}: {_many(said.names, said.count)}"
        data = _rests_on(said.names) if said.count > 1 else None
        said.line = self._case.tell(EntryKind.ALARM, text, data, instead_of=said.line if said.line >= 0 else None)
        self._cleared = said

    def _is_last(self, line: int) -> bool:
        return self._case.memory.timeline.is_last(line)


def _rests_on(names: Sequence[str]) -> dict[str, Any]:
    return {"alarms": names[: first_that_fit(names, _IN_DATA)]}


def _many(names: Sequence[str], count: int) -> str:
    """Alarms in one line: the only one by its name, else how many, and the first of them."""
    if count == len(names) == 1:
        return names[0]
    if not names:
        return f"{count} of the further alarms"
    more = f" and {count - _FEW} more" if count > _FEW else ""
    return f"{count} alarms ({'; '.join(names[:_FEW])}{more})"


def alarm_text(alarm: Alarm) -> str:
    """An alarm in a line."""
    detail = f": {alarm.detail}" if alarm.detail else ""
    return f"{alarm.severity.value} alarm from {alarm.source}: {alarm.title}{detail}"

"""Groups of alarms, for a storm in which thousands of alarms are active at once.

The watch remembers the first alarms one by one, and only the identity of the later ones. That is enough to recognise a
repetition, and to inform the right incident when an alarm is cleared. Alarms of one component, severity and incident
form a group. A group counts as one active alarm: it is suppressed, moved and raised again as one.
"""

from __future__ import annotations

from itertools import count
from typing import Final

from models.alarms import Alarm, digest_of
from models.watch import OpenAlarm, WatchState

MOST_ALARMS: Final = 500
"""The number of alarms that a watch remembers one by one."""

MOST_MEMBERS: Final = 20_000
"""The number of further alarms. Each takes 19 bytes, so all take 380 kB."""

BRIEF: Final = 200
"""Bytes of the detail that an incident gets for such an alarm; thousands of them make its history long."""

_GROUP: Final = "group/"


class AlarmFlood:
    """The groups in a watch's memory."""

    def __init__(self, memory: WatchState) -> None:
        self._memory = memory
        self._group_of = {digest: group for group, open_alarm in memory.alarms.items() for digest in open_alarm.members}
        self._groups = {group: open_alarm for group, open_alarm in memory.alarms.items() if open_alarm.members}

    @property
    def full(self) -> bool:
        """Whether the watch can remember no further alarm."""
        return len(self._group_of) >= MOST_MEMBERS

    def find(self, fingerprint: str) -> OpenAlarm | None:
        """Return the group that an alarm belongs to."""
        group = self._group_of.get(digest_of(fingerprint))
        return None if group is None else self._groups[group]

    def add(self, placed: OpenAlarm, component: str | None) -> None:
        """Remember an alarm that was just decided on. `component` is None if the dossier does not contain it."""
        group = self._fitting(placed, component) or self._new(placed, component)
        self.put(placed.alarm.fingerprint, group)

    def put(self, fingerprint: str, group: OpenAlarm) -> None:
        """Count an alarm in a group."""
        digest = digest_of(fingerprint)
        group.members.add(digest)
        group.times = len(group.members)
        self._group_of[digest] = group.alarm.fingerprint

    def remove(self, fingerprint: str, group: OpenAlarm) -> bool:
        """Forget a cleared alarm. Return whether it was the last of its group; then the group is forgotten too."""
        digest = digest_of(fingerprint)
        self._group_of.pop(digest, None)
        group.members.discard(digest)
        group.times = len(group.members)
        if group.members:
            return False
        del self._memory.alarms[group.alarm.fingerprint], self._groups[group.alarm.fingerprint]
        return True

    def forget(self, group: OpenAlarm) -> list[str]:
        """Forget a group with all its alarms. Return their digests."""
        members = sorted(group.members)
        for digest in members:
            del self._group_of[digest]
        group.members.clear()
        del self._memory.alarms[group.alarm.fingerprint], self._groups[group.alarm.fingerprint]
        return members

    def counts(self, placed: OpenAlarm, component: str | None) -> bool:
        """Whether a group for such alarms exists, so that its review covers this alarm too."""
        return self._fitting(placed, component) is not None

    def _fitting(self, placed: OpenAlarm, component: str | None) -> OpenAlarm | None:
        for open_alarm in self._groups.values():
            if (
                (open_alarm.alarm.component, open_alarm.alarm.severity) == (component, placed.alarm.severity)
                and open_alarm.alarm.subject is placed.alarm.subject
                and open_alarm.incident == placed.incident
                and open_alarm.recheck_at == placed.recheck_at
                and _why(open_alarm) == _why(placed)
            ):
                return open_alarm
        return None

    def _new(self, placed: OpenAlarm, component: str | None) -> OpenAlarm:
        alarm = placed.alarm
        free = (f"{_GROUP}{self._memory.next_alarm}.{n}" for n in count(1))
        group = OpenAlarm(
            alarm=Alarm(
                application=alarm.application,
                fingerprint=next(name for name in free if name not in self._memory.alarms),
                subject=alarm.subject,
                severity=alarm.severity,
                title=f"Further alarms of {component or 'the application'}",
                component=component,
                source="watch",
                since=alarm.since,
                seen_at=alarm.seen_at,
                detail=f"More than {MOST_ALARMS} alarms are active, so these are counted together; the records list each.",
            ),
            incident=placed.incident,
            recheck_at=placed.recheck_at,
            suppression=placed.suppression,
            unconfirmed=placed.unconfirmed,
        )
        self._memory.alarms[group.alarm.fingerprint] = self._groups[group.alarm.fingerprint] = group
        return group


def _why(open_alarm: OpenAlarm) -> object:
    return open_alarm.suppression and (open_alarm.suppression.disposition, open_alarm.suppression.until)

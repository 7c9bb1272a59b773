"""The alarms of an application beyond those that its watch remembers one by one.

In a storm thousands of alarms are open at once. The watch then keeps only the identity of the later ones: enough to recognise a
repetition, and to tell the right incident when one is cleared. Alarms of one component, severity and incident are kept together
in one group, which is an open alarm like any other: it is kept back, moved, and raised again as one.
"""

from __future__ import annotations

from itertools import count
from typing import Final

from models.alarms import Alarm, digest_of
from models.watch import OpenAlarm, WatchState

MOST_ALARMS: Final = 500
"""Alarms that a watch remembers one by one."""

MOST_MEMBERS: Final = 20_000
"""Alarms beyond those. Each takes 19 bytes, hence 380 kB in all."""

BRIEF: Final = 200
"""Bytes of the detail of such an alarm that its incident is told: thousands of them make its history long."""

_GROUP: Final = "group/"


class Crowd:
    """Keeps the groups of a watch's memory."""

    def __init__(self, memory: WatchState) -> None:
        self._memory = memory
        self._group_of = {digest: group for group, held in memory.alarms.items() for digest in held.members}
        self._groups = {group: held for group, held in memory.alarms.items() if held.members}

    @property
    def full(self) -> bool:
        """Whether no further alarm can be remembered."""
        return len(self._group_of) >= MOST_MEMBERS

    def find(self, fingerprint: str) -> OpenAlarm | None:
        """The group that an alarm belongs to."""
        group = self._group_of.get(digest_of(fingerprint))
        return None if group is None else self._groups[group]

    def add(self, placed: OpenAlarm, component: str | None) -> None:
        """Remember an alarm that was just placed; `component` is the one that the dossier knows."""
        group = self._fitting(placed, component) or self._new(placed, component)
        self.put(placed.alarm.fingerprint, group)

    def put(self, fingerprint: str, group: OpenAlarm) -> None:
        """Count an alarm in a group."""
        digest = digest_of(fingerprint)
        group.members.add(digest)
        group.times = len(group.members)
        self._group_of[digest] = group.alarm.fingerprint

    def remove(self, fingerprint: str, group: OpenAlarm) -> bool:
        """Forget a cleared alarm; tell whether it was the last of its group, which then is forgotten, too."""
        digest = digest_of(fingerprint)
        self._group_of.pop(digest, None)
        group.members.discard(digest)
        group.times = len(group.members)
        if group.members:
            return False
        del self._memory.alarms[group.alarm.fingerprint], self._groups[group.alarm.fingerprint]
        return True

    def forget(self, group: OpenAlarm) -> list[str]:
        """Forget a group with all of its alarms; returns their digests."""
        members = sorted(group.members)
        for digest in members:
            del self._group_of[digest]
        group.members.clear()
        del self._memory.alarms[group.alarm.fingerprint], self._groups[group.alarm.fingerprint]
        return members

    def counts(self, placed: OpenAlarm, component: str | None) -> bool:
        """Whether a group stands for such alarms already, so that it is raised for this one, too."""
        return self._fitting(placed, component) is not None

    def _fitting(self, placed: OpenAlarm, component: str | None) -> OpenAlarm | None:
        for held in self._groups.values():
            if (
                (held.alarm.component, held.alarm.severity) == (component, placed.alarm.severity)
                and held.alarm.subject is placed.alarm.subject
                and held.incident == placed.incident
                and held.recheck_at == placed.recheck_at
                and _why(held) == _why(placed)
            ):
                return held
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
                detail=f"More than {MOST_ALARMS} alarms are open, so these are counted together; the records list each of them.",
            ),
            incident=placed.incident,
            recheck_at=placed.recheck_at,
            kept=placed.kept,
            unconfirmed=placed.unconfirmed,
        )
        self._memory.alarms[group.alarm.fingerprint] = self._groups[group.alarm.fingerprint] = group
        return group


def _why(held: OpenAlarm) -> object:
    return held.kept and (held.kept.disposition, held.kept.until)

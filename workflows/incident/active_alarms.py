"""The alarms of an incident that fire: the first ones in full, and the identity of those beyond."""

from __future__ import annotations

from collections.abc import Sequence

from models.alarms import Alarm, digest_of
from models.incident import IncidentMemory
from workflows.watch.crowd import MOST_ALARMS

_NAMED = 3
"""Alarms that are named in a sentence."""


class Firing:
    """Keeps them in an incident's memory; the watch keeps as many of them, so that each is cleared."""

    def __init__(self, memory: IncidentMemory, alarms: Sequence[Alarm]) -> None:
        self._memory = memory
        self._component_of = {digest: name for name, digests in memory.further.items() for digest in digests}
        for alarm in alarms:
            self.join(alarm)

    def join(self, alarm: Alarm, *, symptom: bool = False, own_doing: bool = False) -> None:
        """Take an alarm in; one that a remedy may have caused does not raise the priority."""
        memory, fingerprint = self._memory, alarm.fingerprint
        if fingerprint in memory.alarms or len(memory.alarms) < MOST_ALARMS:
            self._forget(digest_of(fingerprint))
            memory.alarms[fingerprint] = alarm
            (memory.symptoms.add if symptom else memory.symptoms.discard)(fingerprint)
            if own_doing:
                memory.own_doing.add(fingerprint)
            return
        digest, component = digest_of(fingerprint), alarm.component or ""
        self._forget(digest)
        memory.further.setdefault(component, set()).add(digest)
        self._component_of[digest] = component

    def clear(self, fingerprint: str) -> str | None:
        """Forget an alarm; returns how people know it, or None where it was not known."""
        alarm = self._memory.alarms.pop(fingerprint, None)
        self._memory.symptoms.discard(fingerprint)
        self._memory.own_doing.discard(fingerprint)
        if alarm is not None:
            return alarm.title
        component = self._forget(digest_of(fingerprint))
        return None if component is None else f"one of the further alarms of {component or 'the application'}"

    def clear_members(self, digests: Sequence[str]) -> int:
        """Forget alarms of which only the digest is known; tells how many of them were known."""
        wanted = set(digests)
        named = [f for f in self._memory.alarms if digest_of(f) in wanted] if wanted else []
        for fingerprint in named:
            self.clear(fingerprint)
        return len(named) + sum(self._forget(digest) is not None for digest in digests)

    @property
    def further(self) -> int:
        """How many fire besides those that are known in full."""
        return len(self._component_of)

    @property
    def any(self) -> bool:
        """Whether any fires."""
        return bool(self._memory.alarms or self._component_of)

    def in_words(self) -> str:
        """How many fire, with the first names: `2 alarms fire (Web is down, Disk full)`; empty where none does."""
        names, many = [a.title for a in self._memory.alarms.values()][:_NAMED], len(self._memory.alarms) + self.further
        if not many:
            return ""
        shown = ", ".join([*names, *(["and others"] if many > len(names) else [])])
        return f"{many} alarms fire ({shown})" if many > 1 else f"1 alarm fires ({shown})"

    @property
    def digests(self) -> set[str]:
        """Digests of the fingerprints of all that fire."""
        return {*self._component_of, *map(digest_of, self._memory.alarms)}

    @property
    def components(self) -> set[str]:
        """What they are alarms of."""
        return {a.component for a in self._memory.alarms.values() if a.component} | {
            n for n in self._memory.further if n
        }

    def _forget(self, digest: str) -> str | None:
        component = self._component_of.pop(digest, None)
        if component is not None:
            self._memory.further[component].discard(digest)
            if not self._memory.further[component]:
                del self._memory.further[component]
        return component

"""The active alarms of an incident: the first ones in full, and the digests of the others."""

from __future__ import annotations

from collections.abc import Sequence

from models.alarms import Alarm, digest_of
from models.incident import IncidentMemory
from workflows.watch.flood import MOST_ALARMS

_NAMED = 3
"""Alarms that are named in a sentence."""


class Firing:
    """Keeps the active alarms in an incident's memory. The watch keeps the same number in full, so that each one can clear."""

    def __init__(self, memory: IncidentMemory, alarms: Sequence[Alarm]) -> None:
        self._memory = memory
        self._component_of = {digest: name for name, digests in memory.further.items() for digest in digests}
        for alarm in alarms:
            self.join(alarm)

    def join(self, alarm: Alarm, *, symptom: bool = False, caused_by_remedy: bool = False) -> None:
        """Add an alarm; one that a remedy may have caused (`caused_by_remedy`) does not raise the priority."""
        memory, fingerprint = self._memory, alarm.fingerprint
        if fingerprint in memory.alarms or len(memory.alarms) < MOST_ALARMS:
            self._forget(digest_of(fingerprint))
            memory.alarms[fingerprint] = alarm
            (memory.symptoms.add if symptom else memory.symptoms.discard)(fingerprint)
            if caused_by_remedy:
                memory.caused_by_remedy.add(fingerprint)
            return
        digest, component = digest_of(fingerprint), alarm.component or ""
        self._forget(digest)
        memory.further.setdefault(component, set()).add(digest)
        self._component_of[digest] = component

    def clear(self, fingerprint: str) -> str | None:
        """Remove an alarm; return its title, or None if it was not active."""
        alarm = self._memory.alarms.pop(fingerprint, None)
        self._memory.symptoms.discard(fingerprint)
        self._memory.caused_by_remedy.discard(fingerprint)
        if alarm is not None:
            return alarm.title
        component = self._forget(digest_of(fingerprint))
        return None if component is None else f"one of the further alarms of {component or 'the application'}"

    def clear_members(self, digests: Sequence[str]) -> int:
        """Remove alarms by their digests; return how many of them were active."""
        wanted = set(digests)
        named = [f for f in self._memory.alarms if digest_of(f) in wanted] if wanted else []
        for fingerprint in named:
            self.clear(fingerprint)
        return len(named) + sum(self._forget(digest) is not None for digest in digests)

    @property
    def further(self) -> int:
        """How many are active beyond those in full."""
        return len(self._component_of)

    @property
    def any(self) -> bool:
        """Whether any alarm is active."""
        return bool(self._memory.alarms or self._component_of)

    def in_words(self) -> str:
        """Their number with the first names, as in `2 alarms are active (Web is down, Disk full)`; empty without any."""
        names, many = [a.title for a in self._memory.alarms.values()][:_NAMED], len(self._memory.alarms) + self.further
        if not many:
            return ""
        shown = ", ".join([*names, *(["and others"] if many > len(names) else [])])
        return f"{many} alarms are active ({shown})" if many > 1 else f"1 alarm is active ({shown})"

    @property
    def digests(self) -> set[str]:
        """Digests of the fingerprints of all active alarms."""
        return {*self._component_of, *map(digest_of, self._memory.alarms)}

    @property
    def components(self) -> set[str]:
        """Names of the components that have active alarms."""
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

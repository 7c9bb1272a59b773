"""Fits the memory of a watch into the payload of its next run.

Temporal refuses a payload that is too large. The watch would then try to continue as new again and again, and accept no
alarms. So this module removes the least important data first, and each removal leaves a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from models.sizes import CARRIED, cut, encoded_size
from models.watch import OpenAlarm, OpenIncidentState, WatchState
from workflows.watch.flood import AlarmFlood

Cut = Callable[[WatchState], None]

_DETAILS: Final = (1000, 300, 100)
"""Bytes of an alarm's detail, from the first attempt to the last."""

_SHORT: Final = 120
"""Bytes of a title or a reason, if all else was not enough."""

_SHORTEST: Final = 40

_FEW: Final = 5


def fit(state: WatchState, limit: int = CARRIED) -> list[str]:
    """Cut a memory until it takes at most `limit` bytes as JSON. Return descriptions of all that was cut."""
    done = []
    for words, step in _steps():
        if encoded_size(state) <= limit:
            break
        step(state)
        done.append(words)
    return done


def _steps() -> Iterator[tuple[str, Cut]]:
    for size in _DETAILS:
        yield f"details of alarms beyond {size} bytes", lambda state, size=size: _details(state, size)  # type: ignore[misc]
    yield "the latest times at which alarms started", lambda state: state.fired.clear()
    yield f"all but the {_FEW} latest faults of each incident", lambda state: _faults(state, _FEW)
    yield f"titles, links and reasons beyond {_SHORT} bytes", _titles
    yield f"all but the {_FEW} latest closed incidents", _closed
    yield "the earlier half of the cleared occurrences", _occurrences
    yield "details of all alarms, which are counted together from now on", _together
    yield "silences' and operations' reasons", _reasons
    yield "all but the latest fault of each incident", lambda state: _faults(state, 1)
    yield "all cleared occurrences", lambda state: state.over.clear()
    yield "titles of incidents, and the faults by which they were known", _identity_alone


def _details(state: WatchState, size: int) -> None:
    for open_alarm in state.alarms.values():
        open_alarm.alarm = open_alarm.alarm.model_copy(update={"detail": cut(open_alarm.alarm.detail, size)})


def _titles(state: WatchState) -> None:
    for open_alarm in state.alarms.values():
        open_alarm.alarm = open_alarm.alarm.model_copy(
            update={"title": cut(open_alarm.alarm.title, _SHORT), "link": None}
        )
        if open_alarm.suppression is not None:
            open_alarm.suppression = open_alarm.suppression.model_copy(
                update={"why": cut(open_alarm.suppression.why, _SHORT)}
            )
    for incident in _incidents(state):
        incident.title = cut(incident.title, _SHORT)


def _faults(state: WatchState, most: int) -> None:
    for incident in _incidents(state):
        incident.fingerprints, incident.points = incident.fingerprints[-most:], incident.points[-most:]


def _closed(state: WatchState) -> None:
    for id in list(state.closed)[:-_FEW]:
        del state.closed[id]


def _occurrences(state: WatchState) -> None:
    for digest in list(state.over)[: len(state.over) // 2]:
        del state.over[digest]


def _together(state: WatchState) -> None:
    """Keep only the identity of each alarm."""
    alone = [
        open_alarm
        for open_alarm in state.alarms.values()
        if not open_alarm.members and open_alarm.flapping_since is None
    ]
    for open_alarm in alone:
        del state.alarms[open_alarm.alarm.fingerprint]
    flood = AlarmFlood(state)
    for open_alarm in alone:
        flood.add(open_alarm, _known(state, open_alarm))


def _reasons(state: WatchState) -> None:
    for silence in state.silences.values():
        silence.reason = cut(silence.reason, _SHORT)
    for operation in state.operations.values():
        operation.title = cut(operation.title, _SHORT)
    for lease in (*state.leases.values(), *state.waiting):
        lease.title = cut(lease.title, _SHORT)


def _identity_alone(state: WatchState) -> None:
    for incident in _incidents(state):
        incident.title, incident.fingerprints, incident.points = cut(incident.title, _SHORTEST), [], []


def _incidents(state: WatchState) -> Iterator[OpenIncidentState]:
    yield from state.incidents.values()
    yield from state.closed.values()


def _known(state: WatchState, open_alarm: OpenAlarm) -> str | None:
    return open_alarm.alarm.component if open_alarm.alarm.component in state.plan.depends_on else None

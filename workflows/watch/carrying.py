"""What a watch hands to its next run: as much of its memory as fits, by the bytes that it takes on the way.

A payload that is too large would not be refused once: the watch would try to hand on again and again, and take in no alarm any
more. So what people need least is cut first, and each cut leaves a mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from models.sizes import CARRIED, cut, encoded_size
from models.watch import OpenAlarm, OpenIncidentState, WatchState
from workflows.watch.crowd import Crowd

Cut = Callable[[WatchState], None]

_DETAILS: Final = (1000, 300, 100)
"""Bytes of an alarm's detail, from the first attempt to the last."""

_SHORT: Final = 120
"""Bytes of a title, or of a reason, where all else was not enough."""

_SHORTEST: Final = 40

_FEW: Final = 5


def fit(state: WatchState, limit: int = CARRIED) -> list[str]:
    """Cut a memory until it takes at most `limit` bytes as JSON; returns what was cut, in words."""
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
    yield "how often alarms fired lately", lambda state: state.fired.clear()
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
    for held in state.alarms.values():
        held.alarm = held.alarm.model_copy(update={"detail": cut(held.alarm.detail, size)})


def _titles(state: WatchState) -> None:
    for held in state.alarms.values():
        held.alarm = held.alarm.model_copy(update={"title": cut(held.alarm.title, _SHORT), "link": None})
        if held.kept is not None:
            held.kept = held.kept.model_copy(update={"why": cut(held.kept.why, _SHORT)})
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
    """Keep of each alarm no more than its identity."""
    alone = [held for held in state.alarms.values() if not held.members and held.flapping_since is None]
    for held in alone:
        del state.alarms[held.alarm.fingerprint]
    crowd = Crowd(state)
    for held in alone:
        crowd.add(held, _known(state, held))


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


def _known(state: WatchState, held: OpenAlarm) -> str | None:
    return held.alarm.component if held.alarm.component in state.slice.depends_on else None

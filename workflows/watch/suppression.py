"""Alarm discipline: what is held, suppressed or damped, and for how long. Pure decisions over what a watch remembers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from models.alarms import Alarm, Disposition
from models.base import format_duration
from models.dossier.agreement import Priority
from models.dossier.monitoring import Flapping
from models.slices import WatchSlice
from models.watch import KeptBack, OpenAlarm, OperationUnderWay, Silence, WatchState
from workflows.watch.correlation import steps

RAISE_AGAIN_AFTER: Final = timedelta(minutes=2)
"""An alarm that still fires so long after its incident ended is raised again: the source is given time to see the recovery."""

RAISE_AGAIN_AFTER_HAND: Final = timedelta(hours=1)
"""The same where a person closed the incident, knowing that it fires."""

RAISE_AGAIN_AT_MOST: Final = timedelta(hours=4)
"""Longest wait for an alarm that fires although probes find nothing wrong; it doubles up to here."""

_MOST_FLAPPERS: Final = 1000
"""Fingerprints of which the times are remembered."""


def kept_back(state: WatchState, alarm: Alarm, now: datetime) -> KeptBack | None:
    """Why an alarm is not acted on now: an operation, a silence, or the hour; None when it is to be acted on."""
    operations = [o for o in state.operations.values() if o.until > now and _disturbs(state.slice, o, alarm)]
    if operations:
        o = max(operations, key=lambda o: (o.until, o.holder))
        why = f"{o.title} ({o.holder}, {o.by}) is under way"
        return KeptBack(disposition=Disposition.SUPPRESSED, why=why[:500], until=o.until)
    silences = [s for s in state.silences.values() if s.until > now and _silences(s, alarm)]
    if silences:
        s = max(silences, key=lambda s: (s.until, s.id))
        why = f"silence {s.id} of {s.by}: {s.reason}"
        return KeptBack(disposition=Disposition.SUPPRESSED, why=why[:500], until=s.until)
    return None


def outside_hours(known: WatchSlice, alarm: Alarm, now: datetime) -> KeptBack | None:
    """That an alarm waits for service hours; None when they are on, are not known, or it is of a kind that never waits."""
    priority = provisional_priority(known, alarm)
    if known.open_spans is None or known.spans_until is None or priority in known.around_the_clock:
        return None
    if now >= known.spans_until or any(s.since <= now < s.until for s in known.open_spans):
        return None  # where the hours are not known, an alarm too many is the lesser evil
    begins = min((s.since for s in known.open_spans if s.since > now), default=known.spans_until)
    why = f"outside service hours, which begin {begins:%Y-%m-%d %H:%M} UTC; {priority} waits for them"
    return KeptBack(disposition=Disposition.HELD, why=why, until=begins)


def provisional_priority(known: WatchSlice, alarm: Alarm) -> Priority:
    """The priority that an alarm would give an incident, as far as is known before anybody looked."""
    impact = known.impacts.get(alarm.component, known.impact) if alarm.component else known.impact
    return known.matrix.priority(impact, alarm.severity.urgency)


def _silences(silence: Silence, alarm: Alarm) -> bool:
    if not silence.components and not silence.measuring_points:
        return True
    return alarm.component in silence.components or alarm.measuring_point in silence.measuring_points


def _disturbs(known: WatchSlice, operation: OperationUnderWay, alarm: Alarm) -> bool:
    """Whether an alarm can be an operation's own doing: its components and all that need them."""
    if not operation.components:
        return True
    component = alarm.component
    return component in known.depends_on and bool(
        set(operation.components) & set(steps(known.depends_on, component or ""))
    )


# --- flapping


def note_firing(state: WatchState, fingerprint: str, now: datetime) -> int:
    """Remember that it fired; tell how often it did within the agreed span. Memory is bounded, the longest quiet go first."""
    terms = state.slice.flapping
    times = [t for t in state.fired.pop(fingerprint, []) if t > now - terms.within] + [now]
    state.fired[fingerprint] = times[-terms.enter :]
    while len(state.fired) > _MOST_FLAPPERS:
        del state.fired[next(iter(state.fired))]
    return len(times)


def forget_firings(state: WatchState, now: datetime) -> None:
    """Drop what is too long ago to count."""
    since = now - state.slice.flapping.within
    for fingerprint in [f for f, times in state.fired.items() if times[-1] <= since]:
        del state.fired[fingerprint]


def calm_at(state: WatchState, fingerprint: str, terms: Flapping, now: datetime) -> datetime:
    """When a flapping alarm will be an ordinary one again if it does not fire until then."""
    times = [t for t in state.fired.get(fingerprint, []) if t > now - terms.within]
    return now if len(times) <= terms.leave else times[-terms.leave - 1] + terms.within


def flapping_words(terms: Flapping) -> str:
    """What flapping means here."""
    return (
        f"it flaps: it fired {terms.enter} times within {format_duration(terms.within)}; it counts as firing until it fires "
        f"at most {terms.leave} times within that span"
    )


# --- raising again


def raise_again_after(held: OpenAlarm, *, by_hand: bool, confirmed: bool) -> timedelta:
    """How long an alarm is left alone after its incident ended; counts ends that confirmed nothing in `held`."""
    if by_hand:
        return RAISE_AGAIN_AFTER_HAND
    if confirmed:
        held.unconfirmed = 0
        return RAISE_AGAIN_AFTER
    held.unconfirmed = min(held.unconfirmed + 1, 16)
    return min(RAISE_AGAIN_AFTER * (1 << (held.unconfirmed - 1)), RAISE_AGAIN_AT_MOST)

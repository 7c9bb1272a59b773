"""Suppression: which alarms are held, suppressed or flapping, and for how long. Pure decisions on the watch's memory."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from models.alarms import Alarm, Disposition
from models.base import format_duration
from models.dossier.agreement import Priority
from models.dossier.monitoring import Flapping
from models.plans import WatchPlan
from models.watch import OpenAlarm, OperationUnderWay, Silence, Suppression, WatchState

RAISE_AGAIN_AFTER: Final = timedelta(minutes=2)
"""An alarm that is still active this long after its incident ended is raised again. The source needs time to see the
recovery."""

RAISE_AGAIN_AFTER_HAND: Final = timedelta(hours=1)
"""The same if a person closed the incident, knowing that the alarm is active."""

RAISE_AGAIN_AT_MOST: Final = timedelta(hours=4)
"""The longest wait for an alarm that is active although probes find no fault. The wait doubles up to here."""

_MOST_FLAPPERS: Final = 1000
"""The number of fingerprints whose times the watch remembers."""


def suppression_of(state: WatchState, alarm: Alarm, now: datetime) -> Suppression | None:
    """Return why an alarm opens no incident now: an operation or a silence suppresses it. None if it is not suppressed."""
    operations = [o for o in state.operations.values() if o.until > now and _disturbs(state.plan, o, alarm)]
    if operations:
        o = max(operations, key=lambda o: (o.until, o.holder))
        why = f"{o.title} ({o.holder}, {o.by}) is in progress"
        return Suppression(disposition=Disposition.SUPPRESSED, why=why[:500], until=o.until)
    silences = [s for s in state.silences.values() if s.until > now and _silences(s, alarm)]
    if silences:
        s = max(silences, key=lambda s: (s.until, s.id))
        why = f"silence {s.id} of {s.by}: {s.reason}"
        return Suppression(disposition=Disposition.SUPPRESSED, why=why[:500], until=s.until)
    return None


def outside_hours(known: WatchPlan, alarm: Alarm, now: datetime) -> Suppression | None:
    """Return that an alarm waits for service hours; None if they are open, are unknown, or the alarm never waits."""
    priority = provisional_priority(known, alarm)
    if known.open_spans is None or known.spans_until is None or priority in known.around_the_clock:
        return None
    if now >= known.spans_until or any(s.since <= now < s.until for s in known.open_spans):
        return None  # if the hours are unknown, one alarm too many is the smaller risk
    begins = min((s.since for s in known.open_spans if s.since > now), default=known.spans_until)
    why = f"outside service hours, which begin {begins:%Y-%m-%d %H:%M} UTC; {priority} waits for them"
    return Suppression(disposition=Disposition.DEFERRED, why=why, until=begins)


def provisional_priority(known: WatchPlan, alarm: Alarm) -> Priority:
    """Return the priority that an alarm would give an incident, before any probe."""
    impact = known.impacts.get(alarm.component, known.impact) if alarm.component else known.impact
    return known.matrix.priority(impact, alarm.severity.urgency)


def _silences(silence: Silence, alarm: Alarm) -> bool:
    if silence.whole:
        return True
    return alarm.component in silence.components or alarm.measuring_point in silence.measuring_points


def _disturbs(known: WatchPlan, operation: OperationUnderWay, alarm: Alarm) -> bool:
    """Whether an operation can cause the alarm: it covers its components and all that need them."""
    return known.dependencies.covering(operation.components).has(alarm.component)


# --- flapping


def note_firing(state: WatchState, fingerprint: str, now: datetime) -> int:
    """Remember that an alarm started. Return how often it did within the agreed span. Memory is limited: the alarms
    that are quiet longest are forgotten first.
    """
    terms = state.plan.flapping
    times = [t for t in state.fired.pop(fingerprint, []) if t > now - terms.within] + [now]
    state.fired[fingerprint] = times[-terms.enter :]
    while len(state.fired) > _MOST_FLAPPERS:
        del state.fired[next(iter(state.fired))]
    return len(times)


def forget_firings(state: WatchState, now: datetime) -> None:
    """Forget times that are too long ago to count."""
    since = now - state.plan.flapping.within
    for fingerprint in [f for f, times in state.fired.items() if times[-1] <= since]:
        del state.fired[fingerprint]


def calm_at(state: WatchState, fingerprint: str, terms: Flapping, now: datetime) -> datetime:
    """Return when a flapping alarm becomes an ordinary one, if it does not start again until then."""
    times = [t for t in state.fired.get(fingerprint, []) if t > now - terms.within]
    return now if len(times) <= terms.leave else times[-terms.leave - 1] + terms.within


def flapping_words(terms: Flapping) -> str:
    """Return an explanation of flapping with the agreed numbers."""
    return (
        f"it is flapping: it started {terms.enter} times within {format_duration(terms.within)}; it counts as active until it "
        f"starts at most {terms.leave} times within that span"
    )


# --- raising again


def raise_again_after(open_alarm: OpenAlarm, *, by_hand: bool, confirmed: bool) -> timedelta:
    """Return how long an alarm waits after its incident ended. Increases `held.unconfirmed` if the incident confirmed nothing."""
    if by_hand:
        return RAISE_AGAIN_AFTER_HAND
    if confirmed:
        open_alarm.unconfirmed = 0
        return RAISE_AGAIN_AFTER
    open_alarm.unconfirmed = min(open_alarm.unconfirmed + 1, 16)
    return min(RAISE_AGAIN_AFTER * (1 << (open_alarm.unconfirmed - 1)), RAISE_AGAIN_AT_MOST)

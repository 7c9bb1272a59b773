"""Occurrences of a fault: from when its source says that it began until the source says that it is gone.

One occurrence can be reported many times: a source repeats it, and every member of a cluster of Alertmanagers sends it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from models.alarms import Alarm, AlarmState, digest_of
from models.cleared import Over, microseconds
from models.watch import WatchState

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far ahead of ours the clock of a source may be."""

REMEMBER_OVER: Final = timedelta(hours=5)
"""How long a cleared occurrence is remembered. An Alertmanager repeats a notification after 4 hours unless told otherwise; what
is reported as firing even after this time is believed again, because its source insists."""

MOST_OVER: Final = 20_000
"""Cleared occurrences that are remembered. Each takes 28 bytes, whatever its fingerprint, hence 560 kB in all."""


def in_our_time(alarm: Alarm, now: datetime) -> tuple[Alarm, str]:
    """Replace times that lie in the future by the current time; the second value is the remark for the sender, or empty.

    Without this, an alarm whose source has a fast clock could not be cleared until that time had come.
    """
    latest = now + CLOCK_SKEW
    changes: dict[str, object] = {}
    if alarm.since > latest:
        changes |= {"since": now, "since_known": False}
    if alarm.seen_at > latest:
        changes |= {"seen_at": now}
    if not changes:
        return alarm, ""
    named = " and ".join(
        f"{name} {value:%Y-%m-%d %H:%M:%S} UTC"
        for name, value in (("since", alarm.since), ("seen_at", alarm.seen_at))
        if name in changes
    )
    verb = "are" if len(changes) > 2 else "is"
    remark = (
        f"{named} {verb} in the future, so the time of receipt, {now:%H:%M:%S} UTC, counts instead; "
        "check the clock and the time zone of the source"
    )
    return alarm.model_copy(update=changes), remark


def note_over(state: WatchState, alarm: Alarm, since: datetime, now: datetime) -> None:
    """Remember that the occurrence of a fault that began at `since`, and all earlier ones, are over."""
    forget_over(state, now)
    key = digest_of(alarm.fingerprint)
    before = state.over.pop(key, None)
    over = Over.of(since, now)
    state.over[key] = over._replace(began=max(over.began, before.began)) if before else over
    while len(state.over) > MOST_OVER:
        del state.over[next(iter(state.over))]


def when_over(state: WatchState, alarm: Alarm, now: datetime) -> datetime | None:
    """When the occurrence that a message reports as firing was cleared; None when it was not, or too long ago."""
    if alarm.state is not AlarmState.FIRING or not alarm.since_known:
        return None
    over = state.over.get(digest_of(alarm.fingerprint))
    return over.at if over and microseconds(alarm.since) <= over.began and now - over.at <= REMEMBER_OVER else None


def forget_over(state: WatchState, now: datetime) -> None:
    """Forget occurrences that were cleared too long ago; the oldest stand first."""
    while state.over and now - next(iter(state.over.values())).at > REMEMBER_OVER:
        del state.over[next(iter(state.over))]

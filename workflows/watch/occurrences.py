"""Occurrences of a fault: from its beginning until its source reports that it is gone.

A watch gets several messages about one occurrence: a source repeats it, and every member of an Alertmanager cluster
sends it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from models.alarms import Alarm, AlarmState, digest_of
from models.cleared import Over, microseconds
from models.watch import WatchState

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far ahead of our clock the clock of a source may be."""

REMEMBER_OVER: Final = timedelta(hours=5)
"""How long the watch remembers a cleared occurrence. An Alertmanager repeats a notification after 4 hours by default.
After this time the watch believes the source again."""

MOST_OVER: Final = 20_000
"""The number of cleared occurrences that the watch remembers. Each takes 28 bytes, so all take 560 kB."""


def in_our_time(alarm: Alarm, now: datetime) -> tuple[Alarm, str]:
    """Replace times in the future by the current time. Return the alarm, and a remark for the sender or an empty text.

    Otherwise an alarm whose source has a fast clock could not be cleared until that time had come.
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
    """Remember that the occurrence of a fault that began at `since` is over, and so are all earlier ones."""
    forget_over(state, now)
    key = digest_of(alarm.fingerprint)
    before = state.over.pop(key, None)
    over = Over.of(since, now)
    state.over[key] = over._replace(began=max(over.began, before.began)) if before else over
    while len(state.over) > MOST_OVER:
        del state.over[next(iter(state.over))]


def when_over(state: WatchState, alarm: Alarm, now: datetime) -> datetime | None:
    """Return when the occurrence of this message was cleared; None if it was not, or too long ago."""
    if alarm.state is not AlarmState.FIRING or not alarm.since_known:
        return None
    over = state.over.get(digest_of(alarm.fingerprint))
    return over.at if over and microseconds(alarm.since) <= over.began and now - over.at <= REMEMBER_OVER else None


def forget_over(state: WatchState, now: datetime) -> None:
    """Forget occurrences that were cleared too long ago; the oldest come first."""
    while state.over and now - next(iter(state.over.values())).at > REMEMBER_OVER:
        del state.over[next(iter(state.over))]

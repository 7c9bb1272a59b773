"""The freezes of an agreement as moments, from wall-clock times and time zones."""

from __future__ import annotations

from datetime import date

from activities.calendars.zones import first_reached, last_short_of, to_moment, wall_micros, zone
from models.dossier.agreement import Agreement, FreezePeriod
from models.freezes import Freeze


def freezes_of(agreement: Agreement) -> list[Freeze]:
    """Return all freezes in the written order; one that ends before it begins forbids nothing."""
    return [_freeze(period) for period in agreement.freezes]


def _freeze(period: FreezePeriod) -> Freeze:
    tz = zone(period.time_zone)
    return Freeze(
        since=to_moment(first_reached(tz, _wall(period.since, whole_day=0))),
        until=to_moment(last_short_of(tz, _wall(period.until, whole_day=1440))),
        reason=period.reason,
        components=period.components,
        passes=period.passes,
    )


def _wall(text: str, whole_day: int) -> int:
    day, _, clock = text.partition(" ")
    return wall_micros(date.fromisoformat(day), int(clock[:2]) * 60 + int(clock[3:]) if clock else whole_day)

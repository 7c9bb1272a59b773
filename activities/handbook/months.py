"""The twelve months of a handbook's calendar."""

from __future__ import annotations

from datetime import date

from activities.calendars.zones import zone
from activities.handbook.layout import HandbookLayout


def today(layout: HandbookLayout) -> date:
    """Return the day of the handbook in the agreement's time zone."""
    return layout.source.as_of.astimezone(zone(layout.say.zone)).date()


def begin_of_calendar(layout: HandbookLayout) -> date:
    """Return the first day of the month of the handbook."""
    return today(layout).replace(day=1)


def end_of_calendar(layout: HandbookLayout) -> date:
    """Return the first day after the twelve months."""
    first = begin_of_calendar(layout)
    return first.replace(year=first.year + 1)

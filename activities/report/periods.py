"""The periods of reports: whole weeks, months, quarters and years on the wall clock of a time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from activities.calendars.zones import first_reached, to_moment, wall_micros, zone
from models.dossier.reports import ReportSpan
from models.errors import UserError
from models.report import ReportPeriod, whole_second

_NAMED: Final = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d\d)|Q(?P<quarter>[1-4])|W(?P<week>\d\d))?")

_WRITTEN: Final = {
    ReportSpan.WEEK: "2026W48",
    ReportSpan.MONTH: "2026-11",
    ReportSpan.QUARTER: "2026Q4",
    ReportSpan.YEAR: "2026",
}


def period_before(span: ReportSpan, at: datetime, time_zone: str) -> ReportPeriod:
    """Return the last period of a kind that was over at a moment."""
    today = at.astimezone(zone(time_zone)).date()
    first = _first_day(span, today)
    return _period(span, _first_day(span, first - timedelta(days=1)), time_zone)


def period_named(span: ReportSpan, name: str, time_zone: str) -> ReportPeriod:
    """Return the period with a name. `UserError`: the name is of another kind, or there is no such period."""
    found = _NAMED.fullmatch(name)
    kinds = {"month": ReportSpan.MONTH, "quarter": ReportSpan.QUARTER, "week": ReportSpan.WEEK}
    kind = next((kind for part, kind in kinds.items() if found and found[part]), ReportSpan.YEAR)
    if found is None or kind is not span:
        raise UserError(f"{name} is no period of this report; write it as {_WRITTEN[span]}")
    try:
        return _period(span, _named_day(found), time_zone)
    except ValueError:
        raise UserError(f"there is no period {name}; write it as {_WRITTEN[span]}") from None


def counted_part(period: ReportPeriod, now: datetime) -> ReportPeriod:
    """Return the part of a period that a report made at `now` judges: what is due later is not missed yet.

    `UserError`: the period has not begun.
    """
    if now >= period.until:
        return period
    if whole_second(now) <= period.since:
        raise UserError(f"the period {period.name} has not begun; name one that has, such as the previous one")
    return period.model_copy(update={"until": whole_second(now)})


def _named_day(found: re.Match[str]) -> date:
    year = int(found["year"])
    if found["week"]:
        return date.fromisocalendar(year, int(found["week"]), 1)
    if found["quarter"]:
        return date(year, 3 * int(found["quarter"]) - 2, 1)
    return date(year, int(found["month"] or 1), 1)


def _period(span: ReportSpan, first: date, time_zone: str) -> ReportPeriod:
    return ReportPeriod(
        name=_name(span, first),
        since=_midnight(first, time_zone),
        until=_midnight(_next_first(span, first), time_zone),
        time_zone=time_zone,
    )


def _first_day(span: ReportSpan, day: date) -> date:
    if span is ReportSpan.WEEK:
        return day - timedelta(days=day.weekday())
    if span is ReportSpan.MONTH:
        return day.replace(day=1)
    if span is ReportSpan.QUARTER:
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1)


def _next_first(span: ReportSpan, first: date) -> date:
    longest = {ReportSpan.WEEK: 7, ReportSpan.MONTH: 31, ReportSpan.QUARTER: 92, ReportSpan.YEAR: 366}[span]
    return _first_day(span, first + timedelta(days=longest))


def _name(span: ReportSpan, first: date) -> str:
    if span is ReportSpan.WEEK:
        year, week, _ = first.isocalendar()
        return f"{year}W{week:02}"
    if span is ReportSpan.MONTH:
        return f"{first:%Y-%m}"
    return f"{first.year}Q{(first.month + 2) // 3}" if span is ReportSpan.QUARTER else str(first.year)


def _midnight(day: date, time_zone: str) -> datetime:
    return to_moment(first_reached(zone(time_zone), wall_micros(day, 0))).astimezone(UTC)

"""The period of a report is whole on the wall clock of the customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.report.periods import period_before, period_named
from models.dossier.reports import ReportSpan
from models.errors import UserError

STOCKHOLM = "Europe/Stockholm"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "at", "name", "since", "until"),
    [
        (ReportSpan.MONTH, "2026-12-01T07:00", "2026-11", "2026-10-31T23:00", "2026-11-30T23:00"),
        (ReportSpan.MONTH, "2026-11-30T22:59", "2026-10", "2026-09-30T22:00", "2026-10-31T23:00"),
        (ReportSpan.MONTH, "2026-11-30T23:00", "2026-11", "2026-10-31T23:00", "2026-11-30T23:00"),
        (ReportSpan.MONTH, "2028-03-01T07:00", "2028-02", "2028-01-31T23:00", "2028-02-29T23:00"),
        (ReportSpan.QUARTER, "2027-01-04T07:00", "2026Q4", "2026-09-30T22:00", "2026-12-31T23:00"),
        (ReportSpan.WEEK, "2027-01-05T07:00", "2026W53", "2026-12-27T23:00", "2027-01-03T23:00"),
        (ReportSpan.WEEK, "2026-03-30T07:00", "2026W13", "2026-03-22T23:00", "2026-03-29T22:00"),
        (ReportSpan.YEAR, "2027-01-04T07:00", "2026", "2025-12-31T23:00", "2026-12-31T23:00"),
    ],
)
def test_a_report_covers_the_last_period_that_is_over(
    span: ReportSpan, at: str, name: str, since: str, until: str
) -> None:
    found = period_before(span, utc(at), STOCKHOLM)

    assert (found.name, found.since, found.until) == (name, utc(since), utc(until))
    assert period_named(span, name, STOCKHOLM) == found


@pytest.mark.parametrize("span", ReportSpan)
@pytest.mark.parametrize("zone", [STOCKHOLM, "UTC", "Pacific/Apia", "Africa/Cairo"])
def test_periods_follow_each_other_without_a_gap(span: ReportSpan, zone: str) -> None:
    later = period_before(span, utc("2029-01-15T12:00"), zone)
    for _ in range(12):
        earlier = period_before(span, later.until - timedelta(microseconds=1), zone)
        assert earlier.until == later.since
        later = earlier


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("2026Q4", "2026Q4 is no period of this report; write it as 2026-11"),
        ("november", "november is no period of this report; write it as 2026-11"),
        ("2026-13", "there is no period 2026-13; write it as 2026-11"),
        ("0000-01", "there is no period 0000-01"),
    ],
)
def test_a_wrong_period_is_answered_with_the_right_form(name: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        period_named(ReportSpan.MONTH, name, STOCKHOLM)


def test_a_week_that_a_year_does_not_have_is_refused() -> None:
    with pytest.raises(UserError, match="there is no period 2027W53"):
        period_named(ReportSpan.WEEK, "2027W53", STOCKHOLM)

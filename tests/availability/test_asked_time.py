"""A person names months, quarters, years, days or moments, and gets those of the agreement's time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from activities.availability import AskedTime
from activities.availability.periods import periods_of
from models.dossier.availability import Per
from models.errors import UserError

STOCKHOLM = "Europe/Stockholm"


@pytest.mark.parametrize(
    ("since", "until", "begins", "ends"),
    [
        ("2026-05", None, "2026-04-30T22:00", "2026-05-31T22:00"),
        ("2026-03", None, "2026-02-28T23:00", "2026-03-31T22:00"),  # the clocks change meanwhile
        ("2026-Q4", None, "2026-09-30T22:00", "2026-12-31T23:00"),
        ("2026", None, "2025-12-31T23:00", "2026-12-31T23:00"),
        ("2026-05-14", None, "2026-05-13T22:00", "2026-05-14T22:00"),
        ("2026-05-14", "2026-05-15", "2026-05-13T22:00", "2026-05-15T22:00"),
        ("2026-01", "2026-02", "2025-12-31T23:00", "2026-02-28T23:00"),
        ("2026-05-14T08:30:00+02:00", "2026-05", "2026-05-14T06:30", "2026-05-31T22:00"),
    ],
)
def test_a_named_time_is_that_of_the_time_zone(since: str, until: str | None, begins: str, ends: str) -> None:
    found = AskedTime(since, until).within(STOCKHOLM)

    assert found == tuple(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (begins, ends))


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("May", None, "--from 'May' names no time; write a year, a quarter, a month, a day or a time: 2026, 2026-Q2"),
        ("2026-13", None, "--from '2026-13' names no time"),
        ("2026-02-30", None, "--from '2026-02-30' names no time"),
        ("2026-Q5", None, "--from '2026-Q5' names no time"),
        ("0001", None, "--from '0001' names no time"),
        ("9999", None, "--from '9999' names no time"),
        ("2026-05", "2026-04", "--to 2026-04 does not end after --from 2026-05 begins; exchange them"),
        (
            "2026-05-14T08:30:00",
            None,
            "--from '2026-05-14T08:30:00' has no time zone; write it as 2026-05-14T08:30:00Z",
        ),
        ("2026-05-14T08:30:00.5Z", "2026-06", "has a fraction of a second; write whole seconds"),
        ("2026-05-14T08:30:00Z", None, "--to is missing; a moment has no end, so name one"),
        ("9998-05-14T08:30:00Z", "2026-06", "--from: 9998 is outside the supported years"),
        ("", None, "--from '' names no time"),
    ],
)
def test_a_text_that_names_no_time_is_refused_in_one_sentence(since: str, until: str | None, said: str) -> None:
    with pytest.raises(UserError) as caught:
        AskedTime(since, until)

    assert said in str(caught.value)


def test_periods_cover_a_time_without_a_gap() -> None:
    since, until = AskedTime("2025-11-15", "2026-07-01").within(STOCKHOLM)

    for per, count in ((Per.MONTH, 9), (Per.QUARTER, 4), (Per.YEAR, 2)):
        periods = list(periods_of(per, STOCKHOLM, since, until))
        assert len(periods) == count
        assert periods[0].since <= since
        assert periods[-1].until >= until
        assert all(a.until == b.since for a, b in pairwise(periods))
    assert [p.name for p in periods_of(Per.QUARTER, STOCKHOLM, since, until)] == [
        *("2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3")
    ]

"""Freezes: from the agreement's wall clock to moments, and what each keeps back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from activities.calendars.freezes import freezes_of
from models.dossier.agreement import Agreement, Freezable
from models.dossier.load import read_dossier
from models.freezes import Freeze, freeze_at, freeze_over
from models.scope import WHOLE, Scope
from tests.dossier.written import EXAMPLES
from tests.schedules.reference import utc

SHOP = read_dossier(EXAMPLES / "acme" / "shop.yaml")


def agreed(**freeze: Any) -> Agreement:
    period = {"time_zone": "Europe/Stockholm", "reason": "Christmas trade", **freeze}
    return Agreement.model_validate(SHOP.agreement.model_dump(mode="json") | {"freezes": [period]})


@pytest.mark.parametrize(
    ("since", "until", "begins", "ends"),
    [
        ("2026-12-18", "2027-01-06", "2026-12-17T23:00", "2027-01-06T23:00"),
        ("2026-12-18 18:00", "2027-01-07 08:00", "2026-12-18T17:00", "2027-01-07T07:00"),
        ("2027-03-28", "2027-03-28", "2027-03-27T23:00", "2027-03-28T22:00"),  # a day of 23 hours
        ("2027-10-31", "2027-10-31", "2027-10-30T22:00", "2027-10-31T23:00"),  # a day of 25 hours
        ("2027-03-28 02:30", "2027-03-28 02:45", "2027-03-28T01:00", "2027-03-28T01:00"),  # a time that is skipped
        ("2027-10-31 02:30", "2027-10-31 02:45", "2027-10-31T00:30", "2027-10-31T01:45"),  # a time that is shown twice
    ],
)
def test_a_freeze_lasts_from_first_to_last_moment_of_its_wall_clock(
    since: str, until: str, begins: str, ends: str
) -> None:
    [freeze] = freezes_of(agreed(since=since, until=until))

    assert (freeze.since, freeze.until) == (utc(begins), utc(ends))


@pytest.mark.parametrize(
    ("work", "components", "suppression_of"),
    [
        (Freezable.MAINTENANCE, ["web"], True),
        (Freezable.MAINTENANCE, ["db"], False),
        (Freezable.MAINTENANCE, ["db", "app"], True),
        (Freezable.NORMAL, [], True),  # the whole application
        (Freezable.EMERGENCY, ["web"], False),
        (Freezable.DRILL, [], False),
    ],
)
def test_a_freeze_keeps_back_what_touches_its_components_and_does_not_pass(
    work: Freezable, components: list[str], suppression_of: bool
) -> None:
    freezes = freezes_of(SHOP.agreement)

    found = freeze_at(freezes, utc("2026-12-20"), work, Scope.of(components))

    assert (found is not None and found.reason == "Christmas trade") is suppression_of


@pytest.mark.parametrize(("frozen", "forbidden"), [(WHOLE, True), (Scope.of(["web"]), False)])
def test_work_on_no_component_is_forbidden_only_while_the_whole_application_is_frozen(
    frozen: Scope, forbidden: bool
) -> None:
    freeze = Freeze(since=utc("2026-12-01"), until=utc("2027-01-07"), reason="Christmas trade", components=frozen)

    found = freeze_at([freeze], utc("2026-12-20"), Freezable.NORMAL, None)

    assert (found is not None) is forbidden


def test_a_freeze_holds_from_its_first_moment_and_no_longer_than_its_last() -> None:
    freezes = freezes_of(agreed(since="2026-12-18", until="2027-01-06"))
    [freeze] = freezes
    tick = timedelta(microseconds=1)

    held = [
        freeze_at(freezes, at, Freezable.MAINTENANCE) is not None
        for at in (freeze.since - tick, freeze.since, freeze.until - tick, freeze.until)
    ]

    assert held == [False, True, True, False]


def test_freezes_that_meet_end_with_the_last_of_them() -> None:
    day = [utc(f"2026-12-{n:02}") for n in range(1, 10)]
    freezes = [
        Freeze(since=day[0], until=day[3], reason="a"),
        Freeze(since=day[2], until=day[5], reason="b"),
        Freeze(since=day[5], until=day[6], reason="c", components=["db"]),
    ]

    assert freeze_over(freezes, day[1], Freezable.NORMAL, Scope.of(["db"])) == day[6]
    assert freeze_over(freezes, day[1], Freezable.NORMAL, Scope.of(["web"])) == day[5]
    assert freeze_over(freezes, day[7], Freezable.NORMAL) == day[7]
    held = freeze_at(freezes, day[2], Freezable.NORMAL)
    assert held is not None
    assert held.reason == "b"

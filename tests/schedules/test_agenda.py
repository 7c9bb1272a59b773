"""The maintenance calendar: what comes, and what stands in its way."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from activities.calendars.agenda import agenda
from models.dossier import Dossier
from models.dossier.load import read_dossier
from models.schedules import AgendaEntry
from starter.maintenance.service import twelve_months
from tests.dossier.written import EXAMPLES
from tests.schedules.shop import SHOP

STEP = {"type": "run", "command": "true", "timeout": "20m"}


def shop(routines: dict[str, dict[str, Any]], **agreement: Any) -> Dossier:
    data = SHOP.model_dump(mode="json")
    patches = data["routines"]["maintenance"]["patches"]
    common = {**patches, "steps": [STEP], "healthy_for": "0s"}
    data["routines"]["maintenance"] = {name: {**common, "title": name, **given} for name, given in routines.items()}
    data["agreement"] |= agreement
    return Dossier.model_validate(data)


def seen(entries: list[AgendaEntry]) -> list[str]:
    return [f"{e.name} {e.begins:%m-%d %H:%M}-{e.ends_by:%H:%M} {'; '.join(e.conflicts)}".strip() for e in entries]


def test_twelve_months_of_the_examples_name_every_run_and_its_conflicts() -> None:
    payroll = read_dossier(EXAMPLES / "acme" / "payroll.yaml")

    entries = agenda([SHOP, payroll], date(2026, 11, 27), date(2027, 11, 27))
    entries = [entry for entry in entries if entry.kind == "maintenance"]

    patches = [e for e in entries if e.name == "patches"]
    assert [f"{e.begins:%Y-%m-%d %H:%M}" for e in patches][:3] == [
        "2026-12-06 03:00",
        "2027-01-03 03:00",
        "2027-02-07 03:00",
    ]
    assert len(patches) == 12
    assert len([e for e in entries if e.name == "vacuum"]) == 52
    assert [f"{e.begins:%Y-%m-%d}: {', '.join(e.conflicts)}" for e in entries if e.conflicts] == [
        "2027-05-02: frozen until 2027-05-10 00:00: The garden season's busiest weeks"
    ]
    assert entries == sorted(entries, key=lambda e: (e.begins, e.id))


def test_runs_that_may_touch_the_same_components_at_the_same_time_are_named_on_both() -> None:
    dossier = shop(
        {
            "long": {"components": ["db"], "frequency": "weekly sunday 03:00"},
            "other": {"components": ["web"], "frequency": "monthly first sunday 03:15"},
        },
        freezes=[],
    )

    found = seen(agenda([dossier], date(2026, 12, 1), date(2026, 12, 14)))

    # What depends on the database is kept from others, too.
    assert found == [
        "long 12-06 03:00-03:20 may overlap other at 2026-12-06 03:15",
        "other 12-06 03:15-03:55 may overlap long of 2026-12-06 03:00",
        "long 12-13 03:00-03:20",
    ]


def test_runs_that_share_nothing_and_runs_that_only_meet_do_not_overlap() -> None:
    dossier = shop(
        {
            "first": {"components": ["web"], "frequency": "weekly sunday 03:00", "at_once": 2},
            "second": {"components": ["web"], "frequency": "weekly sunday 03:40"},
        }
    )

    assert seen(agenda([dossier], date(2026, 12, 6), date(2026, 12, 7))) == [
        "first 12-06 03:00-03:40",
        "second 12-06 03:40-04:20",
    ]


def test_a_run_ends_with_its_window_at_the_latest() -> None:
    dossier = shop({"long": {"components": ["web"], "frequency": "weekly sunday 04:45"}})

    assert seen(agenda([dossier], date(2026, 12, 6), date(2026, 12, 7))) == ["long 12-06 04:45-05:00"]


def test_a_time_that_the_change_of_clocks_moves_out_of_the_window_is_named() -> None:
    early = {"time_zone": "Europe/Stockholm", "hours": "02:00-03:00"}
    dossier = shop({"early": {"components": ["web"], "frequency": "weekly sunday 02:30", "window": early}})

    assert seen(agenda([dossier], date(2027, 3, 21), date(2027, 3, 29))) == [
        "early 03-21 02:30-03:00",
        "early 03-28 03:00-03:40 outside its window 02:00-03:00",
    ]


def test_a_freeze_of_other_components_and_one_that_maintenance_passes_are_no_conflict() -> None:
    freeze = {"since": "2026-12-01", "until": "2026-12-31", "time_zone": "Europe/Stockholm", "reason": "Christmas"}
    routine = {"patches": {"components": ["web"], "frequency": "weekly sunday 03:00"}}

    def conflicts(**more: Any) -> list[list[str]]:
        dossier = shop(routine, freezes=[{**freeze, **more}])
        return [e.conflicts for e in agenda([dossier], date(2026, 12, 6), date(2026, 12, 7))]

    assert conflicts(components=["db"]) == conflicts(passes=["maintenance"]) == [[]]
    assert conflicts(components=["web"]) == [["frozen until 2027-01-01 00:00: Christmas"]]


def test_a_day_begins_at_midnight_on_the_wall_clock_of_the_routine() -> None:
    night = {"components": ["web"], "frequency": "daily 00:30"}
    zones = {"stockholm": "Europe/Stockholm", "york": "America/New_York", "kolkata": "Asia/Kolkata"}
    routines = {name: {**night, "window": {"time_zone": zone, "hours": "00:00-24:00"}} for name, zone in zones.items()}
    dossier = shop(routines, freezes=[])

    found = agenda([dossier], date(2026, 12, 6), date(2026, 12, 7))

    assert sorted(f"{e.name} {e.begins:%m-%d %H:%M}" for e in found) == [
        "kolkata 12-06 00:30",
        "stockholm 12-06 00:30",
        "york 12-06 00:30",
    ]


@pytest.mark.parametrize(
    ("first", "until"),
    [
        (date(2026, 11, 27), date(2027, 11, 27)),
        (date(2028, 2, 28), date(2029, 2, 28)),
        (date(2028, 2, 29), date(2029, 3, 1)),
    ],
)
def test_twelve_months_end_before_the_same_day_of_the_next_year(first: date, until: date) -> None:
    assert twelve_months(first) == (first, until)

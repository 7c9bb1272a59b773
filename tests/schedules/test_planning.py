"""What a plan says, from what is wanted, what was applied and what the server has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from models.dossier import Dossier
from models.schedules import AppliedSchedule, FoundSchedule, ScheduleChange, SchedulePlan, ScheduleShape
from starter.provisioning.page import show_plan
from starter.provisioning.planning import make_plan
from starter.provisioning.wanted import pattern_text, read_pattern, wanted_schedules
from tests.schedules.reference import utc
from tests.schedules.shop import SHOP

NOW = utc("2026-11-27")
[WANTED] = wanted_schedules(SHOP, NOW)
ID = "maintenance.acme.shop.patches"


def applied(shape: ScheduleShape = WANTED.shape) -> dict[str, AppliedSchedule]:
    return {ID: AppliedSchedule(id=ID, application="acme.shop", shape=shape, by="ann", at=NOW)}


def found(shape: ScheduleShape = WANTED.shape, **more: Any) -> dict[str, FoundSchedule]:
    fields: dict[str, Any] = {"paused": False, "application": "acme.shop", **more}
    return {ID: FoundSchedule(id=ID, shape=shape, **fields)}


def other(**changes: Any) -> ScheduleShape:
    return WANTED.shape.model_copy(update=changes)


OLD_TIMES = other(says="monthly first sunday 02:00, Europe/Stockholm", times=["0 1 6 12 * 2026"])
BY_HAND = other(times=["0 12 * * * *"])


@pytest.mark.parametrize(
    ("before", "there", "change", "differences", "drift"),
    [
        ({}, {}, ScheduleChange.ADD, [], []),
        (applied(), found(), ScheduleChange.KEEP, [], []),
        (applied(), {}, ScheduleChange.ADD, [], ["deleted by hand"]),
        (
            applied(OLD_TIMES),
            found(OLD_TIMES),
            ScheduleChange.CHANGE,
            ["runs: monthly", "times: 0 1 6 12 * 2026 ->"],
            [],
        ),
        (applied(), found(BY_HAND), ScheduleChange.CHANGE, ["times: 0 12 * * * * ->"], ["edited by hand: times: "]),
        (
            applied(),
            found(other(overlap="skip", catches_up_within=timedelta(days=1), more={"jitter": "0:05:00"})),
            ScheduleChange.CHANGE,
            ["overlap policy: skip -> allow-all", "catches up within: 1d -> 30d", "also set jitter: 0:05:00 -> -"],
            [
                "edited by hand: overlap policy: allow-all -> skip",
                "edited by hand: catches up within: 30d -> 1d",
                "edited by hand: also set jitter: - -> 0:05:00",
            ],
        ),
        (
            applied(),
            found(other(order={**WANTED.shape.order, "routine": "other"})),
            ScheduleChange.CHANGE,
            ["input routine: other -> patches"],
            ["edited by hand: input routine: patches -> other"],
        ),
        (applied(), found(paused=True, note="wait"), ScheduleChange.KEEP, [], ["paused by hand: wait"]),
        ({}, found(application=""), ScheduleChange.CHANGE, ["it is correct"], ["made by hand, not by"]),
    ],
)
def test_the_plan_names_what_to_do_and_what_was_done_by_hand(
    before: dict[str, AppliedSchedule],
    there: dict[str, FoundSchedule],
    change: ScheduleChange,
    differences: list[str],
    drift: list[str],
) -> None:
    [one] = make_plan([WANTED], before, there, ["acme.shop"]).schedules

    assert one.change is change
    assert len(one.differences) == len(differences)
    assert all(line.startswith(said) for line, said in zip(one.differences, differences, strict=True))
    assert len(one.drift) == len(drift)
    assert all(line.startswith(said) for line, said in zip(one.drift, drift, strict=True))


def test_a_schedule_without_a_dossier_is_removed_even_if_the_records_do_not_know_it() -> None:
    by_record = make_plan([], applied(), {}, ["acme.shop"])
    by_mark = make_plan([], {}, found(), ["acme.shop"])
    others = make_plan([], applied(), found(), ["nordvik.booking"])
    not_ours = make_plan([], {}, found(application=""), ["acme.shop"])

    assert [one.change for one in by_record.schedules] == [ScheduleChange.REMOVE]
    assert [one.drift for one in by_record.schedules] == [["deleted by hand"]]
    assert [one.change for one in by_mark.schedules] == [ScheduleChange.REMOVE]
    assert others.schedules == not_ours.schedules == []


def test_nothing_of_a_dossier_that_cannot_be_read_is_removed() -> None:
    plan = make_plan([], applied(), found(), ["acme.shop"], {"acme.shop": "acme.shop: it is of a later version"})

    assert plan.schedules == []
    assert plan.unreadable == ["acme.shop: it is of a later version"]


def test_a_dossier_says_what_its_schedules_start_and_when() -> None:
    assert WANTED.shape.workflow == "maintenance"
    assert WANTED.shape.workflow_id == WANTED.routine.id == ID
    assert WANTED.shape.order == {
        "application": "acme.shop",
        "by": "schedule",
        "unattended": True,
        "routine": "patches",
        "exact_until": "2028-01-01T00:00:00+00:00",
    }
    assert [f"{at:%Y-%m-%d %H:%M %z}" for at in WANTED.next_runs] == [
        "2026-12-06 03:00 +0100",
        "2027-01-03 03:00 +0100",
        "2027-02-07 03:00 +0100",
    ]


def test_the_page_of_a_plan_says_all_of_it() -> None:
    text = shown(make_plan([WANTED], applied(), found(BY_HAND, paused=True, note="[wait]", lost=3), ["acme.shop"]))

    assert "~ maintenance.acme.shop.patches  Security updates of the operating system (acme.shop)" not in text
    assert "~ maintenance.acme.shop.patches  Security updates of the operating system" in text
    assert "next Sun 2026-12-06 03:00, Sun 2027-01-03 03:00, Sun 2027-02-07 03:00" in text
    assert "edited by hand: times: " in text
    assert "paused by hand: [wait]" in text
    assert "stays paused until `driftvakt apply --unpause`" in text
    assert "never started: 3 runs; the server was down for more than 30 days" in text
    assert "To do: 1 changed; 0 up to date. `driftvakt apply` writes them." in text


def test_patterns_are_read_as_they_are_written() -> None:
    texts = [text for frequency in ("daily 03:00", "cron: */15 1-5/2 1,15 * mon") for text in times(frequency)]

    assert [pattern_text(read_pattern(text)) for text in texts] == texts


def times(frequency: str) -> list[str]:
    data = SHOP.model_dump(mode="json")
    data["routines"]["maintenance"]["patches"]["frequency"] = frequency
    [wanted] = wanted_schedules(Dossier.model_validate(data), NOW)
    return wanted.shape.times


def shown(plan: SchedulePlan) -> str:
    console = Console(width=200, record=True, highlight=False)
    show_plan(plan, applied=False, console=console)
    return console.export_text()

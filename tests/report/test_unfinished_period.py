"""A report on a period that is not over judges the time until now, and says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activities.documents.markdown import markdown
from activities.records import Records
from activities.report.document import report_document
from models.dossier import Dossier
from models.errors import UserError
from models.report import GapReason, ReportVerdict
from tests.report.november import (
    SINCE,
    UNTIL,
    at,
    block,
    block_facts,
    facts,
    incident,
    keep_dossier,
    met,
    operation,
    records,
    shop,
)

__all__ = ["records"]

NOON = at(16)
"""Noon of 16 November, when half of the month is over."""


def weekly() -> Dossier:
    """The shop with patches every Sunday at 03:00 and a drill of the database every Sunday at 04:00."""
    made = shop(["maintenance", "restore_drills", "service_levels", "entitlements"], language="en")
    patches = made.routines.maintenance["patches"].model_copy(update={"frequency": "weekly sunday 03:00"})
    routines = made.routines.model_copy(update={"maintenance": {"patches": patches}})
    agreement = made.agreement.model_copy(update={"freezes": []})
    database = made.instructions.restore["database"]
    assert database.drill is not None
    drilled = database.model_copy(
        update={"drill": database.drill.model_copy(update={"frequency": "weekly sunday 04:00"})}
    )
    instructions = made.instructions.model_copy(update={"restore": {"database": drilled}})
    return made.model_copy(update={"routines": routines, "agreement": agreement, "instructions": instructions})


def test_maintenance_that_is_still_to_come_is_not_missed(records: Records) -> None:
    keep_dossier(records, weekly())
    for day in (1, 8, 15):
        due = at(day, "03:00")
        data = {"routine": "patches", "scheduled": due.isoformat()}
        ended = due + timedelta(hours=1)
        operation(records, "maintenance", f"{day}", due, ended, name="patches", data=data, opened_by="schedule")

    found = facts(records, now=NOON)

    counted = block(found, "maintenance")
    assert {key: counted[key]["value"] for key in ("due", "done", "missed", "pending")} == {
        "due": 3,
        "done": 3,
        "missed": 0,
        "pending": 0,
    }
    [verdict] = block_facts(found, "maintenance").verdicts
    assert verdict.verdict is ReportVerdict.MET


def test_a_run_whose_window_is_open_is_pending_and_one_whose_window_closed_is_missed(records: Records) -> None:
    keep_dossier(records, weekly())

    found = block(facts(records, now=at(8, "03:30")), "maintenance")

    assert [(run["due"], run["result"]) for run in found["runs"]] == [
        ("2026-11-01T02:00:00Z", "missed"),
        ("2026-11-08T02:00:00Z", "pending"),
    ]


def test_drills_are_due_until_now_and_overdue_a_day_later(records: Records) -> None:
    keep_dossier(records, weekly())

    found = block(facts(records, now=NOON), "restore_drills")

    assert [one["state"] for one in found["due"]] == ["missed", "missed", "missed"]
    found = block(facts(records, now=at(15)), "restore_drills")
    assert [one["state"] for one in found["due"]] == ["missed", "missed", "pending"]


def test_a_target_whose_time_is_not_up_is_undecided_and_not_missed(records: Records) -> None:
    dossier = weekly()
    keep_dossier(records, dossier)
    incident(records, 1, [(NOON - timedelta(hours=1), "opened", {"priority": "P1"})], dossier)
    incident(records, 2, met(at(3)), dossier)

    found = block(facts(records, now=NOON), "service_levels")

    restore = next(one for one in found["targets"] if one["key"] == "P1 restore")
    assert {key: restore[key]["value"] for key in ("met", "missed", "undecided")} == {
        "met": 1,
        "missed": 0,
        "undecided": 1,
    }


def test_the_document_says_until_when_the_report_counts_and_compares_nothing(records: Records) -> None:
    keep_dossier(records, weekly())

    found = facts(records, now=NOON + timedelta(microseconds=5))

    assert (found.period.since, found.period.until, found.counts_until) == (SINCE, UNTIL, NOON)
    assert (found.judged_until, found.compared_with) == (NOON, None)
    assert [(one.source, one.reason, one.since, one.until) for one in found.missing] == [
        ("records", GapReason.LATE, NOON, UNTIL)
    ]
    assert found.late == found.missing
    text = markdown(report_document(found))
    assert "The period is not over: this report counts until 2026-11-16 12:00." in text
    assert "Where a rule names the end of the period, this report takes 2026-11-16 12:00 instead." in text
    assert "does not have everything" not in text


def test_a_swedish_document_says_so_in_swedish(records: Records) -> None:
    made = shop(["maintenance"], language="sv")
    keep_dossier(records, made)

    text = markdown(report_document(facts(records, now=NOON)))

    assert "Perioden är inte slut: rapporten räknar till 2026-11-16 12:00." in text


def test_other_gaps_of_an_unfinished_period_are_named_as_always(records: Records) -> None:
    keep_dossier(records, shop([{"metrics": {"points": ["db-disk"]}}], language="en"))

    found = facts(records, now=NOON)

    assert {(one.source, one.until) for one in found.missing if one.source != "records"} == {
        ("monitor.stockholm", NOON),
        ("db-disk", NOON),
    }
    assert "does not have everything" in markdown(report_document(found))


def test_a_period_that_is_over_counts_all_of_it(records: Records) -> None:
    keep_dossier(records, weekly())

    found = facts(records, now=UNTIL)

    assert (found.counts_until, found.judged_until, found.missing) == (None, UNTIL, [])
    assert "The period is not over" not in markdown(report_document(found))


def test_a_period_that_has_not_begun_is_refused(records: Records) -> None:
    keep_dossier(records, weekly())

    with pytest.raises(UserError, match="the period 2026-12 has not begun; name one that has"):
        facts(records, "2026-12", now=NOON)

"""A report compares its figures and verdicts with those of the period before."""

from __future__ import annotations

from datetime import timedelta

from activities.documents.markdown import markdown
from activities.records import Records
from activities.report.document import report_document
from models.report import ReportVerdict
from tests.report.november import (
    LONG_BEFORE,
    SINCE,
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


def test_counts_of_the_same_priority_cause_and_component_stand_beside_each_other(records: Records) -> None:
    dossier = shop(["incidents"])
    keep_dossier(records, dossier)
    incident(records, 1, met(at(-9), priority="P2"), dossier)
    incident(records, 2, met(at(-8), priority="P3"), dossier)
    incident(records, 3, met(at(3), priority="P3"), dossier)
    incident(records, 4, met(at(4), priority="P4"), dossier)

    found = block(facts(records), "incidents")

    assert (found["opened"]["value"], found["opened"]["before"]) == (2, 2)
    assert {one["key"]: (one["count"]["value"], one["count"]["before"]) for one in found["by_priority"]} == {
        "P3": (1, 1),
        "P4": (1, None),
    }
    assert "before" not in found["incidents"][0]


def test_evidence_and_gaps_are_those_of_the_period_alone(records: Records) -> None:
    dossier = shop(["incidents", {"metrics": {"points": ["db-disk"]}}])
    keep_dossier(records, dossier)
    incident(records, 1, met(at(-9)), dossier)
    incident(records, 2, met(at(3)), dossier)

    found = facts(records)

    assert [id for id in found.evidence if id.startswith("inc.")] == ["inc.acme.shop.2"]
    assert {(one.since, one.until) for one in found.missing if one.source == "db-disk"} == {
        (found.period.since, found.period.until)
    }


def test_a_verdict_has_that_of_the_period_before(records: Records) -> None:
    dossier = shop(["service_levels"])
    keep_dossier(records, dossier)
    incident(records, 1, met(at(-9)), dossier)
    incident(records, 2, met(at(3), minutes=300), dossier)

    verdicts = {one.key: (one.verdict, one.before) for one in block_facts(facts(records), "service_levels").verdicts}

    assert verdicts["P1 restore"] == (ReportVerdict.MISSED, ReportVerdict.MET)
    assert verdicts["P1 respond"] == (ReportVerdict.MET, ReportVerdict.MET)


def test_without_a_dossier_during_all_of_the_period_before_nothing_is_compared(records: Records) -> None:
    dossier = shop(["summary", "incidents"])
    keep_dossier(records, dossier, SINCE - timedelta(days=3))
    incident(records, 1, met(at(0)), dossier)
    incident(records, 2, met(at(3)), dossier)

    found = facts(records)

    assert found.compared_with is None
    assert block(found, "incidents")["opened"]["before"] is None
    assert "2026-10" not in markdown(report_document(found))


def test_the_document_names_the_period_that_it_compares_with(records: Records) -> None:
    dossier = shop(["summary", "incidents", "changes"], language="en")
    keep_dossier(records, dossier, LONG_BEFORE)
    incident(records, 1, met(at(-9)), dossier)
    operation(records, "change", "1", at(-4), at(-3))
    operation(records, "change", "2", at(4), at(5))

    text = markdown(report_document(facts(records)))

    assert "2026-10: 1" in text
    assert "Figures of 2026-10 stand beside those of this period" in text

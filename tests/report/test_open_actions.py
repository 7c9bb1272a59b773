"""What somebody still has to do at the end of the period, with owner and due time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from activities.documents.markdown import markdown
from activities.records import Records
from activities.report.document import report_document
from models.base import canonical_json
from models.dossier import Dossier
from models.restores import RestoreProof
from tests.report.november import (
    LONG_BEFORE,
    UNTIL,
    at,
    block,
    facts,
    incident,
    keep_dossier,
    met,
    operation,
    records,
    shop,
)

__all__ = ["records"]


def made(**report: Any) -> Dossier:
    """The shop without drills, so that a test has its own actions only."""
    found = shop(["open_actions"], language="en", **report)
    restores = {n: r.model_copy(update={"drill": None}) for n, r in found.instructions.restore.items()}
    return found.model_copy(update={"instructions": found.instructions.model_copy(update={"restore": restores})})


def listed(records: Records, *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(one[field] for field in fields) for one in block(facts(records), "open_actions")["actions"]]


def test_an_open_incident_is_due_at_its_restore_target_and_a_restored_one_has_to_be_closed(records: Records) -> None:
    dossier = made()
    keep_dossier(records, dossier)
    incident(records, 1, [(UNTIL - timedelta(hours=1), "opened", {"priority": "P1"})], dossier)
    incident(records, 2, [(at(-9), "opened", {"priority": "P1"})], dossier)
    incident(records, 3, met(at(20))[:3], dossier)
    incident(records, 4, met(at(21)), dossier)

    found = listed(records, "do", "id", "due", "overdue")

    assert found == [
        ("restore", "inc.acme.shop.2", f"{at(-9) + timedelta(hours=4):%Y-%m-%dT%H:%M:%SZ}", True),
        ("restore", "inc.acme.shop.1", "2026-12-01T02:00:00Z", False),
        ("close", "inc.acme.shop.3", None, False),
    ]
    figures = block(facts(records), "open_actions")
    assert (figures["open"]["value"], figures["overdue"]["value"]) == (3, 1)
    assert figures["overdue"]["evidence"] == ["inc.acme.shop.2"]


def test_changes_and_reviews_that_are_not_over_have_their_times_and_runs_have_none(records: Records) -> None:
    keep_dossier(records, made(audience="internal"))
    window = {"window_until": at(28).isoformat()}
    operation(records, "change", "1", at(20), None, data=window)
    operation(records, "change", "2", at(20), at(21))
    operation(records, "review", "3", at(22), None, data={"due": (UNTIL + timedelta(days=2)).isoformat()})
    operation(records, "maintenance", "4", at(23), None, opened_by="schedule")
    operation(records, "change", "5", at(24), UNTIL + timedelta(hours=1), data={"window_until": "soon"})

    found = listed(records, "do", "due", "overdue", "owner")

    assert found == [
        ("change", "2026-11-28T11:00:00Z", True, "Karin Holm"),
        ("review", "2026-12-02T23:00:00Z", False, "Karin Holm"),
        ("maintenance", None, False, ""),
        ("change", None, False, "Karin Holm"),
    ]


def test_the_customer_reads_the_party_of_the_owner_and_the_supplier_the_person(records: Records) -> None:
    keep_dossier(records, made())
    operation(records, "change", "1", at(20), None)
    incident(records, 1, [(at(29), "opened", {"priority": "P4"})], made(), lead="stranger@example.com")

    assert listed(records, "do", "owner") == [("restore", ""), ("change", "Acme Garden AB")]
    text = markdown(report_document(facts(records)))
    assert "| Restore the service | The web page does not answer | nobody yet |" in text
    assert "stranger" not in canonical_json(facts(records))


def test_overdue_drills_and_drills_that_were_not_passed_belong_to_the_supplier(records: Records) -> None:
    dossier = shop(["open_actions"], language="en")
    database = dossier.instructions.restore["database"]
    assert database.drill is not None
    drill = database.drill.model_copy(update={"frequency": "weekly sunday 04:00"})
    restores = {"database": database.model_copy(update={"drill": drill})}
    dossier = dossier.model_copy(update={"instructions": dossier.instructions.model_copy(update={"restore": restores})})
    keep_dossier(records, dossier, LONG_BEFORE)
    proof = RestoreProof(
        restore="database",
        point="nightly",
        point_at=at(22, "00:00"),
        asked_at=at(22, "04:00"),
        verified=False,
        lost=timedelta(hours=4),
        agreed_point=timedelta(hours=24),
        took=timedelta(hours=1),
        agreed_time=timedelta(hours=3),
    )
    data = {"proof": proof.model_dump(mode="json")}
    operation(records, "drill", "1", at(22, "04:00"), at(22, "05:00"), name="database", data=data)

    assert listed(records, "do", "owner", "since", "due", "overdue") == [
        ("drill", "Driftbolaget AB", "2026-11-29T03:00:00Z", "2026-11-29T03:00:00Z", True),
        ("drill-again", "Driftbolaget AB", "2026-11-22T04:00:00Z", "2026-12-06T03:00:00Z", False),
    ]


def test_nothing_open_is_said_in_words(records: Records) -> None:
    keep_dossier(records, made())

    assert "No action was open at the end of the period." in markdown(report_document(facts(records)))

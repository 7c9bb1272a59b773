"""What was approved and sent is kept as it was: drafts pass, seals stay."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from activities.records import Records
from activities.report.archive import DRAFTS_KEPT, Archive
from models.dossier.parties import PartyKind
from models.errors import NotFoundError, StoreError, UserError
from models.notices import DeliveryState
from models.report_order import ReceiverDelivery, ReportApprover, SealedReport, SealReport

NOW = datetime(2026, 12, 3, 8, 0, tzinfo=UTC)
PDF = ("application/pdf", b"%PDF")
PLAN = "b" * 64


def drafted(archive: Archive, facts: bytes = b'{"up":1}', period: str = "2026-11", **fields: Any) -> str:
    """Facts and a file of a report, in the archive."""
    given: dict[str, Any] = {"application": "acme.shop", "name": "monthly", "operation": "report.1", "now": NOW}
    digest = archive.keep_draft(facts, period=period, **given | fields).digest
    archive.keep_files(digest, {"november.pdf": PDF}, NOW)
    return digest


def request(facts: str, **fields: Any) -> SealReport:
    """The order to seal a report."""
    given: dict[str, Any] = {
        "application": "acme.shop",
        "report": "monthly",
        "period": "2026-11",
        "version": 1,
        "operation": "report.1",
        "facts": facts,
        "attached": 1,
        "approved_by": [ReportApprover(by="ann@us.example", party=PartyKind.SUPPLIER, at=NOW, question=PLAN)],
        "sent_to": [
            ReceiverDelivery(contact="karin", to="Karin", channel="email", state=DeliveryState.SENT, at=NOW),
        ],
        "at": NOW,
    }
    return SealReport(**given | fields)


def test_a_sealed_report_names_everything_that_was_approved_and_sent(both: Records) -> None:
    archive = Archive(both.database)
    facts = drafted(archive)

    sealed = archive.seal(request(facts))

    assert archive.latest("acme.shop", "monthly", "2026-11") == sealed
    assert (sealed.version, sealed.sequence, sealed.predecessor) == (1, 1, "")
    assert [file.name for file in sealed.files] == ["november.pdf"]
    assert archive.documents.read(sealed.files[0].digest) == PDF[1]
    assert archive.documents.read(sealed.facts) == b'{"up":1}'
    assert sealed.seal == sealed.computed_seal()
    assert archive.with_document(sealed.files[0].digest) == archive.with_document(facts) == [sealed]


def test_sealing_again_gives_the_same_seal(both: Records) -> None:
    archive = Archive(both.database)
    asked = request(drafted(archive))

    assert archive.seal(asked) == archive.seal(asked)
    assert archive.count() == 1


def test_a_version_is_sealed_once_and_in_order(both: Records) -> None:
    archive = Archive(both.database)
    first, other = drafted(archive), drafted(archive, b'{"up":2}')
    archive.seal(request(first))

    with pytest.raises(UserError, match=r"version 1 of monthly 2026-11 is sealed already, by report\.1"):
        archive.seal(request(other, operation="report.2"))
    with pytest.raises(UserError, match="version 3 of monthly 2026-11 cannot be sealed: 1 versions are sealed"):
        archive.seal(request(other, version=3))


def test_each_seal_names_the_one_before(both: Records) -> None:
    archive = Archive(both.database)
    october = archive.seal(request(drafted(archive, b'{"up":0}', "2026-10"), period="2026-10"))
    november = archive.seal(request(drafted(archive)))
    corrected = archive.seal(request(drafted(archive, b'{"up":2}'), version=2))

    assert [one.predecessor for one in archive.chain("acme.shop", "monthly")] == ["", october.seal, november.seal]
    assert archive.versions("acme.shop", "monthly", "2026-11") == [november, corrected]
    assert archive.before("acme.shop", "monthly", "2026-11") == october
    assert archive.before("acme.shop", "monthly", "2026-10") is None


def test_reports_sealed_beside_each_other_stand_in_one_order(both: Records) -> None:
    archive = Archive(both.database)
    periods = [f"2026-{month:02}" for month in range(1, 7)]
    asked = [request(drafted(archive, period.encode(), period), period=period) for period in periods]
    faults: list[BaseException] = []

    def seal(one: SealReport) -> None:
        try:
            archive.seal(one)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=seal, args=(one,)) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    chain = archive.chain("acme.shop", "monthly")
    assert faults == []
    assert [one.sequence for one in chain] == [1, 2, 3, 4, 5, 6]
    assert [one.predecessor for one in chain] == ["", *(one.seal for one in chain[:-1])]


@pytest.mark.parametrize(
    "change", ["UPDATE report SET version = 2", "UPDATE report SET sent_to = '[]'", "DELETE FROM report"]
)
def test_nobody_changes_a_sealed_report(both: Records, change: str) -> None:
    archive = Archive(both.database)
    sealed = archive.seal(request(drafted(archive)))

    with (
        pytest.raises(StoreError, match="a sealed report is never changed or deleted"),
        both.database.writing() as session,
    ):
        session.execute(text(change))

    assert archive.all() == [sealed]


@pytest.mark.parametrize("table", ["report", "document"])
def test_nobody_empties_the_archive(both: Records, table: str) -> None:
    archive = Archive(both.database)
    sealed = archive.seal(request(drafted(archive)))
    empty = f"DELETE FROM {table}" if both.database.is_sqlite else f"TRUNCATE {table}"

    with pytest.raises(StoreError, match="never changed or deleted"), both.database.writing() as session:
        session.execute(text(empty))

    assert archive.documents.missing([sealed.facts]) == []


def test_the_documents_of_a_sealed_report_outlive_those_of_drafts(both: Records) -> None:
    archive = Archive(both.database)
    sealed = archive.seal(request(drafted(archive)))
    left = drafted(archive, b'{"up":2}')

    archive.documents.sweep(NOW + DRAFTS_KEPT + timedelta(days=1))

    assert archive.documents.missing([sealed.facts, sealed.files[0].digest, left]) == [left]


def test_a_report_whose_documents_are_gone_is_not_sealed(both: Records) -> None:
    archive = Archive(both.database)
    facts = drafted(archive)
    archive.documents.sweep(NOW + DRAFTS_KEPT + timedelta(days=1))

    with pytest.raises(NotFoundError, match="no document"):
        archive.seal(request(facts))

    assert archive.all() == []


def test_a_report_without_files_is_not_sealed(both: Records) -> None:
    archive = Archive(both.database)
    facts = archive.keep_draft(
        b"{}", application="acme.shop", name="monthly", period="2026-11", operation="report.1", now=NOW
    ).digest

    with pytest.raises(UserError, match="has no files"):
        archive.seal(request(facts))


def test_the_files_that_were_made_first_are_those_that_count(both: Records) -> None:
    archive = Archive(both.database)
    facts = drafted(archive)

    again = archive.keep_files(facts, {"november.pdf": ("application/pdf", b"%PDF of another release")}, NOW)

    assert archive.documents.read(again[0].digest) == PDF[1]


def test_files_of_an_old_draft_are_made_anew(both: Records) -> None:
    archive = Archive(both.database)
    facts = drafted(archive)
    archive.documents.sweep(NOW + DRAFTS_KEPT + timedelta(days=1))

    [again] = archive.keep_files(facts, {"november.pdf": ("application/pdf", b"%PDF again")}, NOW)

    assert archive.documents.read(again.digest) == b"%PDF again"


def test_a_draft_is_found_by_the_workflow_that_gathered_it_last(both: Records) -> None:
    archive = Archive(both.database)
    drafted(archive, operation="report.1")
    facts = drafted(archive, operation="report.2", now=NOW + timedelta(hours=1))

    found = archive.draft_of("report.2")

    assert found is not None
    assert found.facts == facts
    assert archive.draft_of("report.1") is None


def test_a_seal_covers_every_field(both: Records) -> None:
    sealed = Archive(both.database).seal(request(drafted(Archive(both.database))))
    others: dict[str, Any] = {
        "version": 2,
        "facts": "c" * 64,
        "program": "9.9",
        "predecessor": "d" * 64,
        "at": NOW + timedelta(seconds=1),
        "sent_to": [],
        "approved_by": [],
        "files": [],
        "attached": 2,
    }

    changed = [sealed.model_copy(update={name: value}) for name, value in others.items()]

    assert len({one.computed_seal() for one in [sealed, *changed]}) == len(others) + 1
    assert {*SealedReport.model_fields} - {*others} == {
        *("seal", "application", "report", "period", "sequence", "operation"),
    }

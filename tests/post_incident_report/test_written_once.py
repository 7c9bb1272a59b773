"""A post-incident report is written once a closing, never changes, and shows when somebody changed it; on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import select

from activities.documents.elements import Document, Picture, Section
from activities.documents.page import page as render
from activities.post_incident_report import PostIncidentReports
from activities.post_incident_report.store import sha256
from activities.records import Records
from models.clock import ClockEvent
from models.errors import NotFoundError, UserError
from models.post_incident_report import Standpoint
from models.records import WriteRecords
from models.tables import IncidentRow, PostIncidentReportRow
from tests.post_incident_report.midsummer import END, ID, at, dossier, events, incident, keep, order


@pytest.fixture
def filled(records: Records) -> Records:
    records.publish_dossier(dossier(), "ann")
    keep(records)
    return records


def change(records: Records, **values: Any) -> None:
    with records.database.writing() as session:
        row = session.exec(select(PostIncidentReportRow).where(PostIncidentReportRow.version == 1)).one()
        for name, value in values.items():
            setattr(row, name, value)


def reopen(records: Records) -> None:
    again = [*events(), *_more(("reopened", 600), ("restored", 640), ("closed", 645))]
    records.write(WriteRecords(incidents=[incident(reopened=1, run="run-2", clock=again, closed_at=at(645))]))


def _more(*told: tuple[str, float]) -> list[ClockEvent]:
    return [ClockEvent.model_validate({"at": at(minutes), "kind": kind}) for kind, minutes in told]


def test_the_same_run_gets_the_same_report_even_if_the_records_change(filled: Records) -> None:
    reports = PostIncidentReports(filled)
    first = reports.write(order())
    text = reports.read(ID)
    filled.write(WriteRecords(incidents=[incident(title="Another title", clock=events())]))

    assert reports.write(order(minutes=900)) == first
    assert reports.read(ID) == text
    assert (first.version, text.digest) == (1, first.digest)
    assert sha256(text.markdown) == first.digest
    assert sha256(text.html) in text.markdown
    assert reports.verify(ID).sound


def test_many_attempts_at_once_write_one(filled: Records) -> None:
    with ThreadPoolExecutor(6) as pool:
        receipts = list(pool.map(lambda _: PostIncidentReports(filled).write(order()), range(6)))
    assert len(set(receipts_of(receipts))) == 1


def receipts_of(receipts: list[Any]) -> list[tuple[int, str]]:
    return [(r.version, r.digest) for r in receipts]


def test_two_runs_at_once_get_a_version_each(filled: Records) -> None:
    with ThreadPoolExecutor(2) as pool:
        receipts = list(pool.map(lambda run: PostIncidentReports(filled).write(order(run)), ("run-1", "run-2")))
    assert sorted(r.version for r in receipts) == [1, 2]


def test_a_reopened_incident_gets_a_second_report_that_names_the_first(filled: Records) -> None:
    reports = PostIncidentReports(filled)
    first = reports.write(order())
    before = reports.read(ID)
    reopen(filled)
    assert reports.read(ID).standpoint is Standpoint.NOT_WRITTEN

    second = reports.write(order("run-2", minutes=646))

    assert (second.version, second.digest != first.digest) == (2, True)
    assert reports.read(ID, version=1) == before
    assert first.digest in reports.read(ID).markdown
    assert reports.verify(ID, 1).sound
    assert reports.verify(ID, 2).sound


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"markdown": "# All went well\n"}, "Markdown has the digest"),
        ({"html": "<p>All went well</p>"}, "page (HTML)"),
        ({"digest": "0" * 64}, "Markdown has the digest"),
    ],
)
def test_an_edited_report_is_detected(filled: Records, changed: dict[str, str], said: str) -> None:
    reports = PostIncidentReports(filled)
    reports.write(order())
    change(filled, **changed)
    check = reports.verify(ID)
    assert not check.sound
    assert any(said in fault for fault in check.faults)


def test_an_edit_with_a_fresh_digest_is_found_out_by_computing_again_and_by_the_next_version(filled: Records) -> None:
    reports = PostIncidentReports(filled)
    reports.write(order())
    reopen(filled)
    reports.write(order("run-2", minutes=646))
    forged = reports.read(ID, version=1).markdown.replace('"state": "missed"', '"state": "met"')
    change(filled, markdown=forged, digest=sha256(forged))
    faults = " ".join(reports.verify(ID, 1).faults)
    assert "computed again from its events, this differs: restore, update" in faults
    assert "version 2 names another digest" in faults


def test_edited_events_and_missing_reports_are_detected(filled: Records) -> None:
    reports = PostIncidentReports(filled)
    reports.write(order())
    reopen(filled)
    reports.write(order("run-2", minutes=646))
    with filled.database.writing() as session:
        row = session.get(IncidentRow, ID)
        assert row is not None
        row.clock = [*row.clock[:1], *row.clock[2:]]
        session.delete(session.exec(select(PostIncidentReportRow).where(PostIncidentReportRow.version == 1)).one())
    faults = " ".join(reports.verify(ID).faults)
    assert "the clock events in the records differ" in faults
    assert "only the versions 2" in faults


def test_an_open_incident_has_a_preliminary_report_that_is_not_stored(records: Records) -> None:
    records.publish_dossier(dossier(), "ann")
    still = incident(state="verifying", closed_at=None, outcome=None, clock=events()[:5])
    records.write(WriteRecords(incidents=[still]))
    reports = PostIncidentReports(records)

    text = reports.read(ID, now=at(300))

    assert (text.standpoint, text.digest, text.version) == (Standpoint.PRELIMINARY, None, None)
    assert "Preliminary: the incident is open" in text.markdown
    assert "Preliminary: the incident is open" in text.html
    with pytest.raises(UserError, match="is open"):
        reports.write(order())
    with pytest.raises(NotFoundError, match="no post-incident report of"):
        reports.verify(ID)


def test_a_closed_incident_without_a_report_says_so(filled: Records) -> None:
    text = PostIncidentReports(filled).read(ID, now=END)
    assert (text.standpoint, text.digest) == (Standpoint.NOT_WRITTEN, None)
    assert "No post-incident report was written when this incident was closed" in text.markdown


@pytest.mark.parametrize("clock", [[], [{"nonsense": 1}]])
def test_an_incident_without_dossier_or_clock_still_gets_its_report(records: Records, clock: list[Any]) -> None:
    records.write(WriteRecords(incidents=[incident(dossier="", clock=[])]))
    with records.database.writing() as session:
        row = session.get(IncidentRow, ID)
        assert row is not None
        row.clock = clock
    reports = PostIncidentReports(records)
    reports.write(order())
    assert "The clocks could not be read: no dossier was published" in reports.read(ID).markdown
    check = reports.verify(ID)
    assert check.sound
    assert check.notes


def test_unknown_values_are_listed(filled: Records) -> None:
    reports = PostIncidentReports(filled)
    reports.write(order())
    with pytest.raises(NotFoundError, match=r"there is no incident acme\.shop\.99;"):
        reports.read("inc.acme.shop.99")
    with pytest.raises(NotFoundError, match="no post-incident report of version 7; it has 1"):
        reports.read(ID, version=7)


def test_a_picture_goes_into_the_page_and_only_a_drawing() -> None:
    def page(svg: str) -> str:
        return render(Document("Incident", "en", "", [Section("Clocks", [Picture(lambda: svg, "The clocks")])], []))

    assert "<rect" in page('<svg xmlns="http://www.w3.org/2000/svg"><rect width="9"/></svg>')
    for bad in (
        '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"><use href="http://evil.example/#x"/></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><style>@import "http://evil.example"</style></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><rect fill="url(http://evil.example)"/></svg>',
        "<svg",
    ):
        assert "<svg" not in page(bad)

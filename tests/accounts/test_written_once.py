"""An account is written once a closing, stays as it was written, and shows when somebody changed it; on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import select

from activities.accounts import Accounts
from activities.accounts.store import sha256
from activities.records import Records
from models.account import Standpoint
from models.clock import ClockEvent
from models.errors import NotFoundError, UserError
from models.records import WriteRecords
from models.tables import IncidentAccount, IncidentRow
from tests.accounts.midsummer import END, ID, at, dossier, events, incident, keep, order


@pytest.fixture
def filled(records: Records) -> Records:
    records.publish_dossier(dossier(), "ann")
    keep(records)
    return records


def change(records: Records, **values: Any) -> None:
    with records.database.writing() as session:
        row = session.exec(select(IncidentAccount).where(IncidentAccount.version == 1)).one()
        for name, value in values.items():
            setattr(row, name, value)


def reopen(records: Records) -> None:
    again = [*events(), *_more(("reopened", 600), ("restored", 640), ("closed", 645))]
    records.write(WriteRecords(incidents=[incident(reopened=1, run="run-2", clock=again, closed_at=at(645))]))


def _more(*told: tuple[str, float]) -> list[ClockEvent]:
    return [ClockEvent.model_validate({"at": at(minutes), "kind": kind}) for kind, minutes in told]


def test_the_same_run_gets_the_same_account_whatever_happens_to_the_records(filled: Records) -> None:
    accounts = Accounts(filled)
    first = accounts.write(order())
    text = accounts.read(ID)
    filled.write(WriteRecords(incidents=[incident(title="Another title", clock=events())]))

    assert accounts.write(order(minutes=900)) == first
    assert accounts.read(ID) == text
    assert (first.version, text.digest) == (1, first.digest)
    assert sha256(text.markdown) == first.digest
    assert sha256(text.html) in text.markdown
    assert accounts.verify(ID).sound


def test_many_attempts_at_once_write_one(filled: Records) -> None:
    with ThreadPoolExecutor(6) as pool:
        receipts = list(pool.map(lambda _: Accounts(filled).write(order()), range(6)))
    assert len(set(receipts_of(receipts))) == 1


def receipts_of(receipts: list[Any]) -> list[tuple[int, str]]:
    return [(r.version, r.digest) for r in receipts]


def test_two_runs_at_once_get_a_version_each(filled: Records) -> None:
    with ThreadPoolExecutor(2) as pool:
        receipts = list(pool.map(lambda run: Accounts(filled).write(order(run)), ("run-1", "run-2")))
    assert sorted(r.version for r in receipts) == [1, 2]


def test_an_incident_that_was_opened_again_gets_a_further_account_that_names_the_first(filled: Records) -> None:
    accounts = Accounts(filled)
    first = accounts.write(order())
    before = accounts.read(ID)
    reopen(filled)
    assert accounts.read(ID).standpoint is Standpoint.NOT_WRITTEN

    second = accounts.write(order("run-2", minutes=646))

    assert (second.version, second.digest != first.digest) == (2, True)
    assert accounts.read(ID, version=1) == before
    assert first.digest in accounts.read(ID).markdown
    assert accounts.verify(ID, 1).sound
    assert accounts.verify(ID, 2).sound


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"markdown": "# All went well\n"}, "Markdown has the digest"),
        ({"html": "<p>All went well</p>"}, "page (HTML)"),
        ({"digest": "0" * 64}, "Markdown has the digest"),
    ],
)
def test_an_edited_account_is_found_out(filled: Records, changed: dict[str, str], said: str) -> None:
    accounts = Accounts(filled)
    accounts.write(order())
    change(filled, **changed)
    check = accounts.verify(ID)
    assert not check.sound
    assert any(said in fault for fault in check.faults)


def test_an_edit_with_a_fresh_digest_is_found_out_by_computing_again_and_by_the_next_version(filled: Records) -> None:
    accounts = Accounts(filled)
    accounts.write(order())
    reopen(filled)
    accounts.write(order("run-2", minutes=646))
    forged = accounts.read(ID, version=1).markdown.replace('"standing": "broken"', '"standing": "kept"')
    change(filled, markdown=forged, digest=sha256(forged))
    faults = " ".join(accounts.verify(ID, 1).faults)
    assert "computed again from its events, this differs: restore, update" in faults
    assert "version 2 names another digest" in faults


def test_events_that_were_changed_afterwards_and_accounts_that_are_missing_are_found_out(filled: Records) -> None:
    accounts = Accounts(filled)
    accounts.write(order())
    reopen(filled)
    accounts.write(order("run-2", minutes=646))
    with filled.database.writing() as session:
        row = session.get(IncidentRow, ID)
        assert row is not None
        row.clock = [*row.clock[:1], *row.clock[2:]]
        session.delete(session.exec(select(IncidentAccount).where(IncidentAccount.version == 1)).one())
    faults = " ".join(accounts.verify(ID).faults)
    assert "other events of its clock" in faults
    assert "only the versions 2" in faults


def test_an_open_incident_has_a_preliminary_account_that_is_not_kept(records: Records) -> None:
    records.publish_dossier(dossier(), "ann")
    still = incident(state="verifying", closed_at=None, outcome=None, clock=events()[:5])
    records.write(WriteRecords(incidents=[still]))
    accounts = Accounts(records)

    text = accounts.read(ID, now=at(300))

    assert (text.standpoint, text.digest, text.version) == (Standpoint.PRELIMINARY, None, None)
    assert "Preliminary: the incident is open" in text.markdown
    assert "Preliminary: the incident is open" in text.html
    with pytest.raises(UserError, match="is open"):
        accounts.write(order())
    with pytest.raises(NotFoundError, match="no account of"):
        accounts.verify(ID)


def test_of_a_closed_incident_without_an_account_that_is_said(filled: Records) -> None:
    text = Accounts(filled).read(ID, now=END)
    assert (text.standpoint, text.digest) == (Standpoint.NOT_WRITTEN, None)
    assert "No account was written when this incident was closed" in text.markdown


@pytest.mark.parametrize("clock", [[], [{"nonsense": 1}]])
def test_an_incident_without_dossier_or_clock_still_gets_its_account(records: Records, clock: list[Any]) -> None:
    records.write(WriteRecords(incidents=[incident(dossier="", clock=[])]))
    with records.database.writing() as session:
        row = session.get(IncidentRow, ID)
        assert row is not None
        row.clock = clock
    accounts = Accounts(records)
    accounts.write(order())
    assert "The clocks could not be read: no dossier was published" in accounts.read(ID).markdown
    check = accounts.verify(ID)
    assert check.sound
    assert check.notes


def test_what_nobody_knows_is_named(filled: Records) -> None:
    accounts = Accounts(filled)
    accounts.write(order())
    with pytest.raises(NotFoundError, match=r"inc\.acme\.shop\.99"):
        accounts.read("inc.acme.shop.99")
    with pytest.raises(NotFoundError, match="no account of version 7; it has 1"):
        accounts.read(ID, version=7)


def test_a_picture_goes_into_the_page_and_only_a_drawing(filled: Records) -> None:
    def page(svg: str) -> str:
        return Accounts(filled, draw=lambda *_: svg).read(ID, now=END).html

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

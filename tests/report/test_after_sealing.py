"""A sealed report is sent again as it is, verified against the records, and corrected by a further version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.report.periods import period_before
from activities.report.verifying import verify
from models.dossier.reports import ReportSpan
from models.errors import UserError
from models.notices import Occasion
from models.operation import OperationEnd, OperationOutcome
from models.report_order import SealedReport
from starter.report.service import find_correction, list_reports, verify_file
from tests.report.november import APPLICATION, history_of, incident, met
from tests.report.scene import JONAS, ON_CALL, ZONE, Office, last_month, start, working
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The shop with its report, approved by the supplier."""
    made = Office(tmp_path)
    yield made
    made.close()


async def approved(client: Client, **fields: object) -> OperationOutcome:
    """A report that is approved as soon as it asks."""
    run = await start(client, **fields)
    await until_asked(run)
    await decide(run, "approve", by=ON_CALL)
    return await run.result()


def sealed_in(office: Office) -> SealedReport:
    """The latest sealed report of the last month."""
    found = office.archive.latest(APPLICATION, "monthly", last_month())
    assert found is not None
    return found


def late_incident(office: Office) -> None:
    """An incident of the last month of which the records learn later."""
    opened = period_before(ReportSpan.MONTH, datetime.now(UTC), ZONE).since
    incident(office.records, 7, met(opened), office.dossier)


async def test_a_report_is_sent_again_to_those_whom_it_did_not_reach(client: Client, office: Office) -> None:
    office.deaf = {"oskar"}
    async with working(client, office):
        await approved(client)
        sealed = sealed_in(office)
        office.deaf = set()
        office.notices.clear()
        again = await (await start(client, resend=True, by=ON_CALL)).result()
        named = await (await start(client, resend=True, to=["karin"], by=ON_CALL)).result()
        stranger = await (await start(client, resend=True, to=["jonas"], by=ON_CALL)).result()

    first, second = [one for one in office.notices if one.occasion is Occasion.REPORT]
    assert (first.audience.contacts, second.audience.contacts) == (["oskar"], ["karin"])
    assert [file.digest for file in first.attachments] == [file.digest for file in sealed.files[: sealed.attached]]
    assert (again.end, again.summary) == (OperationEnd.DONE, "Version 1 sent again to 1 of 1 receivers")
    assert named.end is OperationEnd.DONE
    assert stranger.summary == "jonas is no receiver of this report; karin, oskar are"
    assert sealed_in(office) == sealed


async def test_what_was_never_sealed_or_reached_everybody_is_not_sent_again(client: Client, office: Office) -> None:
    async with working(client, office):
        nothing = await (await start(client, resend=True)).result()
        await approved(client)
        everybody = await (await start(client, resend=True)).result()

    assert nothing.summary == f"no report monthly of {last_month()} is sealed, so there is nothing to send"
    assert everybody.summary.startswith("the report has reached all its receivers")


async def test_a_file_is_verified_by_its_seal_and_by_computing_its_figures_again(
    client: Client, office: Office
) -> None:
    async with working(client, office):
        await approved(client)
    sealed = sealed_in(office)
    content = office.archive.documents.read(sealed.files[0].digest)

    sound = verify(office.records, history_of(office.records), content)
    changed = verify(office.records, history_of(office.records), content + b"\n")
    late_incident(office)
    late = verify(office.records, history_of(office.records), content)

    assert (sound.sound, sound.operation, sound.version, sound.faults) == (True, sealed.operation, 1, [])
    assert sound.figures > 5
    assert (changed.sound, changed.operation) == (False, "")
    assert not late.sound
    assert any("öppnade: 0 → 1 (nytt underlag: acme.shop.7)" in fault for fault in late.faults), late.faults


async def test_a_correction_says_what_changed_and_goes_to_everybody_who_got_the_first_version(
    client: Client, office: Office
) -> None:
    async with working(client, office):
        first = await approved(client)
        with pytest.raises(UserError, match="every figure of version 1 is computed as before"):
            find_correction(office.records, first.id)
        late_incident(office)
        corrected, differences = find_correction(office.records, first.id)
        office.notices.clear()
        run = await start(client, corrects=corrected.version, commentary="An incident was recorded late.")
        gate = await until_asked(run)
        await decide(run, "approve", by=ON_CALL)
        outcome = await run.result()

    latest = sealed_in(office)
    [page] = [file for file in latest.files if file.name.endswith(".html")]
    text = office.archive.documents.read(page.digest).decode()
    sent = [one for one in office.notices if one.occasion is Occasion.REPORT_CORRECTION]
    assert (outcome.end, latest.version, latest.predecessor) == (OperationEnd.DONE, 2, corrected.seal)
    assert "Changes against version 1" in gate.question.plan
    assert any("öppnade: 0 → 1" in line for line in differences)
    assert page.name == f"{APPLICATION}-monthly-{last_month()}-v2.html"
    assert "An incident was recorded late." in text
    assert "acme.shop.7" in text
    assert sorted(who for one in sent for who in one.audience.contacts) == ["karin", "oskar"]
    assert all("öppnade: 0 → 1" in one.facts.text for one in sent)


async def test_the_list_names_the_latest_sealed_version_and_a_sent_file_is_sound(
    client: Client, office: Office, tmp_path: Path
) -> None:
    async with working(client, office):
        await approved(client, by=JONAS)
    sealed = sealed_in(office)
    sent = tmp_path / sealed.files[0].name
    sent.write_bytes(office.archive.documents.read(sealed.files[0].digest))

    [line] = list_reports(office.records, APPLICATION)

    assert (line.period, line.version, line.open) == (last_month(), 1, [])
    assert verify_file(office.records, sent).sound
    with pytest.raises(UserError, match=r"cannot be read: No such file or directory; name a file of a report"):
        verify_file(office.records, tmp_path / "none.html")

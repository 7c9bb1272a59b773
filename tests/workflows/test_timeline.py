"""A timeline of any length goes to the records whole, and a workflow keeps and shows no more of it than fits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from temporalio.testing import WorkflowEnvironment

from models.incident import Note
from models.jobs import Outcome
from models.records import EntryKind
from models.runbooks import StepReport, steps_that_fit
from models.sizes import ANSWER, CARRIED, MESSAGE, encoded_size
from models.timeline import DATA, KEPT, Timeline
from tests.workflows.shop import OPERATOR
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, alarm, decide, incident, report, status

AT = datetime(2026, 3, 1, tzinfo=UTC)
JAPANESE = "障" * 2000


def _report(detail: str = JAPANESE) -> StepReport:
    return StepReport(title="Look", host="host1", outcome=Outcome.OK, changed=False, detail=detail)


def test_a_thousand_long_lines_reach_the_records_in_parts_and_only_the_latest_are_kept() -> None:
    timeline, recorded = Timeline(), []
    for number in range(1_000):
        timeline.log(AT, EntryKind.NOTE, f"{number} {JAPANESE}", {"by": OPERATOR})
    while timeline.untaken:
        part = timeline.take()
        assert encoded_size(part) <= MESSAGE
        recorded += part
    assert [entry.sequence for entry in recorded] == list(range(1_000))
    assert [entry.sequence for entry in timeline.lines] == list(range(1_000 - KEPT, 1_000))
    shown = timeline.shown(ANSWER // 2)
    assert encoded_size(shown) <= ANSWER // 2
    assert shown[-1] == timeline.lines[-1]


def test_what_a_line_rests_on_is_cut_where_it_is_too_large_and_says_so() -> None:
    timeline = Timeline()
    timeline.log(AT, EntryKind.ACTION, "Looked", _report("x" * 100_000))
    timeline.log(AT, EntryKind.ACTION, "Looked", {"lines": ["x"] * 100_000})
    cut, left_out = timeline.lines
    assert StepReport.model_validate(cut.data).detail.endswith("… (cut, 100000 bytes in all)")
    assert (left_out.data, left_out.text.endswith("bytes was left out)")) == ({}, True)
    assert all(encoded_size(entry.data) <= DATA for entry in timeline.lines)


def test_the_steps_of_an_operation_fit_into_its_result_however_many_they_are() -> None:
    few = [_report("done")] * 3
    assert steps_that_fit(few, CARRIED) == few
    many = steps_that_fit([_report()] * 500, CARRIED)
    assert len(many) == 500
    assert encoded_size(many) <= CARRIED
    latest = steps_that_fit([_report()] * 20_000, CARRIED)
    assert encoded_size(latest) <= CARRIED
    assert latest[0].detail.startswith(f"({20_000 - len(latest)} earlier steps are in the records)")


@pytest.mark.slow
async def test_an_incident_with_500_long_notes_answers_and_its_records_have_them_all(
    skipping: WorkflowEnvironment,
) -> None:
    world = World()
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web", point=False, title="Disk 97 % full"))
        handle = incident(skipping.client)
        await until_asked(handle)
        for number in range(500):
            await handle.execute_update("add_note", Note(text=f"{number} {JAPANESE}"[:2000], by=OPERATOR))
        told = await status(handle)
        await decide(handle, "close", note="Disk was grown")
        await end_of(handle)
    assert encoded_size(told) < 2 * CARRIED
    assert all(encoded_size(written) < CARRIED for written in world.records)
    notes = [text for text in world.timeline if JAPANESE[:100] in text]
    assert len(notes) == 500


def test_a_timeline_that_no_records_take_keeps_its_latest_lines() -> None:
    timeline = Timeline(recorded=False)
    for number in range(KEPT + 100):
        timeline.log(AT, EntryKind.NOTE, f"{number}")
    assert [entry.sequence for entry in timeline.lines] == list(range(100, KEPT + 100))
    assert timeline.untaken == 0

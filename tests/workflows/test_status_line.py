"""The first line of an incident's page says all that whoever was woken needs to know at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.clock import ClockedTarget, ClockReading, TargetKind, TargetState
from models.dossier.instructions import Approval
from models.gates import GateOption, GateState, OnSilence, Question
from models.incident import IncidentEnd, IncidentMemory, IncidentOrder, IncidentState, WaitingState
from models.people import ANYBODY
from models.plans import IncidentPlan
from workflows.incident.shown import ShownIncident
from workflows.incident.status_line import left, status_line

NOW = datetime(2026, 3, 1, 2, 40, tzinfo=UTC)


@pytest.fixture
def view() -> ShownIncident:
    """A confirmed fault of two components, which nobody was alerted about yet."""
    return ShownIncident(
        id="inc.acme.shop.1",
        order=IncidentOrder(application="acme.shop", number=1, title="web is down", opened_by="embedded"),
        plan=IncidentPlan(plan=None, handover=Approval(roles=["operator"])),
        memory=IncidentMemory(priority="P1"),
        state=IncidentState.REMEDYING,
        doing="Restart web",
        blocked="",
        affected=["db", "web"],
        roots=[],
        leaders=[],
        further_alarms=0,
        timeline=[],
        asked=[],
        gates="",
        draft="",
        end=None,
        summary="",
        now=NOW,
    )


def target(
    minutes: int, state: TargetState = TargetState.RUNNING, which: TargetKind = TargetKind.RESPOND
) -> ClockedTarget:
    return ClockedTarget(
        kind=which,
        within_seconds=1800,
        hours="always",
        started_at=NOW,
        elapsed_seconds=0,
        paused_seconds=0,
        deadline=NOW + timedelta(minutes=minutes),
        state=state,
    )


def targeted(view: ShownIncident, *targets: ClockedTarget) -> None:
    view.memory.reading = ClockReading(as_of=NOW, priority=None, agreement="", calendar="", targets=list(targets))


def question(id: str) -> GateState:
    options = [GateOption(name="approve", means="It is done."), GateOption(name="refuse", means="It is not.")]
    asked = Question(text="May it?", options=options, deciders=ANYBODY, on_silence=OnSilence.ASK_AGAIN)
    return GateState(id=id, question=asked, digest="d" * 64, opened_at=NOW)


def test_while_remedies_run_there_is_no_next_step_for_people(view: ShownIncident) -> None:
    assert status_line(view) == "**P1** · acme.shop · failed: db, web · nothing to do: remediation is running"


def test_overdue_targets_come_first_and_the_next_step_last(view: ShownIncident) -> None:
    view.memory.lead.alerted = True
    targeted(view, target(-12), target(30, which=TargetKind.RESTORE))
    assert status_line(replace(view, asked=[question("g2")])) == (
        "**OVERDUE: response** · **P1** · acme.shop · failed: db, web · **you: acknowledge and answer g2**"
    )


def test_the_waiting_party_is_named_after_an_open_question(view: ShownIncident) -> None:
    view.memory.lead.alerted = view.memory.lead.acknowledged = True
    view.memory.waiting = WaitingState(party="net", name="Nät AB", third_party=True, since=NOW, note="Firewall")
    assert status_line(view).endswith("waiting for Nät AB")
    assert status_line(replace(view, asked=[question("g1")])).endswith("**you: answer g1**")


def test_the_obstacle_to_the_remedy_comes_before_the_next_step(view: ShownIncident) -> None:
    view = replace(view, blocked="anna has halted all customers: stocktaking")
    assert status_line(view).endswith("**blocked: anna has halted all customers: stocktaking**")
    assert status_line(replace(view, asked=[question("g1")])).endswith("stocktaking** · **you: answer g1**")


def test_a_target_that_is_met_or_was_missed_is_not_overdue(view: ShownIncident) -> None:
    targeted(view, target(-12, TargetState.MET), target(-5, TargetState.MISSED, TargetKind.RESTORE))
    assert "OVERDUE" not in status_line(view)


def test_many_components_are_counted_and_none_is_said_to_be_unknown(view: ShownIncident) -> None:
    assert "failed: a, b, c and 2 more" in status_line(replace(view, affected=["a", "b", "c", "d", "e"]))
    assert "failed components unknown yet" in status_line(replace(view, affected=[]))


def test_a_closed_one_says_how_it_ended(view: ShownIncident) -> None:
    view = replace(view, state=IncidentState.CLOSED, end=IncidentEnd.RECOVERED_BY_ITSELF)
    targeted(view, target(-12, TargetState.OVERDUE))
    assert status_line(view) == "**P1 · acme.shop · closed: recovered by itself**"


@pytest.mark.parametrize(
    ("minutes", "state", "says"),
    [
        (12, TargetState.RUNNING, "12 min left"),
        (125, TargetState.RUNNING, "2h05m left"),
        (3 * 24 * 60 + 61, TargetState.RUNNING, "3d1h left"),
        (-12, TargetState.OVERDUE, "**12 min overdue**"),
        (-12, TargetState.MET, ""),
        (-12, TargetState.MISSED, ""),
    ],
)
def test_the_time_that_is_left_is_said_in_its_two_largest_units(minutes: int, state: TargetState, says: str) -> None:
    assert left(target(minutes, state), NOW) == says


def test_a_target_without_a_deadline_has_no_time_left_to_show() -> None:
    paused = target(0, TargetState.PAUSED).model_copy(update={"deadline": None})
    assert left(paused, NOW) == ""

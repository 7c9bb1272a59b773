"""The first line of an incident's page says all that whoever was woken needs to know at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from models.clock import ClockReading, Promise, PromiseReading, Standing
from models.gates import GateOption, GateState, OnSilence, Question
from models.incident import IncidentEnd, IncidentOrder, IncidentState, WaitingState
from workflows.incident.context import Case
from workflows.incident.status_line import left, status_line

NOW = datetime(2026, 3, 1, 2, 40, tzinfo=UTC)


@pytest.fixture
def case() -> Case:
    """A confirmed fault of two components, which nobody was alerted about yet."""
    case = Case(
        IncidentOrder(application="acme.shop", number=1, title="web is down", opened_by="embedded"), lambda: None
    )
    case.memory.priority = "P1"
    case.plan = case.plan.model_copy(update={"affected": ["db", "web"]})
    return case


def promise(minutes: int, standing: Standing = Standing.RUNNING, which: Promise = Promise.RESPOND) -> PromiseReading:
    return PromiseReading(
        promise=which,
        within_seconds=1800,
        hours="always",
        started_at=NOW,
        elapsed_seconds=0,
        paused_seconds=0,
        deadline=NOW + timedelta(minutes=minutes),
        standing=standing,
    )


def promised(case: Case, *promises: PromiseReading) -> None:
    case.memory.reading = ClockReading(as_of=NOW, priority=None, agreement="", calendar="", promises=list(promises))


def question(id: str) -> GateState:
    options = [GateOption(name="approve", means="It is done."), GateOption(name="refuse", means="It is not.")]
    asked = Question(text="May it?", options=options, on_silence=OnSilence.ASK_AGAIN)
    return GateState(id=id, question=asked, digest="d" * 64, opened_at=NOW)


def test_while_it_heals_itself_there_is_nothing_to_do(case: Case) -> None:
    assert status_line(case, [], NOW) == "**P1** · acme.shop · broken: db, web · nothing to do: it goes on by itself"


def test_what_is_overdue_comes_first_and_what_to_do_last(case: Case) -> None:
    case.memory.lead.alerted = True
    promised(case, promise(-12), promise(30, which=Promise.RESTORE))
    assert status_line(case, [question("g2")], NOW) == (
        "**OVERDUE: taken up** · **P1** · acme.shop · broken: db, web · **you: take it up and answer g2**"
    )


def test_whoever_is_waited_for_is_named_and_a_question_goes_before(case: Case) -> None:
    case.memory.lead.alerted = case.memory.lead.acknowledged = True
    case.memory.waiting = WaitingState(party="net", name="Nät AB", third_party=True, since=NOW, note="Firewall")
    assert status_line(case, [], NOW).endswith("waits for Nät AB")
    assert status_line(case, [question("g1")], NOW).endswith("**you: answer g1**")


def test_what_keeps_it_from_healing_is_named_before_what_to_do(case: Case) -> None:
    case.blocked = "anna has halted all customers: stocktaking"
    assert status_line(case, [], NOW).endswith("**blocked: anna has halted all customers: stocktaking**")
    assert status_line(case, [question("g1")], NOW).endswith("stocktaking** · **you: answer g1**")


def test_a_promise_that_is_kept_or_that_was_broken_before_is_not_overdue(case: Case) -> None:
    promised(case, promise(-12, Standing.KEPT), promise(-5, Standing.BROKEN, Promise.RESTORE))
    assert "OVERDUE" not in status_line(case, [], NOW)


def test_many_components_are_counted_and_none_is_said_to_be_unknown(case: Case) -> None:
    case.plan = case.plan.model_copy(update={"affected": ["a", "b", "c", "d", "e"]})
    assert "broken: a, b, c and 2 more" in status_line(case, [], NOW)
    case.plan = case.plan.model_copy(update={"affected": []})
    assert "what is broken is not known yet" in status_line(case, [], NOW)


def test_a_closed_one_says_how_it_ended(case: Case) -> None:
    case.memory.state, case.end = IncidentState.CLOSED, IncidentEnd.RECOVERED_BY_ITSELF
    promised(case, promise(-12, Standing.OVERDUE))
    assert status_line(case, [], NOW) == "**P1 · acme.shop · closed: recovered by itself**"


@pytest.mark.parametrize(
    ("minutes", "standing", "says"),
    [
        (12, Standing.RUNNING, "12 min left"),
        (125, Standing.RUNNING, "2h05m left"),
        (3 * 24 * 60 + 61, Standing.RUNNING, "3d1h left"),
        (-12, Standing.OVERDUE, "**12 min over**"),
        (-12, Standing.KEPT, ""),
        (-12, Standing.BROKEN, ""),
    ],
)
def test_the_time_that_is_left_is_said_in_its_two_largest_units(minutes: int, standing: Standing, says: str) -> None:
    assert left(promise(minutes, standing), NOW) == says


def test_a_promise_without_a_deadline_has_no_time_left_to_show() -> None:
    paused = promise(0, Standing.PAUSED).model_copy(update={"deadline": None})
    assert left(paused, NOW) == ""

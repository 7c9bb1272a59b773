"""Waiting for customers and third parties: who may, what it does to the clocks, and what if nobody answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from models.base import Model
from models.clock import ClockEventKind, TargetKind, TargetState
from models.incident import Acknowledge, HandOver, Resume, Waiting
from models.notices import Occasion
from tests.workflows.scenarios.scene import HOUR, MINUTE, Scene
from tests.workflows.shop import OPERATOR, SECOND_LINE, agreement

Given = Callable[..., Scene]

ASKED = Waiting(party="betalt", by=OPERATOR, note="The gateway answers 502", reference="BT-4711")


async def test_a_third_party_that_never_answers_is_asked_again_and_then_the_next_level_is(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        told = await scene.tell("wait_for", ASKED)
        [waiting] = await scene.events(ClockEventKind.WAITING)
        shown = (await scene.status()).waiting
        await scene.forward(HOUR + 58 * MINUTE)
        early = scene.told(Occasion.WAITING_REMINDER), scene.told(Occasion.REMINDER)
        await scene.forward(4 * MINUTE)
        once = scene.told(Occasion.WAITING_REMINDER), scene.told(Occasion.REMINDER), scene.told(Occasion.ALERT)
        await scene.forward(2 * HOUR)
        twice = scene.told(Occasion.WAITING_REMINDER), scene.told(Occasion.ALERT)
        message = await scene.tell("resume", Resume(by=SECOND_LINE, note="Their certificate had expired"))
        await scene.forward(MINUTE)
        reading, restore = await scene.reading(), await scene.target(TargetKind.RESTORE)
        [resumed] = await scene.events(ClockEventKind.RESUMED)
        status = await scene.status()
    assert told.startswith("Waiting for Betalt: the clock restore is paused. Their answer is due by ")
    assert shown == "Betalt: The gateway answers 502"
    [first] = scene.world.told(Occasion.WAITING)
    assert (first.audience.party, first.facts.reference, first.facts.text) == ("betalt", "BT-4711", ASKED.note)
    # The wait begins when they were reached, a moment after the time that they were given was reckoned.
    assert first.facts.deadline is not None
    assert timedelta(0) <= waiting.at + 2 * HOUR - first.facts.deadline < MINUTE
    assert early == ([], [])
    assert once == (["betalt"], [OPERATOR], [f"1: {OPERATOR}"])
    assert twice == (["betalt", "betalt"], [f"1: {OPERATOR}", f"2: {SECOND_LINE}"])
    assert all(n.facts.reference == "BT-4711" for n in scene.world.told(Occasion.WAITING_REMINDER))
    assert message.startswith("The wait for Betalt is over; it began")
    assert reading.waited_seconds["third_party"] == pytest.approx((resumed.at - waiting.at).total_seconds())
    assert resumed.at - waiting.at > 4 * HOUR
    assert (restore.state, status.waiting, status.lead) == (TargetState.RUNNING, None, SECOND_LINE)


async def test_a_wait_that_the_agreement_does_not_pause_for_is_kept_and_the_clocks_run_on(given: Given) -> None:
    scene = given(agreement=agreement(pauses={"waiting_for_customer": ["restore"]}))
    async with scene.played():
        await scene.fault()
        told = await scene.tell("wait_for", ASKED)
        await scene.forward(5 * HOUR)
        await scene.tell("resume", Resume(by=OPERATOR))
        await scene.forward(MINUTE)
        restore, reading = await scene.target(TargetKind.RESTORE), await scene.reading()
    assert "the agreement pauses no clock for this" in told
    assert (restore.state, restore.paused_seconds) == (TargetState.OVERDUE, 0)
    assert reading.waited_seconds["third_party"] == pytest.approx(5 * 3600, abs=60)


async def test_a_pause_by_somebody_who_may_not_is_refused_and_nothing_is_lost(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        before = await scene.events()
        refusals = [
            await scene.refusal("wait_for", Waiting(party=party, by=by, note="x"))
            for party, by in [("acme", "cio@acme.example"), ("nobody", OPERATOR), ("supplier", OPERATOR)]
        ]
        nobody = await scene.refusal("resume", Resume(by=OPERATOR))
        after, running = await scene.events(), await scene.target(TargetKind.RESTORE)
        await scene.tell("wait_for", ASKED)
        twice = await scene.refusal("wait_for", Waiting(party="acme", by=OPERATOR, note="x"))
        stranger = await scene.refusal("resume", Resume(by="eve@x.example"))
        waiting = (await scene.status()).waiting
        answered = await scene.tell("resume", Resume(by="desk@betalt.example"))
    assert refusals == [
        f"cio@acme.example may not pause the clocks of acme.shop's incidents; {OPERATOR}, {SECOND_LINE} may",
        "the dossier has no party 'nobody'; it has supplier, acme, betalt",
        "Supplier is the supplier, and an incident can only wait for the customer or a third party",
    ]
    assert nobody == "it does not wait for a party"
    # People may have been written to meanwhile, which is an event, too.
    assert (after[: len(before)], running.state) == (before, TargetState.RUNNING)
    assert not {event.kind for event in after} & {ClockEventKind.WAITING, ClockEventKind.RESUMED}
    assert twice == "it waits for Betalt already; send `resume` first"
    assert stranger.startswith("eve@x.example is not a contact of acme.shop; ")
    assert waiting == "Betalt: The gateway answers 502"
    assert answered.startswith("The wait for Betalt is over")


@pytest.mark.parametrize("deaf", [set(), {"desk@betalt.example"}], ids=["reached", "not reached"])
async def test_the_lead_learns_which_party_must_be_telephoned(given: Given, deaf: set[str]) -> None:
    scene = given(deaf=deaf)
    async with scene.played():
        await scene.fault()
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        told = await scene.tell("wait_for", ASKED)
        await scene.forward(timedelta(minutes=1))
    assert ("The notice reached nobody; their support: +46 8 465 004 00." in told) is bool(deaf)
    assert ("no clock is paused, because the notice reached nobody" in told) is bool(deaf)
    assert scene.told(Occasion.UNDELIVERED) == ([OPERATOR] if deaf else [])


async def test_a_wait_pauses_the_clocks_once_the_party_was_informed_by_telephone(given: Given) -> None:
    scene = given(deaf={"desk@betalt.example"})
    async with scene.played():
        await scene.fault()
        await scene.tell("wait_for", ASKED)
        await scene.forward(HOUR)
        running = await scene.target(TargetKind.RESTORE)
        written = len(scene.told(Occasion.WAITING))
        page = await scene.page()
        [offered] = [text for text in re.findall(r"```json\n(.*?)\n```", page, re.DOTALL) if "already_informed" in text]
        told = await scene.tell("wait_for", Waiting.model_validate_json(offered))
        paused = await scene.target(TargetKind.RESTORE)
        again = await scene.refusal("wait_for", ASKED)
        unheard, heard = await scene.events(ClockEventKind.WAITING)
    assert "**The notice reached nobody, so no clock is paused.**" in page
    assert (running.state, running.paused_seconds) == (TargetState.RUNNING, 0)
    assert (unheard.reached, heard.reached) == (False, True)
    assert told.startswith("Waiting for Betalt: the clock restore is paused.")
    assert paused.state is TargetState.PAUSED
    assert len(scene.told(Occasion.WAITING)) == written
    assert again == "it waits for Betalt already; send `resume` first"


@pytest.mark.parametrize(
    ("update", "first_word"),
    [
        ("wait_for", ASKED),
        ("hand_over", HandOver(by=OPERATOR, to=SECOND_LINE, note="The gateway answers 502")),
    ],
)
async def test_a_wait_or_a_hand_over_also_acknowledges_the_incident(
    given: Given, update: str, first_word: Model
) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        before = await scene.events(ClockEventKind.RESPONDED)
        await scene.tell(update, first_word)
        [responded] = await scene.events(ClockEventKind.RESPONDED)
        respond = await scene.target(TargetKind.RESPOND)
    assert before == []
    assert responded.by == OPERATOR
    assert respond.state is TargetState.MET

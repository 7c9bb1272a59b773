"""Who is asked to take an incident up, who next, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from models.clock import ClockEventKind
from models.incident import Acknowledge, HandOver, LeadSilent, LedByMajor, Note
from models.notices import Occasion
from tests.workflows.scenarios.scene import HOUR, MINUTE, Scene
from tests.workflows.shop import OPERATOR, SECOND_LINE
from tests.workflows.world import decide

Given = Callable[..., Scene]

FIRST, SECOND, THIRD = f"1: {OPERATOR}", f"2: {SECOND_LINE}", "3: cio@acme.example"
END = "4: the end"


async def test_a_silent_first_line_is_followed_by_the_second_and_the_third_and_then_all_again(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        at_once = scene.told(Occasion.ALERT)
        await scene.forward(16 * MINUTE)
        then = scene.told(Occasion.ALERT)
        await scene.forward(15 * MINUTE)
        last, page = scene.told(Occasion.ALERT), await scene.page()
        await scene.forward(31 * MINUTE)  # the third's quarter of an hour, and the pause
        again = scene.told(Occasion.ALERT)
        message = await scene.tell("acknowledge", Acknowledge(by=SECOND_LINE))
        await scene.forward(20 * MINUTE)
        [responded] = await scene.events(ClockEventKind.RESPONDED)
    assert at_once == [FIRST]
    assert then == [FIRST, SECOND]
    assert last == [FIRST, SECOND, THIRD]
    assert "Then the escalation policy starts again." in page
    assert "the next level" not in page
    assert again == [FIRST, SECOND, THIRD, END, FIRST]
    assert message.startswith("You lead it.")
    assert scene.told(Occasion.ALERT) == again
    assert responded.by == SECOND_LINE


async def test_who_took_it_up_and_forgot_it_is_asked_again_and_then_the_next(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        await scene.forward(29 * MINUTE)
        early = scene.told(Occasion.REMINDER)
        await scene.forward(2 * MINUTE)
        reminded = scene.told(Occasion.REMINDER)
        await scene.forward(16 * MINUTE)
        alerts = scene.told(Occasion.ALERT)
        responded = await scene.events(ClockEventKind.RESPONDED)
    assert (early, reminded) == ([], [OPERATOR])
    assert alerts == [FIRST, SECOND]
    assert len(responded) == 1


async def test_a_second_acknowledgement_names_the_earlier_lead(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        again = await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        other = await scene.tell("acknowledge", Acknowledge(by=SECOND_LINE))
        said = await scene.said()
    assert again.startswith("You lead it already.")
    assert other.startswith(f"You lead it instead of {OPERATOR}.")
    assert [s for s in said if "acknowledged and leads" in s] == [
        f"{OPERATOR} acknowledged and leads",
        f"{SECOND_LINE} acknowledged and leads instead of {OPERATOR}",
    ]


async def test_any_update_of_a_possible_lead_counts_as_activity(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        for _ in range(4):
            await scene.forward(25 * MINUTE)
            await scene.tell("add_note", Note(by=SECOND_LINE, text="Still looking"))
        quiet = scene.told(Occasion.REMINDER)
        await scene.forward(31 * MINUTE)
        await scene.tell("add_note", Note(by=OPERATOR, text="Here"))  # an answer to the reminder
        await scene.forward(20 * MINUTE)
        lead = (await scene.status()).lead
    assert quiet == []
    assert scene.told(Occasion.REMINDER) == [OPERATOR]
    assert (scene.told(Occasion.ALERT), lead) == ([FIRST], OPERATOR)


async def test_a_decision_also_acknowledges_the_incident(given: Given) -> None:
    scene = given()
    async with scene.played():
        handle = await scene.fault()
        await decide(handle, "retry")
        await scene.settled()
        await scene.forward(20 * MINUTE)
        lead = (await scene.status()).lead
        [responded] = await scene.events(ClockEventKind.RESPONDED)
    assert (lead, responded.by) == (OPERATOR, OPERATOR)
    assert scene.told(Occasion.ALERT) == [FIRST]


@pytest.mark.parametrize("taken", [True, False], ids=["taken up", "not taken up"])
async def test_after_a_hand_over_the_next_lead_must_acknowledge(given: Given, taken: bool) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        may_not = await scene.refusal("hand_over", HandOver(by="cio@acme.example", to=OPERATOR, note="x"))
        to_nobody = await scene.refusal("hand_over", HandOver(by=OPERATOR, to="cio@acme.example", note="x"))
        told = await scene.tell("hand_over", HandOver(by=OPERATOR, to=SECOND_LINE, note="Disk grows since 02:00"))
        meanwhile, page = (await scene.status()).lead, await scene.page()
        await scene.tell("add_note", Note(by=OPERATOR, text="Off home now"))  # does not take it back
        if taken:
            await scene.tell("acknowledge", Acknowledge(by=SECOND_LINE))
        await scene.forward(16 * MINUTE)
        status = await scene.status()
    assert "cio@acme.example may not hand over acme.shop's incidents" in may_not
    assert "cio@acme.example may not lead it" in to_nobody
    assert told.startswith(f"{SECOND_LINE} got a notice. If nobody acknowledges by")
    [notice] = scene.world.told(Occasion.HANDED_OVER)
    assert (notice.audience.contacts, notice.facts.text) == ([SECOND_LINE], "Disk grows since 02:00")
    assert (meanwhile, status.lead) == (OPERATOR, SECOND_LINE if taken else OPERATOR)
    assert f"led by **{OPERATOR}**" in page
    assert f"Handed over to {SECOND_LINE}" in page
    assert scene.told(Occasion.ALERT) == ([FIRST] if taken else [FIRST, SECOND])


async def test_under_a_major_incident_the_policy_is_silent_until_it_is_given_back(given: Given) -> None:
    scene = given()
    async with scene.played():
        handle = await scene.fault()
        await handle.signal("led_by_major", LedByMajor(major="major.1", by=SECOND_LINE, title="Dark"))
        await scene.forward(5 * HOUR)
        silent = scene.told(Occasion.ALERT) + scene.told(Occasion.REMINDER)
        led = await scene.status()
        await handle.signal("led_by_major", LedByMajor(major=None, by=SECOND_LINE))
        await scene.settled()
        back = await scene.status()
    assert silent == [FIRST]
    assert (led.major, led.lead, back.major) == ("major.1", SECOND_LINE, None)
    assert scene.told(Occasion.ALERT) == [FIRST, FIRST]


async def test_where_the_lead_of_its_major_incident_is_silent_they_are_asked_and_then_its_own_policy(
    given: Given,
) -> None:
    scene = given()
    async with scene.played():
        handle = await scene.fault()
        await handle.signal("led_by_major", LedByMajor(major="major.1", by=SECOND_LINE, title="Dark"))
        since = await scene.now()
        await scene.forward(31 * MINUTE)
        await handle.signal("lead_silent", LeadSilent(major="major.1", since=since, times=1))
        await scene.settled()
        once = scene.told(Occasion.REMINDER), scene.told(Occasion.ALERT)
        await handle.signal("lead_silent", LeadSilent(major="major.1", since=since, times=2))
        await scene.settled()
        await scene.forward(16 * MINUTE)
        twice = scene.told(Occasion.REMINDER), scene.told(Occasion.ALERT)
        await scene.tell("add_note", Note(by=OPERATOR, text="I have it"))
        await scene.forward(HOUR)
        status = await scene.status()
    assert once == ([SECOND_LINE], [FIRST])
    assert twice == ([SECOND_LINE], [FIRST, FIRST, SECOND])
    assert (status.lead, status.major) == (OPERATOR, "major.1")
    assert scene.told(Occasion.ALERT) == twice[1]
    assert f"The lead of major.1 has been silent since {since:%H:%M} UTC." in [e.text for e in status.timeline]


async def test_an_incident_whose_major_incident_was_terminated_asks_its_own_policy_again(given: Given) -> None:
    scene = given(ended={"major.1": None})
    async with scene.played():
        incident = await scene.fault()
        await incident.signal("led_by_major", LedByMajor(major="major.1", by=SECOND_LINE, title="Dark"))
        await scene.settled()
        before = scene.told(Occasion.ALERT)
        await scene.forward(61 * MINUTE)
        status = await scene.status()
    assert before == [FIRST]
    assert scene.told(Occasion.ALERT) == [FIRST, FIRST]
    assert status.major is None


async def test_an_address_is_the_same_however_it_is_written(given: Given) -> None:
    scene = given()
    async with scene.played():
        await scene.fault()
        told = await scene.tell("acknowledge", Acknowledge(by=OPERATOR.title()))
        mine = (await scene.status()).lead
        await scene.tell("hand_over", HandOver(by=OPERATOR.upper(), to=SECOND_LINE.upper(), note="x"))
        await scene.tell("acknowledge", Acknowledge(by=SECOND_LINE.title()))
        theirs = (await scene.status()).lead
    assert told.startswith("You lead it.")
    assert (mine, theirs) == (OPERATOR, SECOND_LINE)


async def test_without_a_policy_it_is_said_and_only_who_may_decide_is_written_to_ever_more_rarely(given: Given) -> None:
    scene = given(policy=[])
    async with scene.played():
        await scene.fault()
        await scene.forward(timedelta(days=1))
        said = await scene.said()
    assert [s for s in said if "no escalation policy" in s] == [
        "The dossier has no escalation policy for P1: nobody was called"
    ]
    assert scene.told(Occasion.DECISION) == [OPERATOR]
    assert 4 <= len(scene.told(Occasion.DECISION_REMINDER)) <= 6
    assert len(scene.world.notices) < 20


@pytest.mark.slow
async def test_where_nobody_can_be_reached_it_is_tried_ever_more_rarely_and_shows(given: Given) -> None:
    scene = given(deaf={OPERATOR, SECOND_LINE, "cio@acme.example"})
    async with scene.played():
        await scene.fault()
        await scene.forward(timedelta(days=1))
        day, said = len(scene.world.notices), await scene.said()
        await scene.forward(timedelta(days=9))  # long enough for any pause to have doubled out of bounds
        asked = scene.told(Occasion.ALERT)
        status = await scene.status()
    assert "No notice was delivered to level 1 of 3: anna@supplier.example" in said
    assert any(s.startswith("No level has acknowledged; the escalation policy starts again at") for s in said)
    assert day < 60
    assert len(asked) < 300
    assert status.doing == "Waiting for a decision about the next step"


async def test_when_sending_fails_altogether_people_are_still_asked_once_it_works(given: Given) -> None:
    scene = given(mute=True)
    async with scene.played():
        await scene.fault()
        await scene.forward(10 * MINUTE)
        said = await scene.said()
        scene.world.mute = False
        await scene.forward(10 * MINUTE)
    assert any(s.startswith("A notice could not be sent") for s in said)
    assert not any("no escalation policy" in s for s in said)
    assert scene.told(Occasion.ALERT) == [FIRST]

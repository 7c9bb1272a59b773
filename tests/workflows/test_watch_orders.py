"""What people and other workflows order of a watch, through Temporal, also replayed at every step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from models.alarms import Disposition
from models.incident import (
    AlarmsCleared,
    AlarmsJoined,
    IncidentEnd,
    IncidentOrder,
    IncidentOutcome,
    Merged,
)
from models.names import watch_id
from models.plans import KnownIncident, OpenSpan, WatchPlan, WatchPlanRequest
from models.watch import (
    BeginOperation,
    EndOperation,
    LiftSilence,
    MergeIncidents,
    OpenByHand,
    OpenReceipt,
    ReopenIncident,
    SilenceOrder,
    SplitIncident,
    WatchReply,
)
from tests.servers import pass_time
from tests.workflows.shop import APPLICATION, CONTACTS, DEPENDS_ON, OPERATOR
from tests.workflows.waiting import end_of
from tests.workflows.world import World, alarm, begin_watching, cleared, incident, report, watch_status
from workflows.watch.workflow import Watch


@workflow.defn(name="incident")
class StandInIncident:
    """Remembers what it is told, and ends as it is told."""

    @workflow.init
    def __init__(self, order: IncidentOrder) -> None:
        self._order = order
        self._heard: list[str] = [f"alarm {a.fingerprint}" for a in order.alarms]
        if order.reopening is not None:
            self._heard.insert(0, f"reopened {order.reopening.times} by {order.reopening.by}: {order.reopening.reason}")
        self._end: IncidentEnd | None = None

    @workflow.run
    async def run(self, order: IncidentOrder) -> IncidentOutcome:
        await workflow.wait_condition(lambda: self._end is not None)
        assert self._end is not None
        now = workflow.now()
        id = workflow.info().workflow_id
        return IncidentOutcome(id=id, end=self._end, priority=None, summary="", opened_at=now, closed_at=now)

    @workflow.signal
    def join_alarms(self, joined: AlarmsJoined) -> None:
        self._heard += [
            f"joined {a.fingerprint}" + ("*" if a.fingerprint in joined.symptoms else "") for a in joined.alarms
        ]

    @workflow.signal
    def clear_alarms(self, cleared: AlarmsCleared) -> None:
        to = f" to {cleared.moved_to}" if cleared.moved_to else ""
        self._heard += [f"cleared {f}{to}" for f in cleared.fingerprints]

    @workflow.signal
    def merged(self, merged: Merged) -> None:
        self._heard.append(f"merged into {merged.into} by {merged.by}: {merged.reason}")
        self._end = IncidentEnd.MERGED

    @workflow.signal
    def end(self, end: str) -> None:
        self._end = IncidentEnd(end)

    @workflow.query
    def heard(self) -> list[str]:
        return self._heard


@dataclass
class Ordered(World):
    """A world whose plan says more."""

    plan: dict[str, Any] = field(default_factory=dict)

    @activity.defn(name="load_watch_plan")
    async def load_watch_plan(self, request: WatchPlanRequest) -> WatchPlan:
        known = {
            "contacts": CONTACTS,
            "people": [OPERATOR],
            "depends_on": DEPENDS_ON,
            "closed": self.closed(request.incidents),
        }
        return WatchPlan(application=request.application, known=True, dossier="d1", **(known | self.plan))

    old: list[KnownIncident] = field(default_factory=list)

    def closed(self, asked: list[str]) -> list[KnownIncident]:
        return [i for i in self.old if i.id in asked]


def watch(env: WorkflowEnvironment) -> WorkflowHandle[Any, Any]:
    return env.client.get_workflow_handle(watch_id(APPLICATION))


async def order(env: WorkflowEnvironment, update: str, message: Any) -> WatchReply:
    return await watch(env).execute_update(update, message, result_type=WatchReply)


async def refusal(env: WorkflowEnvironment, update: str, message: Any) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await watch(env).execute_update(update, message)
    return str(refused.value.cause)


async def until(wanted: Callable[[], Any]) -> Any:
    """Wait until what is asked for is true."""
    async with asyncio.timeout(90):
        while not (seen := await wanted()):
            await asyncio.sleep(0.02)
        return seen


async def heard(env: WorkflowEnvironment, number: int, *, count: int = 1) -> list[str]:
    """What an incident was told, once it has been told so much."""

    async def told() -> list[str] | None:
        try:
            words: list[str] = await incident(env.client, number).query("heard", result_type=list[str])
        except Exception:
            return None
        return words if len(words) >= count else None

    return list(await until(told))


WORKFLOWS = (Watch, StandInIncident)


async def test_an_alarm_at_night_opens_an_incident_in_the_morning(skipping: WorkflowEnvironment) -> None:
    now = await skipping.get_current_time()
    hours = [OpenSpan(since=now + timedelta(hours=5), until=now + timedelta(hours=13))]
    world = Ordered(plan={"open_spans": hours, "spans_until": now + timedelta(days=35)})
    async with world.worker(skipping.client, workflows=WORKFLOWS):
        [web, mail] = (await report(skipping.client, alarm("web"), alarm("mail"))).receipts
        await report(skipping.client, cleared("mail"))
        asleep = await watch_status(skipping.client)
        await pass_time(skipping, timedelta(hours=6))
        told = await heard(skipping, 1)
        awake = await watch_status(skipping.client)
    assert (web.disposition, mail.disposition) == (Disposition.DEFERRED, Disposition.DEFERRED)
    assert (asleep.deferred, asleep.opened, awake.deferred, awake.opened) == (1, 0, 0, 1)
    assert told == ["alarm embedded/web"]


async def test_hours_are_read_again_before_they_run_out(skipping: WorkflowEnvironment) -> None:
    now = await skipping.get_current_time()
    world = Ordered(plan={"open_spans": [], "spans_until": now + timedelta(days=10)})
    async with world.worker(skipping.client, workflows=WORKFLOWS):
        await report(skipping.client, alarm("web"))
        world.plan = {}  # now round the clock
        await pass_time(skipping, timedelta(days=4))
        assert await heard(skipping, 1) == ["alarm embedded/web"]


async def test_alarms_that_are_still_active_are_raised_when_a_silence_ends(skipping: WorkflowEnvironment) -> None:
    world = Ordered()
    async with world.worker(skipping.client, workflows=WORKFLOWS):
        await begin_watching(skipping.client)
        now = await skipping.get_current_time()
        silence = SilenceOrder(by=OPERATOR, reason="Disk", until=now + timedelta(hours=2), components=["db"])
        told = await order(skipping, "silence", silence)
        [db] = (await report(skipping.client, alarm("db"))).receipts
        seen = await watch_status(skipping.client)
        await pass_time(skipping, timedelta(hours=3))
        assert await heard(skipping, 1) == ["alarm embedded/db"]
        over = await watch_status(skipping.client)
    assert "s1" in told.message
    assert (db.disposition, seen.suppressed, seen.silences[0].id) == (Disposition.SUPPRESSED, 1, "s1")
    assert over.silences == []


async def test_a_silence_that_is_lifted_raises_at_once(skipping: WorkflowEnvironment) -> None:
    world = Ordered()
    async with world.worker(skipping.client, workflows=WORKFLOWS):
        await begin_watching(skipping.client)
        now = await skipping.get_current_time()
        await order(skipping, "silence", SilenceOrder(by=OPERATOR, reason="Disk", until=now + timedelta(days=2)))
        await report(skipping.client, alarm("db"))
        await order(skipping, "lift_silence", LiftSilence(id="s1", by=OPERATOR))
        assert await heard(skipping, 1) == ["alarm embedded/db"]


EVE, DESK = "eve@x.example", "desk@betalt.example"
"""A stranger, and a contact of a third party."""


async def test_bad_orders_are_refused_in_a_sentence_that_says_what_there_is(skipping: WorkflowEnvironment) -> None:
    world = Ordered()
    async with world.worker(skipping.client, workflows=WORKFLOWS):
        await report(skipping.client, alarm("web"), alarm("mail"))
        now = await skipping.get_current_time()
        hour = now + timedelta(hours=1)
        refused = [
            await refusal(skipping, "silence", SilenceOrder(by=OPERATOR, reason="x", until=now + timedelta(days=31))),
            await refusal(skipping, "silence", SilenceOrder(by=OPERATOR, reason="x", until=now - timedelta(days=1))),
            await refusal(skipping, "silence", SilenceOrder(by=EVE, reason="x", until=hour)),
            await refusal(skipping, "silence", SilenceOrder(by=DESK, reason="x", until=hour)),
            await refusal(skipping, "silence", SilenceOrder(by=OPERATOR, reason="x", until=hour, components=["wbe"])),
            await refusal(skipping, "lift_silence", LiftSilence(id="s9", by=OPERATOR)),
            await refusal(skipping, "merge_incidents", MergeIncidents(incident="9", into="1", by=OPERATOR, reason="x")),
            await refusal(skipping, "merge_incidents", MergeIncidents(incident="1", into="1", by=OPERATOR, reason="x")),
            await refusal(skipping, "split_incident", SplitIncident(incident="1", by=OPERATOR, reason="x")),
            await refusal(
                skipping, "split_incident", SplitIncident(incident="1", by=OPERATOR, reason="x", components=["web"])
            ),
            await refusal(skipping, "reopen_incident", ReopenIncident(incident="1", by=OPERATOR, reason="x")),
            await refusal(skipping, "reopen_incident", ReopenIncident(incident="77", by=OPERATOR, reason="x")),
        ]
        [still] = (await report(skipping.client, alarm("web"))).receipts
    wanted = [
        "a silence lasts 30 days at most",
        "the silence would end before it begins",
        f"{EVE} is not a contact of acme.shop; the contacts are: {OPERATOR}",
        f"{DESK} may not silence alarms of acme.shop; those who may: {OPERATOR}",
        "acme.shop has no component 'wbe'; it has web, app, db, mail",
        "acme.shop has no silence 's9'; there is none",
        "acme.shop has no open incident '9'; open: inc.acme.shop.1, inc.acme.shop.2",
        "inc.acme.shop.1 cannot be merged into itself",
        "none of the alarms of inc.acme.shop.1 was named; it has embedded/web (web)",
        "all alarms of inc.acme.shop.1 were named",
        "inc.acme.shop.1 is open",
        "acme.shop has no closed incident '77'; open: inc.acme.shop.1, inc.acme.shop.2",
    ]
    assert [w for w, r in zip(wanted, refused, strict=True) if w not in r] == []
    assert still.disposition is Disposition.DUPLICATE


@pytest.mark.parametrize("how", ["update", "signal", "holder-gone", "time"])
async def test_alarms_that_are_active_after_an_operation_are_raised(skipping: WorkflowEnvironment, how: str) -> None:
    world = Ordered()
    async with world.worker(skipping.client, workflows=WORKFLOWS):
        await begin_watching(skipping.client)
        now = await skipping.get_current_time()
        begin = BeginOperation(
            holder="change.acme.shop.4",
            title="Change 4",
            by=OPERATOR,
            until=now + timedelta(hours=1),
            components=["db"],
        )
        if how == "signal":
            await watch(skipping).signal("operation_begins", begin)
        else:
            await order(skipping, "begin_operation", begin)
        [web, mail] = (await report(skipping.client, alarm("web"), alarm("mail"))).receipts
        match how:
            case "update":
                assert "nobody is named in `by`" in await refusal(
                    skipping, "end_operation", EndOperation(holder=begin.holder)
                )
                await order(skipping, "end_operation", EndOperation(holder=begin.holder, by=OPERATOR))
            case "signal":
                await watch(skipping).signal("operation_ends", EndOperation(holder=begin.holder))
            case "holder-gone":
                world.ended[begin.holder] = None
                await pass_time(skipping, timedelta(minutes=3))
            case "time":
                await pass_time(skipping, timedelta(minutes=61))
        assert await heard(skipping, 2) == ["alarm embedded/web"]
        seen = await watch_status(skipping.client)
    assert (web.disposition, mail.disposition) == (Disposition.SUPPRESSED, Disposition.OPENED)
    assert (seen.operations, seen.suppressed) == ([], 0)


async def test_merging_moves_the_alarms_and_ends_the_first(skipping: WorkflowEnvironment) -> None:
    world = Ordered()
    async with world.worker(skipping.client, workflows=WORKFLOWS):
        await report(skipping.client, alarm("web"), alarm("mail"))
        merge = MergeIncidents(incident="2", into="inc.acme.shop.1", by=OPERATOR, reason="One switch")
        told = await order(skipping, "merge_incidents", merge)
        outcome = await end_of(incident(skipping.client, 2))
        first = await heard(skipping, 1, count=2)
        [again] = (await report(skipping.client, alarm("mail"))).receipts
        [gone] = (await report(skipping.client, cleared("mail"))).receipts
        refused = await refusal(skipping, "reopen_incident", ReopenIncident(incident="2", by=OPERATOR, reason="x"))
        seen = await watch_status(skipping.client)
    assert told.incident == again.incident == gone.incident == "inc.acme.shop.1"
    assert outcome.end is IncidentEnd.MERGED
    assert first == ["alarm embedded/web", "joined embedded/mail"]
    assert [i.components for i in seen.incidents] == [["web", "mail"]]
    assert "was merged into another incident" in refused


async def test_splitting_opens_an_incident_of_its_own(skipping: WorkflowEnvironment) -> None:
    world = Ordered()
    async with world.worker(skipping.client, workflows=WORKFLOWS):
        await report(skipping.client, alarm("web"), alarm("db"))
        split = SplitIncident(incident="1", by=OPERATOR, reason="Two matters", components=["db"], title="Slow disk")
        told = await order(skipping, "split_incident", split)
        old, new = await heard(skipping, 1, count=3), await heard(skipping, 2)
        [further] = (await report(skipping.client, alarm("db", fingerprint="db/2"))).receipts
        seen = await watch_status(skipping.client)
    assert told.incident == further.incident == "inc.acme.shop.2"
    assert old == ["alarm embedded/web", "joined embedded/db", "cleared embedded/db to inc.acme.shop.2"]
    assert new == ["alarm embedded/db"]
    assert {i.number: (i.title, i.components) for i in seen.incidents} == {
        1: ("web is down", ["web"]),
        2: ("Slow disk", ["db"]),
    }


async def test_a_fault_that_returns_soon_continues_under_the_same_number(skipping: WorkflowEnvironment) -> None:
    world = Ordered(plan={"reopen_within": timedelta(minutes=30)})
    async with world.worker(skipping.client, workflows=WORKFLOWS):
        await report(skipping.client, alarm("web"))
        await heard(skipping, 1)
        await report(skipping.client, cleared("web"))
        first_run = (await incident(skipping.client, 1).describe()).run_id
        await incident(skipping.client, 1).signal("end", "recovered")
        await end_of(incident(skipping.client, 1))
        while (await watch_status(skipping.client)).incidents:
            await asyncio.sleep(0.02)
        [receipt] = (await report(skipping.client, alarm("web", number=30))).receipts

        async def again() -> Any:
            return (await incident(skipping.client, 1).describe()).run_id != first_run

        await until(again)
        told = await heard(skipping, 1, count=2)
        seen = await watch_status(skipping.client)
    assert (receipt.disposition, receipt.incident) == (Disposition.OPENED, "inc.acme.shop.1")
    assert told[0].startswith("reopened 1 by embedded: web is down came back")
    assert (seen.next_number, seen.incidents[0].reopened) == (2, 1)


async def test_a_person_reopens_what_was_closed_long_ago(skipping: WorkflowEnvironment) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    old = KnownIncident(
        id="inc.acme.shop.5",
        number=5,
        components=["db"],
        opened_at=at,
        closed_at=at,
        end="closed-by-hand",
        reopened=2,
        title="Slow",
    )
    world = Ordered(old=[old], plan={"next_number": 9})
    async with world.worker(skipping.client, workflows=WORKFLOWS):
        await begin_watching(skipping.client)
        told = await order(
            skipping, "reopen_incident", ReopenIncident(incident="acme.shop.5", by=OPERATOR, reason="Still slow")
        )
        words = await heard(skipping, 5, count=2)
        refused = await refusal(skipping, "reopen_incident", ReopenIncident(incident="5", by=OPERATOR, reason="x"))
        seen = await watch_status(skipping.client)
    assert told.incident == "inc.acme.shop.5"
    assert words == [f"reopened 3 by {OPERATOR}: Still slow", "alarm by-hand/5/3/db"]
    assert "inc.acme.shop.5 is open" in refused
    assert seen.next_number == 9


async def test_an_incident_of_its_own_is_opened_beside_the_one_it_would_join(skipping: WorkflowEnvironment) -> None:
    world = Ordered()
    async with world.worker(skipping.client, workflows=WORKFLOWS):
        await report(skipping.client, alarm("web"))
        by_hand = OpenByHand(title="Wrong prices", component="web", by=OPERATOR, separate=True)
        opened = await watch(skipping).execute_update("open_incident", by_hand, result_type=OpenReceipt)
    assert (opened.incident, opened.joined) == ("inc.acme.shop.2", False)

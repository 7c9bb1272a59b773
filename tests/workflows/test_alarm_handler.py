"""What becomes of alarms, as tables: memory and a clock in, receipts and messages out; no Temporal needed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.alarms import Alarm, AlarmState, Disposition
from models.dependencies import Dependencies
from models.dossier.agreement import Level, Priority
from models.dossier.monitoring import Flapping, Severity
from models.incident import AlarmsCleared, AlarmsJoined, IncidentOrder
from models.plans import OpenSpan, WatchPlan
from models.watch import BeginOperation, OpenByHand, SilenceOrder, WatchState
from tests.workflows.shop import APPLICATION, CONTACTS, DEPENDS_ON, OPERATOR, SECOND_LINE
from tests.workflows.world import alarm, cleared
from workflows.watch.alarms import AlarmHandler
from workflows.watch.correlation import Role, belongs_to
from workflows.watch.incidents import IncidentRegister
from workflows.watch.leases import LeaseQueue
from workflows.watch.orders import WatchOrders
from workflows.watch.outbox import Message

NIGHT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


class Desk:
    """A watch's memory and the clock that the test moves."""

    def __init__(self, **known: Any) -> None:
        self.now = NIGHT
        given = {"depends_on": DEPENDS_ON, "contacts": CONTACTS, "people": [OPERATOR, SECOND_LINE]} | known
        self.memory = WatchState(
            plan=WatchPlan(application=APPLICATION, known=True, dossier="d1", **given), next_number=1, next_alarm=1
        )
        self.started: list[tuple[str, IncidentOrder]] = []
        self.told: list[tuple[str, Message]] = []
        self.remember(self.memory)

    def remember(self, memory: WatchState) -> None:
        """Work on this memory from now on."""
        self.memory = memory
        self.book = IncidentRegister(
            APPLICATION,
            self.memory,
            lambda: self.now,
            lambda id, order: self.started.append((id, order)),
            lambda id, message: self.told.append((id, message)),
        )
        self.desk = AlarmHandler(
            APPLICATION,
            self.memory,
            self.book,
            lambda: self.now,
            lambda id, message: self.told.append((id, message)),
        )
        self.leases = LeaseQueue(
            APPLICATION, self.memory, lambda: self.now, lambda id, message: self.told.append((id, message))
        )
        self.orders = WatchOrders(
            APPLICATION,
            self.memory,
            self.book,
            self.desk,
            self.leases,
            lambda: self.now,
            lambda id, message: self.told.append((id, message)),
        )

    def take(self, *alarms: Alarm) -> list[Disposition]:
        return [self.desk.take(a).disposition for a in alarms]

    def forward(self, **span: float) -> None:
        """Let time pass, looking at everything when it is due."""
        end = self.now + timedelta(**span)
        for _ in range(1000):
            due = self.desk.next_review()
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            self.desk.review()
        else:
            raise AssertionError("the desk never comes to rest")
        self.now = end


def office(**known: Any) -> dict[str, Any]:
    """Service hours from 07:00 to 15:00 UTC on one day; P1 at any hour."""
    return {
        "open_spans": [OpenSpan(since=MORNING, until=MORNING + timedelta(hours=8))],
        "spans_until": MORNING + timedelta(days=30),
        "around_the_clock": [Priority.P1],
        "impacts": {"web": Level.LOW, "db": Level.HIGH, "app": Level.LOW, "mail": Level.LOW},
    } | known


def at(number: int, component: str = "web", **fields: Any) -> Alarm:
    return alarm(component, since=NIGHT + timedelta(seconds=number), **fields)


def back(number: int, component: str = "web") -> Alarm:
    return cleared(component, since=NIGHT + timedelta(seconds=number))


# --- hours


def test_an_alarm_outside_service_hours_waits_for_them_and_is_raised_if_it_still_fires() -> None:
    d = Desk(**office())
    assert d.take(alarm("web"), alarm("mail"), alarm("web")) == [
        Disposition.DEFERRED,
        Disposition.DEFERRED,
        Disposition.DUPLICATE,
    ]
    assert d.take(cleared("mail")) == [Disposition.CLEARED]
    assert d.started == []
    d.forward(hours=4, minutes=59)
    assert d.started == []
    d.forward(minutes=1)
    assert [(id, o.alarms[0].component) for id, o in d.started] == [("inc.acme.shop.1", "web")]
    assert "still active after it was deferred" in d.started[0][1].alarms[0].detail


@pytest.mark.parametrize(
    ("component", "severity", "expected"),
    [
        ("db", Severity.CRITICAL, Disposition.OPENED),
        ("db", Severity.WARNING, Disposition.DEFERRED),
        ("web", Severity.CRITICAL, Disposition.DEFERRED),
        (None, Severity.CRITICAL, Disposition.OPENED),
    ],
)
def test_a_priority_that_is_handled_round_the_clock_does_not_wait(
    component: str | None, severity: Severity, expected: Disposition
) -> None:
    assert Desk(**office()).take(alarm(component, severity=severity)) == [expected]


def test_where_the_hours_are_not_known_nothing_waits() -> None:
    d = Desk(**office(spans_until=NIGHT - timedelta(days=1)))
    assert d.take(alarm("web")) == [Disposition.OPENED]


def test_within_service_hours_nothing_waits() -> None:
    d = Desk(**office())
    d.now = MORNING
    assert d.take(alarm("web")) == [Disposition.OPENED]


def test_an_alarm_at_night_joins_an_open_incident() -> None:
    d = Desk(**office())
    assert d.take(alarm("db"), alarm("web")) == [Disposition.OPENED, Disposition.JOINED]


def test_a_persons_report_at_night_opens_an_incident_at_once() -> None:
    d = Desk(**office())
    d.orders.silence(SilenceOrder(by=OPERATOR, reason="x", until=MORNING))
    told = d.desk.report_by_hand(OpenByHand(title="Cannot pay", component="web", by=OPERATOR, impact=Level.HIGH))
    assert told.joined is False
    [(_, order)] = d.started
    assert (order.impact, order.urgency, order.title) == (Level.HIGH, Level.HIGH, "Cannot pay")


def test_changed_hours_are_read_again() -> None:
    d = Desk(**office())
    d.take(alarm("web"))
    d.memory.plan = d.memory.plan.model_copy(update={"open_spans": None, "spans_until": None})
    d.desk.release_all()
    d.forward()
    assert len(d.started) == 1


# --- flapping


def flap(d: Desk, times: int) -> list[Disposition]:
    seen = []
    for n in range(times):
        seen += d.take(at(n * 60))
        d.forward(seconds=30)
        if n < times - 1:
            seen += d.take(back(n * 60))
            d.forward(seconds=30)
    return seen


def test_an_alarm_that_flaps_is_one_open_alarm_told_once_and_once_when_it_calms_down() -> None:
    d = Desk(flapping=Flapping(within=timedelta(minutes=30), enter=4, leave=1))
    flap(d, 10)
    joined = [m for _, m in d.told if isinstance(m, AlarmsJoined)]
    taken_back = [m for _, m in d.told if isinstance(m, AlarmsCleared)]
    assert (len(d.started), len(joined), len(taken_back)) == (1, 3, 3)
    assert "it is flapping" in joined[-1].alarms[0].detail
    assert d.take(back(540)) == [Disposition.FLAPPING]
    before = len(d.told)
    d.forward(minutes=40)
    assert [type(m) for _, m in d.told[before:]] == [AlarmsCleared]
    assert d.memory.alarms == {}
    assert d.take(at(9000)) == [Disposition.JOINED]


def test_a_flapping_alarm_that_comes_to_rest_firing_stays_an_alarm() -> None:
    d = Desk(flapping=Flapping(within=timedelta(minutes=30), enter=4, leave=1))
    flap(d, 6)
    d.forward(minutes=40)
    [open_alarm] = d.memory.alarms.values()
    assert open_alarm.flapping_since is None
    assert "no longer flapping" in d.told[-1][1].alarms[0].detail  # type: ignore[union-attr]


def test_the_memory_of_transitions_is_bounded() -> None:
    d = Desk()
    for n in range(1500):
        a = at(n, fingerprint=f"f{n}")
        d.take(a, a.model_copy(update={"state": AlarmState.CLEARED}))
    flap(d, 50)
    assert len(d.memory.fired) <= 1000
    assert max(len(times) for times in d.memory.fired.values()) <= d.memory.plan.flapping.enter
    d.forward(hours=2)
    d.desk.review()
    assert d.memory.fired == {}


def test_an_occurrence_that_is_never_confirmed_is_raised_ever_more_rarely() -> None:
    d = Desk()
    d.take(alarm("web"))
    waits = []
    for n in range(1, 11):
        d.book.ended(f"inc.acme.shop.{n}", "not-confirmed")
        began = d.now
        while len(d.started) == n:
            d.now = d.desk.next_review() or d.now
            d.desk.review()
        waits.append((d.now - began).total_seconds() / 60)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 240, 240, 240]


# --- silences and operations


def test_a_silence_suppresses_what_it_names_and_raises_at_its_end_what_still_fires() -> None:
    d = Desk(measuring_points=["mail-up"])
    d.orders.silence(
        SilenceOrder(
            by=OPERATOR,
            reason="disk",
            until=NIGHT + timedelta(hours=2),
            components=["db"],
            measuring_points=["mail-up"],
        )
    )
    assert d.take(alarm("db"), alarm("mail"), alarm("app")) == [
        Disposition.SUPPRESSED,
        Disposition.SUPPRESSED,
        Disposition.OPENED,
    ]
    d.take(cleared("mail"))
    d.forward(hours=1, minutes=59)
    assert len(d.started) == 1
    d.forward(minutes=1)
    assert d.memory.silences == {}
    assert d.memory.alarms["embedded/db"].incident == "inc.acme.shop.1"


def test_an_operation_covers_its_components_and_all_that_need_them() -> None:
    d = Desk()
    d.orders.begin(
        BeginOperation(
            holder="change.1", title="Change 1", by=OPERATOR, until=NIGHT + timedelta(hours=1), components=["app"]
        )
    )
    assert d.take(alarm("web"), alarm("app"), alarm("db"), alarm("mail")) == [
        Disposition.SUPPRESSED,
        Disposition.SUPPRESSED,
        Disposition.OPENED,
        Disposition.OPENED,
    ]
    assert "change.1" in d.memory.alarms["embedded/web"].suppression.why  # type: ignore[union-attr]
    d.take(cleared("web"))
    d.orders.end("change.1")
    d.forward()
    assert d.memory.alarms["embedded/app"].incident == "inc.acme.shop.1"
    assert d.orders.end("change.1").message == "No operation of change.1 is in progress."


def test_an_alarm_leaves_an_operation_for_a_silence_without_being_raised_between() -> None:
    d = Desk()
    d.orders.silence(SilenceOrder(by=OPERATOR, reason="disk", until=NIGHT + timedelta(hours=5)))
    d.orders.begin(BeginOperation(holder="c", title="C", by=OPERATOR, until=NIGHT + timedelta(hours=1)))
    d.take(alarm("web"))
    d.forward(hours=4)
    assert d.started == []
    d.forward(hours=1)
    assert len(d.started) == 1


# --- where an alarm belongs


def test_an_alarm_joins_the_incident_with_the_nearest_connected_component() -> None:
    graph = {"web": ["app"], "app": ["db"], "db": ["disk"], "disk": [], "mail": ["disk"]}
    d = Desk(depends_on=graph)
    d.take(alarm("web"))
    d.desk.report_by_hand(OpenByHand(title="disk", component="db", by="x", separate=True))
    incidents = d.memory.incidents.values()
    found = {c: belongs_to(Dependencies(graph), incidents, c) for c in ("disk", "app", "mail", "db")}
    assert {c: f and (f.incident.number, f.role) for c, f in found.items()} == {
        "disk": (2, Role.CAUSE),
        "app": (1, Role.CAUSE),
        "mail": None,
        "db": (2, Role.SAME),
    }


def test_a_dependant_joins_as_a_symptom_and_a_dependency_as_a_possible_cause() -> None:
    d = Desk()
    d.take(alarm("app"))
    symptom, cause = d.desk.take(alarm("web")), d.desk.take(alarm("db"))
    assert [m.symptoms for _, m in d.told if isinstance(m, AlarmsJoined)] == [["embedded/web"], []]
    assert symptom.reason == "a symptom: its component needs app, which has failed"
    assert cause.reason == "possibly the cause: app, which has failed, needs its component"


@pytest.mark.parametrize("seed", range(20))
def test_a_storm_in_any_order_opens_one_incident_per_connected_fault(seed: int) -> None:
    graph = {f"c{n}": [f"c{n // 10 * 10}"] if n % 10 else [] for n in range(20)}
    alarms = [alarm(c) for c in graph]
    # Two faults: the components of each are connected through what all of them need, which alarms first.
    roots, rest = (
        [a for a in alarms if a.component in ("c0", "c10")],
        [a for a in alarms if a.component not in ("c0", "c10")],
    )
    random.Random(seed).shuffle(rest)
    d = Desk(depends_on=graph)
    d.take(*roots, *rest)
    assert len(d.started) == 2
    assert len(d.memory.alarms) == 20 == len(d.memory.journal)


# --- coming back


@pytest.mark.parametrize(
    ("end", "after", "component", "again"),
    [
        ("recovered", 29, "web", True),
        ("recovered-by-itself", 29, "web", True),
        ("recovered", 31, "web", False),
        ("recovered", 5, "db", False),
        ("recovered", 5, "mail", False),
        ("not-confirmed", 5, "web", False),
        ("cancelled", 5, "web", False),
        ("closed-by-hand", 5, "web", False),
        (None, 5, "web", False),
    ],
)
def test_a_fault_that_comes_back_in_time_opens_the_same_incident_again(
    end: str | None, after: int, component: str, again: bool
) -> None:
    d = Desk(reopen_within=timedelta(minutes=30))
    d.take(at(0), back(0))
    opened_at = d.now
    d.book.ended("inc.acme.shop.1", end, lead="anna")
    d.forward(minutes=after)
    d.take(at(100, component))
    id, order = d.started[-1]
    assert (id == "inc.acme.shop.1") is again
    if again:
        assert order.reopening is not None
        assert (order.reopening.times, order.reopening.opened_at, order.reopening.lead) == (1, opened_at, "anna")
        d.book.ended(id, "recovered")
        d.take(at(200))
        assert d.started[-1][1].reopening.times == 2  # type: ignore[union-attr]


def test_another_fault_of_the_same_component_opens_an_incident_of_its_own_that_names_the_earlier_one() -> None:
    d = Desk(reopen_within=timedelta(minutes=30))
    d.take(at(0), back(0))
    d.book.ended("inc.acme.shop.1", "recovered")
    d.forward(minutes=5)
    d.take(alarm("web", number=50, fingerprint="disk/web1", measuring_point="web-disk", title="Disk 97 % full"))
    id, order = d.started[-1]
    assert (id, order.title, order.reopening) == ("inc.acme.shop.2", "Disk 97 % full", None)
    assert order.note == "inc.acme.shop.1 of web (web is down) was closed 5 min before; it had another fault."


def test_another_alarm_of_the_same_measuring_point_is_the_same_fault() -> None:
    d = Desk(reopen_within=timedelta(minutes=30))
    d.take(at(0), back(0))
    d.book.ended("inc.acme.shop.1", "recovered")
    d.forward(minutes=5)
    d.take(alarm("web", number=50, fingerprint="alertmanager/web", title="web: slow"))
    assert d.started[-1][0] == "inc.acme.shop.1"


def test_an_order_that_is_sent_again_opens_nothing_more_as_long_as_it_is_among_the_latest_100() -> None:
    d = Desk()
    order = OpenByHand(title="disk", component="db", by="x", separate=True)
    receipts = [d.desk.report_once(f"order {n}", order) for n in range(150)]
    assert [d.desk.report_once(f"order {n}", order) for n in range(50, 150)] == receipts[50:]
    assert len(d.memory.by_hand) == 100
    assert len(d.started) == 150

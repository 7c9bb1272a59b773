"""What the end of an operation means for the alarms of what it held: on a watch's memory, with a clock that the test moves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from models.alarms import Disposition
from models.lease import REMEDY_HOLDER, LeaseRevoked, LeaseState, LeaseWanted, ReleaseLease, RequestLease
from models.operation_kinds import MAINTENANCE, SHUT_DOWN, START_UP
from models.plans import WatchPlan
from models.watch import SilenceOrder
from tests.workflows.shop import APPLICATION, OPERATOR
from tests.workflows.test_alarm_handler import Desk
from tests.workflows.world import alarm

CHANGE = "change.acme.shop.4"


def ask(desk: Desk, *components: str, holder: str = CHANGE, **fields: Any) -> LeaseState:
    usual: dict[str, Any] = {
        "application": APPLICATION,
        "holder": holder,
        "key": "k1",
        "kind": "change",
        "title": "Change 4",
        "by": OPERATOR,
        "until": desk.now + timedelta(hours=1),
        "components": list(components),
    }
    return desk.leases.ask(RequestLease.model_validate(usual | fields)).state


def release(desk: Desk, by: str = CHANGE, **fields: Any) -> str:
    order = ReleaseLease.model_validate({"application": APPLICATION, "holder": CHANGE, "by": by} | fields)
    return desk.orders.release(order).message


def test_alarms_under_a_lease_are_suppressed_and_raised_if_active_at_its_end() -> None:
    desk = Desk()
    ask(desk, "db")
    assert desk.take(alarm("web")) == [Disposition.SUPPRESSED]
    assert desk.take(alarm("mail")) == [Disposition.OPENED]
    release(desk)
    desk.desk.review()
    assert [order.alarms[0].component for _, order in desk.started] == ["mail", "web"]


def test_nothing_stays_silenced_when_an_operation_lasts_longer_than_it_was_to() -> None:
    desk = Desk()
    ask(desk, "db")
    desk.take(alarm("web"))
    desk.forward(minutes=61)
    assert len(desk.started) == 1
    assert desk.leases.holders() == [CHANGE]


def test_an_unhealthy_component_at_the_end_gets_an_incident_even_without_an_alarm() -> None:
    desk = Desk()
    ask(desk, "db")
    said = release(desk, failing={"web": "web-up: connection refused"})
    [(incident, order)] = desk.started
    assert incident in said
    assert "web is not healthy after Change 4" in order.title


def test_a_holder_that_is_gone_loses_its_lease_and_the_next_gets_it() -> None:
    desk = Desk()
    ask(desk, "db")
    assert ask(desk, "app", holder="change.acme.shop.5") is LeaseState.QUEUED
    assert desk.orders.gone(CHANGE)
    assert desk.leases.holders() == ["change.acme.shop.5"]
    assert list(desk.memory.leases) == ["change.acme.shop.5"]


def test_a_remedy_calls_for_the_lease_of_a_routine_that_yields_and_of_nothing_else() -> None:
    desk = Desk()
    ask(desk, "web", holder="maintenance.acme.shop.patches", kind=MAINTENANCE.name, yields=True)
    ask(desk, "mail")
    routine = {"holder": "maintenance.acme.shop.weekly", "kind": MAINTENANCE.name}
    assert ask(desk, "web", **routine) is LeaseState.QUEUED
    assert desk.told == []

    remedy = {"holder": "inc.acme.shop.1", "kind": REMEDY_HOLDER, "title": "Restart app"}
    assert ask(desk, "app", "mail", **remedy) is LeaseState.QUEUED

    called = LeaseWanted(holder="maintenance.acme.shop.patches", by="inc.acme.shop.1", title="Restart app")
    assert desk.told == [("maintenance.acme.shop.patches", called)]
    first = desk.leases.queue()[0]
    assert first.lease.holder == "inc.acme.shop.1"
    assert "and releases it as soon as no host is half-way" in first.reason


def test_only_possible_leads_may_revoke_a_lease_and_its_holder_is_notified() -> None:
    desk = Desk(people=[OPERATOR])
    ask(desk, "db")
    with pytest.raises(ApplicationError, match="may not release leases"):
        release(desk, by="desk@betalt.example")
    release(desk, by=OPERATOR)
    assert (CHANGE, LeaseRevoked(holder=CHANGE, by=OPERATOR)) in desk.told


def test_a_dossier_in_which_nobody_may_lead_lets_nobody_give_the_watch_orders() -> None:
    desk = Desk(people=[])
    ask(desk, "db")
    with pytest.raises(ApplicationError, match=r"may not release leases .*those who may: nobody"):
        release(desk, by=OPERATOR)


def test_without_a_dossier_anybody_gives_the_watch_orders() -> None:
    desk = Desk()
    desk.memory.plan = WatchPlan.without_dossier("acme.shop")
    order = SilenceOrder(by="eve@x.example", reason="x", until=desk.now + timedelta(hours=1))

    desk.orders.silence(order)

    assert [silence.by for silence in desk.memory.silences.values()] == ["eve@x.example"]


def test_planned_downtime_raises_no_alarm_until_it_ends_or_the_component_starts() -> None:
    desk = Desk()
    ask(desk, "db", kind=SHUT_DOWN.name)
    desk.take(alarm("web"), alarm("db"))
    release(desk, down=["web", "app", "db"], down_until=desk.now + timedelta(hours=8))
    desk.forward(hours=7)
    assert desk.started == []
    desk.forward(hours=2)
    assert desk.started != []

    desk = Desk()
    ask(desk, "db", kind=SHUT_DOWN.name)
    desk.take(alarm("web"), alarm("db"))
    release(desk, down=["web", "app", "db"], down_until=desk.now + timedelta(hours=8))
    ask(desk, "db", holder="start-up.acme.shop.1", kind=START_UP.name)
    release(desk, by="start-up.acme.shop.1", holder="start-up.acme.shop.1", up=["db"])
    desk.desk.review()
    assert [order.alarms[0].component for _, order in desk.started] == ["db"]


def test_a_failure_is_raised_although_its_component_was_renamed() -> None:
    desk = Desk()
    ask(desk, "db")
    assert release(desk, failing={"database": "it does not answer"}).endswith("Raised: inc.acme.shop.1.")
    assert desk.started[0][1].title == "database is not healthy after Change 4"

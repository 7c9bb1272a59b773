"""Leases: who may operate on what, who waits, and what becomes of a lease whose holder is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.exceptions import ApplicationError

from models.dossier.agreement import Freezable
from models.freezes import Freeze
from models.lease import REMEDY_HOLDER, LeaseGranted, LeaseState, RequestLease
from models.operation_kinds import CHANGE
from models.plans import WatchPlan
from models.scope import WHOLE, Scope
from models.watch import WatchState
from workflows.watch.leases import LeaseQueue

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DEPENDS_ON = {"web": ["app"], "app": ["db"], "db": [], "mail": []}


class Leases:
    """A desk over a watch's memory, with a clock that the test moves."""

    def __init__(self, **known: Any) -> None:
        self.now = NOON
        plan = WatchPlan(application="acme.shop", known=True, depends_on=DEPENDS_ON, **known)
        self.memory = WatchState(plan=plan, next_number=1, next_alarm=1)
        self.told: list[str] = []
        self.desk = LeaseQueue("acme.shop", self.memory, lambda: self.now, self._tell)

    def _tell(self, holder: str, message: object) -> None:
        assert isinstance(message, LeaseGranted)
        self.told.append(holder)

    def ask(self, holder: str, *components: str, **fields: Any) -> LeaseState:
        return self.desk.ask(self.order(holder, *components, **fields)).state

    def order(self, holder: str, *components: str, **fields: Any) -> RequestLease:
        usual: dict[str, Any] = {
            "application": "acme.shop",
            "holder": holder,
            "key": "k1",
            "kind": CHANGE.name,
            "title": holder,
            "by": "anna",
            "until": self.now + timedelta(hours=1),
            "components": Scope.of(components),
        }
        return RequestLease.model_validate(usual | fields)

    @property
    def holders(self) -> set[str]:
        return set(self.memory.leases)


def test_two_operations_never_hold_what_one_of_them_depends_on() -> None:
    leases = Leases()
    assert leases.ask("one", "db") is LeaseState.GRANTED
    assert leases.ask("two", "web") is LeaseState.QUEUED
    assert leases.ask("three", "mail") is LeaseState.GRANTED


def test_a_waiting_operation_learns_the_holder_and_when_its_turn_comes() -> None:
    leases = Leases()
    leases.ask("one", "db")
    answer = leases.desk.ask(leases.order("two", "app"))
    assert "one" in answer.reason
    assert "holds the lease of web, app, db" in answer.reason
    leases.desk.release("one")
    assert leases.told == ["two"]
    assert leases.ask("two", "app") is LeaseState.GRANTED


def test_who_is_granted_it_at_once_is_not_told_again() -> None:
    leases = Leases()
    leases.ask("one", "db")
    assert leases.told == []


def test_nobody_overtakes_one_that_waits_for_the_same_components() -> None:
    leases = Leases()
    leases.ask("one", "db")
    leases.ask("all")
    assert leases.ask("two", "mail") is LeaseState.QUEUED
    leases.desk.release("one")
    assert leases.holders == {"all"}


def test_a_remedy_and_an_emergency_go_before_those_that_wait() -> None:
    leases = Leases()
    leases.ask("one", "db")
    leases.ask("change", "app")
    leases.ask("remedy", "app", kind=REMEDY_HOLDER)
    leases.ask("emergency", "app", emergency=True)
    leases.desk.release("one")
    assert leases.holders == {"remedy"}
    leases.desk.release("remedy")
    assert leases.holders == {"emergency"}


def test_shared_leases_stand_beside_each_other_and_not_beside_an_exclusive_one() -> None:
    leases = Leases()
    assert leases.ask("one", "db", mode="shared") is LeaseState.GRANTED
    assert leases.ask("two", "db", mode="shared") is LeaseState.GRANTED
    assert leases.ask("three", "db") is LeaseState.QUEUED


def test_asking_again_changes_nothing_but_a_holder_that_began_anew_gives_its_old_lease_up() -> None:
    leases = Leases()
    leases.ask("one", "db")
    since = leases.memory.leases["one"].since
    leases.now += timedelta(minutes=5)
    assert leases.ask("one", "db") is LeaseState.GRANTED
    assert leases.memory.leases["one"].since == since
    leases.ask("two", "db")
    assert leases.ask("one", "db", key="k2") is LeaseState.QUEUED
    assert leases.holders == {"two"}


@pytest.mark.parametrize("first", ["granted", "queued"])
def test_another_request_under_the_same_key_is_refused(first: str) -> None:
    leases = Leases()
    if first == "queued":
        leases.ask("other", "db", "mail")
    assert leases.ask("one", "db").value == first
    with pytest.raises(ApplicationError, match=r"for a lease of db .* and asks now for mail"):
        leases.ask("one", "mail")
    with pytest.raises(ApplicationError, match=r"exclusive.* asks now for db .shared"):
        leases.ask("one", "db", mode="shared")
    assert leases.ask("one", "db").value == first


def test_a_component_that_there_is_none_of_is_refused_with_those_there_are() -> None:
    with pytest.raises(ApplicationError, match="no component 'dbb'; it has web, app, db, mail"):
        Leases().ask("one", "dbb")


def test_a_freeze_refuses_what_it_keeps_back_and_lets_pass_what_heals() -> None:
    freeze = Freeze(since=NOON, until=NOON + timedelta(days=1), reason="Black Friday", passes=[Freezable.EMERGENCY])
    leases = Leases(freezes=[freeze])
    answer = leases.desk.ask(leases.order("one", "db", work=Freezable.NORMAL))
    assert answer.state is LeaseState.REFUSED
    assert "Black Friday" in answer.reason
    assert leases.ask("two", "db", work=Freezable.EMERGENCY) is LeaseState.GRANTED
    assert leases.ask("three", "mail", kind=REMEDY_HOLDER) is LeaseState.GRANTED


def test_alarms_of_what_a_lease_covers_are_its_own_doing_until_it_was_to_end() -> None:
    leases = Leases()
    leases.ask("one", "db")
    leases.ask("two", "mail", holds_alarms=False)
    assert leases.memory.operations["one"].components.names == ["web", "app", "db"]
    assert leases.memory.operations["one"].until == NOON + timedelta(hours=1)
    assert "two" not in leases.memory.operations


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ask", "release"]),
            st.sampled_from("abcdef"),
            st.lists(st.sampled_from(sorted(DEPENDS_ON)), max_size=2),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_whatever_is_asked_and_released_leases_exclude_each_other_and_nobody_is_forgotten(
    steps: list[tuple[str, str, list[str], bool]],
) -> None:
    leases, wanting = Leases(), set()
    for what, holder, components, shared in steps:
        if what == "ask":
            key = f"{'/'.join(components)}/{shared}"
            leases.ask(holder, *components, mode="shared" if shared else "exclusive", key=key)
            wanting.add(holder)
        else:
            leases.desk.release(holder)
            wanting.discard(holder)
        open_alarm = list(leases.memory.leases.values())
        for n, one in enumerate(open_alarm):
            for other in open_alarm[n + 1 :]:
                mine, others = set(one.components.names), set(other.components.names)
                apart = mine and others and not mine & others
                assert apart or one.mode == other.mode == "shared"
        assert set(leases.desk.holders()) == wanting
        assert leases.holders or not wanting


def test_a_component_of_an_earlier_version_of_the_dossier_is_leased_as_the_whole_application() -> None:
    """An incident goes on by the version that it began with; what was renamed since must not be acted on by anybody else."""
    leases = Leases(dossier="d2")
    answer = leases.desk.ask(leases.order("incident", "database", dossier="d1"))
    assert (answer.state, answer.components) == (LeaseState.GRANTED, WHOLE)
    assert leases.ask("change", "mail") is LeaseState.QUEUED
    with pytest.raises(ApplicationError, match="no component 'database'; it has web, app, db, mail"):
        leases.ask("other", "database", dossier="d2")

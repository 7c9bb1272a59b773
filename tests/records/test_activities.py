"""The activities of the records, as workflows call them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment

import activities.stubs.records as stubs
from activities.records import RecordActivities, Records, upgrade
from models.alarms import Subject
from models.errors import NotFoundError
from models.plans import PlanRequest, RunbookOffer, WatchPlanRequest
from models.records import WriteRecords
from tests.records.dossiers import shop
from tests.records.test_records import alarm, incident


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Records]:
    upgrade(f"sqlite:///{tmp_path}/r.db")
    records = Records(f"sqlite:///{tmp_path}/r.db")
    records.publish_dossier(shop(), "ann")
    yield records
    records.close()


def test_every_stub_is_carried_out_under_its_name(kept: Records) -> None:
    def names(things: list[object]) -> set[str | None]:
        found = [activity._Definition.from_callable(t) for t in things if callable(t)]  # type: ignore[attr-defined]  # there is no public way to ask for a name
        return {d.name for d in found if d is not None}

    assert names(list(RecordActivities(kept).activities())) == names(list(vars(stubs).values()))


def test_a_watch_goes_on_counting_from_the_records(kept: Records) -> None:
    made = RecordActivities(kept)
    kept.write(WriteRecords(incidents=[incident(3)], alarms=[alarm(9)]))
    found = ActivityEnvironment().run(made.load_watch_plan, WatchPlanRequest(application="acme.shop"))
    assert (found.known, found.next_number, found.next_alarm) == (True, 4, 10)
    assert made.load_watch_plan(WatchPlanRequest(application="acme.new")).known is False


def test_a_new_watch_learns_of_all_open_incidents_and_of_closed_ones_behind_them(kept: Records) -> None:
    closed = incident(1).model_copy(update={"closed_at": incident(1).opened_at, "state": "closed"})
    kept.write(WriteRecords(incidents=[closed, *(incident(n) for n in range(2, 252))]))
    found = RecordActivities(kept).load_watch_plan(WatchPlanRequest(application="acme.shop"))
    assert {i.number for i in found.incidents} == set(range(2, 252))
    assert [i.number for i in found.closed] == [1]


def test_a_new_watch_reads_the_subject_of_an_open_incident(kept: Records) -> None:
    kept.write(WriteRecords(incidents=[incident(1), incident(2, subject="drills")]))
    found = RecordActivities(kept).load_watch_plan(WatchPlanRequest(application="acme.shop"))
    assert {i.number: i.subject for i in found.incidents} == {1: None, 2: Subject.DRILLS}


def test_a_plan_is_made_from_the_version_that_was_named_or_else_from_the_one_that_holds(kept: Records) -> None:
    offer = RunbookOffer(name="restart", title="Restart")
    made = RecordActivities(kept, [offer])
    kept.publish_dossier(shop(name="Renamed"), "ann")
    request = PlanRequest(application="acme.shop", components=["web"])
    now = made.load_incident_plan(request)
    then = made.load_incident_plan(request.model_copy(update={"dossier": shop().digest}))
    assert now.plan is not None
    assert then.plan is not None
    assert (now.plan.name, then.plan.name) == ("Renamed", "Shop")
    assert now.runbooks == [offer]
    assert made.load_application_plan(request).name == "Renamed"


def test_without_a_dossier_an_incident_goes_to_people_and_a_runbook_ends(kept: Records) -> None:
    made = RecordActivities(kept)
    assert made.load_incident_plan(PlanRequest(application="acme.new")).plan is None
    with pytest.raises(NotFoundError, match=r"acme\.new"):
        made.load_application_plan(PlanRequest(application="acme.new"))
    with pytest.raises(NotFoundError, match=r"not of acme\.new"):
        made.load_application_plan(PlanRequest(application="acme.new", dossier=shop().digest))

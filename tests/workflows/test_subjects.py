"""An alarm that says nothing of the application's health has an incident of its own: one for each subject."""

from __future__ import annotations

from typing import Any

import pytest

from models.alarms import Alarm, Disposition, Subject
from models.dossier.monitoring import Severity
from models.incident import IncidentEnd
from models.watch import OpenByHand, ReopenIncident, SplitIncident
from tests.workflows.shop import OPERATOR
from tests.workflows.test_alarm_handler import Desk
from tests.workflows.world import alarm, cleared
from workflows.watch.flood import MOST_ALARMS

OPENED, JOINED, CLEARED = Disposition.OPENED, Disposition.JOINED, Disposition.CLEARED


def not_understood(name: str = "prometheus", **fields: Any) -> Alarm:
    """As the intake raises it."""
    known = {
        "fingerprint": f"intake.{name}.address",
        "subject": Subject.MESSAGES,
        "title": f"Alarm from {name} could not be understood",
    }
    return alarm(None, source="intake", since_known=False, **(known | fields))


def silent(name: str = "prometheus", **fields: Any) -> Alarm:
    """As the dead-man's switch raises it of a source."""
    known = {"fingerprint": f"dead-man/{name}", "subject": Subject.SOURCES, "title": f"No heartbeat from {name}"}
    return alarm(None, source="dead-mans-switch", **(known | fields))


def overdue(name: str = "db", **fields: Any) -> Alarm:
    """As the dead-man's switch raises it of a drill."""
    known = {"fingerprint": f"drill/{name}", "subject": Subject.DRILLS, "title": f"The drill of {name} is overdue"}
    return alarm(name, point=False, source="dead-mans-switch", severity=Severity.WARNING, **(known | fields))


every_subject = pytest.mark.parametrize("beside", [not_understood, silent, overdue])


@every_subject
def test_it_opens_an_incident_beside_those_that_are_open(beside: Any) -> None:
    d = Desk()
    d.take(alarm("db"), alarm("mail"))
    assert d.take(beside()) == [OPENED]
    assert d.told == []
    assert [order.title for _, order in d.started][-1] == beside().title


@every_subject
def test_it_joins_no_incident_of_the_whole_application(beside: Any) -> None:
    d = Desk()
    d.take(alarm(None, title="Everything is slow"))
    assert d.take(beside()) == [OPENED]


@every_subject
def test_no_alarm_of_the_application_joins_its_incident(beside: Any) -> None:
    d = Desk()
    d.take(beside())
    assert d.take(alarm("db"), alarm("mail"), alarm(None)) == [OPENED, OPENED, JOINED]
    assert d.memory.alarms[alarm(None).fingerprint].incident == "inc.acme.shop.2"


@every_subject
def test_a_persons_report_does_not_join_such_an_incident(beside: Any) -> None:
    d = Desk()
    d.take(beside())
    order = OpenByHand(title="Customers cannot pay", component="db", by=OPERATOR)
    assert not d.desk.report_by_hand(order).joined


@every_subject
def test_further_alarms_with_the_same_subject_join_its_incident(beside: Any) -> None:
    d = Desk()
    d.take(beside())
    assert d.take(beside("mail")) == [JOINED]
    assert d.memory.alarms[beside("mail").fingerprint].incident == "inc.acme.shop.1"


def test_each_subject_has_an_incident_of_its_own() -> None:
    d = Desk()
    assert d.take(not_understood(), silent(), overdue()) == [OPENED] * 3


@every_subject
def test_it_reopens_no_incident_of_the_application_that_recovered(beside: Any) -> None:
    d = Desk()
    d.take(alarm("db"), cleared("db"))
    d.book.ended("inc.acme.shop.1", IncidentEnd.RECOVERED.value)
    assert d.take(beside()) == [OPENED]
    assert [id for id, _ in d.started] == ["inc.acme.shop.1", "inc.acme.shop.2"]
    order = d.started[-1][1]
    assert (order.reopening, order.note) == (None, "")


@every_subject
def test_an_incident_of_the_application_does_not_name_its_incident_as_an_earlier_fault(beside: Any) -> None:
    d = Desk()
    d.take(beside(), beside().model_copy(update={"state": cleared("db").state}))
    d.book.ended("inc.acme.shop.1", IncidentEnd.RECOVERED_BY_ITSELF.value)
    d.take(alarm("db"))
    assert d.started[-1][1].note == ""


def test_an_incident_that_a_real_one_was_merged_into_takes_further_alarms_of_it() -> None:
    d = Desk()
    d.take(silent(), alarm("db"))
    sources, real = d.memory.incidents.values()
    d.book.merge(real, sources, OPERATOR, "the same network fault")
    assert d.take(alarm("app")) == [JOINED]


def test_an_incident_from_which_the_alarms_of_the_application_are_split_is_about_its_subject_again() -> None:
    d = Desk()
    d.take(silent(), alarm("db"))
    sources, real = d.memory.incidents.values()
    d.book.merge(real, sources, OPERATOR, "the same network fault")
    d.orders.split(SplitIncident(incident=sources.id, by=OPERATOR, reason="it is not", components=["db"]))
    assert d.take(alarm("app"), silent("zabbix")) == [JOINED, JOINED]
    assert d.memory.alarms["embedded/app"].incident == "inc.acme.shop.3"
    assert d.memory.alarms["dead-man/zabbix"].incident == sources.id


@every_subject
def test_its_incident_that_a_person_opens_again_is_about_the_same(beside: Any) -> None:
    d = Desk()
    d.take(beside(), beside().model_copy(update={"state": cleared("db").state}))
    d.book.ended("inc.acme.shop.1", IncidentEnd.RECOVERED_BY_ITSELF.value)
    d.orders.reopen(ReopenIncident(incident="inc.acme.shop.1", by=OPERATOR, reason="it is silent again"), None)
    assert {a.subject for a in d.started[-1][1].alarms} == {beside().subject}
    assert d.take(alarm("db"), beside("mail")) == [OPENED, JOINED]


def test_alarms_beyond_those_that_are_remembered_are_counted_together_by_their_subject() -> None:
    d = Desk()
    d.take(*(silent(f"s{n}") for n in range(MOST_ALARMS + 2)), not_understood(), alarm(None))
    groups = [open_alarm for open_alarm in d.memory.alarms.values() if open_alarm.members]
    assert [(g.alarm.subject, g.count) for g in groups] == [(Subject.SOURCES, 2), (Subject.MESSAGES, 1), (None, 1)]

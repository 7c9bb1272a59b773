"""An alarm about a message that the intake did not understand says nothing of the application, and has an incident of its own."""

from __future__ import annotations

from typing import Any

from models.alarms import Alarm, Disposition
from models.incident import IncidentEnd
from models.watch import OpenByHand
from tests.workflows.test_alarm_desk import Desk
from tests.workflows.world import OPERATOR, alarm, cleared

OPENED, JOINED = Disposition.OPENED, Disposition.JOINED


def not_understood(kind: str = "address", **fields: Any) -> Alarm:
    """As the intake raises it."""
    known = {"fingerprint": f"intake.prometheus.{kind}", "title": "Alarm from prometheus could not be understood"}
    return alarm(None, source="intake", since_known=False, **(known | fields))


def test_a_message_that_is_not_understood_opens_an_incident_beside_those_that_are_open() -> None:
    d = Desk()
    d.take(alarm("db"), alarm("mail"))
    assert d.take(not_understood()) == [OPENED]
    assert d.told == []
    assert [order.title for _, order in d.started][-1] == "Alarm from prometheus could not be understood"


def test_a_message_that_is_not_understood_joins_no_incident_of_the_whole_application() -> None:
    d = Desk()
    d.take(alarm(None, title="Everything is slow"))
    assert d.take(not_understood()) == [OPENED]


def test_no_alarm_of_the_application_joins_an_incident_about_messages() -> None:
    d = Desk()
    d.take(not_understood())
    assert d.take(alarm("db"), alarm("mail"), alarm(None)) == [OPENED, OPENED, JOINED]
    assert d.memory.alarms[alarm(None).fingerprint].incident == "inc.acme.shop.2"


def test_what_a_person_reports_joins_no_incident_about_messages() -> None:
    d = Desk()
    d.take(not_understood())
    assert not d.desk.report_by_hand(OpenByHand(title="Customers cannot pay", by=OPERATOR)).joined


def test_further_messages_that_are_not_understood_join_the_incident_about_the_first() -> None:
    d = Desk()
    d.take(not_understood())
    assert d.take(not_understood("encoding")) == [JOINED]
    assert d.memory.alarms["intake.prometheus.encoding"].incident == "inc.acme.shop.1"


def test_a_message_that_is_not_understood_reopens_no_incident_that_recovered() -> None:
    d = Desk()
    d.take(alarm("db"), cleared("db"))
    d.book.ended("inc.acme.shop.1", IncidentEnd.RECOVERED.value)
    assert d.take(not_understood()) == [OPENED]
    assert [id for id, _ in d.started] == ["inc.acme.shop.1", "inc.acme.shop.2"]
    assert d.started[-1][1].reopening is None


def test_an_incident_about_messages_that_a_real_one_was_merged_into_takes_further_alarms_of_it() -> None:
    d = Desk()
    d.take(not_understood(), alarm("db"))
    messages, real = d.memory.incidents.values()
    d.book.merge(real, messages, OPERATOR, "the same mistake")
    assert d.take(alarm("app")) == [JOINED]

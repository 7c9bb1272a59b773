"""The customer's copy: what was promised, decided and told to them, in their language, and nothing else."""

from __future__ import annotations

import pytest

from activities.post_incident_report import PostIncidentReports
from activities.records import Records
from models.clock import ClockEvent
from models.dossier import Dossier
from models.dossier.parties import Language
from models.post_incident_report import Standpoint
from models.records import WriteRecords
from tests.post_incident_report.midsummer import CANARIES, ID, at, dossier, events, incident, order
from tests.post_incident_report.test_harmless import parsed


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("where", sorted(CANARIES))
def test_nothing_internal_leaks(reports: PostIncidentReports, language: Language, where: str) -> None:
    reports.write(order())
    internal, copy = reports.read(ID), reports.customer_copy(ID, language, now=at(600))
    assert CANARIES[where] in internal.markdown + (CANARIES["address"] if where == "address" else "")
    assert CANARIES[where] not in copy.markdown
    assert CANARIES[where] not in copy.html


def test_hosts_are_hidden_in_what_was_written_by_hand(kept: Records) -> None:
    kept.write(WriteRecords(incidents=[incident(title="Disk full on DB1 (10.0.1.2), not on mydb1", clock=events())]))
    text = PostIncidentReports(kept).customer_copy(ID, Language.ENGLISH).markdown
    assert "Disk full on \\[…\\] (\\[…\\]), not on mydb1" in text


def test_it_tells_the_customer_what_concerns_them_in_their_language(reports: PostIncidentReports) -> None:
    receipt = reports.write(order())
    copy = reports.customer_copy(ID, now=at(600))
    for told in (
        "# Incidentrapport acme.shop.17",
        "Kopia för Acme Trädgård AB",
        "| återställa | 4 h (dygnet runt) | missat |",
        "Väntar på Acme Trädgård AB.",
        "Prioriteten blev P1.",
        "The shop takes no orders; \\[…\\] is being looked at.",
        "| godkänn | eva@acme.example (kunden): go on |",
        "Databasen är på väg tillbaka.",
        "| Orsak | kapacitet |",
        "| Utfall | avhjälpt |",
        "| kunden (Acme Trädgård AB) | 2 h 5 min |",
        receipt.digest,
        "Själva kopian lagras inte.",
    ):
        assert told in copy.markdown
    assert '<html lang="sv">' in copy.html
    assert (copy.for_customer, copy.digest, copy.language) == (True, None, Language.SWEDISH)
    parsed(copy.html)


def test_working_days_stand_with_their_hours_and_a_target_of_another_priority_with_its_own(kept: Records) -> None:
    data = dossier().model_dump(mode="json")
    level = {"within": "2 working days", "hours": "office"}
    data["agreement"]["service_levels"]["P1"]["restore"] = level
    kept.publish_dossier(changed := Dossier.model_validate(data), "ann")
    kept.write(WriteRecords(incidents=[incident(clock=events(), dossier=changed.digest)]))

    english, swedish = (PostIncidentReports(kept).customer_copy(ID, language).markdown for language in Language)

    assert "| restore | 18 h (2 working days, office) |" in english
    assert "| återställa | 18 h (2 arbetsdagar, office) |" in swedish
    # It was taken up as P2, and raised afterwards.
    assert "| respond (P2) | 30 min (always) | met |" in english


def test_a_wait_is_listed_once_if_the_customer_was_reached_later(kept: Records) -> None:
    told = [
        {"at": at(0), "kind": "opened", "priority": "P1"},
        {"at": at(10), "kind": "waiting", "party": "acme", "reached": False},
        {"at": at(70), "kind": "waiting", "party": "acme"},
        {"at": at(130), "kind": "resumed"},
        {"at": at(520), "kind": "restored"},
    ]
    kept.write(WriteRecords(incidents=[incident(clock=[ClockEvent.model_validate(event) for event in told])]))

    copy = PostIncidentReports(kept).customer_copy(ID, Language.ENGLISH).markdown

    assert copy.count("Waiting for Acme Trädgård AB.") == 1
    assert "| customer (Acme Trädgård AB) | 2 h |" in copy


def test_another_language_can_be_asked_for(reports: PostIncidentReports) -> None:
    copy = reports.customer_copy(ID, Language.ENGLISH, now=at(600))
    assert "Copy for Acme Trädgård AB" in copy.markdown
    assert (
        "The supplier's own post-incident report has no digest: none was written when the incident was closed."
        in copy.markdown
    )


def test_of_an_open_incident_the_copy_is_preliminary_too(kept: Records) -> None:
    still = incident(state="verifying", closed_at=None, clock=events()[:5], reopened=1)
    kept.write(WriteRecords(incidents=[still]))
    copy = PostIncidentReports(kept).customer_copy(ID, Language.ENGLISH, now=at(300))
    assert copy.standpoint is Standpoint.PRELIMINARY
    assert "Preliminary: the incident is open" in copy.markdown
    assert "| State | open |" in copy.markdown

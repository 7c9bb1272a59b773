"""The customer's copy: what was promised, decided and told to them, in their language, and nothing else."""

from __future__ import annotations

import pytest

from activities.accounts import Accounts
from activities.records import Records
from models.account import Standpoint
from models.dossier.parties import Language
from models.records import WriteRecords
from tests.accounts.midsummer import CANARIES, ID, at, events, incident, order
from tests.accounts.test_harmless import parsed


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("where", sorted(CANARIES))
def test_nothing_internal_leaks(accounts: Accounts, language: Language, where: str) -> None:
    accounts.write(order())
    internal, copy = accounts.read(ID), accounts.customer_copy(ID, language, now=at(600))
    assert CANARIES[where] in internal.markdown + (CANARIES["address"] if where == "address" else "")
    assert CANARIES[where] not in copy.markdown
    assert CANARIES[where] not in copy.html


def test_hosts_are_hidden_in_what_was_written_by_hand(kept: Records) -> None:
    kept.write(WriteRecords(incidents=[incident(title="Disk full on DB1 (10.0.1.2), not on mydb1", clock=events())]))
    text = Accounts(kept).customer_copy(ID, Language.ENGLISH).markdown
    assert "Disk full on \\[…\\] (\\[…\\]), not on mydb1" in text


def test_it_tells_the_customer_what_concerns_them_in_their_language(accounts: Accounts) -> None:
    receipt = accounts.write(order())
    copy = accounts.customer_copy(ID, now=at(600))
    for told in (
        "# Redogörelse för incident acme.shop.17",
        "Kopia för Acme Trädgård AB",
        "| återställa | 4 h (dygnet runt) | brutet |",
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


def test_another_language_can_be_asked_for(accounts: Accounts) -> None:
    copy = accounts.customer_copy(ID, Language.ENGLISH, now=at(600))
    assert "Copy for Acme Trädgård AB" in copy.markdown
    assert "The supplier's own account has no digest: none was written when the incident was closed." in copy.markdown


def test_of_an_open_incident_the_copy_is_preliminary_too(kept: Records) -> None:
    still = incident(state="verifying", closed_at=None, clock=events()[:5], reopened=1)
    kept.write(WriteRecords(incidents=[still]))
    copy = Accounts(kept).customer_copy(ID, Language.ENGLISH, now=at(300))
    assert copy.standpoint is Standpoint.PRELIMINARY
    assert "Preliminary: the incident is open" in copy.markdown
    assert "| State | open |" in copy.markdown

"""Who is written to, as tables: an audience and a moment in, people out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from activities.notices.hours import open_hours
from activities.notices.recipients import Recipients, recipients
from models.channels import Channel
from models.dossier import Dossier
from models.dossier.agreement import Priority
from models.notices import Audience
from tests.notices.dossiers import LADDER, NIGHT, NOON, dossier


def chosen(of: Dossier, audience: Audience, at: datetime = NOON, **more: Any) -> Recipients:
    return recipients(of, audience, more.pop("priority", Priority.P1), at, open_hours(of), **more)


def who(found: Recipients) -> list[str]:
    return [person.key for person in found.people]


AWAY = {"since": "2026-06-15", "until": "2026-06-19"}

RUNGS: list[tuple[str, dict[str, Any], int, datetime, int | None, list[str]]] = [
    ("the rung that is wanted", {}, 1, NOON, 1, ["ann email"]),
    ("its second", {}, 2, NOON, 2, ["bo email", "cia email", "cia chat"]),
    ("at night the deputy, and whoever has none is left out", {}, 2, NIGHT, 2, ["ann email"]),
    ("past the last, none", {}, 4, NOON, None, []),
    ("away: the usual deputy", {"ann": {"away": [AWAY]}}, 1, NOON, 1, ["bo email"]),
    (
        "away: the absence's deputy first",
        {"ann": {"away": [AWAY | {"deputy": "karin"}]}},
        1,
        NOON,
        1,
        ["karin email"],
    ),
    (
        "the absence's deputy is not there either: the usual one",
        {"ann": {"away": [AWAY | {"deputy": "cia"}]}, "cia": {"away": [AWAY]}},
        1,
        NOON,
        1,
        ["bo email"],
    ),
    (
        "deputies in a circle, nobody there: the next rung",
        {"ann": {"away": [AWAY]}, "bo": {"away": [AWAY]}, "cia": {"away": [AWAY]}},
        1,
        NOON,
        3,
        ["karin email"],
    ),
    (
        "nobody on any rung: the first all the same",
        {name: {"away": [AWAY]} for name in ("ann", "bo", "cia", "karin", "oskar")},
        1,
        NOON,
        1,
        ["ann email"],
    ),
    (
        "nobody from the second on: none, for the first was asked",
        {name: {"away": [AWAY]} for name in ("bo", "cia", "karin", "oskar", "ann")},
        2,
        NOON,
        None,
        [],
    ),
    (
        "an absence that ended yesterday",
        {"ann": {"away": [{"since": "2026-06-15", "until": "2026-06-16"}]}},
        1,
        NOON,
        1,
        ["ann email"],
    ),
]


@pytest.mark.parametrize(
    ("contacts", "wanted", "at", "rung", "people"), [r[1:] for r in RUNGS], ids=[r[0] for r in RUNGS]
)
def test_a_rung_reaches_whoever_is_there(
    contacts: dict[str, Any], wanted: int, at: datetime, rung: int | None, people: list[str]
) -> None:
    found = chosen(dossier(contacts), Audience(rung=wanted), at)

    assert who(found) == people
    assert (found.rung.number if found.rung else None) == rung


def test_a_rung_outside_its_hours_is_passed_over_with_the_reason() -> None:
    ladder = [LADDER[0] | {"hours": "office"}, *LADDER[1:]]

    found = chosen(dossier(escalation={"P1": ladder}), Audience(rung=1), NIGHT)

    assert found.rung is not None
    assert (found.rung.number, found.rung.rungs, found.rung.acknowledge_within_seconds) == (2, 3, 900)
    assert found.rung.people == ["ann@us.example"]
    assert found.rung.notes == [
        "rung 1 was passed over: it is outside its hours office",
        "Bo Dahl is outside the hours office",
        "Ann Ek stands in for Bo Dahl",
        "Cia Berg is outside the hours office",
        "nobody who is there stands in for Cia Berg",
    ]


def test_when_every_rung_is_passed_over_the_first_is_asked_regardless_of_hours() -> None:
    ladder = [rung | {"hours": "never"} for rung in LADDER]

    found = chosen(dossier(escalation={"P1": ladder}), Audience(rung=1))

    assert who(found) == ["ann email"]
    assert found.rung is not None
    assert found.rung.notes[-1] == "nobody on the ladder is there, so its first rung is asked all the same"


@pytest.mark.parametrize(
    ("ladders", "priority", "people", "note"),
    [
        ({"P1": [LADDER[2]], "P4": [LADDER[0]]}, Priority.P3, ["karin email"], "P3 has no ladder of its own"),
        ({"P4": [LADDER[0]]}, Priority.P2, ["ann email"], "so that of P4 is used"),
        ({"P1": [LADDER[2]], "P4": [LADDER[0]]}, None, ["karin email"], "an incident without priority has no ladder"),
        ({"P1": []}, Priority.P1, ["ann email", "bo email"], "the dossier has no escalation ladder"),
    ],
)
def test_without_a_ladder_of_its_own_somebody_is_asked_all_the_same(
    ladders: dict[str, Any], priority: Priority | None, people: list[str], note: str
) -> None:
    found = chosen(dossier(escalation=ladders), Audience(rung=1), priority=priority)

    assert who(found) == people
    assert found.rung is not None
    assert note in " ".join(found.rung.notes)


def test_a_channel_that_is_not_configured_is_told_and_the_nearest_is_used_as_well() -> None:
    ladder = [LADDER[0] | {"channel": "phone"}]

    found = chosen(dossier(escalation={"P1": ladder}), Audience(rung=1), configured={Channel.EMAIL})

    assert who(found) == ["ann phone", "ann email"]
    assert found.rung is not None
    assert found.rung.people == ["ann@us.example"]
    assert "Ann Ek cannot be reached by phone from here, so email is used as well" in found.rung.notes


OTHERS: list[tuple[str, dict[str, Any], Audience, list[str]]] = [
    ("the customer's system owners", {}, Audience(customer=True), ["karin email"]),
    (
        "all of the customer where nobody owns it",
        {"karin": {"roles": []}},
        Audience(customer=True),
        ["karin email", "oskar email"],
    ),
    ("a deputy for who is away", {"karin": {"away": [AWAY]}}, Audience(customer=True), ["oskar email"]),
    (
        "themselves where nobody stands in",
        {"karin": {"away": [AWAY]}, "oskar": {"away": [AWAY]}},
        Audience(customer=True),
        ["karin email"],
    ),
    ("a party", {}, Audience(party="payer"), ["pay email"]),
    (
        "a party, its ladder first, whoever has no mail by chat",
        {},
        Audience(party="us"),
        ["ann email", "bo email", "cia chat"],
    ),
    ("a party nobody knows", {}, Audience(party="nobody"), []),
    (
        "by identifier, address and name",
        {},
        Audience(contacts=["ann", "BO@us.example", "Karin Holm"]),
        ["ann email", "bo email", "karin email"],
    ),
    ("twice named, once written to", {}, Audience(contacts=["ann", "ann@us.example"]), ["ann email"]),
    ("by a channel that was asked for", {}, Audience(contacts=["ann"], channel=Channel.SMS), ["ann sms"]),
    (
        "somebody whom the dossier does not know",
        {},
        Audience(contacts=["eve@evil.example"]),
        ["eve@evil.example email"],
    ),
    ("nobody", {}, Audience(), []),
]


@pytest.mark.parametrize(("contacts", "audience", "people"), [o[1:] for o in OTHERS], ids=[o[0] for o in OTHERS])
def test_an_audience_becomes_people(contacts: dict[str, Any], audience: Audience, people: list[str]) -> None:
    assert who(chosen(dossier(contacts), audience, NIGHT)) == people


def test_a_stranger_gets_no_address() -> None:
    [stranger] = chosen(dossier(), Audience(contacts=["eve@evil.example"])).people

    assert (stranger.address, stranger.email, stranger.inside, stranger.known) == ("", "", False, False)


def test_language_and_zone_are_the_contacts_own_else_their_partys() -> None:
    found = chosen(dossier(), Audience(contacts=["ann", "bo", "pay"]))

    assert [(p.language.value, p.zone, p.inside) for p in found.people] == [
        ("sv", "Europe/Stockholm", True),
        ("en", "Europe/Stockholm", True),
        ("en", "Europe/Stockholm", False),
    ]

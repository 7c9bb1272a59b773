"""Who is written to, as tables: an audience and a moment in, people out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from activities.notices.hours import open_hours
from activities.notices.recipients import Recipients, recipients
from models.dossier import Dossier
from models.dossier.agreement import Priority
from models.notices import Audience
from tests.notices.dossiers import NIGHT, NOON, POLICY, dossier


def chosen(of: Dossier, audience: Audience, at: datetime = NOON, **more: Any) -> Recipients:
    return recipients(of, audience, more.pop("priority", Priority.P1), at, open_hours(of), **more)


def who(found: Recipients) -> list[str]:
    return [person.key for person in found.people]


AWAY = {"since": "2026-06-15", "until": "2026-06-19"}

LEVELS: list[tuple[str, dict[str, Any], int, datetime, int | None, list[str]]] = [
    ("the level that is wanted", {}, 1, NOON, 1, ["ann email"]),
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
        "deputies in a circle, nobody there: the next level",
        {"ann": {"away": [AWAY]}, "bo": {"away": [AWAY]}, "cia": {"away": [AWAY]}},
        1,
        NOON,
        3,
        ["karin email"],
    ),
    (
        "nobody on any level: the first all the same",
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
    ("contacts", "wanted", "at", "level", "people"), [r[1:] for r in LEVELS], ids=[r[0] for r in LEVELS]
)
def test_a_level_reaches_the_people_who_are_available(
    contacts: dict[str, Any], wanted: int, at: datetime, level: int | None, people: list[str]
) -> None:
    found = chosen(dossier(contacts), Audience(level=wanted), at)

    assert who(found) == people
    assert (found.level.number if found.level else None) == level


def test_a_level_outside_its_hours_is_passed_over_with_the_reason() -> None:
    policy = [POLICY[0] | {"hours": "office"}, *POLICY[1:]]

    found = chosen(dossier(escalation={"P1": policy}), Audience(level=1), NIGHT)

    assert found.level is not None
    assert (found.level.number, found.level.levels, found.level.acknowledge_within_seconds) == (2, 3, 900)
    assert found.level.people == ["ann@us.example"]
    assert found.level.notes == [
        "level 1 was skipped: it is outside its hours office",
        "Bo Dahl is outside the hours office",
        "Ann Ek is the deputy of Bo Dahl",
        "Cia Berg is outside the hours office",
        "no deputy of Cia Berg is available",
    ]


def test_when_every_level_is_passed_over_the_first_is_asked_regardless_of_hours() -> None:
    policy = [level | {"hours": "never"} for level in POLICY]

    found = chosen(dossier(escalation={"P1": policy}), Audience(level=1))

    assert who(found) == ["ann email"]
    assert found.level is not None
    assert (
        found.level.notes[-1]
        == "nobody on the escalation policy is available, so its first level is called all the same"
    )


@pytest.mark.parametrize(
    ("policies", "priority", "people", "note"),
    [
        (
            {"P1": [POLICY[2]], "P4": [POLICY[0]]},
            Priority.P3,
            ["karin email"],
            "P3 has no escalation policy of its own",
        ),
        ({"P4": [POLICY[0]]}, Priority.P2, ["ann email"], "so that of P4 is used"),
        (
            {"P1": [POLICY[2]], "P4": [POLICY[0]]},
            None,
            ["karin email"],
            "an incident without priority has no escalation policy",
        ),
        ({"P1": []}, Priority.P1, ["ann email", "bo email"], "the dossier has no escalation policy"),
    ],
)
def test_without_a_policy_of_its_own_somebody_is_asked_all_the_same(
    policies: dict[str, Any], priority: Priority | None, people: list[str], note: str
) -> None:
    found = chosen(dossier(escalation=policies), Audience(level=1), priority=priority)

    assert who(found) == people
    assert found.level is not None
    assert note in " ".join(found.level.notes)


def test_a_channel_that_is_not_configured_is_reported_and_the_nearest_one_is_used() -> None:
    policy = [POLICY[0] | {"channel": "phone"}]

    found = chosen(dossier(escalation={"P1": policy}), Audience(level=1), configured={"email"})

    assert who(found) == ["ann phone", "ann email"]
    assert found.level is not None
    assert found.level.people == ["ann@us.example"]
    assert "Ann Ek cannot be reached by phone from here, so email is used as well" in found.level.notes


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
        "a party: contacts of its escalation policy first, contacts without e-mail by chat",
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
    ("by a channel that was asked for", {}, Audience(contacts=["ann"], channel="sms"), ["ann sms"]),
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

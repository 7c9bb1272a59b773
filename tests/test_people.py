"""One person is one person, however they are named; a stranger is nobody, and no person can take a program's name."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from models.dossier.parties import Contact
from models.people import (
    ANYBODY,
    People,
    Person,
    folded,
    is_among,
    is_program,
    people_in,
    shared_names,
    stranger,
    who_is,
)


def contact(name: str, **more: object) -> Contact:
    return Contact.model_validate({"name": name, "party": "sup", "function": "operator"} | more)


PEOPLE = people_in(
    {
        "cid": contact("Cid Svensson", email="Cid@Sup.example", login="csv"),
        "cid-at-home": contact("Cid, at home", email="cid@sup.example"),
        "ada": contact("Ada", email="ada@sup.example"),
        "desk": contact("Service desk"),
    }
)


@pytest.mark.parametrize(
    "way",
    [
        "cid",
        "CID",
        " cid ",
        "csv",
        "Cid Svensson",
        "cid  svensson",
        "cid@sup.example",
        "CID@SUP.EXAMPLE",
        "cid@sup.example.",
        '"cid"@sup.example',
        r'"c\id"@sup.example',
        "Cid Svensson <cid@sup.example>",
        '"Svensson, Cid" <CID@sup.example>',
        "<cid@sup.example>",
        "cid@sup.example (on call)",
        "mailto:cid@sup.example",
        "\uff43\uff49\uff44@sup.example",
        "cid-at-home",
    ],
)
def test_every_way_of_naming_one_person_leads_to_one_name(way: str) -> None:
    assert who_is(way, PEOPLE) == "Cid@Sup.example"


@pytest.mark.parametrize(
    "way",
    [
        "",
        "eve",
        "cid@elsewhere.example",
        "cid@sup.example <eve@x.example>",
        "\u0441id",
        "schedule",
        "Driftvakt",
        "nobody",
    ],
)
def test_a_stranger_and_a_program_are_no_contact(way: str) -> None:
    assert who_is(way, PEOPLE) is None


def test_without_a_dossier_anybody_is_known_under_one_spelling_but_no_program() -> None:
    assert who_is("Cid <CID@x.example>", None) == "cid@x.example"
    assert who_is("SCHEDULE", None) is None


def test_where_a_dossier_names_nobody_nobody_is_known() -> None:
    assert who_is("cid@x.example", []) is None
    assert stranger("cid@x.example", "acme.shop", []).startswith(
        "cid@x.example is not a contact of acme.shop; the contacts are: none"
    )


def test_an_empty_list_is_nobody_and_only_the_word_is_anybody() -> None:
    assert not is_among("cid@sup.example", [])
    assert [people.has("eve@x.example") for people in (ANYBODY, People.of([]), People())] == [True, False, False]
    assert [str(people) for people in (ANYBODY, People(), People.of(["a", "b"]))] == ["anybody", "nobody", "a, b"]


@pytest.mark.parametrize(("written", "anybody"), [('"anybody"', True), ("[]", False), ('["Cid@sup.example"]', False)])
def test_people_are_written_as_a_word_or_as_names(written: str, anybody: bool) -> None:
    people = People.model_validate_json(written)

    assert people.model_dump_json() == written
    assert people.anybody is anybody
    assert people.has("cid@sup.example") is (written != "[]")


@pytest.mark.parametrize("written", ['"everybody"', "null", '""'])
def test_no_other_word_lets_people_in(written: str) -> None:
    with pytest.raises(ValidationError):
        People.model_validate_json(written)


def test_further_people_join_those_that_are_named_once_and_nobody_joins_anybody() -> None:
    assert People.of(["ada"]).joined_by(["ADA", "cid"]).names == ["ada", "cid"]
    assert People().joined_by(["cid"]).names == ["cid"]
    assert ANYBODY.joined_by(["cid"]) == ANYBODY


def test_a_person_who_is_not_named_is_asked_for_an_address_where_no_dossier_has_contacts() -> None:
    assert stranger(" ", "acme.shop", None).startswith("nobody is named in `by`; give your e-mail address. ")


def test_a_name_that_two_people_share_names_neither() -> None:
    contacts = {"a": contact("Kim", email="a@x.example"), "b": contact("Kim", email="b@x.example")}
    assert who_is("Kim", people_in(contacts)) is None
    assert who_is("b", people_in(contacts)) == "b@x.example"
    assert shared_names(contacts) == {"kim": ["a", "b"]}


def test_no_contact_takes_the_name_of_a_program() -> None:
    assert is_program("Schedule")
    assert (
        who_is("dead-mans-switch", people_in({"dead-mans-switch": contact("Dead-man's switch", email="v@x.example")}))
        is None
    )


def test_a_refusal_says_who_may() -> None:
    assert stranger("eve", "acme.shop", PEOPLE) == (
        "eve is not a contact of acme.shop; the contacts are: Cid@Sup.example, ada@sup.example, desk. "
        "Commands take your own name from --by or DRIFTVAKT_USER"
    )
    assert stranger("schedule", "acme.shop", PEOPLE).endswith(
        "is the name of a program, not of a person; say who you are"
    )


def test_a_refusal_names_twenty_at_most() -> None:
    many = [Person(name=f"p{n}@x.example") for n in range(23)]
    assert stranger("eve", "acme.shop", many).partition(". ")[0].endswith("p19@x.example and 3 more")


def test_a_name_folds_to_itself() -> None:
    assert folded(folded('"Ada" <ADA@x.example>')) == folded("ada@x.example")

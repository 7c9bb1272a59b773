"""Who is meant: every way of naming one person leads to one name, by which the records know them."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final, TypeVar

from pydantic import Field

from models.base import Model
from models.dossier.parties import Contact

DRIFTVAKT: Final = "Driftvakt"
SCHEDULE: Final = "schedule"
NOBODY: Final = "nobody"

PROGRAMS: Final = frozenset({"driftvakt", "schedule", "nobody", "embedded", "vigil", "intake", "monitor", "default"})
"""Names under which programs act: no person can be called so, in any case of letters."""

_SHOWN = 20
_HOW = "Commands take your own name from --by or DRIFTVAKT_USER"
"""Names of those who may, in a refusal."""

_BRACKETED = re.compile(r".*<([^<>]*)>")
_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"(@.*)')


class Person(Model):
    """Somebody whom a dossier knows."""

    name: str
    """By which the records know them: their e-mail address, or the contact's name where they have none."""
    also: list[str] = []
    """Every other way of naming them, as `folded` writes it."""
    phone: str = ""
    """Empty where the dossier gives none."""
    party: str = ""
    """To which they belong."""


class IdentifyPeople(Model):
    """Who these people are."""

    names: Annotated[list[str], Field(min_length=1)]
    applications: list[str] = []
    """By whose dossiers; none: by all."""


class IdentifiedPeople(Model):
    """The one name of each."""

    names: list[str]


def folded(who: str) -> str:
    """A name or an address as it is compared: case, display name, quotes and comments of RFC 5322 make no difference.

    `"Cid" <CID@sup.example>`, `"cid"@sup.example (on call)` and `cid@sup.example` are the same.
    """
    text = unicodedata.normalize("NFKC", who)
    if "@" in text:
        if bracketed := _BRACKETED.match(text):
            text = bracketed[1]
        text = _COMMENT.sub(" ", text).strip().removeprefix("mailto:")
        if quoted := _QUOTED.fullmatch(text):
            text = re.sub(r"\\(.)", r"\1", quoted[1]) + quoted[2]
        local, at, domain = text.rpartition("@")
        text = f"{local.strip()}{at}{domain.strip().removesuffix('.')}"
    return " ".join(text.split()).casefold()


def same(who: str, other: str) -> bool:
    """Whether two names are of the same person, as far as the names alone can say."""
    return folded(who) == folded(other)


def is_among(who: str, people: Sequence[str]) -> bool:
    """Whether somebody is one of these, where none means anybody."""
    return not people or any(same(who, one) for one in people)


def as_written(who: str, people: Sequence[str]) -> str:
    """Somebody as a list writes them."""
    return next((one for one in people if same(who, one)), who)


def is_program(who: str) -> bool:
    """Whether that is the name of a program, which no person can take."""
    return folded(who) in PROGRAMS


def people_in(contacts: Mapping[str, Contact]) -> list[Person]:
    """The people of a dossier. Contacts of one address are one person; a name that two people share names neither."""
    ways: dict[str, set[str]] = defaultdict(set)
    names: dict[str, str] = {}
    for key, contact in contacts.items():
        name = names.setdefault(folded(contact.email or key), contact.email or key)
        for way in (key, contact.name, contact.login, contact.email):
            if way:
                ways[folded(way)].add(name)
    also: dict[str, list[str]] = {name: [] for name in names.values()}
    for way, named in ways.items():
        if len(named) == 1 and way not in PROGRAMS:
            also[next(iter(named))].append(way)
    numbers: dict[str, str] = {}
    parties: dict[str, str] = {}
    for key, contact in contacts.items():
        name = names[folded(contact.email or key)]
        parties.setdefault(name, contact.party)
        if contact.phone is not None:
            numbers.setdefault(name, contact.phone)
    return [
        Person(name=name, also=sorted(set(known) - {folded(name)}), phone=numbers.get(name, ""), party=parties[name])
        for name, known in also.items()
    ]


def shared_names(contacts: Mapping[str, Contact]) -> dict[str, list[str]]:
    """Ways of naming somebody that several people share, with the contacts that share them."""
    ways: dict[str, dict[str, str]] = defaultdict(dict)
    for key, contact in contacts.items():
        for way in (key, contact.name, contact.login):
            if way:
                ways[folded(way)].setdefault(folded(contact.email or key), key)
    return {way: list(found.values()) for way, found in ways.items() if len(found) > 1}


def who_is(who: str, people: Sequence[Person]) -> str | None:
    """The name by which the records know somebody; None for a stranger.

    Without people, as where no dossier is published, anybody is known, under the address as it is compared; never a program.
    """
    way = folded(who)
    if not people:
        return None if way in PROGRAMS or not way else way if "@" in way else who.strip()
    return next((one.name for one in people if way == folded(one.name) or way in one.also), None)


M = TypeVar("M", bound=Model)


def named_in(told: Model) -> dict[str, str]:
    """The people in what somebody tells, by field: who tells it, and to whom something is given."""
    return {field: getattr(told, field) for field in ("by", "to") if field in type(told).model_fields}


def named_once(told: M, known: Callable[[str], str]) -> M:
    """What somebody tells, with every person in it under their one name; `known` finds it, and refuses strangers."""
    return told.model_copy(update={field: known(name) for field, name in named_in(told).items()})


def stranger(who: str, of: str, people: Sequence[Person], may: Sequence[str] = ()) -> str:
    """What to say of somebody whom a dossier does not know: who may, instead."""
    if is_program(who):
        return f"{who} is the name of a program, not of a person; say who you are"
    names = list(may) or [one.name for one in people]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    if not who.strip():
        return f"nobody is named in `by`; name a contact of {of}; these are: {', '.join(names[:_SHOWN])}{more}. {_HOW}"
    return f"{who} is no contact of {of}; these are: {', '.join(names[:_SHOWN])}{more}. {_HOW}"

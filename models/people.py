"""The identity of people, and who may do something: every way of naming a person leads to one name, which the records
use.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Final, Literal, TypeVar

from pydantic import ConfigDict, Field, RootModel

from models.base import Model
from models.dossier.parties import Contact

DRIFTVAKT: Final = "Driftvakt"
SCHEDULE: Final = "schedule"
NOBODY: Final = "nobody"

PROGRAMS: Final = frozenset(
    {"driftvakt", "schedule", "nobody", "embedded", "dead-mans-switch", "intake", "monitor", "default"}
)
"""Names under which programs act; no person may have one, in any case of letters."""

_SHOWN = 20
_HOW = "Commands take your own name from --by or DRIFTVAKT_USER"
"""The end of a refusal: how commands know the person."""

_BRACKETED = re.compile(r".*<([^<>]*)>")
_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"(@.*)')


class Person(Model):
    """A person in a dossier."""

    name: str
    """The name in the records: the e-mail address, or the contact's name if there is none."""
    also: list[str] = []
    """All other ways of naming the person, as `folded` returns them."""
    phone: str = ""
    """Empty if the dossier gives none."""
    party: str = ""
    """The party of the person."""


class IdentifyPeople(Model):
    """Ask for the identity of people."""

    names: Annotated[list[str], Field(min_length=1)]
    applications: Annotated[list[str], Field(min_length=1)] | None = None
    """The applications whose dossiers are searched; None: all."""


class IdentifiedPeople(Model):
    """The one name of each person."""

    names: list[str]


class People(RootModel[Literal["anybody"] | list[str]]):
    """The people who may do something: anybody, or the named people only.

    In JSON: the word `anybody`, or a list of names. An empty list is nobody, so that a role without holders grants nothing.
    """

    model_config = ConfigDict(frozen=True)

    root: Literal["anybody"] | list[str] = []

    @classmethod
    def of(cls, names: Iterable[str]) -> People:
        """Return the people with these names; without names, nobody."""
        return cls(list(names))

    @property
    def anybody(self) -> bool:
        """Whether it is anybody."""
        return self.root == "anybody"

    @property
    def names(self) -> list[str]:
        """The named people; empty for anybody and for nobody."""
        return [] if isinstance(self.root, str) else list(self.root)

    def has(self, who: str) -> bool:
        """Whether a person is among them."""
        return self.anybody or is_among(who, self.names)

    def joined_by(self, more: Iterable[str]) -> People:
        """Return these people and further ones."""
        return self if self.anybody else People.of([*self.names, *(who for who in more if not self.has(who))])

    def __str__(self) -> str:
        """Return the names as text, "anybody" or "nobody"."""
        return "anybody" if self.anybody else ", ".join(self.names) or NOBODY


ANYBODY: Final = People("anybody")
"""Anybody: for an application without a dossier, where Driftvakt knows no person and acts on no host."""


def folded(who: str) -> str:
    """Return a name or an address for comparison: case, display name, quotes and comments of RFC 5322 make no
    difference.

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
    """Return whether two names are of the same person, as far as the names alone show."""
    return folded(who) == folded(other)


def is_among(who: str, people: Sequence[str]) -> bool:
    """Return whether a person is in a list; nobody is in an empty list."""
    return any(same(who, one) for one in people)


def as_written(who: str, people: Sequence[str]) -> str:
    """Return a person's name as a list writes it."""
    return next((one for one in people if same(who, one)), who)


def is_program(who: str) -> bool:
    """Return whether a name is reserved for a program."""
    return folded(who) in PROGRAMS


def people_in(contacts: Mapping[str, Contact]) -> list[Person]:
    """Return the people of a dossier. Contacts with one address are one person; a name that two people share identifies
    neither.
    """
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
    """Return names that several people share, with their contacts."""
    ways: dict[str, dict[str, str]] = defaultdict(dict)
    for key, contact in contacts.items():
        for way in (key, contact.name, contact.login):
            if way:
                ways[folded(way)].setdefault(folded(contact.email or key), key)
    return {way: list(found.values()) for way, found in ways.items() if len(found) > 1}


def who_is(who: str, people: Sequence[Person] | None) -> str | None:
    """Return the name of a person in the records; None for a stranger.

    `people` None: no dossier is there to name them, so any person is known by their folded address, but never a program.
    """
    way = folded(who)
    if people is None:
        return None if way in PROGRAMS or not way else way if "@" in way else who.strip()
    return next((one.name for one in people if way == folded(one.name) or way in one.also), None)


M = TypeVar("M", bound=Model)


def named_in(message: Model) -> dict[str, str]:
    """Return the people that a message names, by field: its author, and the receiver of something."""
    return {field: getattr(message, field) for field in ("by", "to") if field in type(message).model_fields}


def named_once(message: M, known: Callable[[str], str]) -> M:
    """Return a message with every person replaced by their one name; `known` returns it, and refuses strangers."""
    return message.model_copy(update={field: known(name) for field, name in named_in(message).items()})


def stranger(who: str, of: str, people: Sequence[Person] | None, may: Sequence[str] = ()) -> str:
    """Return the refusal for a person whom a dossier does not know, with the people who may act."""
    if is_program(who):
        return f"{who} is the name of a program, not of a person; say who you are"
    names = list(may) or [one.name for one in people or ()]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    known = f"{', '.join(names[:_SHOWN]) or 'none'}{more}"
    if not who.strip():
        fix = "give your e-mail address" if people is None else f"name a contact of {of}; these are: {known}"
        return f"nobody is named in `by`; {fix}. {_HOW}"
    return f"{who} is not a contact of {of}; the contacts are: {known}. {_HOW}"

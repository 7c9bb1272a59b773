"""Who is meant by an address; large and small letters are the same in it."""

from __future__ import annotations

from collections.abc import Sequence


def is_among(who: str, people: Sequence[str]) -> bool:
    """Whether somebody is one of these, where none means anybody."""
    return not people or any(same(who, one) for one in people)


def same(who: str, other: str) -> bool:
    """Whether two addresses are of the same person."""
    return who.strip().casefold() == other.strip().casefold()


def as_written(who: str, people: Sequence[str]) -> str:
    """Somebody as the dossier writes them, so that they are found by it."""
    return next((one for one in people if same(who, one)), who)

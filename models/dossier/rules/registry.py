"""The registry of rules: the requirements on a dossier beyond the format of its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from models.dossier.agreement import Undertaking
from models.dossier.dossier import Dossier
from models.dossier.faults import Place, Weight


class RuleFinding(NamedTuple):
    """A violation of a rule."""

    place: Place
    what: str
    fix: str


TypedCheck = Callable[[Dossier], Iterator[RuleFinding]]
PlainCheck = Callable[[dict[str, Any]], Iterator[RuleFinding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule; its docstring states the requirement."""

    name: str
    weight: Weight
    undertaking: Undertaking | None
    """The undertaking that requires the rule; None: the rule always applies."""
    about: str
    typed: TypedCheck | None = None
    """The check of a dossier that fits the format."""
    plain: PlainCheck | None = None
    """The check of the file's plain data, which also works if the file does not fit the format."""


RULES: dict[str, Rule] = {}


def error(name: str) -> Callable[[TypedCheck], TypedCheck]:
    """Register a check whose violations make a dossier unusable."""
    return _register(name, Weight.ERROR, None)


def gap(name: str, undertaking: Undertaking | None) -> Callable[[TypedCheck], TypedCheck]:
    """Register a check that an undertaking requires."""
    return _register(name, Weight.GAP, undertaking)


def plain_error(name: str) -> Callable[[PlainCheck], PlainCheck]:
    """Register a check of plain data, which may have any shape."""
    return _register_plain(name, Weight.ERROR)


def plain_note(name: str) -> Callable[[PlainCheck], PlainCheck]:
    """Register a check of plain data that finds earlier ways of writing, which are still read."""
    return _register_plain(name, Weight.NOTE)


def _register_plain(name: str, weight: Weight) -> Callable[[PlainCheck], PlainCheck]:
    def keep(check: PlainCheck) -> PlainCheck:
        RULES[name] = Rule(name, weight, None, _about(check), plain=check)
        return check

    return keep


def _register(name: str, weight: Weight, undertaking: Undertaking | None) -> Callable[[TypedCheck], TypedCheck]:
    def keep(check: TypedCheck) -> TypedCheck:
        RULES[name] = Rule(name, weight, undertaking, _about(check), typed=check)
        return check

    return keep


def _about(check: Callable[..., object]) -> str:
    return (check.__doc__ or "").strip()

"""The registry of rules: what must hold in a dossier beyond the form of its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from models.dossier.agreement import Undertaking
from models.dossier.dossier import Dossier
from models.dossier.faults import Place, Weight


class RuleFinding(NamedTuple):
    """Something a rule found."""

    place: Place
    what: str
    mend: str


TypedCheck = Callable[[Dossier], Iterator[RuleFinding]]
PlainCheck = Callable[[dict[str, Any]], Iterator[RuleFinding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; its docstring says what it asks for."""

    name: str
    weight: Weight
    undertaking: Undertaking | None
    """Asked for only where this was bought; None: always."""
    about: str
    typed: TypedCheck | None = None
    """Looks at a dossier that fits the format."""
    plain: PlainCheck | None = None
    """Looks at the file's plain data, so that it also finds faults in a file that does not fit the format."""


RULES: dict[str, Rule] = {}


def error(name: str) -> Callable[[TypedCheck], TypedCheck]:
    """Register a check of what makes a dossier unusable."""
    return _register(name, Weight.ERROR, None)


def gap(name: str, undertaking: Undertaking | None) -> Callable[[TypedCheck], TypedCheck]:
    """Register a check of what an undertaking asks for."""
    return _register(name, Weight.GAP, undertaking)


def plain_error(name: str) -> Callable[[PlainCheck], PlainCheck]:
    """Register a check of plain data, which may have any shape."""

    def keep(check: PlainCheck) -> PlainCheck:
        RULES[name] = Rule(name, Weight.ERROR, None, _about(check), plain=check)
        return check

    return keep


def _register(name: str, weight: Weight, undertaking: Undertaking | None) -> Callable[[TypedCheck], TypedCheck]:
    def keep(check: TypedCheck) -> TypedCheck:
        RULES[name] = Rule(name, weight, undertaking, _about(check), typed=check)
        return check

    return keep


def _about(check: Callable[..., object]) -> str:
    return (check.__doc__ or "").strip()

"""Compares two versions of a dossier: a sentence for each difference, with the parties that it concerns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from activities.amendment.areas import (
    AmendedPart,
    Path,
    agreed_digest,
    area_of,
    changed_order,
    is_set,
    is_subject,
    leaves,
)
from models.base import Model
from models.dossier import Dossier
from models.dossier.parties import PartyKind
from models.errors import UserError

_LONGEST: Final = 160
"""Characters of a value in a sentence."""


class AmendmentLine(Model):
    """One difference."""

    part: AmendedPart
    text: str
    """A sentence."""
    agreed: bool
    """Whether it changes what the parties agreed on."""
    concerns: list[str]
    """The parties that must know it, by their names in the dossier."""


class Amendment(Model):
    """The differences between two versions of a dossier."""

    application: str
    old: str
    """The digest of the earlier version."""
    new: str
    old_agreed: str
    """The digest of all that was agreed in the earlier version."""
    new_agreed: str
    lines: list[AmendmentLine]

    @property
    def changes_agreement(self) -> bool:
        """Whether it changes what the parties agreed on."""
        return self.old_agreed != self.new_agreed


def amendment(old: Dossier, new: Dossier) -> Amendment:
    """Return the differences between two versions. Raise `UserError` if they are of different applications."""
    if old.id != new.id:
        raise UserError(f"the first dossier is of {old.id}, and the second of {new.id}; compare two versions of one")
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    found = _Comparison(old, new)
    lines = [*found.compare((), before, after), *found.orders()]
    order = list(AmendedPart)
    return Amendment(
        application=new.id,
        old=old.digest,
        new=new.digest,
        old_agreed=agreed_digest(old),
        new_agreed=agreed_digest(new),
        lines=sorted(lines, key=lambda line: (not line.agreed, order.index(line.part))),
    )


class _Comparison:
    def __init__(self, old: Dossier, new: Dossier) -> None:
        self._old, self._new = old, new

    def compare(self, path: Path, old: Any, new: Any) -> Iterator[AmendmentLine]:
        """Yield a line for each difference below a path."""
        if old == new:
            return
        if is_subject(path) and (old is None or new is None):
            yield self._subject(path, old, new)
        elif isinstance(old, dict) and isinstance(new, dict):
            for key in dict.fromkeys([*old, *new]):
                yield from self.compare((*path, str(key)), old.get(key), new.get(key))
        else:
            yield self._line(path, f"{self._name(path)}{_difference(old, new)}")

    def orders(self) -> Iterator[AmendmentLine]:
        """Yield a line for each instruction whose remedies are tried in another order."""
        before = self._old.instructions.troubleshooting
        for name, after in self._new.instructions.troubleshooting.items():
            if name in before and changed_order(list(before[name].remedies), list(after.remedies)):
                path = ("instructions", "troubleshooting", name, "remedies")
                yield self._line(
                    path, f"The instruction {name} tries its remedies in another order: {', '.join(after.remedies)}."
                )

    def _subject(self, path: Path, old: Any, new: Any) -> AmendmentLine:
        value, what = (new, "is new") if old is None else (old, "is gone")
        title = value.get("title") or value.get("name") if isinstance(value, dict) else None
        text = f"{_capital(_subject_of(path))} {what}{f': {_shown(title)}' if title else ''}."
        area = area_of(path)
        inside = any(is_set(held) and area_of(at).is_agreed(at) for at, held in leaves(value, path))
        return self._line(path, text, agreed=area.agreed or inside)

    def _name(self, path: Path) -> str:
        words = " ".join(path[len(area_of(path).keys) :]).replace("_", " ").split()
        field = " ".join(word for n, word in enumerate(words) if n == 0 or word != words[n - 1])
        return f"{_capital(_subject_of(path))}{f': {field}' if field else ''}"

    def _line(self, path: Path, text: str, *, agreed: bool | None = None) -> AmendmentLine:
        text = text.removesuffix(".").removesuffix(".") + "."  # a person's text may end with a full stop, too
        area = area_of(path)
        held = area.is_agreed(path) if agreed is None else agreed
        return AmendmentLine(part=area.part, text=text, agreed=held, concerns=self._concerns(path, agreed=held))

    def _concerns(self, path: Path, *, agreed: bool) -> list[str]:
        """Return the parties of a difference: both parties of the agreement if it was agreed, otherwise the supplier."""
        kinds = {PartyKind.SUPPLIER, PartyKind.CUSTOMER} if agreed else {PartyKind.SUPPLIER}
        parties = {**self._old.parties, **self._new.parties}
        theirs = {name for name, party in parties.items() if party.kind in kinds}
        theirs |= {party for dossier in (self._old, self._new) if (party := _owner(dossier, path)) is not None}
        return [name for name in parties if name in theirs]


def _owner(dossier: Dossier, path: Path) -> str | None:
    """Return the party to which a part belongs: of a contact, a party, or the operator of a component or site."""
    match path:
        case ("parties", name, *_):
            return name if name in dossier.parties else None
        case ("contacts", name, *_):
            return dossier.contacts[name].party if name in dossier.contacts else None
        case ("architecture", "components", name, *_):
            return _operator(dossier, name)
        case ("architecture", "sites", name, *_):
            return dossier.architecture.sites[name].operated_by if name in dossier.architecture.sites else None
        case ("monitoring", "measuring_points", name, *_):
            point = dossier.monitoring.measuring_points.get(name)
            return _operator(dossier, point.component) if point else None
        case _:
            return None


def _operator(dossier: Dossier, component: str) -> str | None:
    found = dossier.architecture.components.get(component)
    return found.operated_by if found else None


def _subject_of(path: Path) -> str:
    area = area_of(path)
    return area.subject.format(*area.names(path))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _difference(old: Any, new: Any) -> str:
    if isinstance(old, list) and isinstance(new, list):
        return _entries(old, new)
    if old is None or old == {}:
        return f" is now {_shown(new)}; it was not set."
    if new is None or new == {}:
        return f" is not set any more; it was {_shown(old)}."
    return f" is now {_shown(new)}; it was {_shown(old)}."


def _entries(old: list[Any], new: list[Any]) -> str:
    """Return which entries of a list are new or gone; entries in another order are the only other difference."""
    more = [_shown(entry) for entry in new if entry not in old]
    less = [_shown(entry) for entry in old if entry not in new]
    said = [f"new: {'; '.join(more)}"] if more else []
    said += [f"gone: {'; '.join(less)}"] if less else []
    return f". {'. '.join(map(_capital, said)) or 'The order is another'}."


def _shown(value: Any) -> str:
    """Return a value in a sentence: a step or another mapping without the fields that are not set."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        held = {key.replace("_", " "): inner for key, inner in value.items() if is_set(inner) and inner is not False}
        value = f"({'; '.join(f'{key}: {_shown(inner)}' for key, inner in held.items())})"
    elif isinstance(value, list):
        value = ", ".join(map(_shown, value)) or "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"

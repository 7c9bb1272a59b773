"""Compares the facts of two reports figure by figure, whatever blocks they have, in words of their language; pure functions.

Facts are compared as plain data, so that those of an earlier release can be compared too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from activities.report.change_texts import ChangeTexts
from models.report import FigureChange

_FIGURE: Final = {"value", "rule"}
"""The keys by which a figure is known."""

_VERDICT: Final = "verdict"

_NAMES: Final = ("id", "name", "point", "subject", "key", "incident", "priority", "party")
"""The keys that name an entry of a list."""

_SHOWN: Final = 3
"""Evidence that a reason names."""

Data = Mapping[str, Any]


class _Step(NamedTuple):
    """A step on the way to a figure: a field, or an entry of a list with its title."""

    name: str
    title: str = ""
    entry: bool = False


_Path = tuple[_Step, ...]
_Place = tuple[str, ...]
"""The names of the steps: the same place in both facts."""


def changed_figures(old: Data, new: Data) -> list[FigureChange]:
    """Return the figures that differ, in the order of the new facts; those that only the old ones have come last."""
    return _changes(old, new, both=False)


def common_figures(old: Data, new: Data) -> list[FigureChange]:
    """Return the figures that both reports have and that differ, as between two periods."""
    return _changes(old, new, both=True)


def count_figures(data: Data) -> int:
    """Return the number of figures."""
    return sum(1 for _ in _figures(data))


def turned_verdicts(old: Data, new: Data) -> list[str]:
    """Return the verdicts that differ, one line each."""
    texts, before, now = ChangeTexts.of(new), _verdicts(old), _verdicts(new)
    return [
        f"{texts.verdict_name(*place, one)}: {texts.verdict(before[place][_VERDICT])} → {texts.verdict(one[_VERDICT])}"
        for place, one in now.items()
        if place in before and before[place][_VERDICT] != one[_VERDICT]
    ]


def verdict_lines(data: Data) -> list[str]:
    """Return all verdicts of a report, one line each."""
    texts = ChangeTexts.of(data)
    return [
        f"{texts.verdict_name(*place, one)}: {texts.verdict(one[_VERDICT])}" for place, one in _verdicts(data).items()
    ]


def change_line(one: FigureChange) -> str:
    """Return a changed figure as one line."""
    return f"{one.name}: {one.old} → {one.new}" + (f" ({one.why})" if one.why else "")


# --- figures


@dataclass(frozen=True)
class _Compared:
    """The same figure in both facts; None where one of them does not have it."""

    old: Data | None
    new: Data | None
    path: _Path

    @cached_property
    def latest(self) -> Data:
        """The figure of the new facts, or the one that is no longer there."""
        found = self.new if self.new is not None else self.old
        return found or {}

    @property
    def differs(self) -> bool:
        """Whether the value or the unit is another one."""
        if self.old is None or self.new is None:
            return True
        return (self.old["value"], self.old.get("unit")) != (self.new["value"], self.new.get("unit"))


_ABSENT: Final[tuple[_Path, Data | None]] = ((), None)


def _changes(old: Data, new: Data, *, both: bool) -> list[FigureChange]:
    texts = ChangeTexts.of(new)
    before: dict[_Place, tuple[_Path, Data | None]] = dict(_placed(old))
    now: dict[_Place, tuple[_Path, Data | None]] = dict(_placed(new))
    found = []
    for place in dict.fromkeys([*now, *before]):
        (was_at, was), (is_at, is_now) = before.get(place, _ABSENT), now.get(place, _ABSENT)
        one = _Compared(was, is_now, is_at or was_at)
        if one.differs and not (both and (one.old is None or one.new is None)):
            found.append(_change(one, texts))
    return found


def _change(one: _Compared, texts: ChangeTexts) -> FigureChange:
    old, new = texts.values(one.old, one.new)
    return FigureChange(name=_name(one, texts), old=old, new=new, why=_why(one, texts))


def _name(one: _Compared, texts: ChangeTexts) -> str:
    """Return the rule of a figure in words with the entries that it is about; without its rule, its place."""
    entries = [texts.entry(step.name, step.title) for step in one.path if step.entry]
    return texts.figure_name(str(one.latest["rule"]), entries, [step.name for step in one.path])


def _why(one: _Compared, texts: ChangeTexts) -> str:
    if one.old is None or one.new is None:
        return texts("new" if one.old is None else "gone")
    before, now = _evidence(one.old), _evidence(one.new)
    said = []
    if one.old["rule"] != one.new["rule"]:
        said.append(texts("other_rule", texts.rule(one.new["rule"]), texts.rule(one.old["rule"])))
    if added := [id for id in now if id not in set(before)]:
        said.append(texts("added", _some(added, texts)))
    if left := [id for id in before if id not in set(now)]:
        said.append(texts("left", _some(left, texts)))
    return "; ".join(said) or texts("other_data")


def _evidence(figure: Data) -> list[str]:
    found = figure.get("evidence")
    return [str(one) for one in found] if isinstance(found, list) else []


def _some(names: list[str], texts: ChangeTexts) -> str:
    shown = ", ".join(map(texts.evidence, names[:_SHOWN]))
    return texts("and_more", shown, len(names) - _SHOWN) if len(names) > _SHOWN else shown


# --- places


def _placed(data: Data) -> Iterator[tuple[_Place, tuple[_Path, Data]]]:
    return ((tuple(step.name for step in path), (path, figure)) for path, figure in _figures(data))


def _figures(data: object, path: _Path = ()) -> Iterator[tuple[_Path, Data]]:
    """Yield the figures at any depth, each with the way to it."""
    if isinstance(data, dict):
        if data.keys() >= _FIGURE:
            yield path, data
        for key, value in data.items():
            # A verdict repeats the figures that decided it.
            if not (_VERDICT in data and key == "figures"):
                yield from _figures(value, (*path, _Step(str(key))))
    elif isinstance(data, list):
        for number, value in enumerate(data, 1):
            yield from _figures(value, (*path, _entry(value, number)))


def _entry(value: object, number: int) -> _Step:
    named = value if isinstance(value, dict) else {}
    found = next((named[key] for key in _NAMES if isinstance(named.get(key), str)), None)
    title = named.get("title")
    return _Step(found or str(number), title if isinstance(title, str) else "", entry=True)


def _verdicts(data: Data) -> dict[tuple[str, str], Data]:
    """Return the verdicts by the key of their block and their own key."""
    return {
        (str(block.get("key")), str(one.get("key"))): one
        for block in data.get("blocks", [])
        for one in block.get("verdicts", [])
        if isinstance(one.get(_VERDICT), str)
    }

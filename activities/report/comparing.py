"""Compares the facts of two reports figure by figure, whatever blocks they have; pure functions.

Facts are compared as plain data, so that those of an earlier release can be compared too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from models.report import FigureChange

_FIGURE: Final = {"value", "rule"}
"""The keys by which a figure is known."""

_VERDICT: Final = "verdict"

_NAMES: Final = ("id", "name", "point", "subject", "key", "incident", "priority", "party")
"""The keys that name an entry of a list."""

_FRAMES: Final = {"blocks", "facts", "verdicts"}
"""Keys that say nothing to people."""

_NONE: Final = "none"

_SHOWN: Final = 3
"""Evidence that a reason names."""

Data = Mapping[str, Any]


def changed_figures(old: Data, new: Data) -> list[FigureChange]:
    """Return the figures that differ, in the order of the new facts; those that only the old ones have come last."""
    before, now = dict(_found(old, _is_figure)), dict(_found(new, _is_figure))
    return [
        FigureChange(name=name, old=_shown(before.get(name)), new=_shown(now.get(name)), why=why)
        for name in dict.fromkeys([*now, *before])
        if (why := _why(before.get(name), now.get(name)))
    ]


def count_figures(data: Data) -> int:
    """Return the number of figures."""
    return sum(1 for _ in _found(data, _is_figure))


def common_figures(old: Data, new: Data) -> list[FigureChange]:
    """Return the figures that both reports have and that differ, as between two periods."""
    return [one for one in changed_figures(old, new) if _NONE not in {one.old, one.new}]


def turned_verdicts(old: Data, new: Data) -> list[str]:
    """Return the verdicts that differ, one line each."""
    before, now = _verdicts(old), _verdicts(new)
    return [
        f"{name}: {before[name]} → {verdict}" for name, verdict in now.items() if before.get(name, verdict) != verdict
    ]


def verdict_lines(data: Data) -> list[str]:
    """Return all verdicts of a report, one line each."""
    return [f"{name}: {verdict}" for name, verdict in _verdicts(data).items()]


def change_line(one: FigureChange) -> str:
    """Return a changed figure as one line."""
    return f"{one.name}: {one.old} → {one.new}" + (f" ({one.why})" if one.why else "")


def _verdicts(data: Data) -> dict[str, str]:
    found = _found(data, lambda value: isinstance(value, dict) and isinstance(value.get(_VERDICT), str))
    return {name: str(value[_VERDICT]) for name, value in found}


def _is_figure(value: object) -> bool:
    return isinstance(value, dict) and value.keys() >= _FIGURE


def _found(data: object, wanted: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the wanted values at any depth, each with its place in words."""
    if isinstance(data, dict):
        if wanted(data):
            yield _place(path), data
        for key, value in data.items():
            # A verdict repeats the figures that decided it.
            if not (_VERDICT in data and key == "figures"):
                yield from _found(value, wanted, (*path, str(key)))
    elif isinstance(data, list):
        for number, value in enumerate(data, 1):
            yield from _found(value, wanted, (*path, _entry(value, number)))


def _entry(value: object, number: int) -> str:
    named = value if isinstance(value, dict) else {}
    found = next((named[key] for key in _NAMES if isinstance(named.get(key), str)), None)
    return found or str(number)


def _place(path: tuple[str, ...]) -> str:
    return " ".join(part.replace("_", " ") for part in path if part not in _FRAMES) or "report"


def _shown(figure: Data | None) -> str:
    if figure is None:
        return _NONE
    if figure["value"] is None:
        return "not known"
    return f"{figure['value']} {figure.get('unit') or ''}".strip()


def _why(old: Data | None, new: Data | None) -> str:
    """Return why a figure differs; empty if it does not."""
    if old is None or new is None:
        return "it is new" if old is None else "it is no longer there"
    if (old["value"], old.get("unit")) == (new["value"], new.get("unit")):
        return ""
    before, now = _evidence(old), _evidence(new)
    said = []
    if old["rule"] != new["rule"]:
        said.append(f"the rule is {new['rule']} instead of {old['rule']}")
    if added := [one for one in now if one not in before]:
        said.append(f"new evidence: {_some(added)}")
    if gone := [one for one in before if one not in now]:
        said.append(f"evidence that no longer counts: {_some(gone)}")
    return "; ".join(said) or "the same evidence has other data now"


def _evidence(figure: Data) -> list[str]:
    found = figure.get("evidence")
    return [str(one) for one in found] if isinstance(found, list) else []


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more

"""What people read about a changed figure or a turned verdict, in the language of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from activities.documents.translation import Translation, Words, service_time, span
from activities.report.blocks import ReportPart, part_of
from activities.report.layout import VERDICT_WORDS, short_name
from activities.report.rules import rule_name
from models.clock import TargetKind
from models.dossier.parties import Language
from models.errors import DriftvaktError
from models.report_block_kinds import REPORT_BLOCKS

_WORDS: Final[Words] = {
    **VERDICT_WORDS,
    "none": ("none", "ingen"),
    "not_known": ("not known", "inte känt"),
    "new": ("it is new", "den är ny"),
    "gone": ("it is no longer there", "den finns inte längre"),
    "other_rule": ("the rule is {0} instead of {1}", "regeln är {0} i stället för {1}"),
    "added": ("new evidence: {0}", "nytt underlag: {0}"),
    "left": ("evidence that no longer counts: {0}", "underlag som inte längre räknas: {0}"),
    "other_data": ("the same evidence has other data now", "samma underlag har andra uppgifter nu"),
    "and_more": ("{0} and {1} more", "{0} och {1} till"),
}

_FRAMES: Final = {"blocks", "facts", "verdicts"}
"""Steps that say nothing to people."""


class ChangeTexts:
    """The texts of one language."""

    def __init__(self, language: Language) -> None:
        """`language` is that of the report."""
        self._say = Translation(language, "UTC", _WORDS)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> ChangeTexts:
        """Return the texts for the language of facts; English if they name none that this release knows."""
        language = facts.get("language")
        return cls(Language(language) if language in set(Language) else Language.ENGLISH)

    def __call__(self, key: str, *values: object) -> str:
        """Return a sentence."""
        return self._say(key, *values)

    def verdict(self, verdict: str) -> str:
        """Return a verdict in words."""
        return self._say(f"verdict.{verdict}") if self._say.has(f"verdict.{verdict}") else verdict

    def verdict_name(self, block: str, key: str, verdict: Mapping[str, Any]) -> str:
        """Return what a verdict is about; without the texts of its block, the keys."""
        part, about = _part(_type(block)), str(verdict.get("about"))
        if part is None or about not in part.words:
            return f"{block.replace('_', ' ')} {key}"
        values = [self._value(str(value)) for value in verdict.get("values", [])]
        return Translation(self._say.language, "UTC", part.words)(about, *values)

    def rule(self, key: str) -> str:
        """Return the name of a rule."""
        return rule_name(key)[self._say.language is Language.SWEDISH]

    def figure_name(self, rule: str, entries: Sequence[str], place: Sequence[str]) -> str:
        """Return the name of a figure: its rule with the entries of its block, or its place if the rule is not known."""
        name = self.rule(rule)
        if name == rule:
            return " ".join(step.replace("_", " ") for step in place if step not in _FRAMES) or rule
        own = entries if entries and entries[0] != _type(entries[0]) else entries[1:]
        return f"{name} ({', '.join(own)})" if own else name

    def entry(self, name: str, title: str) -> str:
        """Return the name of an entry for people: its title, or its key with the words of targets and causes."""
        if title and " " not in name:
            return self._say.name("cause", title) if title == name else title
        return " ".join(self._value(word) for word in short_name(name).split(" "))

    def evidence(self, id: str) -> str:
        """Return the short name of a record."""
        return short_name(id)

    def values(self, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> tuple[str, str]:
        """Return both values of a figure, so exactly that they differ if the figures do."""
        texts = self._value_text(old), self._value_text(new)
        if old is not None and new is not None and texts[0] == texts[1] and old["value"] != new["value"]:
            return self._number(old["value"], _unit(old)), self._number(new["value"], _unit(new))
        return texts

    def _value_text(self, figure: Mapping[str, Any] | None) -> str:
        if figure is None or figure["value"] is None:
            return self("none" if figure is None else "not_known")
        if _unit(figure) == "s" and isinstance(figure["value"], int):
            seconds = figure["value"]
            return service_time(seconds) if seconds >= 3600 else span(seconds, self._say.language)
        return self._number(figure["value"], _unit(figure))

    def _number(self, value: object, unit: str) -> str:
        try:
            exact = Decimal(str(value))
        except InvalidOperation:
            return f"{value} {unit}".strip()
        return self._say.number(exact, max(-int(exact.as_tuple().exponent), 0), unit)

    def _value(self, value: str) -> str:
        return self._say.name("target", value) if value in set(TargetKind) else value


def _unit(figure: Mapping[str, Any]) -> str:
    return str(figure.get("unit") or "")


def _type(block: str) -> str:
    """Return the type of a block by its key: `metrics` for `metrics-2`."""
    name, _, number = block.rpartition("-")
    return name if number.isdigit() and name else block


def _part(block: str) -> ReportPart | None:
    """Return the part of a block; None if its package is gone."""
    try:
        kind = REPORT_BLOCKS.find(block)
        return part_of(kind) if kind is not None else None
    except DriftvaktError:
        return None

"""How each block of a report is gathered and laid out: the block `NAME` of `models/report_blocks.py` in the file `NAME.py`.

A file declares one block with `reports(KIND, ReportPart(...))`. A package does so in the module of its kind, or in one which
that imports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from activities.documents.elements import Element
from activities.documents.translation import Words
from activities.report.layout import Layout
from activities.report.sources import ReportSources
from models.base import Model
from models.errors import UserError
from models.report import BlockVerdict
from models.report_block_kinds import ReportBlock


@dataclass(frozen=True, slots=True)
class ReportPart:
    """A block of reports: its facts, and how they are gathered and laid out."""

    title: tuple[str, str]
    """The heading in English and Swedish, unless the dossier has another."""
    facts: type[Model]
    gather: Callable[[Any, ReportSources], Model]
    """Takes the block of the dossier and the records, and returns the facts."""
    elements: Callable[[Any, Layout], Sequence[Element]]
    """Takes the facts and returns the block's elements. Without elements, the report leaves the block out."""
    words: Words = field(default_factory=dict)
    rules: Words = field(default_factory=dict)
    """The rules of its figures in words, by the part of their keys after the block's name: `opened`."""
    verdicts: Callable[[Any], list[BlockVerdict]] = lambda facts: []
    """Takes the facts and returns the verdicts for the summary."""
    last: bool = False
    """Whether it is about the other blocks, and therefore gathered and laid out after them."""


_PARTS: Final[dict[type[ReportBlock], ReportPart]] = {}


def reports(kind: type[ReportBlock], part: ReportPart) -> ReportPart:
    """Declare the block of a kind."""
    _PARTS[kind] = part
    return part


def part_of(kind: type[ReportBlock]) -> ReportPart:
    """Return the part of a kind. Raise `UserError` if none is declared."""
    if kind not in _PARTS:
        module = f"{__name__}.{kind.model_fields['type'].default}"
        if find_spec(module) is not None:
            import_module(module)
    if kind not in _PARTS:
        raise UserError(
            f"no part of a report is declared for {kind.__name__}; declare one with reports({kind.__name__}, ...)"
        )
    return _PARTS[kind]

"""Read the file of a change: typed, with the line of every fault, and checked against its dossier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from models.change import ChangeFile
from models.dossier import Dossier
from models.dossier.faults import Fault, Place, Weight
from models.dossier.instructions import ChangeRoutine
from models.dossier.messages import explain
from models.dossier.rules import RULES, RuleFinding
from models.dossier.source import SourceDocument, read_document

_NAME: Final = "submitted"
"""The name of the change in the dossier while the dossier's rules check it."""

_HOME: Final = ("instructions", "changes", _NAME)


@dataclass(frozen=True, slots=True)
class LoadedChange:
    """The result of loading one file."""

    change: ChangeFile | None
    """None if the file does not fit the format."""
    faults: list[Fault]
    document: SourceDocument

    @property
    def errors(self) -> list[Fault]:
        """The faults because of which the change cannot be used."""
        return [fault for fault in self.faults if fault.severity is Weight.ERROR]


def load_change(path: Path) -> LoadedChange:
    """Read a file; the result lists all faults of its format."""
    document = read_document(path)
    change: ChangeFile | None = None
    if not isinstance(document.data, dict):
        if not document.faults:
            document.fault(
                1, "this is not a change", "write `application`, and `routine` or `change`; see docs/changes.md"
            )
        return LoadedChange(None, document.faults, document)
    try:
        change = ChangeFile.model_validate(document.data)
    except ValidationError as error:
        explain(error, document, ChangeFile)
    return LoadedChange(None if document.faults else change, sorted(document.faults, key=lambda f: f.line), document)


def check_change(loaded: LoadedChange, dossier: Dossier) -> list[Fault]:
    """Check a change against the rules of its dossier; an unknown routine is a fault."""
    change, document = loaded.change, loaded.document
    if change is None:
        return []
    if change.routine is not None and change.routine not in dossier.instructions.changes:
        known = ", ".join(dossier.instructions.changes) or "none"
        what = f"{dossier.id} has no routine '{change.routine}' for changes"
        return [_fault(document, ("routine",), Weight.ERROR, what, f"use one of: {known}", "unknown-name")]
    if change.change is None:
        return []
    routine = ChangeRoutine.model_validate(change.change.model_dump())
    instructions = dossier.instructions.model_copy(update={"changes": {_NAME: routine}})
    whole = dossier.model_copy(update={"instructions": instructions})
    data = whole.model_dump(mode="json")
    data["instructions"]["changes"][_NAME] = document.data["change"]
    faults = [
        _fault(document, ("change", *f.place[len(_HOME) :]), rule.weight, _here(f.what), f.fix, rule.name)
        for rule in RULES.values()
        for f in (rule.typed(whole) if rule.typed else _plain(rule.plain, data))
        if f.place[: len(_HOME)] == _HOME
    ]
    return sorted(faults, key=lambda fault: fault.line)


def _plain(check: Any, data: dict[str, Any]) -> Iterator[RuleFinding]:
    yield from check(data)


def _here(what: str) -> str:
    """Return a place as it is in the file of the change."""
    return what.replace(".".join(_HOME), "change").replace(f"the change {_NAME}", "the change")


def _fault(document: SourceDocument, place: Place, weight: Weight, what: str, fix: str, rule: str) -> Fault:
    return Fault(document.path, document.line(place), weight, what, fix, rule)

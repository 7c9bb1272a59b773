"""Load dossiers from files, and check them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.dossier.dossier import Dossier
from models.dossier.faults import MOST, Fault, Weight
from models.dossier.messages import explain
from models.dossier.rules import RULES, Rule, RuleFinding
from models.dossier.source import SourceDocument, read_document
from models.errors import DossierError
from models.names import as_typed

SUFFIXES = {".yaml", ".yml"}
CHANGE = ".change"
"""The end of the name of a file with a change, before its suffix."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The result of loading one file."""

    dossier: Dossier | None
    """None if the file does not fit the format."""
    faults: list[Fault]
    """All faults of the file, sorted by line."""


def read_dossier(path: Path) -> Dossier:
    """Read a dossier. Gaps are allowed; `DossierError` lists all errors, one on each line."""
    loaded = load(path)
    errors = [f for f in loaded.faults if f.severity is Weight.ERROR]
    if errors or loaded.dossier is None:
        raise DossierError("\n".join(map(str, errors)))
    return loaded.dossier


def check(paths: Iterable[Path]) -> list[Fault]:
    """Return every error and gap in files and, recursively, in directories. Two dossiers of one application are an
    error.
    """
    return [fault for loaded in load_all(paths) for fault in loaded.faults]


def load_all(paths: Iterable[Path]) -> list[Loaded]:
    """Load all dossiers in files and directories, each with its faults."""
    results: list[Loaded] = []
    first: dict[str, str] = {}
    for path in paths:
        found = list(files(path))
        if not found:
            fault = Fault(
                str(path),
                1,
                Weight.ERROR,
                "there is no dossier in this directory",
                "name a directory that holds *.yaml",
            )
            results.append(Loaded(None, [fault]))
        for file in found:
            loaded = load(file)
            if loaded.dossier is not None:
                _refuse_twice(loaded, str(file), first)
            results.append(loaded)
    return results


def files(path: Path) -> Iterator[Path]:
    """Return the dossiers in a directory, sorted, without hidden files and changes; return any other path unchanged."""
    try:
        if not path.is_dir():
            yield path
            return
        found = sorted(
            p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and not p.stem.lower().endswith(CHANGE)
        )
    except (OSError, ValueError):  # unreadable, or no path at all: reading it says why
        yield path
        return
    yield from (p for p in found if not any(part.startswith(".") for part in p.relative_to(path).parts))


def load(path: Path) -> Loaded:
    """Read and check one file."""
    document = read_document(path)
    if not isinstance(document.data, dict):
        return Loaded(None, document.faults)
    dossier: Dossier | None = None
    try:
        dossier = Dossier.model_validate(document.data)
    except ValidationError as error:
        explain(error, document, Dossier)
    faults = document.faults + list(_check_typed(dossier, document))
    if document.faults:
        dossier = None
    return Loaded(dossier, sorted(faults, key=lambda f: f.line))


def _check_typed(dossier: Dossier | None, document: SourceDocument) -> Iterator[Fault]:
    for rule in RULES.values():
        for place, what, fix in islice(_findings(rule, dossier, document.data), MOST):
            yield Fault(document.path, document.line(place), rule.weight, what, fix, rule.name)


def _findings(rule: Rule, dossier: Dossier | None, data: dict[str, Any]) -> Iterator[RuleFinding]:
    if rule.plain is not None:
        yield from rule.plain(data)
    elif rule.typed is not None and dossier is not None:
        bought = rule.undertaking is None or rule.undertaking in dossier.agreement.undertakings
        if bought:
            yield from rule.typed(dossier)


def _refuse_twice(loaded: Loaded, path: str, first: dict[str, str]) -> None:
    assert loaded.dossier is not None
    name = loaded.dossier.id
    if name in first:
        what = f"{name} already has a dossier in {as_typed(first[name])}"
        loaded.faults.append(
            Fault(path, 1, Weight.ERROR, what, "rename the application, or remove one of the files", "two-dossiers")
        )
    first.setdefault(name, path)

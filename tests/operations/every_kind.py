"""The places of tests, pages and examples that have an entry for every kind of operation, and what a new kind adds."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from models.operation_kinds import OperationKind
from starter.dossier.publishing import read_all
from tests.chaos.walks import ASK_ONLY, WALKS
from tests.docs.pages import DOCS, ROOT, start_forms
from tests.pages.places import PLACES
from tests.ui.saved_views import query_of, saved_views

SHOP = ROOT / "examples" / "acme" / "shop.yaml"
HISTORIES = ROOT / "tests" / "replay"


@dataclass(frozen=True)
class Entry:
    """What each kind of operation has in one file."""

    file: Path
    """The file to extend."""
    what: str
    """What to add there, as a clause."""
    has: Callable[[OperationKind[Any]], bool]
    """Whether the file has it for a kind."""

    def lacks(self, kind: OperationKind[Any]) -> str:
        """Return what a developer has to do for a kind; empty if nothing."""
        name = self.file.relative_to(ROOT)
        return "" if self.has(kind) else f"{name} has nothing for the kind of operation {kind.name}: {self.what}"


@cache
def _recorded() -> Collection[str]:
    """The workflow types of the recorded histories."""
    first = [json.loads(path.read_text())["events"][0] for path in HISTORIES.glob("*/*.json")]
    return {event["workflowExecutionStartedEventAttributes"]["workflowType"]["name"] for event in first}


def _offered(kind: OperationKind[Any]) -> bool:
    """Whether the page of the example's watch offers to start a kind, if people start it by its instruction."""
    if not kind.started_as or not kind.named_by:
        return True
    [shop] = read_all([SHOP])
    return bool(kind.instructions(shop))


def _listed(view: str, kind: OperationKind[Any]) -> bool:
    """Whether a saved view shows a kind."""
    return f'"{kind.name}"' in query_of(view)


ENTRIES = [
    Entry(
        ROOT / "tests" / "chaos" / "walks.py",
        "add a Walk with its remote steps to WALKS, or the kind to ASK_ONLY if it acts on no host",
        lambda kind: kind in ASK_ONLY or any(walk.kind == kind for walk in WALKS),
    ),
    Entry(
        ROOT / "tests" / "pages" / "places.py",
        "add a Place to PLACES, which opens its page while the page asks a question",
        lambda kind: any(place.workflow == kind.name for place in PLACES),
    ),
    Entry(
        ROOT / "tests" / "replay" / "record.py",
        "record a history of its workflow, and run `python -m tests.replay.record`",
        lambda kind: kind.name in _recorded(),
    ),
    Entry(
        SHOP,
        "add an instruction of this kind, so that the page of the watch offers to start it",
        _offered,
    ),
    Entry(
        DOCS / "operations.md",
        "add a link to its start form, with an input to paste, to this page or to a page of its own",
        lambda kind: not kind.started_as or kind.started_as in {workflow for _, workflow, _ in start_forms()},
    ),
    *(
        Entry(
            DOCS / "operating.md",
            f"add it to the query of the saved view {title!r}",
            partial(_listed, view),
        )
        for title, view in saved_views().items()
        if "WorkflowType IN" in query_of(view)
    ),
]


def entries_missing(kind: OperationKind[Any]) -> list[str]:
    """Return a sentence for each file that has to be extended for a kind."""
    return [lacks for entry in ENTRIES if (lacks := entry.lacks(kind))]

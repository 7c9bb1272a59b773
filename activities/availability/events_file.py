"""Read and write the file of recorded events, with which anybody can compute the availability of an application again."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from itertools import chain
from typing import Any

from pydantic import ValidationError

from models.availability import AvailabilityEvents
from models.dossier import Dossier
from models.dossier.faults import shown, where
from models.dossier.messages import explain
from models.dossier.source import SourceDocument
from models.errors import UserError
from models.input_files import file_title, read_file


def read_events(name: str) -> AvailabilityEvents:
    """Read the events from a file, or from standard input (`-`). Raise `UserError` with the first fault and its place."""
    title = file_title(name)
    document = SourceDocument(title)
    document.data = _parsed(read_file(name, "a JSON file"), title)
    if not isinstance(document.data, dict):
        raise UserError(f"{title} holds no object; write {{...}} with the fields of docs/availability.md")
    try:
        return AvailabilityEvents.model_validate(document.data)
    except ValidationError as error:
        explain(error, document, AvailabilityEvents)
    first = document.faults[0]
    raise UserError(f"{title}: {first.what}; {first.fix}")


def check_events(events: AvailabilityEvents, dossiers: Sequence[Dossier], title: str) -> None:
    """Raise `UserError` if the events are of another application, or name points or components that no dossier has."""
    for dossier in dossiers:
        if dossier.id != events.application:
            raise UserError(
                f"{title}: the events are of {events.application}, but the dossier is of {dossier.id}; give the other one"
            )
    points = {point for dossier in dossiers for point in dossier.monitoring.measuring_points}
    for field in ("measured_since", "spans", "blips"):
        _known(getattr(events, field), points, title, field, "measuring point")
    components = {component for dossier in dossiers for component in dossier.architecture.components}
    for field, number, names in _scopes(events):
        _known(names, components, title, where((field, number, "components")), "component")


def events_text(events: AvailabilityEvents) -> str:
    """Return the text of the file: JSON, in an order that does not depend on the order of the events."""
    data = events.model_dump(mode="json", exclude_defaults=True) | {"availability": events.availability}
    data["spans"] = {
        point: sorted(spans, key=lambda span: (span["since"], span["until"], span["state"]))
        for point, spans in data.get("spans", {}).items()
    }
    for field in ("maintenance", "excused"):
        data[field] = sorted(data.get(field, []), key=lambda one: (one["since"], one["until"], one["id"]))
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _parsed(text: str, title: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise UserError(f"{title}, line {error.lineno}: this is not JSON: {error.msg.lower()}; fix it there") from None
    except _TwiceError as error:
        what = f"{title}: {shown(error.key)} appears twice in one object"
        raise UserError(f"{what}; keep one of them, with all its entries") from None
    except (RecursionError, ValueError):  # nested thousands deep, or a number of thousands of digits
        raise UserError(f"{title} holds values that no event has; write the fields of docs/availability.md") from None


class _TwiceError(Exception):
    def __init__(self, key: str) -> None:
        self.key = key


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a repeated key, of which JSON would keep only the last one: spans would be lost in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _TwiceError(key)
            seen.add(key)
    return found


def _scopes(events: AvailabilityEvents) -> Iterator[tuple[str, int, list[str]]]:
    maintenance = (("maintenance", number, one.components.names) for number, one in enumerate(events.maintenance))
    excused = (("excused", number, one.components.names) for number, one in enumerate(events.excused))
    yield from chain(maintenance, excused)


def _known(names: Collection[str], known: Collection[str], title: str, place: str, kind: str) -> None:
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=1, cutoff=0.7)
            fix = f"did you mean '{close[0]}'?" if close else f"the dossier has {', '.join(sorted(known)) or 'none'}"
            raise UserError(f"{title}: {place} names the {kind} {shown(name)}, which the dossier does not have; {fix}")

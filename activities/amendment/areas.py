"""The parts of a dossier: the name of each in sentences, and whether the parties agreed on it.

One table decides both the sentences and the digest of all that was agreed, so the digest changes exactly if a sentence says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from models.base import digest
from models.dossier import Dossier

Path = tuple[str, ...]
"""The fields that lead to a value; the entries of a list count as one value."""


class AmendedPart(StrEnum):
    """A part of a dossier, as its readers know it."""

    AGREEMENT = "agreement"
    HOURS = "hours"
    LEVELS = "levels"
    MONITORING = "monitoring"
    ROUTINES = "routines"
    INSTRUCTIONS = "instructions"
    RESTORES = "restores"
    REPORTS = "reports"
    CONTACTS = "contacts"
    ARCHITECTURE = "architecture"


@dataclass(frozen=True)
class Area:
    """A part of the dossier whose fields have one subject in sentences."""

    pattern: str
    """The fields that lead to it, with dots; `*` is any name."""
    subject: str
    """Its subject in sentences, with a place for each name: `the measuring point {0}`."""
    part: AmendedPart
    agreed: bool
    """Whether the parties agreed on it. Otherwise the supplier changes it alone."""
    alone: tuple[str, ...] = ()
    """Fields in an agreed area that the supplier changes alone."""
    together: tuple[str, ...] = ()
    """Fields in another area that the parties agreed on."""

    @property
    def keys(self) -> Path:
        """The pattern as fields."""
        return tuple(self.pattern.split(".")) if self.pattern else ()

    def holds(self, path: Path) -> bool:
        """Return whether a value is in this area."""
        keys = self.keys
        return len(path) >= len(keys) and all(k in ("*", p) for k, p in zip(keys, path, strict=False))

    def names(self, path: Path) -> list[str]:
        """Return the names in a path for the places of the subject."""
        return [p for k, p in zip(self.keys, path, strict=False) if k == "*"]

    def is_agreed(self, path: Path) -> bool:
        """Return whether the parties agreed on a value in this area."""
        field = path[len(self.keys)] if len(path) > len(self.keys) else ""
        return (self.agreed and field not in self.alone) or field in self.together


_PART = AmendedPart
_REMEDY: Final = "instructions.troubleshooting.*.remedies.*"
_POINT: Final = "monitoring.measuring_points.*"

AREAS: Final = (
    Area("", "the application", _PART.AGREEMENT, agreed=False),
    Area("agreement", "the agreement", _PART.AGREEMENT, agreed=True),
    Area("agreement.incidents", "the terms for incidents", _PART.AGREEMENT, agreed=True),
    Area("agreement.changes", "the terms for changes", _PART.AGREEMENT, agreed=True),
    Area("agreement.pauses", "the pauses of clocks", _PART.AGREEMENT, agreed=True),
    Area("agreement.priorities", "the matrix of priorities", _PART.LEVELS, agreed=True),
    Area("agreement.service_hours.*", "the service hours {0}", _PART.HOURS, agreed=True),
    Area("agreement.service_levels.*", "the service level {0}", _PART.LEVELS, agreed=True),
    Area("agreement.availability.*", "the availability target {0}", _PART.LEVELS, agreed=True),
    Area("parties.*", "the party {0}", _PART.CONTACTS, agreed=False, together=("answers_within", "kind")),
    Area("contacts.*", "the contact {0}", _PART.CONTACTS, agreed=False, together=("roles",)),
    Area("escalation.*", "the escalation policy {0}", _PART.LEVELS, agreed=True),
    Area("architecture.sites.*", "the site {0}", _PART.ARCHITECTURE, agreed=False),
    Area("architecture.hosts.*", "the host {0}", _PART.ARCHITECTURE, agreed=False),
    Area(
        "architecture.components.*",
        "the component {0}",
        _PART.ARCHITECTURE,
        agreed=False,
        together=("impact", "operated_by"),
    ),
    Area("architecture.integrations.*", "the integration {0}", _PART.ARCHITECTURE, agreed=False),
    Area("architecture.flows.*", "the flow {0}", _PART.ARCHITECTURE, agreed=True),
    Area("monitoring", "the monitoring", _PART.MONITORING, agreed=False, together=("watched_by",)),
    Area("monitoring.sources.*", "the source of alarms {0}", _PART.MONITORING, agreed=False),
    Area(_POINT, "the measuring point {0}", _PART.MONITORING, agreed=True, alone=("host", "site")),
    Area(f"{_POINT}.probe", "the probe of the measuring point {0}", _PART.MONITORING, agreed=False, together=("type",)),
    Area(f"{_POINT}.thresholds.*", "the threshold {1} of the measuring point {0}", _PART.MONITORING, agreed=True),
    Area("instructions", "the instructions", _PART.INSTRUCTIONS, agreed=False),
    Area("instructions.start_up", "the start-up", _PART.INSTRUCTIONS, agreed=False),
    Area("instructions.shut_down", "the shut-down", _PART.INSTRUCTIONS, agreed=False),
    Area("instructions.troubleshooting.*", "the instruction {0}", _PART.INSTRUCTIONS, agreed=False),
    Area(_REMEDY, "the remedy {1} of the instruction {0}", _PART.INSTRUCTIONS, agreed=False, together=("approval",)),
    Area(
        "instructions.restore.*",
        "the restore {0}",
        _PART.RESTORES,
        agreed=False,
        together=("restore_point", "restore_time", "oldest", "approval", "drill"),
    ),
    Area(
        "instructions.changes.*",
        "the change routine {0}",
        _PART.ROUTINES,
        agreed=False,
        together=("risk", "standard", "approvals"),
    ),
    Area(
        "routines.maintenance.*",
        "the maintenance routine {0}",
        _PART.ROUTINES,
        agreed=True,
        alone=("steps", "hosts", "at_once", "abort_after_failures"),
    ),
    Area("routines.extended.*", "the routine on order {0}", _PART.ROUTINES, agreed=True, alone=("steps",)),
    Area("reports.*", "the report {0}", _PART.REPORTS, agreed=True),
    Area("capacity", "the capacity plan", _PART.REPORTS, agreed=True),
    Area("capacity.resources.*", "the capacity plan of {0}", _PART.REPORTS, agreed=True),
)
"""The areas of a dossier. The longest pattern that holds a value counts."""


def area_of(path: Path) -> Area:
    """Return the area of a value."""
    return max((area for area in AREAS if area.holds(path)), key=lambda area: len(area.keys))


def is_subject(path: Path) -> bool:
    """Return whether a path leads to the subject of an area, such as one measuring point."""
    return bool(path) and len(area_of(path).keys) == len(path) and "*" in area_of(path).keys[-1:]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every value of plain data with its path; a list is one value, and so is an empty mapping."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, str(key)))
    else:
        yield path, value


def agreed_digest(dossier: Dossier) -> str:
    """Return the SHA-256 of all that the parties agreed on; what the supplier changes alone leaves it as it is."""
    return digest(
        {"agreed": [[list(path), value] for path, value in sorted(_agreed(dossier), key=lambda leaf: leaf[0])]}
    )


def _agreed(dossier: Dossier) -> Iterator[tuple[Path, Any]]:
    for path, value in leaves(dossier.model_dump(mode="json")):
        if is_set(value) and area_of(path).is_agreed(path):
            yield path, value


def is_set(value: Any) -> bool:
    """Return whether a value says anything; an empty list or mapping says only that there is none of something."""
    return value is not None and value not in ([], {})


def changed_order(old: Sequence[str], new: Sequence[str]) -> bool:
    """Return whether two lists of names that both have are in another order."""
    both = set(old) & set(new)
    return [name for name in old if name in both] != [name for name in new if name in both]

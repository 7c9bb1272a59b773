"""The facts of a handbook: a version of the dossier, and the proofs of its instructions in the records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from models.dossier import Dossier
from models.dossier.faults import Place
from models.dossier.parties import Language
from models.proof import Freshness


@dataclass(frozen=True)
class DossierLines:
    """The file of a dossier, with the line of each entry."""

    file: str
    line: Callable[[Place], int]


@dataclass(frozen=True)
class LastRestore:
    """The last drill, or the last restore, of a restore instruction."""

    at: datetime
    real: bool
    """Whether it was a restore and no drill."""
    verified: bool
    """Whether the restored data was verified."""
    as_agreed: bool
    """Whether the data was verified and all terms were met."""
    lost: timedelta | None
    """The achieved restore point; None if it failed before a restore point was chosen."""
    took: timedelta | None
    """The achieved restore time; None if the data was not restored."""


@dataclass(frozen=True)
class HandbookSource:
    """All facts of a handbook; the same facts give the same handbook."""

    dossier: Dossier
    as_of: datetime
    """The moment of the handbook. The calendar begins in its month."""
    language: Language
    customer: bool = False
    """Whether it is the customer's copy: without commands, servers' names and addresses, and references to secrets."""
    proofs: Mapping[str, Freshness] | None = None
    """The proof of each instruction, by name; None: no records were read."""
    restores: Mapping[str, LastRestore] = field(default_factory=dict)
    """By the name of the restore instruction; a restore that was never drilled is missing."""
    lines: DossierLines | None = None
    """None: the dossier comes from the records, which do not keep lines."""

"""The requirements of problem management."""

from __future__ import annotations

from collections.abc import Iterator

from models.dossier.agreement import Undertaking
from models.dossier.dossier import Dossier
from models.dossier.rules.registry import RuleFinding, gap


@gap("problems-not-agreed", Undertaking.PROBLEM)
def problems_are_agreed(dossier: Dossier) -> Iterator[RuleFinding]:
    """The agreement says which incidents need their cause found."""
    if dossier.agreement.problems is None:
        what = "problem management is bought, but nothing says which incidents need their cause found"
        yield RuleFinding(
            ("agreement", "problems"), what, "add `problems: {}` for three incidents on two days within 30 days"
        )

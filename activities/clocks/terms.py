"""The terms of an agreement: the target of each kind and priority, with its calendar."""

from __future__ import annotations

from activities.clocks.countdowns import Term
from models.dossier.agreement import Agreement, Priority, TargetKind


class AgreedTerms:
    """The terms of one agreement, each made when it is first asked for; for many incidents of one agreement."""

    def __init__(self, agreement: Agreement) -> None:
        self.agreement = agreement
        self._made: dict[tuple[TargetKind, Priority], Term | None] = {}

    def of(self, kind: TargetKind, priority: Priority) -> Term | None:
        """Return the term of a target for a priority, if the agreement has one. Raise `ClockError` if it is unclear."""
        key = kind, priority
        if key not in self._made:
            level = self.agreement.service_levels.get(priority)
            target = level.target(kind) if level is not None else None
            self._made[key] = Term.of(self.agreement, priority, target) if target is not None else None
        return self._made[key]

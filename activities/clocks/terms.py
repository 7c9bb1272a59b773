"""The terms of an agreement: the target of each promise and priority, with its calendar."""

from __future__ import annotations

from activities.clocks.countdowns import Term
from models.dossier.agreement import Agreement, Priority, Promise


class AgreedTerms:
    """The terms of one agreement, each made when it is first asked for; for many incidents of one agreement."""

    def __init__(self, agreement: Agreement) -> None:
        self.agreement = agreement
        self._made: dict[tuple[Promise, Priority], Term | None] = {}

    def of(self, promise: Promise, priority: Priority) -> Term | None:
        """Return the term of a promise for a priority; None: nothing is promised. Raise `ClockError` if it is unclear."""
        key = promise, priority
        if key not in self._made:
            level = self.agreement.service_levels.get(priority)
            target = level.target(promise) if level is not None else None
            self._made[key] = Term.of(self.agreement, priority, target) if target is not None else None
        return self._made[key]

"""Freezes as workflows use them: with times instead of days, and a check whether one of them forbids an operation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from models.base import Model
from models.dossier.agreement import Freezable
from models.scope import WHOLE, Scope


class Freeze(Model):
    """A freeze of the agreement, in UTC, with its first moment and without its last."""

    since: datetime
    until: datetime
    reason: str
    components: Scope = WHOLE
    passes: list[Freezable] = []

    def keeps_back(self, work: Freezable, components: Scope | None) -> bool:
        """Whether the freeze forbids this work on these components.

        None is work on no component, such as a change that only asks people: only a freeze of the whole application forbids it.
        """
        overlaps = self.components.whole if components is None else self.components.overlaps(components)
        return overlaps and work not in self.passes


def freeze_at(
    freezes: Iterable[Freeze], at: datetime, work: Freezable, components: Scope | None = WHOLE
) -> Freeze | None:
    """Return the freeze that forbids this work at a moment; the one that ends last if there are several, None if there
    is none. `components` is None for work on no component.
    """
    holding = [f for f in freezes if f.since <= at < f.until and f.keeps_back(work, components)]
    return max(holding, key=lambda freeze: freeze.until, default=None)


def freeze_over(freezes: Iterable[Freeze], at: datetime, work: Freezable, components: Scope = WHOLE) -> datetime:
    """Return the first moment from `at` on at which no freeze forbids this work."""
    known = list(freezes)
    while (freeze := freeze_at(known, at, work, components)) is not None:
        at = freeze.until
    return at

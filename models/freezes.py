"""Freezes as they are looked up: moments instead of days, and whether one of them keeps something back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from models.base import Model
from models.dossier.agreement import Freezable


class Freeze(Model):
    """A freeze of the agreement, in UTC; the last moment is not part of it."""

    since: datetime
    until: datetime
    reason: str
    components: list[str] = []
    """None: the whole application."""
    passes: list[Freezable] = []

    def keeps_back(self, work: Freezable, components: Collection[str]) -> bool:
        """Whether it is about this work on these components; none stand for the whole application."""
        touched = not self.components or not components or not set(self.components).isdisjoint(components)
        return touched and work not in self.passes


def freeze_at(
    freezes: Iterable[Freeze], at: datetime, work: Freezable, components: Collection[str] = ()
) -> Freeze | None:
    """The freeze that keeps this work back at a moment, the last to end where several do; None when it may be done."""
    holding = [f for f in freezes if f.since <= at < f.until and f.keeps_back(work, components)]
    return max(holding, key=lambda freeze: freeze.until, default=None)


def freeze_over(freezes: Iterable[Freeze], at: datetime, work: Freezable, components: Collection[str] = ()) -> datetime:
    """The first moment from `at` on at which no freeze keeps this work back."""
    known = list(freezes)
    while (freeze := freeze_at(known, at, work, components)) is not None:
        at = freeze.until
    return at

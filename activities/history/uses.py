"""Which version of a dossier was in force when, and the rules of its points."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from sqlalchemy import select
from sqlmodel import Session, col

from activities.history.days import whole_second
from activities.history.rules import PointRules, RulesInForce, rules_of
from models.dossier.dossier import Dossier
from models.errors import DossierError, UserError
from models.history import DossierInForce
from models.tables import DossierUse

_KEPT: Final = 256
"""Versions whose rules stay in memory; a version never changes."""


def application_of(point: str) -> str:
    """Return the application of a point: `customer.application`."""
    return point.rpartition(".")[0]


def uses_of(session: Session, applications: Collection[str] | None = None) -> dict[str, list[DossierInForce]]:
    """Return the versions in force by application, in the order of their time; of these applications, or of all."""
    query = select(col(DossierUse.application), col(DossierUse.at), col(DossierUse.digest), col(DossierUse.by))
    if applications is not None:
        query = query.where(col(DossierUse.application).in_(applications))
    rows = session.execute(query.order_by(col(DossierUse.application), col(DossierUse.at))).all()
    found = {}
    for name, group in groupby(rows, key=lambda row: row.application):
        used = list(group)
        ends = [following.at for following in used[1:]]
        found[name] = [
            DossierInForce(application=name, digest=row.digest, since=row.at, until=end, by=row.by)
            for row, end in zip(used, [*ends, None], strict=True)
        ]
    return found


class RuleBook:
    """The rules of measuring points, by version of their dossier."""

    def __init__(self, dossier: Callable[[str], Dossier]) -> None:
        """`dossier` returns the dossier with a digest; it raises a `UserError` if that version cannot be used."""
        self._dossier = dossier
        self._rules: OrderedDict[str, Mapping[str, PointRules] | UserError] = OrderedDict()

    def in_force(
        self, uses: Sequence[DossierInForce], point: str, since: datetime, until: datetime
    ) -> list[RulesInForce]:
        """Return the rules of a point in [since, until), as far as a version in force has it; raise a `UserError`."""
        found = []
        for use in uses:
            begin = max(whole_second(use.since), since)
            end = until if use.until is None else min(whole_second(use.until), until)
            if begin < end and (rules := self._of(use).get(point)) is not None:
                found.append(RulesInForce(begin, end, rules))
        return found

    def _of(self, use: DossierInForce) -> Mapping[str, PointRules]:
        rules = self._rules.get(use.digest)
        if rules is None:
            rules = self._rules[use.digest] = self._read(use)
            if len(self._rules) > _KEPT:
                self._rules.popitem(last=False)
        self._rules.move_to_end(use.digest)
        if isinstance(rules, UserError):
            raise rules
        return rules

    def _read(self, use: DossierInForce) -> Mapping[str, PointRules] | UserError:
        # A fault is kept, too: thousands of points would read the same dossier again and again.
        try:
            return rules_of(self._dossier(use.digest))
        except UserError as error:
            return DossierError(f"{use.application}, version {use.digest[:12]}: {error}")

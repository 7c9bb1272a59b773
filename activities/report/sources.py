"""What the blocks of a report gather their facts from: the records of one period, each read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from activities.documents.hiding import hiding, names_of_hosts
from activities.history.store import HistoryStore
from activities.records import Records
from activities.report.incidents import PeriodIncident, incidents_of, report_digests
from activities.report.operations import PeriodOperation, operations_of
from activities.restore.drills import OVERDUE_AFTER
from models.dossier import Dossier
from models.dossier.parties import PartyKind
from models.dossier.reports import Report, ReportAudience
from models.errors import DriftvaktError
from models.operation_kinds import DRILL
from models.report import (
    DossierUsed,
    EvidenceRecord,
    Figure,
    GapReason,
    MissingPart,
    ReportPeriod,
    whole_second,
)

_TITLE: Final = 300
"""Characters of a title or a sentence in the facts."""


@dataclass(frozen=True, slots=True)
class UsedVersion:
    """A version of the dossier that was in force during a part of the period."""

    used: DossierUsed
    dossier: Dossier | None
    """None: this release cannot read it."""


@dataclass
class ReportSources:
    """The records of one report, and what its blocks have gathered so far."""

    records: Records
    history: HistoryStore
    dossier: Dossier
    """The version that declares the report."""
    report: Report
    period: ReportPeriod
    """The time that is judged: of a period that is not over, the part until `now`."""
    now: datetime
    versions: list[UsedVersion]
    """The versions in force during the period, in order."""
    finished: bool = True
    """Whether the period was over at `now`."""
    evidence: dict[str, EvidenceRecord] = field(default_factory=dict)
    """The records that figures name, by id."""
    missing: list[MissingPart] = field(default_factory=list)
    complete_until: dict[str, datetime] = field(default_factory=dict)
    """For each source besides the records, the moment up to which it is complete."""
    _operations: dict[str, list[PeriodOperation]] = field(default_factory=dict)
    _dossiers: dict[str, Dossier | None] = field(default_factory=dict)

    @property
    def application(self) -> str:
        """`customer.application`."""
        return self.dossier.id

    @property
    def internal(self) -> bool:
        """Whether only the supplier reads the report."""
        return self.report.audience is ReportAudience.INTERNAL

    # --- the dossier

    @property
    def at_the_end(self) -> Dossier:
        """The dossier at the end of the period; the one that declares the report if none can be read."""
        return next((v.dossier for v in reversed(self.versions) if v.dossier is not None), self.dossier)

    def version(self, digest: str) -> Dossier | None:
        """Return a version of the dossier; None if this release cannot read it."""
        if digest not in self._dossiers:
            try:
                self._dossiers[digest] = self.records.dossier(digest) if digest else None
            except DriftvaktError:
                self._dossiers[digest] = None
        return self._dossiers[digest]

    # --- the records

    @cached_property
    def incidents(self) -> list[PeriodIncident]:
        """The incidents of the period, in the order in which they were opened."""
        return incidents_of(self.records, self.application, self.period, self.version)

    @cached_property
    def incidents_by_id(self) -> dict[str, PeriodIncident]:
        """The incidents of the period by their ids."""
        return {incident.id: incident for incident in self.incidents}

    def operations(self, kind: str) -> list[PeriodOperation]:
        """Return the operations of a kind in the period, in the order in which they began."""
        if kind not in self._operations:
            self._operations[kind] = operations_of(self.records, self.application, kind, self.period)
        return self._operations[kind]

    @cached_property
    def drills(self) -> list[PeriodOperation]:
        """The drills of the period, and those that began shortly before it and may count for its first due times."""
        early = self.period.since - OVERDUE_AFTER * 2
        return operations_of(self.records, self.application, DRILL.name, self.period, since=early)

    @cached_property
    def _digests(self) -> dict[str, str]:
        return report_digests(self.records, self.application, self.period)

    # --- texts

    @cached_property
    def hide(self) -> Callable[[str], str]:
        """Hides names of hosts and of other customers in a text, unless the report is internal."""
        if self.internal:
            return lambda text: text
        names: set[str] = set()
        for dossier in [self.dossier, *(v.dossier for v in self.versions if v.dossier is not None)]:
            names |= names_of_hosts(dossier)
        return hiding(names | self._other_customers())

    def text(self, text: str) -> str:
        """Return a text for the readers of the report: without hidden names, and not too long."""
        shown = self.hide(" ".join(text.split()))
        return shown if len(shown) <= _TITLE else f"{shown[: _TITLE - 1]}…"

    def _other_customers(self) -> set[str]:
        own = {self.dossier.customer, self.dossier.application, *self.dossier.architecture.components}
        own |= {party.name for party in self.dossier.parties.values()}
        found: set[str] = set()
        for application in self.records.applications():
            customer = application.partition(".")[0]
            if customer != self.dossier.customer:
                found |= {customer, *self._customer_names(application)}
        return found - own

    def _customer_names(self, application: str) -> set[str]:
        try:
            dossier = self.records.current_dossier(application)
        except DriftvaktError:  # the id of the customer is hidden all the same
            return set()
        parties = dossier.parties.values() if dossier else ()
        return {party.name for party in parties if party.kind is PartyKind.CUSTOMER}

    # --- figures and evidence

    def cite(self, id: str, record: EvidenceRecord) -> str:
        """Add a record to the evidence of the report; return its id, which figures name."""
        self.evidence.setdefault(id, record)
        return id

    def cite_incident(self, incident: PeriodIncident) -> str:
        """Add an incident to the evidence; return its id."""
        if incident.id not in self.evidence:
            # There may be tens of thousands, all from our own records: they are not validated again.
            self.evidence[incident.id] = EvidenceRecord.model_construct(
                kind="incident",
                title=self.text(incident.title),
                since=whole_second(incident.opened_at),
                until=whole_second(incident.closed_at) if incident.closed_at else None,
                digest=self._digests.get(incident.id, ""),
            )
        return incident.id

    def count_incidents(self, rule: str, incidents: Iterable[PeriodIncident]) -> Figure:
        """Return the number of these incidents as a figure."""
        evidence, ids = self.evidence, []
        for incident in incidents:
            if incident.id not in evidence:
                self.cite_incident(incident)
            ids.append(incident.id)
        return Figure(value=len(ids), rule=rule, evidence=ids)

    def cite_operation(self, operation: PeriodOperation) -> str:
        """Add an operation to the evidence; return its id."""
        digest = operation.data.get("digest")
        return self.cite(
            operation.id,
            EvidenceRecord(
                kind=operation.kind,
                title=self.text(operation.title),
                since=operation.opened_at,
                until=operation.closed_at,
                digest=digest if isinstance(digest, str) else "",
            ),
        )

    def count(self, rule: str, evidence: Iterable[str]) -> Figure:
        """Return the number of these records as a figure."""
        ids = list(evidence)
        return Figure(value=len(ids), rule=rule, evidence=ids)

    def lack(
        self,
        source: str,
        reason: GapReason,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        count: int = 0,
    ) -> None:
        """Add a part that the report does not have."""
        part = MissingPart(source=source, reason=reason, since=since, until=until, count=count)
        if part not in self.missing:
            self.missing.append(part)


def share(rule: str, part: Figure, whole: int, decimals: int = 1) -> Figure:
    """Return a share in percent, rounded down, as text with a decimal point; without a value if the whole is 0."""
    value = None
    if whole:
        count = int(part.value or 0) * 100 * 10**decimals // whole
        value = f"{count // 10**decimals}.{count % 10**decimals:0{decimals}}" if decimals else str(count)
    return Figure(value=value, unit="%", rule=rule, evidence=part.evidence)

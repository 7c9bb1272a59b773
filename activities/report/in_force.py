"""The versions of a dossier that were in force during a period."""

from __future__ import annotations

from activities.history.store import HistoryStore
from activities.records import Records
from activities.report.sources import UsedVersion
from models.errors import DriftvaktError
from models.history import DossierInForce
from models.report import DossierUsed, ReportPeriod


def versions_in_force(
    records: Records, history: HistoryStore, application: str, period: ReportPeriod
) -> list[UsedVersion]:
    """Return the versions in force during the period, in order, each cut to it. Time before the first one has none."""
    found = history.dossiers_in_force(application, period.since, period.until)
    return [_version(records, one, period) for one in found]


def _version(records: Records, one: DossierInForce, period: ReportPeriod) -> UsedVersion:
    try:
        dossier = records.dossier(one.digest)
    except DriftvaktError:  # this release cannot read it
        dossier = None
    used = DossierUsed(
        digest=one.digest,
        since=max(one.since, period.since),
        until=min(one.until or period.until, period.until),
        agreement=f"{dossier.agreement.number} v{dossier.agreement.version}" if dossier else "",
    )
    return UsedVersion(used, dossier)

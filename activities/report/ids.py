"""The workflow that makes a report for a period: the one that exists already, or the id of the next one."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from activities.calendars.occurrences import Occurrences
from activities.records import Records
from activities.report.archive import Archive
from activities.report.periods import period_before
from activities.report.terms import period_of, published, report_of, report_title, time_zone_of
from models.dossier import Dossier
from models.dossier.reports import Report
from models.errors import UserError
from models.names import operation_id
from models.operation_kinds import REPORT
from models.report import ReportPeriod
from models.report_order import PlacedReport, PlaceReport, ReportOrder
from models.tables import OperationRow

_NUMBERED: Final = re.compile(r"\.(\d+)")


def place(records: Records, archive: Archive, request: PlaceReport) -> PlacedReport:
    """Return the workflow of a report. A report whose question was refused, or that failed, is made again under the next id,
    if a person asks for it.

    `UserError`: the report has no such period, or the period has not begun. `NotFoundError`: there is no such report.
    """
    dossier = published(records, request.application)
    report = report_of(dossier, request.report)
    if request.scheduled and not _due(dossier, report, request.at):
        return PlacedReport(
            due=False, title=report.title, message="The report is not due by the current dossier; see `driftvakt plan`."
        )
    period = _period(dossier, report, request)
    title = report_title(report, period)
    order = ReportOrder(
        application=request.application,
        report=request.report,
        period=period.name,
        by=request.by,
        dossier=dossier.digest,
        rehearse=bool(request.rehearsal),
    )
    first = report_id(request.application, request.report, period.name)
    if request.rehearsal:
        return PlacedReport(id=f"{first}.preview-{request.rehearsal}", order=order, title=title)
    if sealed := archive.latest(request.application, request.report, period.name):
        return PlacedReport(
            id=sealed.operation, title=title, message=f"{title} is sealed already, as version {sealed.version}."
        )
    made = made_before(records, request.application, request.report, first)
    if made and (made[-1].closed_at is None or request.scheduled):
        state = made[-1].outcome or made[-1].state
        return PlacedReport(id=made[-1].id, title=title, message=f"{made[-1].id} exists already; it is {state}.")
    return PlacedReport(id=f"{first}.{len(made) + 1}" if made else first, order=order, title=title)


def report_id(application: str, report: str, period: str) -> str:
    """Return the id of the workflow that makes a report: `report.acme.shop.monthly.2026-11`."""
    return operation_id(REPORT.name, application, f"{report}.{period}")


def made_before(records: Records, application: str, report: str, first: str) -> list[OperationRow]:
    """Return the workflows that were to make one report, in order: `first`, `first.2`, `first.3`."""
    rows = records.operations(application, kind=REPORT.name, name=report, limit=None)
    return sorted((row for row in rows if _is_attempt(row.id, first)), key=lambda row: _attempt(row.id, first))


def _is_attempt(id: str, first: str) -> bool:
    return id == first or (id.startswith(first) and _NUMBERED.fullmatch(id[len(first) :]) is not None)


def _attempt(id: str, first: str) -> int:
    return 1 if id == first else int(id[len(first) + 1 :])


def _due(dossier: Dossier, report: Report, at: datetime) -> bool:
    days = dossier.agreement.working_days(None)
    return Occurrences(report.frequency, time_zone_of(dossier, report), days).includes(at)


def _period(dossier: Dossier, report: Report, request: PlaceReport) -> ReportPeriod:
    if request.period is None:
        return period_before(report.covers, request.at, time_zone_of(dossier, report))
    period = period_of(dossier, report, request.period)
    if request.at < period.since:
        raise UserError(f"the period {period.name} begins {period.since:%Y-%m-%d %H:%M} UTC; name one that has begun")
    return period

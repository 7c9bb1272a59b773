"""The terms of a report in one version of a dossier: its period, the people who approve it, and its receivers."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

from activities.calendars.zones import zone
from activities.documents.translation import Translation
from activities.records import Records
from activities.report.archive import Archive
from activities.report.periods import period_named
from models.dossier import Dossier
from models.dossier.parties import OPERATOR, PartyKind
from models.dossier.reports import Report
from models.errors import NotFoundError, UserError
from models.names import as_typed
from models.percentages import NO_BREAK_SPACE
from models.report import Commentary, ReportPeriod
from models.report_order import PartyApproval, ReportSurvey, SealedReport, SurveyReport


def survey(records: Records, archive: Archive, request: SurveyReport) -> ReportSurvey:
    """Return the terms of a report, or every reason why it cannot be made."""
    dossier = records.dossier(request.dossier)
    try:
        report = report_of(dossier, request.report)
        period = period_of(dossier, report, request.period)
    except UserError as error:
        return ReportSurvey(faults=[str(error)])
    versions = archive.versions(request.application, request.report, request.period)
    asks = [] if request.rehearse else _asks(dossier, report)
    faults = [*_wrong_version(request, versions), *_nobody(asks), *_not_begun(period, request.at)]
    return ReportSurvey(
        faults=faults,
        title=report_title(report, period),
        ends=period.until,
        settle=report.settle,
        version=len(versions) + 1,
        asks=asks,
        receivers=_receivers(dossier, report, versions[-1] if request.corrects and versions else None),
        attachments=[form.value for form in report.attachments],
        authors=_authors(dossier, asks),
        commentary=_earlier_commentary(archive, versions) if request.corrects else [],
    )


def published(records: Records, application: str) -> Dossier:
    """Return the current dossier of an application. `NotFoundError`: none is published."""
    dossier = records.current_dossier(application)
    if dossier is None:
        raise NotFoundError(f"no dossier of {as_typed(application)} is published; publish one first")
    return dossier


def report_of(dossier: Dossier, name: str) -> Report:
    """Return a report of the dossier. `NotFoundError` names the existing ones."""
    try:
        return dossier.reports[name]
    except KeyError:
        known = ", ".join(dossier.reports) or "none"
        raise NotFoundError(f"{dossier.id} has no report {name!r}; it has {known}") from None


def time_zone_of(dossier: Dossier, report: Report) -> str:
    """Return the time zone of a report's periods."""
    return report.time_zone or dossier.agreement.time_zone_of()


def period_of(dossier: Dossier, report: Report, name: str) -> ReportPeriod:
    """Return the period of a report with a name. `UserError`: the report has no such period."""
    return period_named(report.covers, name, time_zone_of(dossier, report))


def report_title(report: Report, period: ReportPeriod) -> str:
    """Return the title of a report with its period, in its language: `Monthly report, November 2026`."""
    say = Translation(report.language, period.time_zone)
    # A no-break space is for documents; in the UI and in commands it would be shown as an odd character.
    return f"{report.title}, {say.period(*_days(period))}".replace(NO_BREAK_SPACE, " ")


def _days(period: ReportPeriod) -> tuple[date, date]:
    """Return the first and the last day of a period on the wall clock of its zone."""
    local = zone(period.time_zone)
    last = period.until - timedelta(seconds=1)
    return period.since.astimezone(local).date(), last.astimezone(local).date()


def _asks(dossier: Dossier, report: Report) -> list[PartyApproval]:
    approval = report.approval
    return [
        PartyApproval(party=party, approval=approval, deciders=_deciders(dossier, party, approval.roles))
        for party in approval.by.parties
    ]


def _deciders(dossier: Dossier, party: PartyKind, roles: list[str]) -> list[str]:
    """Return the people of a party who may approve; if nobody holds the role operator, all people of the supplier do."""
    theirs = dossier.people_of(party, roles)
    return theirs or (dossier.people(roles) if party is PartyKind.SUPPLIER and OPERATOR in roles else [])


def _receivers(dossier: Dossier, report: Report, corrected: SealedReport | None) -> list[str]:
    """Return the receivers; a correction also goes to everybody who got the version that it corrects."""
    before = [one.contact for one in corrected.sent_to if one.contact in dossier.contacts] if corrected else []
    return list(dict.fromkeys([*before, *report.receivers]))


def _authors(dossier: Dossier, asks: list[PartyApproval]) -> list[str]:
    """Return the people who may write commentary: the supplier's operators, and those who approve for the supplier."""
    deciders = [who for ask in asks if ask.party is PartyKind.SUPPLIER for who in ask.deciders]
    return list(dict.fromkeys([*dossier.people([OPERATOR]), *deciders]))


def _nobody(asks: list[PartyApproval]) -> list[str]:
    return [
        f"nobody of the {ask.party.value} holds {' or '.join(ask.approval.roles)}, so nobody may approve the report: "
        "give the role to a contact in the dossier"
        for ask in asks
        if len(ask.deciders) < ask.approval.count
    ]


def _wrong_version(request: SurveyReport, versions: list[SealedReport]) -> list[str]:
    if request.rehearse:
        return []
    latest = versions[-1] if versions else None
    if latest is None:
        missing = f"no report {request.report} of {request.period} is sealed, so there is nothing to correct"
        return [missing] if request.corrects else []
    if request.corrects == latest.version:
        return []
    if request.corrects:
        return [f"version {latest.version} is the latest one; only that can be corrected, not {request.corrects}"]
    return [
        f"version {latest.version} of {request.report} {request.period} is sealed already; "
        f"`driftvakt report correct {latest.operation}` makes the next one"
    ]


def _not_begun(period: ReportPeriod, at: datetime) -> list[str]:
    if period.since <= at:
        return []
    return [f"the period {period.name} begins {period.since:%Y-%m-%d %H:%M} UTC; name one that has begun"]


def _earlier_commentary(archive: Archive, versions: list[SealedReport]) -> list[Commentary]:
    if not versions:
        return []
    data = json.loads(archive.documents.read(versions[-1].facts))
    return [Commentary.model_validate(one) for one in data.get("commentary", [])]

"""Finds faults that come back: incidents with the same component and the same alarms; pure.

Titles and numbers in them decide nothing: "2.3 GB left" and "3.1 GB left" are the same alarm. Days count, not incidents alone:
a bad night is one day. Incidents that no probe confirmed, duplicates and wrong alarms do not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from models.base import counted, digest, format_duration
from models.dossier.agreement import CauseCode
from models.dossier.problems import ProblemTerms
from models.incident import IncidentEnd
from models.recurrence import (
    PastIncident,
    ProblemCandidate,
    ProblemReason,
    ReasonGiven,
    RecurrenceReading,
    SimilarIncident,
)

_NO_FAULT: Final = {IncidentEnd.NOT_CONFIRMED, IncidentEnd.MERGED, IncidentEnd.CANCELLED}
_NO_CAUSE: Final = {CauseCode.NO_FAULT, CauseCode.DUPLICATE}
_HALF: Final = 0.5
"""The share of alarms that two incidents have in common at least, to be similar."""
_SHOWN: Final = 10
"""Similar incidents that a candidate names at most; the latest ones."""


def recurring(
    application: str, incidents: Iterable[PastIncident], terms: ProblemTerms, until: datetime, time_zone: str
) -> RecurrenceReading:
    """Return the faults that came back until a moment, in the time of the terms. The order of the input decides nothing."""
    since = until - terms.recurrence.within
    zone = ZoneInfo(time_zone)
    lately = sorted(
        (one for one in incidents if since <= one.opened_at <= until and _is_fault(one)),
        key=lambda one: (one.opened_at, one.number),
    )
    groups: dict[str, list[PastIncident]] = defaultdict(list)
    for one in lately:
        groups[fingerprint(one)].append(one)
    found = [_candidate(key, group, lately, terms, until, zone) for key, group in groups.items()]
    ordered = sorted(found, key=lambda one: (-one.open_seconds, one.fingerprint))
    return RecurrenceReading(
        application=application,
        since=since,
        until=until,
        time_zone=time_zone,
        incidents=len(lately),
        candidates=[one for one in ordered if one.reasons],
        below=[one for one in ordered if not one.reasons and (len(one.incidents) > 1 or one.similar)],
    )


def fingerprint(incident: PastIncident) -> str:
    """Return the identity of a fault: of the component that failed first, and of the set of alarms.

    An incident without alarms was reported by a person, and is like no other.
    """
    if not incident.alarms:
        return digest({"incident": incident.id})[:16]
    return digest({"component": incident.component, "alarms": sorted(set(incident.alarms))})[:16]


def _is_fault(incident: PastIncident) -> bool:
    return incident.end not in _NO_FAULT and incident.cause not in _NO_CAUSE


def _candidate(
    key: str,
    group: Sequence[PastIncident],
    all_incidents: Sequence[PastIncident],
    terms: ProblemTerms,
    until: datetime,
    zone: ZoneInfo,
) -> ProblemCandidate:
    days = sorted({one.opened_at.astimezone(zone).date() for one in group})
    return ProblemCandidate(
        fingerprint=key,
        component=group[-1].component,
        title=group[-1].title,
        incidents=list(group),
        days=days,
        open_seconds=_open_seconds(group, until),
        reasons=list(_reasons(group, days, terms)),
        similar=_similar(group, all_incidents),
    )


def _reasons(group: Sequence[PastIncident], days: Sequence[date], terms: ProblemTerms) -> Iterable[ReasonGiven]:
    again = terms.recurrence
    if len(group) >= again.incidents and len(days) >= again.days:
        text = f"The same fault came back: {counted(len(group), 'incident')} on {counted(len(days), 'day')}"
        agreed = f"agreed are {again.incidents} incidents on {counted(again.days, 'day')} within {format_duration(again.within)}"
        yield _reason(ProblemReason.RECURRENCE, f"{text}; {agreed}.", group)
    urgent = [one for one in group if one.priority in terms.priorities]
    if urgent:
        highest = min(one.priority.value for one in urgent if one.priority is not None)
        text = f"{counted(len(urgent), 'incident')} had the priority {highest}, which is a problem by itself."
        yield _reason(ProblemReason.PRIORITY, text, urgent)
    for reason, wanted, applies, text in (
        (
            ProblemReason.UNKNOWN_CAUSE,
            terms.unknown_cause,
            _by_cause(CauseCode.UNKNOWN),
            "closed with an unknown cause",
        ),
        (
            ProblemReason.RECOVERED_BY_ITSELF,
            terms.recovered_by_itself,
            _by_end(IncidentEnd.RECOVERED_BY_ITSELF),
            "recovered without a remedy",
        ),
    ):
        such = [one for one in group if applies(one)]
        if wanted is not None and len(such) >= wanted:
            yield _reason(reason, f"{counted(len(such), 'incident')} {text}; agreed are {wanted}.", such)


def _by_cause(cause: CauseCode) -> Callable[[PastIncident], bool]:
    return lambda incident: incident.cause is cause


def _by_end(end: IncidentEnd) -> Callable[[PastIncident], bool]:
    return lambda incident: incident.end is end


def _reason(reason: ProblemReason, text: str, incidents: Iterable[PastIncident]) -> ReasonGiven:
    return ReasonGiven(reason=reason, text=text, incidents=[one.id for one in incidents])


def _similar(group: Sequence[PastIncident], all_incidents: Sequence[PastIncident]) -> list[SimilarIncident]:
    """Return other incidents that may have the same fault, with the reason; a person decides."""
    first = group[0]
    own, alarms, remedies = {one.id for one in group}, set(first.alarms), {one.remedy for one in group if one.remedy}
    found = []
    for other in reversed(all_incidents):
        if other.id in own:
            continue
        common = alarms & set(other.alarms)
        share = len(common) / (len(alarms | set(other.alarms)) or 1)
        if common and other.component == first.component and share >= _HALF:
            why = f"the same component, and {len(common)} of {len(alarms | set(other.alarms))} alarms are the same"
            found.append(SimilarIncident(incident=other.id, why=why))
        elif other.remedy in remedies:
            found.append(SimilarIncident(incident=other.id, why=f"the same remedy helped: {other.remedy}"))
    return found[:_SHOWN]


def _open_seconds(group: Sequence[PastIncident], until: datetime) -> int:
    """Return the time in which at least one incident was open, in seconds; times that overlap count once."""
    total, last = timedelta(0), datetime.min.replace(tzinfo=until.tzinfo)
    for one in group:
        begin, end = max(one.opened_at, last), min(one.closed_at or until, until)
        total += max(end - begin, timedelta(0))
        last = max(last, end)
    return round(total.total_seconds())

"""Incidents that are open at the end of the period: somebody has to restore the service, or to close the incident."""

from __future__ import annotations

from collections.abc import Iterator

from activities.report.open_actions.action import OpenAction, owner_of
from activities.report.sources import ReportSources


def find(sources: ReportSources) -> Iterator[OpenAction]:
    """It is due at the deadline of its restore target, also after that was missed; closing it is due at no time."""
    for incident in sources.incidents:
        if incident.closed_at is not None:
            continue
        due = incident.restore_by
        do = "restore" if incident.restored_at is None else "close"
        yield OpenAction(
            key=f"{incident.id} {do}",
            id=sources.cite_incident(incident),
            do=do,
            title=sources.text(incident.title),
            owner=owner_of(incident.lead, sources.at_the_end, internal=sources.internal),
            since=incident.opened_at,
            due=due,
            overdue=due is not None and due < sources.period.until,
        )

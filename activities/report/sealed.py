"""Sealed reports as their receivers get them again."""

from __future__ import annotations

from activities.report.archive import Archive
from activities.report.comparing import change_line
from activities.report.drafting import lines, stored_facts
from models.report import FigureChange
from models.report_order import LoadedSealed, LoadSealed


def load_latest(archive: Archive, request: LoadSealed) -> LoadedSealed:
    """Return the latest sealed version of a report."""
    sealed = archive.latest(request.application, request.report, request.period)
    if sealed is None:
        return LoadedSealed(sealed=None)
    data = stored_facts(archive, sealed.facts)
    changes = (data.get("correction") or {}).get("changes", [])
    return LoadedSealed(
        sealed=sealed,
        title=f"{data['title']}, {request.period}",
        changes=lines([change_line(FigureChange.model_validate(one)) for one in changes]),
        attachments=sealed.files[: sealed.attached],
    )

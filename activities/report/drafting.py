"""Drafts of reports: the facts as the records have them now, and how they differ from the last sealed report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from activities.history.store import HistoryStore
from activities.records import Records
from activities.report.archive import Archive
from activities.report.comparing import (
    change_line,
    changed_figures,
    common_figures,
    turned_verdicts,
    verdict_lines,
)
from activities.report.gathering import gather
from models.report import ReportCorrection, ReportFacts, facts_json
from models.report_order import GatheredFacts, GatherFacts

_SHOWN: Final = 60
"""Lines of one list in a message; the report itself has all of them."""

_LINE: Final = 300
"""Characters of a line."""


def draft(records: Records, history: HistoryStore, archive: Archive, request: GatherFacts) -> GatheredFacts:
    """Gather the facts of a report, and store them as a draft. With `complete_only`, store nothing while sources are late."""
    dossier = records.dossier(request.dossier)
    facts = gather(records, history, dossier, request.report, request.period, request.commentary, request.at)
    missing = [str(part) for part in facts.missing]
    if request.complete_only and facts.late:
        return GatheredFacts(missing=lines([str(part) for part in facts.late]))
    if request.corrects:
        facts = _corrected(archive, facts, request)
    data: dict[str, Any] = facts.model_dump(mode="json")
    kept = archive.keep_draft(
        facts_json(facts).encode(),
        application=request.application,
        name=request.report,
        period=request.period,
        operation=request.operation,
        now=request.at,
    )
    return GatheredFacts(
        facts=kept.digest,
        missing=lines(missing),
        verdicts=lines(verdict_lines(data)),
        differences=lines(_differences(archive, facts, data, request)),
        turned=lines(facts.correction.turned if facts.correction else []),
    )


def lines(found: Sequence[str]) -> list[str]:
    """Return as many lines as a message carries; the last one says how many are left out."""
    shown = [line if len(line) <= _LINE else f"{line[: _LINE - 1]}…" for line in found[:_SHOWN]]
    return shown if len(found) <= _SHOWN else [*shown, f"… and {len(found) - _SHOWN} more"]


def _corrected(archive: Archive, facts: ReportFacts, request: GatherFacts) -> ReportFacts:
    """Return the facts with what they change in the version that they correct."""
    sealed = archive.versions(request.application, request.report, request.period)[request.corrects - 1]
    old, new = stored_facts(archive, sealed.facts), facts.model_dump(mode="json")
    correction = ReportCorrection(
        version=sealed.version,
        seal=sealed.seal,
        changes=changed_figures(old, new),
        turned=turned_verdicts(old, new),
    )
    return facts.model_copy(update={"correction": correction})


def _differences(archive: Archive, facts: ReportFacts, data: dict[str, Any], request: GatherFacts) -> list[str]:
    if facts.correction is not None:
        return [change_line(one) for one in facts.correction.changes]
    before = archive.before(request.application, request.report, request.period)
    if before is None:
        return []
    return [change_line(one) for one in common_figures(stored_facts(archive, before.facts), data)]


def stored_facts(archive: Archive, digest: str) -> dict[str, Any]:
    """Return facts from the records as plain data: those of an earlier release may have other fields."""
    data: dict[str, Any] = json.loads(archive.documents.read(digest))
    return data

"""Gathers the facts of a report from the records, block by block."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from importlib import metadata
from typing import Any

from activities.calendars import versions as calendar_versions
from activities.history.store import HistoryStore
from activities.records import Records
from activities.report.blocks import ReportPart, part_of
from activities.report.earlier import compare
from activities.report.in_force import versions_in_force
from activities.report.periods import counted_part, period_before, period_named
from activities.report.sources import ReportSources
from activities.report.terms import report_of
from models import report_blocks
from models.dossier import Dossier
from models.dossier.parties import PartyKind
from models.dossier.reports import Report
from models.report import BlockFacts, Commentary, GapReason, ReportFacts, ReportPeriod
from models.report_block_kinds import ReportBlock
from models.report_blocks import DefinitionsBlock, EvidenceBlock

_log = logging.getLogger("driftvakt.report")


def gather(
    records: Records,
    history: HistoryStore,
    dossier: Dossier,
    name: str,
    period: str,
    commentary: Sequence[Commentary],
    now: datetime,
) -> ReportFacts:
    """Return the facts of a report for a period (`2026-11`), as the records have them at `now`.

    The version of the dossier says what the report contains. A period that is not over is judged until `now`, and not
    compared with the one before. `NotFoundError`: this version has no such report. `UserError`: the report has no such
    period, or it has not begun.
    """
    report = report_of(dossier, name)
    covered = period_named(report.covers, period, report.time_zone or dossier.agreement.time_zone_of())
    sources = _sources(records, history, dossier, report, counted_part(covered, now), now)
    sources.finished = sources.period == covered
    if not sources.finished:
        sources.lack("records", GapReason.LATE, since=sources.period.until, until=covered.until)
    _note_gaps(sources)
    blocks = _blocks(sources)
    before = _before(sources) if sources.finished else None
    if before is not None:
        blocks = compare(blocks, _blocks(before))
    agreed = dossier.agreement
    return ReportFacts(
        application=dossier.id,
        application_name=dossier.name,
        customer=_party(dossier, PartyKind.CUSTOMER),
        supplier=_party(dossier, PartyKind.SUPPLIER),
        report=name,
        title=report.title,
        period=covered,
        counts_until=None if sources.finished else sources.period.until,
        language=report.language,
        audience=report.audience,
        compared_with=before.period if before is not None else None,
        gathered_at=now,
        dossier=dossier.digest,
        agreement=f"{agreed.number} v{agreed.version}",
        dossiers=[version.used for version in sources.versions],
        versions=_versions(),
        complete_until={"records": sources.period.until, **sources.complete_until},
        missing=sources.missing,
        commentary=list(commentary),
        blocks=blocks,
        evidence=sources.evidence,
    )


def _sources(
    records: Records, history: HistoryStore, dossier: Dossier, report: Report, period: ReportPeriod, now: datetime
) -> ReportSources:
    return ReportSources(
        records=records,
        history=history,
        dossier=dossier,
        report=report,
        period=period,
        now=now,
        versions=versions_in_force(records, history, dossier.id, period),
    )


def _before(sources: ReportSources) -> ReportSources | None:
    """Return the sources of the period before; None if no readable dossier was in force during all of it."""
    period = sources.period
    before = period_before(sources.report.covers, period.since, period.time_zone)
    found = _sources(sources.records, sources.history, sources.dossier, sources.report, before, sources.now)
    _note_gaps(found)
    return None if found.missing else found


def _party(dossier: Dossier, kind: PartyKind) -> str:
    named = dossier.parties.get(dossier.customer) if kind is PartyKind.CUSTOMER else None
    found = [party.name for party in dossier.parties.values() if party.kind is kind]
    return named.name if named is not None else next(iter(found), "")


def _note_gaps(sources: ReportSources) -> None:
    """Note the time in which no readable dossier was in force."""
    period = sources.period
    at = period.since
    for version in sources.versions:
        if at < version.used.since:
            sources.lack("dossier", GapReason.NO_DOSSIER, since=at, until=version.used.since)
        if version.dossier is None:
            sources.lack("dossier", GapReason.NO_DOSSIER, since=version.used.since, until=version.used.until)
        at = version.used.until
    if at < period.until:
        sources.lack("dossier", GapReason.NO_DOSSIER, since=at, until=period.until)


def _blocks(sources: ReportSources) -> list[BlockFacts]:
    """Gather all blocks in the order of the dossier; those about other blocks come after these."""
    written = [*sources.report.blocks]
    for kind in (DefinitionsBlock, EvidenceBlock):
        if not any(isinstance(block, kind) for block in written):
            written.append(kind())
    parts = [part_of(type(block)) for block in written]
    found: dict[int, BlockFacts] = {}
    for number in sorted(range(len(written)), key=lambda n: parts[n].last):
        found[number] = _gathered(written[number], parts[number], _key(written, number), sources)
    return [found[number] for number in range(len(written))]


def _key(written: Sequence[ReportBlock], number: int) -> str:
    kind = written[number].type
    before = Counter(block.type for block in written[:number])[kind]
    return f"{kind}-{before + 1}" if before else kind


def _gathered(block: ReportBlock, part: ReportPart, key: str, sources: ReportSources) -> BlockFacts:
    facts: dict[str, Any] = {}
    verdicts = []
    try:
        gathered = part.gather(block, sources)
        facts, verdicts = gathered.model_dump(mode="json"), part.verdicts(gathered)
    except Exception:
        if type(block).__module__ == report_blocks.__name__:  # a defect of ours must show
            raise
        _log.exception("the block %s of a package could not be gathered", block.type)
        sources.lack(block.type, GapReason.BROKEN)
    return BlockFacts(key=key, type=block.type, title=block.title, verdicts=verdicts, facts=facts)


def _versions() -> dict[str, str]:
    try:
        own = metadata.version("driftvakt")
    except metadata.PackageNotFoundError:  # run from a checkout
        own = "unknown"
    calendar = dict(part.split(" ", 1) for part in calendar_versions().split(", "))
    return {"driftvakt": own, **calendar}

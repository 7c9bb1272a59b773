"""The scheduled runs of maintenance: done, missed, moved, overrun."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from activities.calendars.agenda import agenda
from activities.calendars.freezes import freezes_of
from activities.calendars.windows import span_at
from activities.calendars.zones import zone
from activities.documents.elements import Cell, Element, Grid, KeyFigures, Said, Tone
from activities.report.blocks import ReportPart, reports
from activities.report.layout import Layout
from activities.report.operations import PeriodOperation
from activities.report.sources import ReportSources
from models.base import Model
from models.dossier import Dossier
from models.dossier.agreement import Freezable
from models.freezes import freeze_at
from models.maintenance import MaintenanceData
from models.operation import OperationEnd
from models.operation_kinds import MAINTENANCE
from models.people import SCHEDULE
from models.report import BlockVerdict, Figure, ReportVerdict, Second
from models.report_blocks import MaintenanceBlock
from models.schedules import AgendaEntry

_DAY: Final = timedelta(days=1)
_DONE: Final = {OperationEnd.DONE.value, OperationEnd.NOTHING_TO_DO.value}


class RunResult(StrEnum):
    """The result of a scheduled run."""

    DONE = "done"
    MOVED = "moved"
    """Done in another window."""
    OVERRUN = "overrun"
    """Done, but only after its window had closed."""
    MISSED = "missed"
    """It did not take place, or the records do not have it."""
    FAILED = "failed"
    """It failed, was stopped, or was not approved."""
    FROZEN = "frozen"
    """An agreed freeze forbade it."""
    PENDING = "pending"
    """Not over at the end of the period."""


_TONES: Final = {
    RunResult.DONE: Tone.GOOD,
    RunResult.MOVED: Tone.WAITING,
    RunResult.OVERRUN: Tone.BAD,
    RunResult.MISSED: Tone.BAD,
    RunResult.FAILED: Tone.BAD,
    RunResult.PENDING: Tone.WAITING,
}


class MaintenanceRun(Model):
    """A scheduled run."""

    key: str
    """`patches 2026-11-01T02:00:00Z`."""
    id: str
    """The run in the evidence; empty: the records have none."""
    title: str
    due: Second
    window_until: Second
    ended_at: Second | None
    result: RunResult
    summary: str = ""
    """In internal reports only."""


class MaintenanceFacts(Model):
    """The maintenance of a period."""

    due: Figure
    done: Figure
    moved: Figure
    overrun: Figure
    missed: Figure
    failed: Figure
    frozen: Figure
    pending: Figure
    extra: Figure
    runs: list[MaintenanceRun]
    most: int


def gather(block: MaintenanceBlock, sources: ReportSources) -> MaintenanceFacts:
    """Every time at which the agenda of a dossier in force has a run, with the result."""
    operations = [o for o in sources.operations(MAINTENANCE.name) if not block.routines or o.name in block.routines]
    runs: list[MaintenanceRun] = []
    used: set[str] = set()
    for version in sources.versions:
        if version.dossier is None:
            continue
        entries = list(_entries(version.dossier, block.routines, version.used.since, version.used.until))
        for number, entry in enumerate(entries):
            later = (e.begins for e in entries[number + 1 :] if e.name == entry.name)
            found = [o for o in operations if o.name == entry.name and _is_for(o, entry.begins, next(later, None))]
            used |= {operation.id for operation in found}
            runs.append(_run(entry, found, version.dossier, sources))
    runs.sort(key=lambda run: (run.due, run.key))

    def counted(result: RunResult) -> Figure:
        of = [run for run in runs if run.result is result]
        return Figure(value=len(of), rule=f"maintenance.{result.value}", evidence=[run.id for run in of if run.id])

    extra = [o for o in operations if o.id not in used and o.outcome in _DONE]
    return MaintenanceFacts(
        due=Figure(value=len(runs), rule="maintenance.due", evidence=[run.id for run in runs if run.id]),
        **{result.value: counted(result) for result in RunResult},
        extra=sources.count("maintenance.extra", map(sources.cite_operation, extra)),
        runs=runs,
        most=block.most,
    )


def _entries(dossier: Dossier, routines: Sequence[str], since: datetime, until: datetime) -> Iterator[AgendaEntry]:
    # A day begins at midnight of each routine's zone, so two more days hold all of the time.
    for entry in agenda([dossier], since.date() - _DAY, until.date() + 2 * _DAY):
        wanted = entry.kind == MAINTENANCE.name and (not routines or entry.name in routines)
        if wanted and since <= entry.begins < until:
            yield entry


def _is_for(operation: PeriodOperation, due: datetime, following: datetime | None) -> bool:
    """Return whether an operation is the run of this time, or replaces it."""
    data = _data(operation)
    if data is not None and data.scheduled is not None:
        return data.scheduled.replace(second=0, microsecond=0) == due
    # The records have the scheduled time from the end of a run on.
    began = operation.opened_at
    return operation.opened_by == SCHEDULE and due <= began and (following is None or began < following)


def _data(operation: PeriodOperation) -> MaintenanceData | None:
    try:
        return MaintenanceData.of(operation.data)
    except ValidationError:
        return None


def _run(
    entry: AgendaEntry, found: Sequence[PeriodOperation], dossier: Dossier, sources: ReportSources
) -> MaintenanceRun:
    routine = dossier.routines.maintenance[entry.name]
    window = span_at(routine.window, entry.begins)
    until = window[1] if window else entry.ends_by
    frozen = freeze_at(freezes_of(dossier.agreement), entry.begins, Freezable.MAINTENANCE, entry.components)
    best = next((o for o in found if o.outcome in _DONE), found[-1] if found else None)
    result = _result(best, until, sources.period.until)
    if frozen is not None and result is RunResult.MISSED:
        result = RunResult.FROZEN
    due = entry.begins.astimezone(zone("UTC"))
    return MaintenanceRun(
        key=f"{entry.name} {due:%Y-%m-%dT%H:%M:%SZ}",
        id=sources.cite_operation(best) if best else "",
        title=sources.text(routine.title),
        due=due,
        window_until=until,
        ended_at=best.closed_at if best else None,
        result=result,
        summary=sources.text(best.summary) if best and sources.internal else "",
    )


def _result(run: PeriodOperation | None, window_until: datetime, period_until: datetime) -> RunResult:
    if run is None:
        return RunResult.PENDING if window_until > period_until else RunResult.MISSED
    if run.closed_at is None:
        return RunResult.PENDING
    if run.outcome in _DONE:
        data = _data(run)
        if run.opened_at >= window_until or (data is not None and data.missed):
            return RunResult.MOVED
        return RunResult.OVERRUN if run.closed_at > window_until else RunResult.DONE
    return RunResult.MISSED if run.outcome == OperationEnd.MISSED.value else RunResult.FAILED


def verdicts(facts: MaintenanceFacts) -> list[BlockVerdict]:
    """Missed if a run was missed, failed or overran; moved runs are done as agreed."""
    wrong = any(figure.value for figure in (facts.missed, facts.failed, facts.overrun))
    well = facts.done.value or facts.moved.value
    verdict = ReportVerdict.MISSED if wrong else ReportVerdict.MET if well else ReportVerdict.NOTHING
    figures = [facts.due, facts.done, facts.moved, facts.overrun, facts.missed, facts.failed]
    return [BlockVerdict(key="maintenance", about="about", verdict=verdict, figures=figures)]


def lay_out(facts: MaintenanceFacts, layout: Layout) -> list[Element]:
    """Key figures, and every scheduled run."""
    say = layout.say
    if not facts.runs and not facts.extra.value:
        return [Said(say("none_in_period"))]
    keys = ("due", *RunResult, "extra")
    shown = [(key, getattr(facts, key)) for key in keys]
    figures = [
        layout.key_figure(say(key), figure) for key, figure in shown if figure.value or figure.before or key == "due"
    ]
    return [
        KeyFigures(say("title"), figures),
        *_table(facts.runs[: facts.most], layout),
        *layout.left_out(len(facts.runs) - facts.most),
    ]


def _table(runs: Iterable[MaintenanceRun], layout: Layout) -> Iterator[Element]:
    say = layout.say
    rows = [
        [
            layout.evidence(one.title, one.id) if one.id else Cell(one.title),
            layout.moment(one.due),
            layout.moment(one.window_until),
            layout.moment(one.ended_at),
            Cell(say(f"is_{one.result.value}"), _TONES.get(one.result, Tone.PLAIN)),
            *([Cell(one.summary)] if layout.internal else []),
        ]
        for one in runs
    ]
    if rows:
        head = ["routine", "due_at", "window_until", "ended_at", "became", *(["summary"] if layout.internal else [])]
        yield Grid(say("listed"), [say(key) for key in head], rows, wide=[0])


reports(
    MaintenanceBlock,
    ReportPart(
        title=("Maintenance", "Underhåll"),
        facts=MaintenanceFacts,
        gather=gather,
        elements=lay_out,
        verdicts=verdicts,
        words={
            "about": ("Maintenance", "Underhåll"),
            "due": ("Scheduled", "Planerade"),
            "done": ("Done", "Genomförda"),
            "moved": ("Done in another window", "Flyttade"),
            "overrun": ("Overrun", "Överdragna"),
            "missed": ("Missed", "Missade"),
            "failed": ("Failed", "Misslyckade"),
            "frozen": ("Frozen", "Frysta"),
            "pending": ("Not over yet", "Ännu inte klara"),
            "extra": ("Besides the schedule", "Utöver schemat"),
            "is_done": ("done", "genomförd"),
            "is_moved": ("done in another window", "flyttad"),
            "is_overrun": ("overrun", "överdragen"),
            "is_missed": ("missed", "missad"),
            "is_failed": ("failed", "misslyckad"),
            "is_frozen": ("frozen", "fryst"),
            "is_pending": ("not over yet", "ännu inte klar"),
            "listed": ("The scheduled runs", "De planerade körningarna"),
            "routine": ("Routine", "Rutin"),
            "due_at": ("Scheduled", "Planerat"),
            "window_until": ("End of the window", "Fönstret slutar"),
            "ended_at": ("Ended", "Avslutat"),
            "summary": ("Summary", "Sammanfattning"),
        },
        rules={
            "due": (
                "The runs that the agreed schedules have in the period.",
                "De körningar som de avtalade schemana har under perioden.",
            ),
            "done": (
                "Scheduled runs that were done before their window closed, or that found nothing to do.",
                "Planerade körningar som var klara innan fönstret stängde, eller där inget behövde göras.",
            ),
            "moved": (
                "Scheduled runs that were done in a later window.",
                "Planerade körningar som gjordes i ett senare fönster.",
            ),
            "overrun": (
                "Scheduled runs that were done after their window had closed.",
                "Planerade körningar som blev klara efter att fönstret stängt.",
            ),
            "missed": (
                "Scheduled runs that did not take place, and those of which the records have nothing.",
                "Planerade körningar som inte blev av, och de som det inte finns några uppgifter om.",
            ),
            "failed": (
                "Scheduled runs that failed, that people stopped, or that nobody approved.",
                "Planerade körningar som misslyckades, stoppades eller inte godkändes.",
            ),
            "frozen": (
                "Scheduled runs that did not take place because of an agreed freeze.",
                "Planerade körningar som inte blev av på grund av en avtalad frysning.",
            ),
            "pending": (
                "Scheduled runs that were not over at the end of the period.",
                "Planerade körningar som inte var klara vid periodens slut.",
            ),
            "extra": (
                "Runs that people started besides the schedule, and that were done.",
                "Körningar som någon startade utöver schemat och som genomfördes.",
            ),
        },
    ),
)

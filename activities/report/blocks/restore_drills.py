"""The restore drills: the achieved restore point and restore time against the agreed ones, and overdue drills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from math import ceil

from pydantic import ValidationError

from activities.documents.charts.bars import Bar, duration_chart
from activities.documents.charts.palette import Fill
from activities.documents.elements import Cell, Element, Grid, Heading, Picture, Said, Tone
from activities.report.blocks import ReportPart, reports
from activities.report.layout import Layout
from activities.report.operations import PeriodOperation
from activities.report.sources import ReportSources
from activities.restore.drills import OVERDUE_AFTER, due_drills, took_place
from models.base import Model
from models.operation import OperationEnd
from models.operation_kinds import DRILL, RESTORE
from models.report import BlockVerdict, Figure, ReportVerdict, Second
from models.report_blocks import RestoreDrillsBlock
from models.restores import RestoreProof


class DrillTime(StrEnum):
    """Whether a drill was held at its time."""

    ON_TIME = "on-time"
    LATE = "late"
    MISSED = "missed"
    PENDING = "pending"
    """It was due shortly before the end of the period, and is not overdue."""


class HeldDrill(Model):
    """A drill, or a restore, that ended in the period."""

    id: str
    real: bool
    """Whether it was a restore and no drill."""
    restore: str
    at: Second
    as_agreed: bool
    """Whether the data was verified and all terms were met."""
    verified: bool
    lost: Figure
    """The achieved restore point."""
    took: Figure
    """The achieved restore time."""
    agreed_point: int
    agreed_time: int


class DueTime(Model):
    """A time at which a drill was due."""

    key: str
    restore: str
    at: Second
    held_at: Second | None
    state: DrillTime


class DrilledRestore(Model):
    """The drills of one restore instruction."""

    key: str
    title: str
    due: Figure
    on_time: Figure
    late: Figure
    missed: Figure
    passed: Figure
    not_passed: Figure


class RestoreDrillsFacts(Model):
    """The drills of a period."""

    restores: list[DrilledRestore]
    held: list[HeldDrill]
    due: list[DueTime]
    most: int


def gather(block: RestoreDrillsBlock, sources: ReportSources) -> RestoreDrillsFacts:
    """A drill is reported in the period in which it ended; a due time in the period in which it lies."""
    restores = sources.at_the_end.instructions.restore
    names = [name for name in restores if not block.restores or name in block.restores]
    ended = [
        held
        for kind in (DRILL.name, RESTORE.name)
        for operation in sources.operations(kind)
        if operation.name in names and (held := _held(operation, sources)) is not None
    ]
    due = [one for name in names for one in _due(name, sources)]
    return RestoreDrillsFacts(
        restores=[_restore(name, restores[name].title, ended, due, sources) for name in names],
        held=sorted(ended, key=lambda one: (one.at, one.id)),
        due=due,
        most=block.most,
    )


def _held(operation: PeriodOperation, sources: ReportSources) -> HeldDrill | None:
    """Return a drill or a restore that ended in the period; None for one that restored nothing."""
    if operation.closed_at is None or operation.outcome not in {OperationEnd.DONE.value, OperationEnd.FAILED.value}:
        return None
    id = sources.cite_operation(operation)
    try:
        proof = RestoreProof.model_validate(operation.data.get("proof"))
    except ValidationError:  # it failed before a restore point was chosen
        proof = None
    failed = operation.outcome == OperationEnd.FAILED.value
    lost = proof.lost.total_seconds() if proof else None
    took = proof.took.total_seconds() if proof and proof.took is not None else None
    return HeldDrill(
        id=id,
        real=operation.kind == RESTORE.name,
        restore=operation.name,
        at=operation.closed_at,
        as_agreed=proof is not None and proof.as_agreed and not failed,
        verified=proof is not None and proof.verified,
        lost=Figure(value=None if lost is None else ceil(lost), unit="s", rule="restore_drills.lost", evidence=[id]),
        took=Figure(value=None if took is None else ceil(took), unit="s", rule="restore_drills.took", evidence=[id]),
        agreed_point=round(proof.agreed_point.total_seconds()) if proof else 0,
        agreed_time=round(proof.agreed_time.total_seconds()) if proof else 0,
    )


def _due(name: str, sources: ReportSources) -> Iterator[DueTime]:
    drills = [d for d in sources.drills if d.name == name and took_place(d.outcome or None)]
    held = [drill.opened_at for drill in drills]
    for version in sources.versions:
        restore = version.dossier.instructions.restore.get(name) if version.dossier else None
        if version.dossier is None or restore is None:
            continue
        hours = version.dossier.agreement.working_days(None)
        for one in due_drills(restore, hours, held, version.used.since, version.used.until):
            over = one.at + OVERDUE_AFTER < sources.period.until
            late = DrillTime.LATE if one.held_at else DrillTime.MISSED if over else DrillTime.PENDING
            yield DueTime(
                key=f"{name} {one.at:%Y-%m-%dT%H:%M:%SZ}",
                restore=name,
                at=one.at,
                held_at=one.held_at,
                state=DrillTime.ON_TIME if one.on_time else late,
            )


def _restore(
    name: str, title: str, held: Iterable[HeldDrill], due: Iterable[DueTime], sources: ReportSources
) -> DrilledRestore:
    drills = [one for one in held if one.restore == name and not one.real]
    times = [one for one in due if one.restore == name]
    by_moment = {drill.opened_at: drill for drill in sources.drills if drill.name == name}

    def at(rule: str, *states: DrillTime) -> Figure:
        found = [one for one in times if one.state in states]
        evidence = [sources.cite_operation(by_moment[o.held_at]) for o in found if o.held_at in by_moment]
        return Figure(value=len(found), rule=f"restore_drills.{rule}", evidence=evidence)

    return DrilledRestore(
        key=name,
        title=sources.text(title),
        due=at("due", *DrillTime),
        on_time=at("on_time", DrillTime.ON_TIME),
        late=at("late", DrillTime.LATE),
        missed=at("missed", DrillTime.MISSED),
        passed=sources.count("restore_drills.passed", (one.id for one in drills if one.as_agreed)),
        not_passed=sources.count("restore_drills.not_passed", (one.id for one in drills if not one.as_agreed)),
    )


def verdicts(facts: RestoreDrillsFacts) -> list[BlockVerdict]:
    """One for each restore: every drill that was due was held and met its terms."""
    return [
        BlockVerdict(
            key=one.key,
            about="about_restore",
            values=[one.title],
            verdict=_verdict(one),
            figures=[one.passed, one.not_passed, one.missed],
        )
        for one in facts.restores
    ]


def _verdict(one: DrilledRestore) -> ReportVerdict:
    if one.not_passed.value or one.missed.value:
        return ReportVerdict.MISSED
    return ReportVerdict.MET if one.passed.value else ReportVerdict.NOTHING


def lay_out(facts: RestoreDrillsFacts, layout: Layout) -> list[Element]:
    """The counts of each restore, the achieved times with a picture, and the due times that were not kept."""
    say = layout.say
    if not facts.restores:
        return [Said(say("no_restores"))]
    keys = ("due", "on_time", "late", "missed", "passed", "not_passed")
    bad = {"missed", "not_passed"}
    rows = [
        [
            Cell(one.title),
            *(layout.figure(f, Tone.BAD if k in bad and f.value else Tone.PLAIN) for k, f in _of(one, keys)),
        ]
        for one in facts.restores
    ]
    elements: list[Element] = [Grid(say("title"), [say("restore"), *map(say, keys)], rows, wide=[0])]
    if facts.held:
        elements += [Heading(say("held_head")), _picture(facts, layout)]
        elements += layout.left_out(len(facts.held) - facts.most)
    late = [one for one in facts.due if one.state is not DrillTime.ON_TIME]
    if late:
        rows = [
            [
                Cell(_title(one.restore, facts)),
                layout.moment(one.at),
                layout.moment(one.held_at),
                Cell(say(f"state.{one.state.value}"), Tone.BAD if one.state is DrillTime.MISSED else Tone.WAITING),
            ]
            for one in late[: facts.most]
        ]
        head = [say(key) for key in ("restore", "due_at", "held_at", "became")]
        elements += [Heading(say("late_head")), Grid(say("late_head"), head, rows, wide=[0])]
        elements += layout.left_out(len(late) - facts.most)
    return elements


def _of(one: DrilledRestore, keys: Iterable[str]) -> Iterator[tuple[str, Figure]]:
    return ((key, getattr(one, key)) for key in keys)


def _title(name: str, facts: RestoreDrillsFacts) -> str:
    return next((one.title for one in facts.restores if one.key == name), name)


def _picture(facts: RestoreDrillsFacts, layout: Layout) -> Picture:
    say = layout.say
    shown = facts.held[: facts.most]
    bars = [
        Bar(
            f"{say.minute(one.at)[:10]}, {_title(one.restore, facts)}",
            [(int(one.took.value), Fill.VALUE)],
            one.agreed_time,
        )
        for one in shown
        if one.took.value is not None
    ]
    rows = [
        [
            layout.evidence(say.minute(one.at), one.id),
            Cell(say("real", _title(one.restore, facts)) if one.real else _title(one.restore, facts)),
            layout.figure(one.lost, _tone(one.lost, one.agreed_point)),
            Cell(layout.span(one.agreed_point) if one.agreed_point else "–"),
            layout.figure(one.took, _tone(one.took, one.agreed_time)),
            Cell(layout.span(one.agreed_time) if one.agreed_time else "–"),
            _result(one, layout),
        ]
        for one in shown
    ]
    head = ["ended", "restore", "lost", "agreed", "took", "agreed", "became"]
    table = Grid(say("held_head"), [say(key) for key in head], rows, wide=[1])
    return Picture(lambda: duration_chart(say, say("took_head"), bars), say("took_head"), table)


def _result(one: HeldDrill, layout: Layout) -> Cell:
    if one.as_agreed:
        return Cell(layout.say("as_agreed"), Tone.GOOD)
    return Cell(layout.say("not_agreed" if one.verified else "not_verified"), Tone.BAD)


def _tone(figure: Figure, agreed: int) -> Tone:
    if not agreed or figure.value is None:
        return Tone.PLAIN
    return Tone.GOOD if int(figure.value) <= agreed else Tone.BAD


reports(
    RestoreDrillsBlock,
    ReportPart(
        title=("Restore drills", "Återläsningsprov"),
        facts=RestoreDrillsFacts,
        gather=gather,
        elements=lay_out,
        verdicts=verdicts,
        words={
            "about_restore": ("Restore drills: {0}", "Återläsningsprov: {0}"),
            "no_restores": (
                "The agreement has no restore instruction.",
                "Avtalet har ingen instruktion för återläsning.",
            ),
            "restore": ("Restore", "Återläsning"),
            "due": ("Due", "Planerade"),
            "on_time": ("On time", "I tid"),
            "late": ("Late", "Försenade"),
            "missed": ("Missed", "Missade"),
            "passed": ("Passed", "Godkända"),
            "not_passed": ("Not passed", "Underkända"),
            "held_head": ("Achieved against agreed", "Uppnått mot avtalat"),
            "took_head": ("Restore time", "Återläsningstid"),
            "late_head": ("Due times that were not kept", "Planerade tider som inte hölls"),
            "ended": ("Ended", "Avslutat"),
            "real": ("{0} (no drill)", "{0} (skarp)"),
            "lost": ("Data lost", "Förlorad data"),
            "took": ("Restore time", "Återläsningstid"),
            "agreed": ("Agreed", "Avtalat"),
            "not_verified": ("data not verified", "data inte verifierade"),
            "as_agreed": ("as agreed", "enligt avtal"),
            "not_agreed": ("not as agreed", "inte enligt avtal"),
            "due_at": ("Due", "Planerat"),
            "held_at": ("Held", "Genomfört"),
            "state.on-time": ("on time", "i tid"),
            "state.late": ("late", "försenat"),
            "state.missed": ("missed", "missat"),
            "state.pending": ("not overdue yet", "ännu inte försenat"),
        },
        rules={
            "due": (
                "The times in the period at which the agreement has a drill.",
                "De tider under perioden då avtalet har ett prov.",
            ),
            "on_time": (
                "Due times with a drill from one day before until one day after them.",
                "Planerade tider med ett prov från en dag före till en dag efter.",
            ),
            "late": (
                "Due times whose drill was held later, before the next one was due.",
                "Planerade tider vars prov genomfördes senare, innan nästa var planerat.",
            ),
            "missed": (
                "Due times without a drill that were overdue at the end of the period.",
                "Planerade tider utan prov som var försenade vid periodens slut.",
            ),
            "passed": (
                "Drills that ended in the period, whose data was verified, and that met all agreed terms.",
                "Prov som avslutades under perioden, vars data verifierades och som uppfyllde alla avtalade villkor.",
            ),
            "not_passed": (
                "Drills that ended in the period and were not passed.",
                "Prov som avslutades under perioden och inte godkändes.",
            ),
            "lost": (
                "The achieved restore point: the age of the restored data when the restore was asked for.",
                "Uppnådd återläsningspunkt: de återlästa uppgifternas ålder när återläsningen begärdes.",
            ),
            "took": (
                "The achieved restore time, without waiting for people.",
                "Uppnådd återläsningstid, utan väntan på människor.",
            ),
        },
    ),
)

"""The changes of the period: how many were done, undone or refused, and each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from activities.documents.elements import Cell, Element, Grid, KeyFigures, Said, Tone
from activities.report.blocks import ReportPart, reports
from activities.report.layout import Layout
from activities.report.operations import PeriodOperation
from activities.report.sources import ReportSources
from models.base import Model
from models.change import ChangeKind
from models.operation import OperationEnd
from models.operation_kinds import CHANGE
from models.report import Figure, Second
from models.report_blocks import ChangesBlock

_END: Final = OperationEnd

_GROUPS: Final[dict[str, frozenset[OperationEnd]]] = {
    "done": frozenset({_END.DONE, _END.NOTHING_TO_DO}),
    "undone": frozenset({_END.UNDONE}),
    "failed": frozenset({_END.FAILED, _END.ABORTED, _END.CANCELLED}),
    "not_begun": frozenset({_END.REFUSED, _END.MISSED}),
}
"""The ends of changes, in groups that people ask for."""

_TONES: Final = {_END.DONE: Tone.GOOD, _END.UNDONE: Tone.WAITING, _END.FAILED: Tone.BAD}


class ListedChange(Model):
    """A change in the table."""

    id: str
    title: str
    kind: str
    """`standard`, `normal` or `emergency`; empty if it ended before it was assessed."""
    risk: str
    opened_at: Second
    closed_at: Second | None
    outcome: str
    summary: str = ""
    """In internal reports only."""
    by: str = ""
    """In internal reports only."""


class ChangesFacts(Model):
    """The changes of a period."""

    done: Figure
    undone: Figure
    failed: Figure
    not_begun: Figure
    under_way: Figure
    emergency: Figure
    changes: list[ListedChange]
    left_out: int


def gather(block: ChangesBlock, sources: ReportSources) -> ChangesFacts:
    """Rehearsals are no changes."""
    changes = sources.operations(CHANGE.name)

    def counted(rule: str, belongs: Callable[[PeriodOperation], bool]) -> Figure:
        return sources.count(f"changes.{rule}", [sources.cite_operation(c) for c in changes if belongs(c)])

    kept = changes[: block.most]
    return ChangesFacts(
        done=counted("done", lambda c: c.outcome in _GROUPS["done"]),
        undone=counted("undone", lambda c: c.outcome in _GROUPS["undone"]),
        failed=counted("failed", lambda c: c.outcome in _GROUPS["failed"]),
        not_begun=counted("not_begun", lambda c: c.outcome in _GROUPS["not_begun"]),
        under_way=counted("under_way", lambda c: c.closed_at is None),
        emergency=counted("emergency", lambda c: c.closed_at is not None and _kind(c) == ChangeKind.EMERGENCY.value),
        changes=[_listed(change, sources) for change in kept],
        left_out=len(changes) - len(kept),
    )


def _kind(change: PeriodOperation) -> str:
    return str(change.data.get("kind") or "")


def _listed(change: PeriodOperation, sources: ReportSources) -> ListedChange:
    return ListedChange(
        id=sources.cite_operation(change),
        title=sources.text(change.title),
        kind=_kind(change),
        risk=str(change.data.get("risk") or ""),
        opened_at=change.opened_at,
        closed_at=change.closed_at,
        outcome=change.outcome,
        summary=sources.text(change.summary) if sources.internal else "",
        by=change.opened_by if sources.internal else "",
    )


def lay_out(facts: ChangesFacts, layout: Layout) -> list[Element]:
    """Key figures and the table."""
    say = layout.say
    if not facts.changes:
        return [Said(say("none_in_period"))]
    keys = ("done", "undone", "failed", "not_begun", "under_way", "emergency")
    figures = [layout.key_figure(say(key), getattr(facts, key)) for key in keys]
    more = ["by", "summary"] if layout.internal else []
    head = ["change", "what", "kind", "risk", "opened_at", "closed_at", "became", *more]
    rows = [
        [
            layout.evidence(one.id.removeprefix("change."), one.id),
            Cell(one.title),
            Cell(say(f"kind.{one.kind}") if one.kind else ""),
            Cell(say(f"risk.{one.risk}") if one.risk else ""),
            layout.moment(one.opened_at),
            layout.moment(one.closed_at),
            _outcome(one.outcome, layout),
            *([Cell(one.by), Cell(one.summary)] if layout.internal else []),
        ]
        for one in facts.changes
    ]
    table = Grid(say("listed"), [say(key) for key in head], rows, wide=[1])
    return [KeyFigures(say("title"), figures), table, *layout.left_out(facts.left_out)]


def _outcome(outcome: str, layout: Layout) -> Cell:
    end = OperationEnd(outcome) if outcome in set(OperationEnd) else None
    if end is None:
        return Cell(outcome or layout.say("end.open"), Tone.WAITING)
    return Cell(layout.say(f"end.{end.value}"), _TONES.get(end, Tone.PLAIN))


reports(
    ChangesBlock,
    ReportPart(
        title=("Changes", "Ändringar"),
        facts=ChangesFacts,
        gather=gather,
        elements=lay_out,
        words={
            "done": ("Done", "Genomförda"),
            "undone": ("Rolled back", "Återställda"),
            "failed": ("Failed or aborted", "Misslyckade eller avbrutna"),
            "not_begun": ("Refused or missed", "Avslagna eller missade"),
            "under_way": ("Under way", "Pågående"),
            "emergency": ("Emergency changes", "Akuta ändringar"),
            "listed": ("The changes", "Ändringarna"),
            "change": ("Change", "Ändring"),
            "what": ("What", "Vad"),
            "risk": ("Risk", "Risk"),
            "opened_at": ("Submitted", "Inlämnad"),
            "closed_at": ("Ended", "Avslutad"),
            "summary": ("Summary", "Sammanfattning"),
            "kind.standard": ("standard", "standard"),
            "kind.normal": ("normal", "normal"),
            "kind.emergency": ("emergency", "akut"),
            "risk.low": ("low", "låg"),
            "risk.medium": ("medium", "medel"),
            "risk.high": ("high", "hög"),
            "end.open": ("under way", "pågår"),
            "end.done": ("done", "genomförd"),
            "end.nothing-to-do": ("nothing to do", "inget att göra"),
            "end.failed": ("failed", "misslyckades"),
            "end.undone": ("rolled back", "återställd"),
            "end.aborted": ("aborted", "avbruten"),
            "end.refused": ("refused", "avslagen"),
            "end.missed": ("missed", "missad"),
            "end.rehearsed": ("rehearsed", "övad"),
            "end.cancelled": ("cancelled", "avbruten"),
        },
        rules={
            "done": (
                "Changes that ended in the period with all their steps done and health proven, or with nothing to do.",
                "Ändringar som avslutades under perioden med alla steg gjorda och bevisad hälsa, eller där inget behövde "
                "göras.",
            ),
            "undone": (
                "Changes that ended in the period and were rolled back.",
                "Ändringar som avslutades under perioden och togs tillbaka.",
            ),
            "failed": (
                "Changes that ended in the period because they failed or people stopped them.",
                "Ändringar som avslutades under perioden för att de misslyckades eller någon stoppade dem.",
            ),
            "not_begun": (
                "Changes that ended in the period without a step: refused, or their window passed.",
                "Ändringar som avslutades under perioden utan något steg: avslagna, eller så passerade deras fönster.",
            ),
            "under_way": (
                "Changes that were not over at the end of the period.",
                "Ändringar som inte var klara vid periodens slut.",
            ),
            "emergency": (
                "Emergency changes that ended in the period, whatever their end; other counts contain them too.",
                "Akuta ändringar som avslutades under perioden, oavsett utfall; de ingår också i övriga antal.",
            ),
        },
    ),
)

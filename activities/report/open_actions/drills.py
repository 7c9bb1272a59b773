"""Restore drills that are overdue, and restores whose last drill was not passed."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from activities.report.open_actions.action import OpenAction, supplier_of
from activities.report.operations import PeriodOperation
from activities.report.sources import ReportSources
from activities.restore.drills import missed_at, next_at, took_place
from models.dossier.instructions import Restore
from models.operation import OperationEnd
from models.restores import RestoreProof


def find(sources: ReportSources) -> Iterator[OpenAction]:
    """The supplier owns them. A drill that was not passed is due again at its next time."""
    for name, restore in sources.at_the_end.instructions.restore.items():
        held = [d for d in sources.drills if d.name == name and took_place(d.outcome or None)]
        yield from _overdue(name, restore, held, sources)
        ended = [drill for drill in held if drill.closed_at is not None]
        if ended and not _passed(ended[-1]):
            yield _again(name, restore, ended[-1], sources)


def _overdue(name: str, restore: Restore, held: list[PeriodOperation], sources: ReportSources) -> Iterator[OpenAction]:
    hours = sources.at_the_end.agreement.working_days(None)
    due = missed_at(restore, hours, [drill.opened_at for drill in held], sources.period.until)
    if due is not None and due >= sources.versions[0].used.since:
        yield OpenAction(
            key=f"{name} drill",
            id="",
            do="drill",
            title=sources.text(restore.title),
            owner=supplier_of(sources.at_the_end),
            since=due,
            due=due,
            overdue=True,
        )


def _again(name: str, restore: Restore, last: PeriodOperation, sources: ReportSources) -> OpenAction:
    hours = sources.at_the_end.agreement.working_days(None)
    return OpenAction(
        key=f"{name} drill-again",
        id=sources.cite_operation(last),
        do="drill-again",
        title=sources.text(restore.title),
        owner=supplier_of(sources.at_the_end),
        since=last.closed_at or last.opened_at,
        due=next_at(restore, hours, sources.period.until),
        overdue=False,
    )


def _passed(drill: PeriodOperation) -> bool:
    try:
        proof = RestoreProof.model_validate(drill.data.get("proof"))
    except ValidationError:  # it failed before a restore point was chosen
        return False
    return proof.as_agreed and drill.outcome != OperationEnd.FAILED.value

"""The page that an operator reads in the UI of an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.jobs import Outcome
from models.names import watch_id
from models.operation import AbortOperation
from models.people import is_program
from workflows.runtime.markdown import DETAILS_LIMIT, block, link, linked, narrow, page, paste, plain, stamp, table

if TYPE_CHECKING:
    from models.operation import OperationOrder
    from models.runbooks import StepReport
    from workflows.operation.base import Operation

_SHOWN = ((12, 8), (6, 5), (3, 3), (0, 0))
"""Steps and lines of what happened: as many as leave room for what people copy; the records have all."""

_SAID = 300
"""Characters of what a host said to a step that did not go well; the records have all of it."""


def operation_page(operation: Operation) -> str:
    """Where it stands, what it waits for and what to press, the steps so far and the last of what happened."""
    order = operation.order
    if order is None:
        return page("Starting", operation.gates_markdown())
    pages = (_page(operation, order, steps, lines) for steps, lines in _SHOWN)
    return page(next((text for text in pages if len(text) <= DETAILS_LIMIT), _page(operation, order, 0, 0)))


def _page(operation: Operation, order: OperationOrder, steps: int, lines: int) -> str:
    rehearsal = " (rehearsal: nothing is changed)" if order.rehearse else ""
    parts = (
        f"### {plain(operation.title)}{rehearsal or _how_it_ended(operation)}",
        _stands(operation),
        f"{plain(order.application)} · asked for by {plain(order.by)}"
        + (f": {plain(order.reason)}" if order.reason else ""),
        _lease(operation),
        _said(operation.reports[-1]) if operation.reports and not operation.ended else "",
        operation.gates_markdown(),
        operation.more_on_page(),
        _steps(operation.reports, steps),
        _happened(operation, lines),
        _last(operation),
    )
    return "\n\n".join(part for part in parts if part)


def _to_stop(operation: Operation) -> str:
    """How to stop it, or who has; empty until the dossier is read, which says who may."""
    if stopped := operation.aborting:
        return f"**It stops** once what it is doing has ended, says {plain(stopped.by)}: {plain(stopped.reason)}"
    if not operation.knows_people:
        return ""
    asked = [] if is_program(operation.by) else [operation.by]
    may = [*operation.may_stop(), *asked, *(one.name for one in operation.contacts())]
    by = may[0] if may else "on-call@driftbolaget.example"
    return "**To stop it**, " + paste("abort", AbortOperation(by=by, reason="why"))


def _last(operation: Operation) -> str:
    """Where all of it is to be read; how to stop it while it runs."""
    if operation.outcome is None:
        return _to_stop(operation)
    if operation.id_used:
        return plain(operation.outcome.summary, 1000)
    return f"All of it, with what each host said: `driftvakt operation show {operation.outcome.id}`."


def _how_it_ended(operation: Operation) -> str:
    """How it ended, in a word, for the title; empty while it runs."""
    return f" ({operation.outcome.end.value.replace('-', ' ')})" if operation.outcome else ""


def _stands(operation: Operation) -> str:
    """The state, and what is being done; what an open question or the lease says further down is not said twice."""
    state = f"**{operation.state.value.replace('-', ' ')}**"
    if operation.open_gates or operation.doing == operation.lease_says:
        return state
    if operation.ended:
        return f"{state} · {linked(operation.doing, 1000)}"
    return f"{state} · {linked(operation.doing)}" + (f" · {plain(operation.progress)}" if operation.progress else "")


def _lease(operation: Operation) -> str:
    order = operation.order
    if order is None or order.rehearse or not operation.lease_says or operation.ended:
        return ""
    says = operation.lease_says[0].upper() + operation.lease_says[1:]
    return f"{linked(says)} · {link(watch_id(order.application))}"


def _said(report: StepReport) -> str:
    """What a host said to the last step, if that did not go well: mostly why."""
    said = report.detail.strip().partition("\n")[2].strip()
    if report.outcome is Outcome.OK or not said:
        return ""
    who = f"What {plain(report.host)} said" if report.host else "What was said"
    return f"**{who} to the last step**\n\n{block(said[-_SAID:], 2 * _SAID)[0]}"


def _steps(reports: list[StepReport], most: int) -> str:
    rows = [
        (
            plain(narrow(report.title), 80),
            plain(report.host or "-"),
            report.outcome.value if report.outcome is Outcome.OK else f"**{report.outcome.value}**",
            plain(narrow(report.detail.splitlines()[0]) if report.detail else "", 120),
        )
        for report in (reports[-most:] if most else [])
    ]
    shown = table(["step", "host", "outcome", "what came of it"], rows)
    hidden = len(reports) - len(rows)
    if not rows:
        return ""
    return f"The last {len(rows)} steps; {hidden} came before them.\n\n{shown}" if hidden > 0 else shown


def _happened(operation: Operation, most: int) -> str:
    entries = operation.latest(most) if most else []
    rows = [(stamp(e.at, entries[-1].at), linked(narrow(e.text), 160)) for e in reversed(entries)]
    happened = table(["UTC", ""], rows)
    return f"**What happened, newest first**\n\n{happened}" if happened else ""

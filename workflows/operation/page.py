"""The page of an operation in the UI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.jobs import Outcome
from models.names import watch_id
from models.operation import AbortOperation, OperationOrder, OperationOutcome, OperationState
from models.records import TimelineEntry
from models.runbooks import StepReport
from workflows.journal.page import steps_table
from workflows.runtime.markdown import DETAILS_LIMIT, block, link, linked, narrow, page, paste, plain, stamp, table

_SHOWN = ((12, 8), (6, 5), (3, 3), (0, 0))
"""Steps and timeline lines, the first pair that leaves room for the updates to paste; the records have all of them."""

_OUTPUT = 300
"""Characters of a host's output for a failed step; the records have all of it."""


@dataclass(frozen=True)
class ShownOperation:
    """The data of an operation's page."""

    order: OperationOrder | None
    """None until the operation has begun."""
    title: str
    state: OperationState
    doing: str
    progress: str
    lease: str
    """Whether it holds the lease, or why it waits for it."""
    asks: bool
    """Whether a question is open."""
    gates: str
    """The open questions, as Markdown."""
    aborting: AbortOperation | None
    may_stop: str
    """A person who may stop it; empty until the dossier is loaded."""
    reports: Sequence[StepReport]
    timeline: Sequence[TimelineEntry]
    outcome: OperationOutcome | None
    id_used: bool
    more: str
    """Further parts for its kind, as Markdown."""


def operation_page(view: ShownOperation) -> str:
    """Render status, lease, open questions, steps and timeline of an operation as Markdown."""
    order = view.order
    if order is None:
        return page("Starting", view.gates)
    pages = (_page(view, order, steps, lines) for steps, lines in _SHOWN)
    return page(next((text for text in pages if len(text) <= DETAILS_LIMIT), _page(view, order, 0, 0)))


def _page(view: ShownOperation, order: OperationOrder, steps: int, lines: int) -> str:
    rehearsal = " (rehearsal: nothing is changed)" if order.rehearse else ""
    parts = (
        f"### {plain(view.title)}{rehearsal or _how_it_ended(view)}",
        _status(view),
        f"{plain(order.application)} · requested by {plain(order.by)}"
        + (f": {plain(order.reason)}" if order.reason else ""),
        _lease(view, order),
        _output(view.reports[-1]) if view.reports and view.outcome is None else "",
        view.gates,
        view.more,
        steps_table(view.reports, steps),
        _timeline(view.timeline[-lines:] if lines else []),
        _last(view),
    )
    return "\n\n".join(part for part in parts if part)


def _to_stop(view: ShownOperation) -> str:
    """The update to stop it, or the person who has; empty until the dossier is loaded."""
    if stopped := view.aborting:
        return f"**It stops** as soon as the current step has ended. Stopped by {plain(stopped.by)}: {plain(stopped.reason)}"
    if not view.may_stop:
        return ""
    return "**To stop it**, " + paste("abort", AbortOperation(by=view.may_stop, reason="why"))


def _last(view: ShownOperation) -> str:
    """The command that shows everything; while it runs, the update to stop it."""
    if view.outcome is None:
        return _to_stop(view)
    if view.id_used:
        return plain(view.outcome.summary, 1000)
    return f"Everything, with the output of each host: `driftvakt operation show {view.outcome.id}`."


def _how_it_ended(view: ShownOperation) -> str:
    """The end in one word, for the title; empty while it runs."""
    return f" ({view.outcome.end.value.replace('-', ' ')})" if view.outcome else ""


def _status(view: ShownOperation) -> str:
    """State and current step; without the step if an open question or the lease says the same further down."""
    state = f"**{view.state.value.replace('-', ' ')}**"
    if view.asks or view.doing == view.lease:
        return state
    if view.outcome is not None:
        return f"{state} · {linked(view.doing, 1000)}"
    return f"{state} · {linked(view.doing)}" + (f" · {plain(view.progress)}" if view.progress else "")


def _lease(view: ShownOperation, order: OperationOrder) -> str:
    if order.rehearse or not view.lease or view.outcome is not None:
        return ""
    says = view.lease[0].upper() + view.lease[1:]
    return f"{linked(says)} · {link(watch_id(order.application))}"


def _output(report: StepReport) -> str:
    """The host's output for the last step, if it failed."""
    output = report.detail.strip().partition("\n")[2].strip()
    if report.outcome is Outcome.OK or not output:
        return ""
    host = f" on {plain(report.host)}" if report.host else ""
    return f"**Output of the last step{host}**\n\n{block(output[-_OUTPUT:], 2 * _OUTPUT)[0]}"


def _timeline(entries: Sequence[TimelineEntry]) -> str:
    """The latest lines of the timeline, the newest first."""
    rows = [(stamp(e.at, entries[-1].at), linked(narrow(e.text), 160)) for e in reversed(entries)]
    happened = table(["UTC", ""], rows)
    return f"**Timeline, newest first**\n\n{happened}" if happened else ""

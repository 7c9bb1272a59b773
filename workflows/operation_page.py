"""The page that an operator reads in the UI of an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.text import page, plain, stamp, table

if TYPE_CHECKING:
    from workflows.operation import Operation

_STEPS = 12
_LINES = 8


def operation_page(operation: Operation) -> str:
    """Where it stands, what it waits for and what to press, the steps so far and the last of what happened."""
    order = operation.order
    if order is None:
        return "Starting"
    rehearsal = " (rehearsal: nothing is changed)" if order.rehearse else ""
    status = operation.status()
    return page(
        f"### {plain(operation.title)}{rehearsal}",
        f"**{operation.state.value.replace('-', ' ')}** · {plain(operation.doing)}"
        + (f" · {plain(operation.progress)}" if operation.progress else ""),
        f"{plain(order.application)} · asked for by {plain(order.by)}"
        + (f": {plain(order.reason)}" if order.reason else ""),
        _lease(operation),
        operation.gates_markdown(),
        operation.more_on_page(),
        _steps(operation),
        "\n".join(
            f"- {stamp(e.at, status.timeline[-1].at)} {plain(e.text, 160)}" for e in reversed(status.timeline[-_LINES:])
        ),
        "" if operation.ended else "To stop it: *More Actions*, *Send an Update*, `abort`.",
    )


def _lease(operation: Operation) -> str:
    if operation.order is not None and operation.order.rehearse:
        return ""
    watch = f"watch.{operation.order.application}" if operation.order else ""
    link = f"[{watch}](/namespaces/{{namespace}}/workflows/{watch})"
    return f"Lease: {plain(operation.lease_says)} · {link}" if operation.lease_says else ""


def _steps(operation: Operation) -> str:
    reports = operation.reports
    rows = [
        (
            plain(report.title, 80),
            plain(report.host or "-"),
            report.outcome.value,
            plain(report.detail.splitlines()[0] if report.detail else "", 120),
        )
        for report in reports[-_STEPS:]
    ]
    shown = table(["step", "host", "outcome", "what came of it"], rows)
    hidden = len(reports) - len(rows)
    return f"The last {len(rows)} steps; {hidden} came before them.\n\n{shown}" if hidden > 0 else shown

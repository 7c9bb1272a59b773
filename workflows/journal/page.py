"""Parts of pages that several kinds of workflow share."""

from __future__ import annotations

from collections.abc import Sequence

from models.jobs import Outcome
from models.runbooks import StepReport
from workflows.runtime.markdown import narrow, plain, table


def steps_table(reports: Sequence[StepReport], most: int) -> str:
    """The last steps, at most `most` of them, with their outcomes; an outcome that is not OK is bold. Empty without steps."""
    rows = [
        (
            plain(narrow(report.title), 80),
            plain(report.host or "-"),
            report.outcome.value if report.outcome is Outcome.OK else f"**{report.outcome.value}**",
            plain(narrow(report.detail.splitlines()[0]) if report.detail else "", 120),
        )
        for report in (reports[-most:] if most else [])
    ]
    shown = table(["step", "host", "outcome", "result"], rows)
    hidden = len(reports) - len(rows)
    if not rows:
        return ""
    return f"The last {len(rows)} of {len(reports)} steps.\n\n{shown}" if hidden > 0 else shown

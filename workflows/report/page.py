"""The part of an operation's page that is about a report, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from models.report import Commentary
from models.report_order import AddCommentary, ReceiverDelivery, ReportSealed, ReportSurvey
from workflows.report.draft import ReportDraft
from workflows.runtime.markdown import paste, plain, table

_COMMENTARY = 300
"""Characters of a commentary on the page; the report has all of it."""


def report_part(
    terms: ReportSurvey,
    draft: ReportDraft | None,
    commentary: Sequence[Commentary],
    deliveries: Sequence[ReceiverDelivery],
    sealed: ReportSealed | None,
    *,
    writes: bool,
) -> str:
    """Return the draft, the commentary, the deliveries and the seal. `writes`: whether commentary is still taken."""
    parts = [
        f"Version {terms.version} · to {plain(', '.join(terms.receivers))} · as {', '.join(terms.attachments)}",
        _draft(draft) if draft is not None else "",
        "\n".join(f"- {plain(one.by)}: {plain(one.text, _COMMENTARY)}" for one in commentary),
        _write(terms) if writes else "",
        table(["receiver", "result"], [(plain(one.to or one.contact), plain(_delivered(one))) for one in deliveries]),
        f"Sealed as version {sealed.version}: `{sealed.seal}`" if sealed is not None else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _draft(draft: ReportDraft) -> str:
    missing = "".join(f"\n- missing: {plain(line)}" for line in draft.gathered.missing)
    return f"Preview in `{draft.rendered.folder}` below the home · facts `{draft.facts[:8]}`{missing}"


def _write(terms: ReportSurvey) -> str:
    if not terms.authors:
        return ""
    sample = AddCommentary(by=terms.authors[0], text="The payment provider was down on the 12th.")
    return f"**To add commentary**, which is a part of what people approve, {paste('add_commentary', sample)}"


def _delivered(one: ReceiverDelivery) -> str:
    return f"{one.state.value.replace('-', ' ')} by {one.channel}" + (f": {one.detail}" if one.detail else "")

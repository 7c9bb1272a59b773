"""The requirements of reports: receivers, approvals, periods, and the data of their blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from models.dossier.agreement import Undertaking
from models.dossier.dossier import Dossier
from models.dossier.faults import shown, where
from models.dossier.frequency import working_days_matter
from models.dossier.parties import PartyKind
from models.dossier.reports import OLD_CONTENT, ReportAudience, ReportSpan, block_of_word
from models.dossier.rules.registry import RuleFinding, error, gap, plain_note
from models.dossier.source import walk
from models.report_block_kinds import REPORT_BLOCKS

_LENGTHS: Final = {"daily": 1, "weekly": 7, "monthly": 28, "quarterly": 90}
"""Days between two reports, at least."""

_DAYS: Final = {ReportSpan.WEEK: 7, ReportSpan.MONTH: 31, ReportSpan.QUARTER: 92, ReportSpan.YEAR: 366}
"""Days of a period, at most."""


@gap("no-report", Undertaking.REPORTS)
def there_is_a_report(dossier: Dossier) -> Iterator[RuleFinding]:
    """A report exists."""
    if not dossier.reports:
        yield RuleFinding(("reports",), "reports are bought, but there is no report", "add one under reports")


@gap("report-without-address", Undertaking.REPORTS)
def reports_can_be_sent(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every receiver of a report has an e-mail address."""
    for name, report in dossier.reports.items():
        for receiver in report.receivers:
            contact = dossier.contacts.get(receiver)
            if contact is not None and not contact.email:
                what = f"the report {name} goes to {receiver}, who has no e-mail address"
                yield RuleFinding(("reports", name, "receivers"), what, f"add `email` to the contact {receiver}")


@error("internal-report-outside")
def internal_reports_stay_inside(dossier: Dossier) -> Iterator[RuleFinding]:
    """An internal report goes to contacts of the supplier only, because it names hosts."""
    for name, report in dossier.reports.items():
        if report.audience is not ReportAudience.INTERNAL:
            continue
        for number, receiver in enumerate(report.receivers):
            contact = dossier.contacts.get(receiver)
            party = dossier.parties.get(contact.party) if contact else None
            if party is not None and party.kind is not PartyKind.SUPPLIER:
                what = f"the internal report {name} goes to {receiver}, who is not of the supplier"
                fix = "remove the receiver, or write `audience: customer`"
                yield RuleFinding(("reports", name, "receivers", number), what, fix)


@error("report-without-working-days")
def working_days_of_reports_are_known(dossier: Dossier) -> Iterator[RuleFinding]:
    """A report that is made on a working day has service hours that define working days."""
    for name, report in dossier.reports.items():
        if working_days_matter(report.frequency) and dossier.agreement.working_days(None) is None:
            what = f"the report {name} is made on a working day, but no service hours define working days"
            yield RuleFinding(("reports", name, "frequency"), what, "name a weekday: monthly first monday 08:00")


@gap("report-skips-periods", None)
def every_period_is_reported(dossier: Dossier) -> Iterator[RuleFinding]:
    """A report is made at least once in each of its periods."""
    for name, report in dossier.reports.items():
        often = report.frequency.split()[0]
        if _LENGTHS.get(often, 0) > _DAYS[report.covers]:
            what = f"the report {name} covers the {report.covers.value} and is made {often}, so it skips periods"
            yield RuleFinding(("reports", name, "frequency"), what, "report more often, or choose a longer `period`")


@gap("block-without-undertaking", None)
def blocks_report_on_what_was_bought(dossier: Dossier) -> Iterator[RuleFinding]:
    """A block of a report is about an undertaking that was bought."""
    bought = set(dossier.agreement.undertakings)
    for name, report in dossier.reports.items():
        for number, block in enumerate(report.blocks):
            if block.undertakings and not block.undertakings & bought:
                about = " or ".join(sorted(u.value for u in block.undertakings))
                what = f"the report {name} has the block {block.type}, but {about} is not bought"
                yield RuleFinding(("reports", name, "blocks", number), what, "remove the block, or add the undertaking")


@gap("block-without-data", None)
def blocks_have_their_data(dossier: Dossier) -> Iterator[RuleFinding]:
    """A block of a report finds the parts of the dossier that it reports on."""
    for name, report in dossier.reports.items():
        for number, block in enumerate(report.blocks):
            if (lacking := block.lacking(dossier)) is not None:
                what = f"the report {name} has the block {block.type}, but {lacking[0]}"
                yield RuleFinding(("reports", name, "blocks", number), what, f"{lacking[1]}, or remove the block")


@gap("unreported-undertaking", Undertaking.REPORTS)
def bought_undertakings_are_reported(dossier: Dossier) -> Iterator[RuleFinding]:
    """A report to the customer has a block for every undertaking that was bought and that a block reports on."""
    reports = [r for r in dossier.reports.values() if r.audience is ReportAudience.CUSTOMER]
    seen = {undertaking for report in reports for block in report.blocks for undertaking in block.undertakings}
    for number, undertaking in enumerate(dossier.agreement.undertakings):
        fitting = [kind for kind, block in REPORT_BLOCKS.all().items() if undertaking in block.undertakings]
        if reports and fitting and undertaking not in seen:
            what = f"{undertaking.value} is bought, but no report to the customer has a block about it"
            yield RuleFinding(
                ("agreement", "undertakings", number), what, f"add to a report the block {' or '.join(fitting)}"
            )


@plain_note("report-content")
def old_content_is_noted(data: dict[str, Any]) -> Iterator[RuleFinding]:
    """A report has `blocks`. The earlier `content` is still read; words in it that are no block have no effect."""
    for place, report in walk(data, ("reports", "*")):
        words = report.get(OLD_CONTENT) if isinstance(report, dict) and "blocks" not in report else None
        if not isinstance(words, list):
            continue
        blocks = list(dict.fromkeys(name for word in words if (name := block_of_word(word))))
        unknown = [shown(word) for word in words if block_of_word(word) is None]
        left_out = f", but for {' and '.join(unknown)}, which is no block" if unknown else ""
        what = f"{where(place)} has the field `content` of an earlier release, which is read as blocks{left_out}"
        yield RuleFinding((*place, OLD_CONTENT), what, f"write `blocks: [{', '.join(blocks or ['summary'])}]` instead")

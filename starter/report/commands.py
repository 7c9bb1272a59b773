"""`driftvakt report`: list, preview, make, approve, send again, verify and correct reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.operation.following import NoWait, Reason, finish, start_and_follow
from starter.terminal.options import (
    WENT_WRONG,
    AsJson,
    By,
    Gate,
    OnlyOf,
    Plan,
    Yes,
    echo,
    echo_json,
    faults,
    in_session,
    path_given,
    print_answer,
    print_list,
    who_asks,
    who_orders,
)

if TYPE_CHECKING:
    from models.gates import DecisionReceipt
    from models.operation import OperationOutcome, OperationReply
    from models.tables import OperationRow
    from starter.report.service import ReportView
    from starter.terminal.session import CommandSession

app = typer.Typer(help="Make, approve, verify and correct reports.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="The report, as in report.acme.shop.monthly.2026-11.", show_default=False)]
Name = Annotated[str, typer.Argument(help="The report, as the dossier names it.", show_default=False)]
Of = Annotated[
    str, typer.Option("--application", "-a", help="CUSTOMER.APPLICATION, as in acme.shop.", show_default=False)
]
Period = Annotated[
    str | None,
    typer.Option(help="2026-11, 2026Q4, 2026W48 or 2026.", show_default="the last period that is over"),
]


@app.command("list")
def list_(application: OnlyOf = None, as_json: AsJson = False) -> None:
    """List the reports of the dossiers, each with the latest sealed one and the ones in progress."""
    with faults():
        from models.settings import load_settings
        from starter.report.page import show_reports
        from starter.report.service import list_reports
        from starter.terminal.applications import require_application
        from starter.terminal.session import open_records

        settings = load_settings()
        with open_records(settings) as records:
            require_application(settings, records, application)
            found = list_reports(records, application)
    print_list(found, as_json, "no dossier has a report", show_reports)


@app.command()
def show(id: Id, as_json: AsJson = False) -> None:
    """Show a report: its state, its open question, its timeline, and its sealed versions with receivers and digests."""
    view = in_session(lambda session: _show(session, id))
    if as_json:
        echo_json(view)
        return
    from starter.report.page import show_report

    show_report(view)


@app.command()
def preview(
    name: Name,
    application: Of,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="The directory for the files.", parser=path_given, show_default=False),
    ],
    period: Period = None,
    as_json: AsJson = False,
) -> None:
    """Write the files of a report into a directory, from the records as they are now; nothing is stored or sent."""
    with faults():
        from models.settings import load_settings
        from starter.report.service import write_preview
        from starter.terminal.session import open_records

        with open_records(load_settings()) as records:
            written = write_preview(records, application, name, period, output)
    print_answer(written, as_json)


@app.command()
def run(
    name: Name,
    application: Of,
    period: Period = None,
    commentary: Annotated[
        str | None, typer.Option(help="A text that becomes a part of the report.", show_default=False)
    ] = None,
    by: By = None,
    reason: Reason = "",
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Make a report, and send it when it is approved; follows it to its end unless --no-wait is given."""

    async def make(session: CommandSession) -> OperationOutcome | None:
        from models.operation_kinds import REPORT
        from models.report_order import ReportOrder
        from starter.report.service import find_report
        from starter.terminal.messages import build_message

        placed = find_report(session.records, application, name, period, who_orders(session, by, application))
        assert placed.order is not None
        given = placed.order.model_dump(mode="json") | {"reason": reason, "commentary": commentary}
        order = build_message(ReportOrder, given)
        key = placed.id.removeprefix(f"{REPORT.name}.{application}.")
        return await start_and_follow(session, REPORT, order, key, placed.title, wait=not no_wait, as_json=as_json)

    finish(in_session(make), as_json)


@app.command()
def approve(
    id: Id,
    by: By = None,
    note: Annotated[str, typer.Option(help="Note for the record.", show_default=False)] = "",
    gate: Gate = None,
    plan: Plan = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Approve exactly the report that is shown; it is then sent to its receivers.

    `driftvakt operation decide ID refuse` refuses it. Without a terminal, give --plan (what `report show` prints) or --yes.
    """

    async def answer_it(session: CommandSession) -> DecisionReceipt:
        from models.gates import APPROVE
        from starter.operation.commands import answer
        from starter.report.service import require_report

        return await answer(session, require_report(id), APPROVE, gate, by, note, plan, yes)

    print_answer(in_session(answer_it), as_json)


@app.command()
def comment(
    id: Id,
    text: Annotated[str, typer.Argument(help="The text, which becomes a part of the report.", show_default=False)],
    instead: Annotated[bool, typer.Option("--instead", help="Replace all commentary so far.")] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Add commentary to a report that is not approved yet; people are then asked again."""

    async def add(session: CommandSession) -> OperationReply:
        from models.operation import OperationReply
        from models.report_order import AddCommentary
        from starter.report.service import require_report
        from starter.terminal.messages import build_message
        from starter.terminal.session import send_short_update

        request = build_message(AddCommentary, {"by": who_asks(session.settings, by), "text": text, "instead": instead})
        handle = session.client.get_workflow_handle(require_report(id))
        return await send_short_update(handle, "add_commentary", request, OperationReply, id)

    print_answer(in_session(add), as_json)


@app.command()
def resend(
    id: Id,
    to: Annotated[
        list[str] | None,
        typer.Option(
            help="A receiver, as the dossier names it; repeat it for several.", show_default="those not reached"
        ),
    ] = None,
    by: By = None,
    reason: Reason = "",
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Send a sealed report again, exactly as it was approved; by default to the receivers whom it did not reach."""

    async def send(session: CommandSession) -> OperationOutcome | None:
        from models.errors import UserError
        from starter.report.service import reported

        who_asks(session.settings, by)
        if any(not name.strip() for name in to or []):
            raise UserError("--to: it must not be empty; name a receiver as the dossier does")
        row = reported(session.records, id)
        fields = {"resend": True, "to": to or [], "reason": reason}
        return await _order(session, row, fields, f"resend-{time_key()}", by, wait=not no_wait, as_json=as_json)

    from starter.operation.starting import time_key

    finish(in_session(send), as_json)


@app.command()
def verify(
    file: Annotated[
        Path, typer.Argument(help="A file of a report, as its receivers got it.", parser=path_given, show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Verify a file: whether it was sealed, whether the archive is whole, and every figure, computed again from the records.

    Exit 1 if anything is wrong.
    """
    with faults():
        from models.settings import load_settings
        from starter.report.service import verify_file
        from starter.terminal.session import open_records

        with open_records(load_settings()) as records:
            found = verify_file(records, file)
    if as_json:
        echo_json(found)
    else:
        from starter.report.page import show_verified

        show_verified(found)
    if not found.sound:
        raise typer.Exit(WENT_WRONG)


@app.command()
def correct(
    id: Id,
    commentary: Annotated[
        str | None, typer.Option(help="A text that becomes a part of the report.", show_default=False)
    ] = None,
    by: By = None,
    reason: Reason = "",
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Make the next version of a sealed report whose figures are computed otherwise now; it needs an approval, too."""

    async def make(session: CommandSession) -> OperationOutcome | None:
        from starter.report.service import find_correction, reported

        who_asks(session.settings, by)
        row = reported(session.records, id)
        sealed, changes = find_correction(session.records, id)
        for line in changes:
            echo(f"differs: {line}", err=True)
        fields = {"corrects": sealed.version, "commentary": commentary, "reason": reason}
        key = f"v{sealed.version + 1}-{time_key()}"
        return await _order(session, row, fields, key, by, wait=not no_wait, as_json=as_json)

    from starter.operation.starting import time_key

    finish(in_session(make), as_json)


async def _order(
    session: CommandSession,
    row: OperationRow,
    fields: dict[str, Any],
    key: str,
    by: str | None,
    *,
    wait: bool,
    as_json: bool,
) -> OperationOutcome | None:
    """Start a further workflow for the report that a recorded one was for."""
    from models.operation_kinds import REPORT
    from models.report_order import ReportOrder
    from starter.terminal.messages import build_message

    period = str(row.data["period"])
    common = {"application": row.application, "report": row.name, "period": period}
    order = build_message(ReportOrder, {**common, **fields, "by": who_orders(session, by, row.application)})
    return await start_and_follow(
        session, REPORT, order, f"{row.name}.{period}.{key}", row.title, wait=wait, as_json=as_json
    )


async def _show(session: CommandSession, id: str) -> ReportView:
    from starter.operation.reading import show_operation
    from starter.report.service import ReportView, require_report, sealed_versions

    view = await show_operation(session, require_report(id))
    return ReportView(operation=view, versions=sealed_versions(session.records, view))

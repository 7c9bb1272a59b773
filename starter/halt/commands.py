"""`driftvakt halt`: stop all new work on hosts, of all customers or of one, until the halt is lifted."""

from __future__ import annotations

from typing import Annotated

import typer

from starter.terminal.options import AsJson, By, echo, echo_json, echo_line, faults, stop, who_asks, whole_number

app = typer.Typer(
    help="Stop all new work on hosts, of all customers or of one, until the halt is lifted.",
    invoke_without_command=True,
)

Customer = Annotated[str | None, typer.Option("--customer", "-c", help="As in acme.", show_default="all customers")]


@app.callback()
def halt(
    context: typer.Context,
    customer: Customer = None,
    reason: Annotated[
        str, typer.Option(help="Reason; everybody whose work waits reads it. Needed to halt.", show_default=False)
    ] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Halt within 5 seconds: no new command begins on any host. Running commands finish, and probes continue."""
    if context.invoked_subcommand is not None:
        return
    if not reason.strip():
        stop('--reason is missing: everybody whose work waits reads it; type driftvakt halt --reason "..."', 2)
    with faults():
        import asyncio

        from models.settings import load_settings
        from starter.halt.service import halt as halt_it

        settings = load_settings()
        answer = asyncio.run(halt_it(settings, _whom(customer), who_asks(settings, by), reason))
    if as_json:
        echo_json(answer)
        return
    already = "" if answer.started else "already halted: "
    echo_line(f"{already}{answer.halt.text}")
    of = f" --customer {answer.halt.customer}" if answer.halt.customer else ""
    echo(f"within 5 seconds, no new command begins on these hosts; `driftvakt halt lift{of}` lifts the halt")
    if answer.in_ui:
        echo(f"its page: {answer.url}")
    else:
        echo(f"the halt is active, but the Temporal UI does not show it: {answer.ui_error}", err=True)


@app.command("list")
def list_(
    past: Annotated[
        int,
        typer.Option(parser=whole_number(0, 1000), metavar="INTEGER", help="Number of lifted halts to list."),
    ] = 5,
    as_json: AsJson = False,
) -> None:
    """List the active halts, and the last ones that were lifted."""
    with faults():
        from models.settings import load_settings
        from starter.halt.service import list_halts
        from starter.terminal.session import open_records

        with open_records(load_settings()) as records:
            found = list_halts(records, past)
    if as_json:
        echo_json(found)
        return
    if not found.active:
        echo("nothing is halted")
    for held in found.active:
        echo_line(held.text)
    for over in found.past:
        assert over.lifted_at is not None
        why = f": {over.lifted_because}" if over.lifted_because else ""
        lifted = f"lifted {over.lifted_at:%Y-%m-%d %H:%M:%S} UTC by {over.lifted_by}{why}"
        echo_line(f"{over.text}; {lifted}")


@app.command()
def lift(
    customer: Customer = None,
    reason: Annotated[str, typer.Option(help="Why work may continue.", show_default=False)] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Lift a halt; waiting work continues by itself within seconds."""
    with faults():
        from models.settings import load_settings
        from starter.halt.service import lift as lift_it

        settings = load_settings()
        answer = lift_it(settings, _whom(customer), who_asks(settings, by), reason)
    if as_json:
        echo_json(answer)
        return
    for over in answer.lifted:
        echo_line(f"lifted the halt of {over.scope}, by {over.by}: {over.reason}")


def _whom(customer: str | None) -> str:
    """Return the customer; empty for all customers. Refuse an empty name, because it would halt all instead of one."""
    from models.errors import UserError

    if customer is not None and not customer.strip():
        raise UserError(
            "--customer: it must not be empty; name a customer, or leave the option out to mean all customers"
        )
    return customer or ""

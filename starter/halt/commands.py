"""`driftvakt halt`: let nothing new begin on any host, or on those of one customer, until it is lifted."""

from __future__ import annotations

from typing import Annotated

import typer

from starter.terminal.options import AsJson, By, echo, echo_json, echo_line, faults, stop, who_asks, whole_number

app = typer.Typer(
    help="Let nothing new begin on any host, or on those of one customer, until it is lifted.",
    invoke_without_command=True,
)

Customer = Annotated[
    str | None, typer.Option("--customer", "-c", help="As in acme; all customers unless given.", show_default=False)
]


@app.callback()
def halt(
    context: typer.Context,
    customer: Customer = None,
    reason: Annotated[
        str, typer.Option(help="Why; everybody who waits reads it. Needed to halt.", show_default=False)
    ] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Halt within 5 seconds: no new command begins on any host; what runs is let finish, looks and probes go on."""
    if context.invoked_subcommand is not None:
        return
    if not reason.strip():
        stop('say why, for all who will wait: driftvakt halt --reason "..."', 2)
    with faults():
        import asyncio

        from models.settings import load_settings
        from starter.halt.service import halt as halt_it

        settings = load_settings()
        answer = asyncio.run(halt_it(settings, _whom(customer), who_asks(settings, by), reason))
    if as_json:
        echo_json(answer)
        return
    already = "" if answer.fresh else "halted already: "
    echo_line(f"{already}{answer.halt.text}")
    of = f" --customer {answer.halt.customer}" if answer.halt.customer else ""
    echo(f"nothing new begins on its hosts within 5 seconds; `driftvakt halt lift{of}` lifts it")
    if answer.shown:
        echo(f"it shows at {answer.url}")
    else:
        echo(f"it holds, but the Temporal UI does not show it: {answer.trouble}", err=True)


@app.command("list")
def list_(
    past: Annotated[
        int,
        typer.Option(parser=whole_number(0, 1000), metavar="INTEGER", help="So many of those that were lifted."),
    ] = 5,
    as_json: AsJson = False,
) -> None:
    """List the halts that hold, and the last that were lifted."""
    with faults():
        from models.settings import load_settings
        from starter.desk import reading_records
        from starter.halt.service import list_halts

        with reading_records(load_settings()) as records:
            found = list_halts(records, past)
    if as_json:
        echo_json(found)
        return
    if not found.standing:
        echo("nothing is halted")
    for held in found.standing:
        echo_line(held.text)
    for over in found.past:
        assert over.lifted_at is not None
        why = f": {over.lifted_because}" if over.lifted_because else ""
        lifted = f"lifted {over.lifted_at:%Y-%m-%d %H:%M:%S} UTC by {over.lifted_by}{why}"
        echo_line(f"over: {over.text} ({lifted})")


@app.command()
def lift(
    customer: Customer = None,
    reason: Annotated[str, typer.Option(help="Why it may go on.", show_default=False)] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Lift a halt: what waits goes on by itself within seconds."""
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
    """The customer, or nothing for all; an empty name is refused, for it would mean all where one was meant."""
    from models.errors import UserError

    if customer is not None and not customer.strip():
        raise UserError("--customer: it must not be empty; name a customer, or leave the option away to mean all")
    return customer or ""

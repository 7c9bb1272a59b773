"""`driftvakt incident report`: the account of an incident, for the archive, the auditor or the customer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import WENT_WRONG, AsJson, echo, echo_json, faults, whole_number

if TYPE_CHECKING:
    from activities.accounts import Accounts
    from activities.records import Records
    from models.account import AccountCheck, AccountText, ToldByIncident
    from models.dossier.parties import Language
    from models.settings import Settings


def report(
    id: Annotated[
        str, typer.Argument(metavar="ID", help="As in acme.shop.17, or 17 with --application.", show_default=False)
    ],
    html: Annotated[
        bool, typer.Option("--html/--markdown", help="As a page, or as Markdown.", show_default="--markdown")
    ] = False,
    customer: Annotated[
        bool, typer.Option("--customer", help="A copy for the customer, without what is internal.")
    ] = False,
    language: Annotated[
        str | None, typer.Option(help="Of the customer's copy: en or sv.", show_default="the customer's")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file.", show_default="standard output")
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(1, 1_000_000_000),
            metavar="INTEGER",
            help="Which one, of an incident that was opened again.",
            show_default="the latest",
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that it is unchanged, and compute its promises again.")
    ] = False,
    application: Annotated[
        str | None,
        typer.Option("--application", "-a", help="CUSTOMER.APPLICATION, as in acme.shop.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the account of an incident: what happened, who decided, what was promised and kept.

    It is written when the incident is closed, and never changed; of an open incident a preliminary one is made, of what the
    records and the incident itself know. With --verify, exit 1 if anything in it was changed.
    """
    with faults():
        from activities.accounts import Accounts
        from models.settings import load_settings
        from starter.desk import reading_records
        from starter.incident.naming import workflow_id

        _fit_together(customer=customer, language=language, version=version, verify=verify, output=output)
        wanted = _language(language)
        settings = load_settings()
        with reading_records(settings) as records:
            incident = workflow_id(id, application, records.applications)
            accounts = Accounts(records)
            if verify:
                _show_check(accounts.verify(incident, version), as_json=as_json)
                return
            told, doubt = _told(settings, records, incident) if version is None else (None, "")
            text = _text(accounts, incident, version, wanted, told, customer=customer)
        if doubt:
            echo(doubt, err=True)
        _show(text, output, html=html, as_json=as_json)


def _fit_together(
    *, customer: bool, language: str | None, version: int | None, verify: bool, output: Path | None
) -> None:
    from models.errors import UserError

    if verify and (customer or output):
        raise UserError("--verify checks the account that was written; leave --customer and --output away")
    if language is not None and not customer:
        raise UserError("--language is that of the customer's copy; add --customer")
    if customer and version is not None:
        raise UserError("the customer's copy is made of how it stands now; leave --version away")


def _language(text: str | None) -> Language | None:
    from models.dossier.parties import Language
    from models.errors import UserError

    if text is None:
        return None
    try:
        return Language(text)
    except ValueError:
        raise UserError(f"there is no language {text!r}; choose one of {', '.join(Language)}") from None


def _told(settings: Settings, records: Records, incident: str) -> tuple[ToldByIncident | None, str]:
    """What the incident says of itself while it is open, and the doubt where it does not answer."""
    from models.errors import NotFoundError
    from starter.incident.asking import ask_incident

    try:
        is_open = records.incident(incident).closed_at is None
    except NotFoundError:
        return None, ""
    return ask_incident(settings, incident) if is_open else (None, "")


def _text(
    accounts: Accounts,
    incident: str,
    version: int | None,
    language: Language | None,
    told: ToldByIncident | None,
    *,
    customer: bool,
) -> AccountText:
    from models.errors import NotFoundError
    from starter.incident.naming import short

    try:
        if customer:
            return accounts.customer_copy(incident, language, told=told)
        return accounts.read(incident, version, told=told)
    except NotFoundError as error:
        if "in the records" not in str(error):
            raise
        raise NotFoundError(
            f"there is no incident {short(incident)}; `driftvakt incident list --all` names them"
        ) from None


def _show(text: AccountText, output: Path | None, *, html: bool, as_json: bool) -> None:
    from models.errors import UserError

    told = text.model_dump_json(indent=2) + "\n" if as_json else text.html if html else text.markdown
    if output is None:
        if as_json:
            echo_json(text)
            return
        if sys.stdout.isatty():
            echo(told, nl=False)
            return
        # Byte by byte, so that its digest is that of what was written.
        sys.stdout.buffer.write(told.encode())
        sys.stdout.flush()
        return
    try:
        output.write_bytes(told.encode())
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}; name another file with --output") from None
    echo(_said(text, output), err=True)


def _said(text: AccountText, output: Path) -> str:
    what = "the customer's copy" if text.for_customer else "the account"
    if text.version is not None:
        what += f", version {text.version}, digest {text.digest}"
    elif text.standpoint.value == "preliminary":
        what += ", preliminary"
    return f"wrote {what}, to {output}"


def _show_check(check: AccountCheck, *, as_json: bool) -> None:
    if as_json:
        echo_json(check)
    else:
        found = "is as it was written" if check.sound else "is NOT as it was written"
        echo(f"the account of {check.incident}, version {check.version}, {found}; digest {check.digest}")
        for line in (*check.faults, *check.notes):
            echo(f"- {line}")
    if not check.sound:
        raise typer.Exit(WENT_WRONG)

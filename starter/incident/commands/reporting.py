"""`driftvakt incident report`: the post-incident report, for the archive, the auditor or the customer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import (
    WENT_WRONG,
    AsJson,
    OfApplication,
    echo,
    echo_json,
    faults,
    path_given,
    whole_number,
)

if TYPE_CHECKING:
    from activities.post_incident_report import PostIncidentReports
    from activities.records import Records
    from models.dossier.parties import Language
    from models.post_incident_report import LiveIncident, ReportCheck, ReportText
    from models.settings import Settings


def report(
    id: Annotated[
        str, typer.Argument(metavar="ID", help="As in acme.shop.17, or 17 with --application.", show_default=False)
    ],
    html: Annotated[
        bool, typer.Option("--html/--markdown", help="As a page, or as Markdown.", show_default="--markdown")
    ] = False,
    customer: Annotated[
        bool, typer.Option("--customer", help="A copy for the customer, without internal parts.")
    ] = False,
    language: Annotated[
        str | None, typer.Option(help="Language of the customer's copy: en or sv.", show_default="the customer's")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", parser=path_given, help="Write it to this file.", show_default="standard output"
        ),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(1, 1_000_000_000),
            metavar="INTEGER",
            help="Version of the report, for a reopened incident.",
            show_default="the latest",
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that it is unchanged, and compute its targets again.")
    ] = False,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Print the post-incident report of an incident: what happened, who decided, the service levels and whether they were met.

    Driftvakt writes the report when the incident is closed, and never changes it. For an open incident, the command prints a
    preliminary report from the records and the incident. With --verify, exit 1 if the report was changed.
    """
    with faults():
        from activities.post_incident_report import PostIncidentReports
        from models.settings import load_settings
        from starter.incident.naming import workflow_id
        from starter.terminal.session import open_records

        _fit_together(customer=customer, language=language, version=version, verify=verify, output=output)
        wanted = _language(language)
        settings = load_settings()
        with open_records(settings) as records:
            incident = workflow_id(id, application, records.applications)
            reports = PostIncidentReports(records)
            if verify:
                _show_check(reports.verify(incident, version), as_json=as_json)
                return
            live, warning = _queried(settings, records, incident) if version is None else (None, "")
            text = _text(reports, incident, version, wanted, live, customer=customer)
        if warning:
            echo(warning, err=True)
        _show(text, output, html=html, as_json=as_json)


def _fit_together(
    *, customer: bool, language: str | None, version: int | None, verify: bool, output: Path | None
) -> None:
    from models.errors import UserError

    if verify and (customer or output):
        raise UserError("--verify checks the post-incident report that was written; leave --customer and --output out")
    if language is not None and not customer:
        raise UserError("--language is the language of the customer's copy; add --customer")
    if customer and version is not None:
        raise UserError("the customer's copy shows the latest state; leave --version out")


def _language(text: str | None) -> Language | None:
    from models.dossier.parties import Language
    from models.errors import UserError

    if text is None:
        return None
    try:
        return Language(text)
    except ValueError:
        raise UserError(f"there is no language {text!r}; choose one of {', '.join(Language)}") from None


def _queried(settings: Settings, records: Records, incident: str) -> tuple[LiveIncident | None, str]:
    """Return the status of an open incident; if it does not answer, None and a warning."""
    from models.errors import NotFoundError
    from starter.incident.query import query_incident

    try:
        is_open = records.incident(incident).closed_at is None
    except NotFoundError:
        return None, ""
    return query_incident(settings, incident) if is_open else (None, "")


def _text(
    reports: PostIncidentReports,
    incident: str,
    version: int | None,
    language: Language | None,
    live: LiveIncident | None,
    *,
    customer: bool,
) -> ReportText:
    if customer:
        return reports.customer_copy(incident, language, live=live)
    return reports.read(incident, version, live=live)


def _show(text: ReportText, output: Path | None, *, html: bool, as_json: bool) -> None:
    from starter.terminal.writing import write_file

    printed = text.model_dump_json(indent=2) + "\n" if as_json else text.html if html else text.markdown
    if output is None:
        if as_json:
            echo_json(text)
            return
        if sys.stdout.isatty():
            echo(printed, nl=False)
            return
        # As bytes, so that the printed page has the same digest as the stored one.
        sys.stdout.buffer.write(printed.encode())
        sys.stdout.flush()
        return
    write_file(printed.encode(), output)
    echo(_said(text, output), err=True)


def _said(text: ReportText, output: Path) -> str:
    what = "the customer's copy" if text.for_customer else "the post-incident report"
    if text.version is not None:
        what += f", version {text.version}, digest {text.digest}"
    elif text.standpoint.value == "preliminary":
        what += ", preliminary"
    return f"wrote {what}, to {output}"


def _show_check(check: ReportCheck, *, as_json: bool) -> None:
    if as_json:
        echo_json(check)
    else:
        found = "is unchanged" if check.sound else "was CHANGED after it was written"
        echo(f"the post-incident report of {check.incident}, version {check.version}, {found}; digest {check.digest}")
        for line in (*check.faults, *check.notes):
            echo(f"- {line}")
    if not check.sound:
        raise typer.Exit(WENT_WRONG)

"""`driftvakt handbook`: the dossier of an application as a document for people."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import AsJson, echo, echo_json, echo_line, faults, path_given

if TYPE_CHECKING:
    from activities.handbook.source import HandbookSource


class HandbookLanguage(StrEnum):
    """Language of a handbook."""

    ENGLISH = "en"
    SWEDISH = "sv"


def handbook(
    application: Annotated[
        str | None,
        typer.Argument(
            help="CUSTOMER.APPLICATION, as in acme.shop; its published dossier and its records are used.",
            show_default=False,
        ),
    ] = None,
    dossier: Annotated[
        Path | None,
        typer.Option(
            parser=path_given,
            help="Dossier file to use instead; the handbook then has lines, and no proofs.",
            show_default=False,
        ),
    ] = None,
    customer: Annotated[
        bool,
        typer.Option("--customer", help="The customer's copy: without commands, servers and references to secrets."),
    ] = False,
    language: Annotated[
        HandbookLanguage | None, typer.Option(help="Language of the handbook.", show_default="that of its readers")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            parser=path_given,
            help="Directory for the handbook as HTML, PDF and Markdown.",
            show_default="print it as Markdown",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the handbook: whom to call, architecture, instructions with their commands, and when each last worked."""
    with faults():
        from activities.documents.markdown import markdown
        from activities.handbook.document import handbook as handbook_of
        from starter.handbook.writing import handbook_name, write_handbook

        source = _source(application, dossier, language, customer=customer)
        document = handbook_of(source)
        name = handbook_name(source.dossier.id, customer=customer)
        written = [] if output is None else write_handbook(document, output, name)
        if as_json:
            files = [str(path) for path in written]
            about = {"application": source.dossier.id, "name": source.dossier.name, "dossier": source.dossier.digest}
            echo_json({**about, "files": files})
        elif output is None:
            echo(markdown(document), nl=False)
        else:
            for path in written:
                echo_line(str(path))


def _source(
    application: str | None, file: Path | None, language: HandbookLanguage | None, *, customer: bool
) -> HandbookSource:
    from datetime import UTC, datetime

    from activities.handbook.gathering import gather
    from models.dossier.parties import Language
    from models.errors import UserError

    if (application is None) == (file is None):
        raise UserError("name an application, as in acme.shop, or give --dossier FILE; not both")
    now = datetime.now(UTC).replace(microsecond=0)
    chosen = None if language is None else Language(language.value)
    if file is not None:
        from models.dossier.load import read_dossier
        from starter.handbook.lines import lines_of

        return gather(None, read_dossier(file), now, language=chosen, customer=customer, lines=lines_of(file))
    from models.settings import load_settings
    from starter.terminal.applications import not_published
    from starter.terminal.session import open_records

    with open_records(load_settings()) as records:
        found = records.current_dossier(application or "")
        if found is None:
            raise not_published(application or "", records.applications())
        return gather(records, found, now, language=chosen, customer=customer)

"""What the commands share: options, faults said in a sentence, who is asking, and questions on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel

    from models.settings import Settings
    from starter.desk import Desk

T = TypeVar("T")

WENT_WRONG = 1
"""Exit code of what went wrong or was refused; 0 is success, 2 a command that was written wrongly."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Application = Annotated[str, typer.Argument(help="CUSTOMER.APPLICATION, as in acme.shop.", show_default=False)]
By = Annotated[
    str | None,
    typer.Option(
        help="Who you are: your e-mail address in the dossier.", show_default="the setting user, else your login name"
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether you are sure.")]


@contextmanager
def faults(code: int = WENT_WRONG) -> Iterator[None]:
    """Turn what somebody can mend into its sentence on stderr, and an exit code."""
    from models.errors import DriftvaktError

    try:
        yield
    except DriftvaktError as error:
        stop(str(error), code)


def stop(text: str, code: int = WENT_WRONG) -> NoReturn:
    """Say what is wrong, and end."""
    typer.echo(printable(text), err=True)
    raise typer.Exit(code)


def printable(text: str) -> str:
    """Text that any terminal takes: a file's name may hold bytes that are no characters."""
    return text.encode("utf-8", "replace").decode()


def echo_json(value: BaseModel) -> None:
    """Print a model for programs."""
    typer.echo(value.model_dump_json(indent=2))


def at_desk(work: Callable[[Desk], Awaitable[T]]) -> T:
    """Do something with Temporal and the records; what goes wrong ends the command with its sentence."""
    import asyncio

    with faults():
        from models.settings import load_settings
        from starter.desk import desk

        settings = load_settings()

        async def carry_out() -> T:
            async with desk(settings) as opened:
                return await work(opened)

        return asyncio.run(carry_out())


def who_asks(settings: Settings, by: str | None) -> str:
    """Who gives this command; `UserError` when nothing says so."""
    import getpass

    from models.errors import UserError

    if name := by or settings.user:
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user, as in a container
        raise UserError("who you are is not known; say it with --by you@example.com, or set DRIFTVAKT_USER") from None


def be_sure(question: str, yes: bool) -> None:
    """Ask before doing what cannot be taken back; without a terminal to ask on, `--yes` has to say so."""
    if yes:
        return
    if not sys.stdin.isatty():
        stop(f"{question} There is no terminal to ask on; add --yes to say so")
    if not typer.confirm(question, err=True):
        stop("nothing was done")

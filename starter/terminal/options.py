"""What the commands share: options, faults said in a sentence, who is asking, and questions on the terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pydantic import BaseModel

    from models.settings import Settings
    from starter.desk import Desk
    from starter.terminal.listed import Listed

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


def whole_number(least: int, most: int) -> Callable[[str | int], int]:
    """Reads an option that takes a whole number; what is none, too small or too large is refused in our own words."""

    def read(text: str | int) -> int:  # a default comes as the number that it is
        # Far longer texts are no number that anybody means, and Python refuses to read them.
        number = int(text) if re.fullmatch(r"[+-]?[0-9]{1,20}", f"{text}") else None
        if number is None or not least <= number <= most:
            raise typer.BadParameter(f"{text!r} is no whole number from {least} to {most}")
        return number

    return read


def path_given(text: str | Path) -> Path:
    """Reads an argument that takes a path; an empty one, mostly of a variable that is not set, is not the directory one is in."""
    from pathlib import Path

    if not f"{text}".strip():
        raise typer.BadParameter("it is empty; write a path, or . for the directory you are in")
    return Path(text)


Limit = Annotated[
    int,
    typer.Option(
        parser=whole_number(1, 1_000_000_000),
        metavar="INTEGER",
        help="So many at most; what is left out is counted on stderr.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether you are sure.")]


@contextmanager
def any_terminal() -> Iterator[None]:
    """Give a command in this block: its output survives any terminal.

    A character that the terminal's encoding lacks is written as its code. A reader that closes the pipe, as `head -1` does,
    ends the command in silence.
    """
    for stream in (sys.stdout, sys.stderr):
        # A stream that a test or an embedding program has put there may need no encoding.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered has no reader either; the interpreter would complain about it when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(WENT_WRONG)


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
    echo(text, err=True)
    raise typer.Exit(code)


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print text of one or more lines; what could steer the terminal is shown as `?`."""
    typer.echo("".join(c if c.isprintable() or c == "\n" else "?" for c in text.expandtabs()), err=err, nl=nl)


def echo_line(text: str) -> None:
    """Print text from elsewhere on one line, so that no word of it looks like a line of ours."""
    echo(one_line(text))


def one_line(text: str) -> str:
    """Text from elsewhere on one line."""
    return "".join(c if c.isprintable() else " " for c in text)


def print_or_write(text: str, output: Path | None) -> None:
    """Print a text, or write it to a file."""
    if output is None:
        echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        stop(f"{output}: cannot be written: {reason}; name a file in a directory that is there")


def say_cut(found: Listed[Any]) -> None:
    """Say on stderr that a list was cut, and how to see all of it."""
    if found.cut:
        echo(found.cut, err=True)


def echo_json(value: BaseModel | Sequence[object] | Mapping[str, object], *, indent: int | None = 2) -> None:
    """Print data for programs: JSON in which every character that the terminal may not take is written as its code."""
    import json

    data = value if isinstance(value, Sequence | Mapping) else value.model_dump(mode="json")
    typer.echo("".join(map(_in_json, json.dumps(data, indent=indent, ensure_ascii=False))))


def _in_json(c: str) -> str:
    import json

    encoding = sys.stdout.encoding or "utf-8"
    harmless = c.isprintable() and (c.isascii() or encoding.lower().replace("-", "") == "utf8")
    if harmless or c == "\n":
        return c
    return "\\u007f" if c == "\x7f" else json.dumps(c)[1:-1]


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


def require_our_time(option: str, moment: datetime) -> None:
    """Raise `UserError` where a time lies in a year that nobody means, such as 9999."""
    from models.base import in_our_time
    from models.errors import UserError

    try:
        in_our_time(moment)
    except ValueError as error:
        raise UserError(f"{option}: {error}") from None


def who_asks(settings: Settings, by: str | None) -> str:
    """Who gives this command; `UserError` when nothing says so."""
    import getpass

    from models.errors import UserError

    if by is not None and not by.strip():
        raise UserError("--by: it must not be empty; give your e-mail address in the dossier")
    if name := by or settings.user:
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user, as in a container
        raise UserError(
            "who you are is not known; say it with --by and your address in the dossier, or set DRIFTVAKT_USER"
        ) from None


def who_orders(desk: Desk, by: str | None, *applications: str) -> str:
    """Who gives this command, under their one name in the dossiers of these applications (none: of all).

    A command that starts something asks this first: `NotFoundError` refuses a stranger.
    """
    from activities.records.people import identify

    return identify(desk.records, who_asks(desk.settings, by), applications)


def require_plan(plan: str | None) -> None:
    """Raise `UserError` where an empty text was given as the plan that somebody read: it would agree to any plan."""
    from models.errors import UserError

    if plan is not None and not plan.strip():
        raise UserError("--plan: it must not be empty; give the first eight or more digits of the plan that you read")


def be_sure(question: str, yes: bool) -> None:
    """Ask before doing what cannot be taken back; without a terminal to ask on, `--yes` has to say so."""
    if yes:
        return
    if not sys.stdin.isatty():
        stop(f"{question} There is no terminal to ask on; add --yes to say so")
    if not typer.confirm(question, err=True):
        stop("nothing was done")

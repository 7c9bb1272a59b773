"""Functions that all commands share: options, errors, the name of the person, confirmation, printing of lists and answers."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Protocol, TypeVar, cast

import typer

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pydantic import BaseModel

    from models.settings import Settings
    from starter.terminal.listed import Listed
    from starter.terminal.session import CommandSession

T = TypeVar("T")
L = TypeVar("L", bound="BaseModel")

WENT_WRONG = 1
"""The exit code for a failure or a refusal. 0 means success, and 2 means a wrong option or argument."""

MISUSED = 2
"""The exit code for a wrong input: nothing was computed or started."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Application = Annotated[str, typer.Argument(help="CUSTOMER.APPLICATION, as in acme.shop.", show_default=False)]
OfApplication = Annotated[
    str | None, typer.Option("--application", "-a", help="CUSTOMER.APPLICATION, as in acme.shop.", show_default=False)
]
OnlyOf = Annotated[
    str | None, typer.Option("--application", "-a", help="Of this application only.", show_default=False)
]
Ended = Annotated[bool, typer.Option("--all", help="Include ended ones.")]
Gate = Annotated[str | None, typer.Option(help="Which question: g1.", show_default="the open one")]
Plan = Annotated[
    str | None,
    typer.Option(
        help="First eight or more digits of the plan that you read.", show_default="the plan that the command shows"
    ),
]
By = Annotated[
    str | None,
    typer.Option(
        help="Who you are: your e-mail address in the dossier.", show_default="the setting user, else your login name"
    ),
]


def number(least: float, most: float) -> Callable[[str | float], float]:
    """Return a parser of numbers within these bounds, for `typer.Option(parser=...)`."""

    def parse(text: str | float) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise typer.BadParameter(f"{text!r} is no number from {least:g} to {most:g}")
        return value

    return parse


def whole_number(least: int, most: int) -> Callable[[str | int], int]:
    """Return a parser for an option with a whole number from `least` to `most`; its error names these limits."""

    def read(text: str | int) -> int:  # a default comes as a number
        # Longer texts cannot be meant as numbers, and Python refuses to convert very long ones.
        number = int(text) if re.fullmatch(r"[+-]?[0-9]{1,20}", f"{text}") else None
        if number is None or not least <= number <= most:
            raise typer.BadParameter(f"{text!r} is not a whole number from {least} to {most}")
        return number

    return read


def path_given(text: str | Path) -> Path:
    """Return the path of an argument. Refuse an empty one, mostly from an unset variable: it would mean this directory."""
    from pathlib import Path

    if not f"{text}".strip():
        raise typer.BadParameter("it is empty; write a path, or . for the directory you are in")
    return Path(text)


Limit = Annotated[
    int,
    typer.Option(
        parser=whole_number(1, 1_000_000_000),
        metavar="INTEGER",
        help="Largest number of rows.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether you are sure.")]


@contextmanager
def any_terminal() -> Iterator[None]:
    """Run a command in this block, so that no terminal or pipe makes its output fail.

    A character that the terminal's encoding lacks is written as its code. When a reader such as `head -1` closes the pipe, the
    command ends without a message.
    """
    for stream in (sys.stdout, sys.stderr):
        # A test or an embedding program may have replaced the stream by one without an encoding.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # The rest of the buffer has no reader either; without this, the interpreter prints an error at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(WENT_WRONG)


@contextmanager
def faults(code: int = WENT_WRONG) -> Iterator[None]:
    """Print a `DriftvaktError` from this block on stderr, without a traceback, and exit with `code`."""
    from models.errors import DriftvaktError

    try:
        yield
    except DriftvaktError as error:
        stop(str(error), code)


def stop(text: str, code: int = WENT_WRONG) -> NoReturn:
    """Print an error on stderr, and exit with `code`."""
    echo(text, err=True)
    raise typer.Exit(code)


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print text of one or more lines. Control characters are shown as `?`."""
    typer.echo("".join(c if c.isprintable() or c == "\n" else "?" for c in text.expandtabs()), err=err, nl=nl)


def echo_line(text: str) -> None:
    """Print third-party text on one line, so that no part of it looks like a line of Driftvakt."""
    echo(one_line(text))


def one_line(text: str) -> str:
    """Return third-party text on one line."""
    return "".join(c if c.isprintable() else " " for c in text)


def print_or_write(text: str, output: Path | None) -> None:
    """Print a text, or write it to the file `output`."""
    if output is None:
        echo(text, nl=False)
        return
    from starter.terminal.writing import write_file

    write_file(text.encode(), output)


class UpdateAnswer(Protocol):
    """The answer of a workflow to an update."""

    @property
    def message(self) -> str:
        """The answer as a sentence for people."""


def print_answer(answer: UpdateAnswer, as_json: bool) -> None:
    """Print the answer of a workflow: its message, or all of it as JSON."""
    if as_json:
        echo_json(cast("BaseModel", answer))
    else:
        echo(answer.message)


def print_list(found: Listed[L] | Sequence[L], as_json: bool, empty: str, show: Callable[[Sequence[L]], None]) -> None:
    """Print a list by `show`, or as JSON, or the sentence `empty` if it has no lines; stderr has the number of missing lines."""
    lines = found if isinstance(found, Sequence) else found.lines
    if as_json:
        echo_json([line.model_dump(mode="json") for line in lines])
    elif lines:
        show(lines)
    else:
        echo(empty)
    if not isinstance(found, Sequence):
        print_cut(found)


def print_cut(found: Listed[Any]) -> None:
    """Say on stderr that a list was cut, and how to see all of it."""
    if found.cut:
        echo(found.cut, err=True)


def echo_json(value: BaseModel | Sequence[object] | Mapping[str, object], *, indent: int | None = 2) -> None:
    """Print data as JSON. A character that the terminal may not show safely is written as its code."""
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


def in_session(work: Callable[[CommandSession], Awaitable[T]]) -> T:
    """Run `work` with a connection to Temporal and the records, and return its result. Errors end the command."""
    import asyncio

    with faults():
        from models.settings import load_settings
        from starter.terminal.session import open_session

        settings = load_settings()

        async def carry_out() -> T:
            async with open_session(settings) as opened:
                return await work(opened)

        return asyncio.run(carry_out())


def require_our_time(option: str, moment: datetime) -> None:
    """Raise `UserError` when a time lies in a year that nobody can mean, such as 9999."""
    from models.base import in_our_time
    from models.errors import UserError

    try:
        in_our_time(moment)
    except ValueError as error:
        raise UserError(f"{option}: {error}") from None


def moment_given(option: str, text: str | None) -> datetime:
    """Return the moment that an option names; now without one. Raise `UserError` if it is no time, or has no time zone."""
    from datetime import UTC, datetime

    from models.errors import UserError

    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} {text!r} is not a time; write it as 2026-06-22T08:00:00Z or with +02:00") from None
    if moment.tzinfo is None:
        raise UserError(f"{option} {text!r} has no time zone; write it as {text}Z or with +02:00")
    require_our_time(option, moment)
    return moment


def who_asks(settings: Settings, by: str | None) -> str:
    """Return the name of the person who gives the command: `--by`, the setting, or the user. Raise `UserError` without one."""
    import getpass

    from models.errors import UserError

    if by is not None and not by.strip():
        raise UserError("--by: it must not be empty; give your e-mail address in the dossier")
    if name := by or settings.user:
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # the user has no name, as in a container
        raise UserError(
            "your name is unknown; give your e-mail address in the dossier with --by, or set DRIFTVAKT_USER"
        ) from None


def who_orders(session: CommandSession, by: str | None, *applications: str) -> str:
    """Return the name of the person who gives the command, as it is in the dossiers of these applications, or of all.

    Commands that start something call this first. Raise `NotFoundError` when the person is not in these dossiers.
    """
    from activities.records.people import identify

    return identify(session.records, who_asks(session.settings, by), applications or None)


def require_plan(plan: str | None) -> None:
    """Raise `UserError` when `--plan` is an empty text, because every digest begins with it."""
    from models.errors import UserError

    if plan is not None and not plan.strip():
        raise UserError("--plan: it must not be empty; give the first eight or more digits of the plan that you read")


def be_sure(question: str, yes: bool) -> None:
    """Ask for confirmation, and end the command without it. `yes` skips the question; without a terminal it is required."""
    if yes:
        return
    if not sys.stdin.isatty():
        stop(f"{question} Without a terminal, Driftvakt cannot ask you; confirm with --yes")
    if not typer.confirm(question, err=True):
        stop("nothing was done")

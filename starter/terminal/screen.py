"""The shared parts of all pages on the terminal: the console, tables and safe text."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import timedelta
from itertools import zip_longest
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markup import escape
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from models.base import format_duration
from workflows.runtime.markdown import visible

_ENDLESS: Final = 1_000_000
"""The width in columns for a file or a pipe: so large that no line is wrapped or cut, and `grep` finds every name."""

_PADDED: Final = 60
"""The largest width to which cells are aligned in a file or a pipe. A longer cell is not cut."""


_WORD: Final = 12
"""The width that a wrapped column of a table needs to be readable."""


class Listing(Table):
    """A table without borders whose names are never cut.

    In a file or a pipe, and in a window that is too narrow for the table, each row is one line of any length.
    """

    def __init__(self, *headers: str, **options: Any) -> None:
        super().__init__(*headers, **{"box": None, "pad_edge": False, "header_style": "dim"} | options)
        for column in self.columns:
            column.overflow = "fold"  # a long name continues on the next line and is not cut

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render as a table for the window, or as one line for each row."""
        if console.is_terminal and self._fits(options.max_width):
            yield from super().__rich_console__(console, options)
            return
        if self.title:
            yield Text(str(self.title))
        rows = [[_one_line(column.header) for column in self.columns]]
        rows += map(list, zip_longest(*([_one_line(cell) for cell in column.cells] for column in self.columns)))
        widths = [min(max(map(cell_len, cells)), _PADDED) for cells in zip(*rows, strict=True)]
        for row in rows:
            yield Text("  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip())

    def _fits(self, width: int) -> bool:
        """Return whether the columns that must not wrap fit into `width`, and leave each other column enough for a word."""
        needed = 0
        for column in self.columns:
            whole = max((cell_len(_one_line(cell)) for cell in (column.header, *column.cells)), default=0)
            needed += 2 + (whole if column.no_wrap else min(whole, _WORD))
        return needed <= width


def _one_line(cell: object) -> str:
    text = cell if isinstance(cell, Text) else Text.from_markup(str(cell))
    return "; ".join(filter(None, (line.strip() for line in text.plain.splitlines())))


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - cell_len(cell))


def terminal(*, stderr: bool = False) -> Console:
    """Return the console for a page. It is as wide as the window; in a file or a pipe, it never wraps lines."""
    stream = sys.stderr if stderr else sys.stdout
    return _Harmless(highlight=False, stderr=stderr, width=None if stream.isatty() else _ENDLESS)


class _Harmless(Console):
    """Shows control characters as `?`, in case a page did not use `tidy`."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render without control characters; the console adds colours afterwards."""
        for segment in super().render(renderable, options):
            text = segment.text
            if segment.control or text.isprintable() or text == "\n":
                yield segment
            else:
                shown = "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
                yield Segment(shown, segment.style)


def tidy(text: str) -> str:
    """Return third-party text as one safe line for the terminal, without escape sequences and markup."""
    return escape("".join(c if c.isprintable() else " " for c in text))


def exact(text: str) -> list[str]:
    """Return the unchanged lines of a text that people approve; invisible characters are shown as their codes."""
    return [escape(line) for line in visible(text).split("\n")]


def colleagues(names: Iterable[str]) -> str:
    """Return short names for display: the part of each e-mail address before the @; without addresses, the roles."""
    known = list(names)
    people = [name.partition("@")[0] for name in known if "@" in name]
    return tidy(", ".join(people or known))


def age_of(span: timedelta) -> str:
    """Return a duration in its two largest units, such as `3m12s`, `2h5m` or `4d3h`."""
    seconds = max(0, round(span.total_seconds()))
    for limit, unit in ((86_400, 3600), (3600, 60)):
        if seconds >= limit:
            seconds -= seconds % unit
            break
    return format_duration(timedelta(seconds=seconds))

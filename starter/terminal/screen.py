"""What all pages on the terminal share: the console, tables, and text that is harmless there."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markup import escape
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from workflows.runtime.markdown import visible

_ENDLESS: Final = 1_000_000
"""Columns of a file or a pipe: no line is wrapped or cut there, so that `grep` finds every name."""

_PADDED: Final = 60
"""Columns to which the cells of a piped table are aligned; a longer cell stands uncut."""


_WORD: Final = 12
"""Columns that a wrapped column of a table needs to be readable."""


class Listing(Table):
    """A table without borders whose names are never cut.

    Into a file or a pipe, and where the window is too narrow for the table, each row is one line, however long it is.
    """

    def __init__(self, *headers: str, **options: Any) -> None:
        super().__init__(*headers, **{"box": None, "pad_edge": False, "header_style": "dim"} | options)
        for column in self.columns:
            column.overflow = "fold"  # a name that is longer than its column goes on below, and is not cut

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render for the window, or as lines."""
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
        """Whether what must stand on one line does, and leaves the other columns a word."""
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
    """The console for a page: as wide as the window; into a file or a pipe, lines are never wrapped."""
    stream = sys.stderr if stderr else sys.stdout
    return _Harmless(highlight=False, stderr=stderr, width=None if stream.isatty() else _ENDLESS)


class _Harmless(Console):
    """Shows a character that could steer the terminal as `?`, wherever a page has forgotten `tidy`."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render, without such characters; colours are added afterwards."""
        for segment in super().render(renderable, options):
            text = segment.text
            if segment.control or text.isprintable() or text == "\n":
                yield segment
            else:
                shown = "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
                yield Segment(shown, segment.style)


def tidy(text: str) -> str:
    """Text from hosts and senders, made harmless for a terminal: no escape sequences, no markup, one line."""
    return escape("".join(c if c.isprintable() else " " for c in text))


def exact(text: str) -> list[str]:
    """The lines of a text that people approve, as they are; characters that nobody can see stand as their numbers."""
    return [escape(line) for line in visible(text).split("\n")]


def colleagues(names: Iterable[str]) -> str:
    """Whom something waits for, as one calls them: people by what stands before the @; roles only where no person is named."""
    known = list(names)
    people = [name.partition("@")[0] for name in known if "@" in name]
    return tidy(", ".join(people or known))

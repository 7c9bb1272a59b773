"""The demo's terminal output: lines that stay, and below them one line with the current step.

Without a terminal, only the lines that stay are printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.rule import Rule
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from models.incident import IncidentOutcome
from models.operation import OperationOutcome
from models.records import EntryKind, TimelineEntry
from models.watch import OpenIncidentState

_STYLES: Final = {
    EntryKind.ALARM: "red",
    EntryKind.PROBE: "cyan",
    EntryKind.EVIDENCE: "blue",
    EntryKind.ACTION: "yellow",
    EntryKind.DECISION: "magenta",
    EntryKind.STATE: "green",
}
_PLAIN_WIDTH: Final = 120


class Screen:
    """The demo's terminal. It is a context manager, so that the cursor is restored in every case."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        if not self._console.is_terminal:
            self._console.width = _PLAIN_WIDTH
        self._live = Live(console=self._console, refresh_per_second=8, transient=True, redirect_stderr=False)
        self._began: datetime | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def title(self, title: str, subtitle: str) -> None:
        """Print the title."""
        self._print(Text(), Text.assemble(" ", (title, "bold"), "  ", (subtitle, "dim")), Text())

    def ready(self, what: str, where: str) -> None:
        """Print that a part of the demo runs."""
        self._print(_grid((" ✓", 2, "green"), (what, 18, ""), (where, None, "dim")))

    def part(self, title: str, text: str) -> None:
        """Print the heading of an act of the demo."""
        self._print(Text(), Rule(Text(title, style="bold"), align="left", style="dim"), _block(text), Text())

    def broke(self, at: datetime, text: str) -> None:
        """Print the fault that the demo caused; times count from here."""
        self._began = at
        self._line(at, "fault", "bold red", text)

    def opened(self, incident: OpenIncidentState, text: str) -> None:
        """Print a new incident; times count from here, unless a fault came before."""
        self._began = self._began or incident.opened_at
        self._line(incident.opened_at, "incident", "bold", text)

    def begun(self, id: str, at: datetime, text: str) -> None:
        """Print a new operation; times count from here."""
        self._began = at
        self._line(at, "operation", "bold", text)

    def entries(self, entries: Iterable[TimelineEntry]) -> None:
        """Print entries of a timeline, one line each."""
        for entry in entries:
            self._line(entry.at, entry.kind.value, _STYLES.get(entry.kind, ""), entry.text)

    def question(self, text: str, facts: Iterable[tuple[str, str]]) -> None:
        """Print a question, and the ways to answer it."""
        self._print(Text(), Padding(Text(_printable(text), style="bold magenta"), (0, 2), expand=False))
        for name, value in facts:
            # Not cut and not wrapped, because people copy addresses and commands.
            self._console.print(Text(f"  {name:<10}{_printable(value)}"), soft_wrap=True)
        self._print(Text())

    def now(self, doing: str, health: dict[str, bool]) -> None:
        """Show the current step, and the health of each component."""
        if not self._console.is_terminal:
            return
        parts = [(f"  {name} " + ("●" if well else "○"), "green" if well else "red") for name, well in health.items()]
        line = Text.assemble(_printable(doing), "  ", *parts, overflow="ellipsis", no_wrap=True)
        self._live.update(Group(Text(), Spinner("dots", text=line, style="dim")))

    def quiet(self) -> None:
        """Clear the line of the current step."""
        self._live.update(Text())

    def result(self, well: bool, text: str, outcome: IncidentOutcome | OperationOutcome | None = None) -> None:
        """Print the result of an incident or an operation; the text has all that people need of the outcome."""
        mark, style = ("✓", "bold green") if well else ("✗", "bold red")
        self._began = None
        self.quiet()
        self._print(Text(), _grid((f" {mark}", 2, style), (text, None, style)))

    def say(self, text: str) -> None:
        """Print a message to the operator."""
        self.quiet()
        self._print(Text(), _block(text))

    def _line(self, at: datetime, kind: str, style: str, text: str) -> None:
        passed = (at - self._began).total_seconds() if self._began else 0.0
        self._print(_grid((f"{max(passed, 0.0):6.1f} s", 8, "dim"), (kind, 9, style), (_printable(text), None, "")))

    def _print(self, *what: RenderableType) -> None:
        for one in what:
            self._console.print(one)


def _grid(*cells: tuple[str, int | None, str]) -> Table:
    grid = Table.grid(padding=(0, 1), expand=False)
    for _, width, _ in cells:
        grid.add_column(width=width, overflow="fold", no_wrap=width is not None)
    grid.add_row(*[Text(text, style=style) for text, _, style in cells])
    return grid


def _block(text: str) -> Padding:
    return Padding(Text(text), (0, 1), expand=False)


def _printable(text: str) -> str:
    """Return a text from a host without line ends and without control characters."""
    return "".join(c if c.isprintable() else " " for c in text).strip()

"""What the demo shows in the terminal: lines that stay, and below them one that says what goes on now.

Where the output is no terminal there is no such line, only those that stay.
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
    """The demo's terminal; a context, so that the cursor comes back whatever happens."""

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
        """Begin."""
        self._print(Text(), Text.assemble(" ", (title, "bold"), "  ", (subtitle, "dim")), Text())

    def ready(self, what: str, where: str) -> None:
        """Something is up."""
        self._print(_grid((" ✓", 2, "green"), (what, 18, ""), (where, None, "dim")))

    def part(self, title: str, text: str) -> None:
        """Begin a part of the demo."""
        self._print(Text(), Rule(Text(title, style="bold"), align="left", style="dim"), _block(text), Text())

    def broke(self, at: datetime, text: str) -> None:
        """Something was broken on purpose; times count from here."""
        self._began = at
        self._line(at, "fault", "bold red", text)

    def opened(self, incident: OpenIncidentState, text: str) -> None:
        """An incident was opened; times count from here unless they count already."""
        self._began = self._began or incident.opened_at
        self._line(incident.opened_at, "incident", "bold", text)

    def begun(self, id: str, at: datetime, text: str) -> None:
        """An operation was started; times count from here."""
        self._began = at
        self._line(at, "operation", "bold", text)

    def entries(self, entries: Iterable[TimelineEntry]) -> None:
        """Lines of an incident's timeline."""
        for entry in entries:
            self._line(entry.at, entry.kind.value, _STYLES.get(entry.kind, ""), entry.text)

    def question(self, text: str, facts: Iterable[tuple[str, str]]) -> None:
        """People are asked: what, and how to answer."""
        self._print(Text(), Padding(Text(_printable(text), style="bold magenta"), (0, 2), expand=False))
        for name, value in facts:
            # Neither cut nor broken: addresses and commands are there to be copied.
            self._console.print(Text(f"  {name:<10}{_printable(value)}"), soft_wrap=True)
        self._print(Text())

    def now(self, doing: str, health: dict[str, bool]) -> None:
        """Say what goes on at this moment."""
        if not self._console.is_terminal:
            return
        parts = [(f"  {name} " + ("●" if well else "○"), "green" if well else "red") for name, well in health.items()]
        line = Text.assemble(_printable(doing), "  ", *parts, overflow="ellipsis", no_wrap=True)
        self._live.update(Group(Text(), Spinner("dots", text=line, style="dim")))

    def quiet(self) -> None:
        """Nothing goes on that is worth a line."""
        self._live.update(Text())

    def result(self, well: bool, text: str, outcome: IncidentOutcome | OperationOutcome | None = None) -> None:
        """How something ended; the text says what of an incident's outcome people want to know."""
        mark, style = ("✓", "bold green") if well else ("✗", "bold red")
        self._began = None
        self.quiet()
        self._print(Text(), _grid((f" {mark}", 2, style), (text, None, style)))

    def say(self, text: str) -> None:
        """Say something to the operator."""
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
    """What comes from hosts holds no line ends and no terminal commands here."""
    return "".join(c if c.isprintable() else " " for c in text).strip()

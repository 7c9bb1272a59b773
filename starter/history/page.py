"""The history of measuring points on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from rich.console import Console

from models.history import DayNumbers, SampleNumbers, SpanState
from models.percentages import NO_BREAK_SPACE, Share, percent_text
from starter.history.course import part_of
from starter.history.reading import FoundHistory
from starter.history.views import DayLine, HourLine, Line, PointLine, SpanLine
from starter.terminal.screen import Listing, age_of, terminal, tidy

_DECIMALS: Final = 2
_STYLES: Final = {SpanState.UP: "green", SpanState.DOWN: "red", SpanState.NO_DATA: "yellow"}
_LEFT: Final = {"point", "course", "hours", "unit", "state", "day (UTC)", "hour (UTC)", "from (UTC)", "to (UTC)"}
"""The columns with words and times; numbers stand right."""

Row = Callable[[Line], list[str]]


def show_history(application: str, found: FoundHistory, console: Console | None = None) -> None:
    """Print a table of the lines, with the asked time above, and what the characters stand for below."""
    out = console or terminal()
    out.print(f"[bold]{application}[/]  {_minute(found.since)} to {_minute(found.until)} UTC", soft_wrap=True)
    several = len({line.point for line in found.lines}) > 1 or isinstance(found.lines[0], PointLine)
    out.print(_table(found.lines, several))
    below = _explained(found)
    if below:
        out.print(f"[dim]{below}[/]", soft_wrap=True)


def _table(lines: Sequence[Line], several: bool) -> Listing:
    headers, cells = _KINDS[type(lines[0])]
    table = Listing()
    for header in ("point", *headers) if several else headers:
        right = header not in _LEFT
        table.add_column(header, justify="right" if right else "left", no_wrap=header != "point")
    for line in lines:
        name = [tidy(line.point.rpartition(".")[2])] if several else []
        table.add_row(*name, *cells(line))
    return table


def _explained(found: FoundHistory) -> str:
    match found.lines[0]:
        case PointLine(since=since, until=until):
            part = age_of(part_of(since, until))
        case DayLine():
            part = "1h"
        case _:
            return ""
    return (
        f"Each character stands for {part}: # down for some of it, ? no data for some of it, . up for all of it, "
        "- not to be measured"
    )


def _point(line: Line) -> list[str]:
    assert isinstance(line, PointLine)
    whole = line.up_s + line.down_s + line.no_data_s
    last = _minute(line.last_fault_at) if line.last_fault_at else "-"
    return [line.course, *_shares(line.up_s, line.down_s, line.no_data_s, whole), f"{line.faults or '-'}", last]


def _day(line: Line) -> list[str]:
    assert isinstance(line, DayLine)
    numbers = line.value or line.latency_ms
    return [
        f"{line.day}",
        line.course,
        *_shares(line.up_s, line.down_s, line.no_data_s, line.watched_s),
        f"{sum(line.blips.values()) or '-'}",
        *_figures(numbers, "mean", "p95", "max"),
        _unit(line),
    ]


def _hour(line: Line) -> list[str]:
    assert isinstance(line, HourLine)
    return [
        f"{line.at:%Y-%m-%d %H:%M}",
        *_shares(line.up_s, line.down_s, line.no_data_s, line.watched_s),
        f"{line.samples}",
        f"{line.failed or '-'}",
        *_figures(line.value or line.latency_ms, "min", "mean", "max"),
        _unit(line),
    ]


def _span(line: Line) -> list[str]:
    assert isinstance(line, SpanLine)
    lasted = age_of(timedelta(seconds=line.lasted_s))
    return [_state(line.state), f"{line.since:%Y-%m-%d %H:%M:%S}", f"{line.until:%Y-%m-%d %H:%M:%S}", lasted]


_KINDS: Final[dict[type[Line], tuple[tuple[str, ...], Row]]] = {
    PointLine: (("course", "up", "down", "no data", "faults", "last fault"), _point),
    DayLine: (("day (UTC)", "hours", "up", "down", "no data", "blips", "mean", "p95", "max", "unit"), _day),
    HourLine: (
        ("hour (UTC)", "up", "down", "no data", "samples", "failed", "min", "mean", "max", "unit"),
        _hour,
    ),
    SpanLine: (("state", "from (UTC)", "to (UTC)", "lasted"), _span),
}


def _shares(up_s: int, down_s: int, no_data_s: int, whole_s: int) -> list[str]:
    up = percent_text(Share(part=up_s, whole=whole_s), _DECIMALS).replace(NO_BREAK_SPACE, " ")
    return [up, _lasted(down_s, SpanState.DOWN), _lasted(no_data_s, SpanState.NO_DATA)]


def _lasted(seconds: int, state: SpanState) -> str:
    return f"[{_STYLES[state]}]{age_of(timedelta(seconds=seconds))}[/]" if seconds else "-"


def _state(state: SpanState) -> str:
    return f"[{_STYLES[state]}]{state.value.replace('_', ' ')}[/]"


def _figures(numbers: SampleNumbers | DayNumbers | None, *names: str) -> list[str]:
    return [f"{getattr(numbers, name):,.6g}" if numbers else "-" for name in names]


def _unit(line: DayLine | HourLine) -> str:
    if line.value:
        return tidy(line.unit or "")
    return "ms latency" if line.latency_ms else ""


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"

"""The days of twelve months, a row for each month: planned work by its letter, and days on which planned work is forbidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from activities.documents.charts.canvas import LEGEND_LINE, Canvas, LegendEntry, legend_lines, shortened
from activities.documents.charts.palette import LINE, ONE, PAPER, SOFT, TINT, Fill, painted
from activities.documents.charts.plot import WIDTH
from activities.documents.numbers import MONTHS
from activities.documents.translation import Translation

_LEFT: Final = 70.0
_DAY: Final = (WIDTH - _LEFT - 2) / 31
_ROW: Final = 24.0
_TOP: Final = 18.0
_LEGEND: Final = 330.0
"""The width of a text in the legend."""
_MOST: Final = 2
"""The most letters of a day; more are shown as +."""


@dataclass(frozen=True)
class YearDay:
    """What is planned on a day."""

    letters: Sequence[str] = ()
    frozen: bool = False


def year_chart(
    say: Translation,
    title: str,
    first: date,
    days: Mapping[date, YearDay],
    *,
    desc: str,
    frozen: str,
    legend: Sequence[str],
) -> str:
    """Draw the twelve months from `first` (the first of a month) on as SVG.

    `frozen` is the name of frozen days, `legend` has a text for each letter, and `desc` says what the calendar shows.
    """
    entries: list[LegendEntry] = [("area", ONE, shortened(text, _LEGEND, 11)) for text in legend]
    entries += [("area", painted(Fill.EXCUSED), frozen)] if any(day.frozen for day in days.values()) else []
    height = _TOP + 12 * _ROW
    canvas = Canvas(WIDTH, height + 10 + LEGEND_LINE * legend_lines(entries, WIDTH - 4), title, desc)
    for number in range(31):
        canvas.text(_LEFT + _DAY * (number + 0.5), 12, str(number + 1), anchor="middle", size=10.5, ink=SOFT)
    day = first
    for row in range(12):
        top, month = _TOP + row * _ROW, day.month
        canvas.text(0, top + 16, f"{MONTHS[say.language][month - 1][:3]} {day.year}", size=11)
        while day.month == month:
            _draw_day(canvas, day, days.get(day, YearDay()), top)
            day += timedelta(days=1)
    canvas.legend(4, height + 18, entries)
    return canvas.svg()


def _draw_day(canvas: Canvas, day: date, found: YearDay, top: float) -> None:
    left, width, height = _LEFT + _DAY * (day.day - 1) + 1, _DAY - 2, _ROW - 3
    ground = painted(Fill.EXCUSED) if found.frozen else TINT if day.weekday() > 4 else PAPER
    canvas.box(left, top, width, height, ground)
    if found.letters:
        canvas.box(left + 1, top + 2, width - 2, height - 4, ONE, f"{day.isoformat()}: {', '.join(found.letters)}")
        text = "".join(found.letters) if len(found.letters) <= _MOST else f"{found.letters[0]}+"
        canvas.text(left + width / 2, top + 14.5, text, anchor="middle", size=10, bold=True, ink=PAPER)
    elif not found.frozen and day.weekday() <= 4:
        canvas.line(left, top + height, left + width, top + height, LINE)

"""The days of a period, one row each: the class of every second of a day, such as up, down, or maintenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from activities.documents.charts.canvas import LEGEND_LINE, Canvas, LegendEntry, legend_lines, shortened, text_width
from activities.documents.charts.palette import LINE, SOFT, Fill, painted
from activities.documents.charts.plot import WIDTH
from activities.documents.charts.texts import chart_words
from activities.documents.translation import Translation, span

_LEFT, _ROW, _BAR = 84, 17, 12
_HOURS: Final = (0, 3, 6, 9, 12, 15, 18, 21, 24)


@dataclass(frozen=True)
class DaySpan:
    """A part of a day, in seconds since its beginning."""

    since: int
    until: int
    fill: Fill
    said: str = ""


@dataclass(frozen=True)
class Day:
    """A row of the chart."""

    label: str
    """The day, such as `Mon 1`."""
    spans: Sequence[DaySpan]
    seconds: int = 86_400
    """Its length: 82,800 or 90,000 on the days on which the clocks change."""
    note: str = ""
    """A short text at the end of the row, such as the availability of the day."""


def day_chart(say: Translation, title: str, days: Sequence[Day], *, note_head: str = "", desc: str = "") -> str:
    """Draw a bar for each day as SVG. The bar of a day on which the clocks change is scaled to that day's own length.

    `desc`: what the chart shows, for people who do not see it; otherwise the time of each class in all.
    """
    words = chart_words(say)
    shown = {part.fill for day in days for part in day.spans}
    legend: list[LegendEntry] = [("area", painted(fill), words(fill.value)) for fill in Fill if fill in shown]
    right = max((text_width(text, 11) for text in (note_head, *(day.note for day in days))), default=0) + 18
    width = WIDTH - _LEFT - right
    top = 32 + LEGEND_LINE * legend_lines(legend, WIDTH - _LEFT)
    canvas = Canvas(WIDTH, top + _ROW * len(days) + 8, title, desc or _description(days, say))
    canvas.legend(_LEFT, 12, legend)
    for hour in _HOURS:
        x = _LEFT + width * hour / 24
        canvas.line(x, top - 6, x, canvas.height - 6, LINE)
        canvas.text(x, top - 10, f"{hour:02}", anchor="middle", size=11, ink=SOFT)
    canvas.text(WIDTH, top - 10, note_head, anchor="end", size=11, ink=SOFT)
    for number, day in enumerate(days):
        y = top + number * _ROW
        canvas.text(_LEFT - 8, y + 11, shortened(day.label, _LEFT - 8, 11), anchor="end", size=11)
        for part in day.spans:
            x, until = (_LEFT + width * at / day.seconds for at in (part.since, part.until))
            # A minute is less than a pixel wide, and a short fault must not vanish.
            least = 1.5 if part.fill is Fill.DOWN else 0
            canvas.area(x, y + 1, max(until - x, least), _BAR, part.fill, part.said)
        canvas.text(WIDTH, y + 11, day.note, anchor="end", size=11)
    return canvas.svg()


def _description(days: Sequence[Day], say: Translation) -> str:
    words = chart_words(say)
    seconds = dict.fromkeys(Fill, 0)
    for day in days:
        for part in day.spans:
            seconds[part.fill] += part.until - part.since
    return " ".join(
        words("each", words(fill.value), span(total, say.language)) for fill, total in seconds.items() if total
    )

"""A reading of the clocks as a picture: a row for each promise, self-contained SVG that needs no colours to be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from activities.calendars.zones import zone
from models.clock import ClockReading, PromiseReading, Stretch, StretchKind

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BAR = 1000, 150, 30, 84, 74, 26
_LABELS: Final = 8
"""At most so many times stand under the axis."""
_STEPS: Final = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 43200))

_FILL = {
    StretchKind.RUNNING: "#2b6cb0",
    StretchKind.PAUSED: "url(#paused)",
    StretchKind.OUTSIDE_HOURS: "url(#outside)",
    StretchKind.STOPPED: "url(#stopped)",
}
_LEGEND = {
    StretchKind.RUNNING: "running",
    StretchKind.PAUSED: "paused",
    StretchKind.OUTSIDE_HOURS: "outside hours",
    StretchKind.STOPPED: "stopped",
}
_PATTERNS = """<defs>
<pattern id="paused" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
<rect width="8" height="8" fill="#fbd38d"/><rect width="3" height="8" fill="#b7791f"/></pattern>
<pattern id="outside" width="6" height="6" patternUnits="userSpaceOnUse">\
<rect width="6" height="6" fill="#edf2f7"/><circle cx="3" cy="3" r="1" fill="#718096"/></pattern>
<pattern id="stopped" width="8" height="8" patternUnits="userSpaceOnUse">\
<rect width="8" height="8" fill="#c6f6d5"/><rect y="5" width="8" height="2" fill="#2f855a"/></pattern>
</defs>"""


def svg(reading: ClockReading, time_zone: str = "UTC") -> str:
    """Draw a reading that has its stretches (`explain`); times stand on the wall clock of `time_zone`."""
    return _Drawing(reading, zone(time_zone), time_zone).text()


class _Drawing:
    def __init__(self, reading: ClockReading, tz: ZoneInfo, time_zone: str) -> None:
        self._reading, self._tz, self._time_zone = reading, tz, time_zone
        stretches = [s for p in reading.promises for s in p.stretches]
        begun = min((s.since for s in stretches), default=reading.as_of)
        ended = max([s.until for s in stretches], default=reading.as_of)
        # A deadline far ahead would press what happened into a corner: it is named, and drawn where it fits.
        near = [p.deadline for p in reading.promises if p.deadline and p.deadline <= ended + 1.5 * (ended - begun)]
        self._since = begun
        self._until = max([ended, *near, begun + timedelta(minutes=1)])
        self._until += (self._until - begun) / 40

    def text(self) -> str:
        rows = self._reading.promises
        bottom = _TOP + _ROW * max(len(rows), 1)
        height = bottom + 70
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
            'role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" font-size="12" fill="#1a202c">',
            f'<title id="title">{_safe(self._title())}</title>',
            f'<desc id="desc">{_safe(self._said())}</desc>',
            _PATTERNS,
            f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
            f'<text x="16" y="26" font-size="16" font-weight="600">{_safe(self._title())}</text>',
            f'<text x="16" y="46" fill="#4a5568">as of {_safe(self._at(self._reading.as_of))}, '
            f"times in {_safe(self._time_zone)}, {_safe(self._reading.calendar)}</text>",
            *self._axis(bottom),
            *(line for number, row in enumerate(rows) for line in self._row(row, _TOP + number * _ROW)),
            *(() if rows else (f'<text x="16" y="{_TOP + 20}">nothing is promised</text>',)),
            *self._legend(bottom + 50),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _title(self) -> str:
        priority = self._reading.priority or "no priority"
        return f"Service-level clocks, {priority}, {self._reading.agreement or 'no agreement'}"

    def _said(self) -> str:
        return " ".join(f"{self._facts(p)}." for p in self._reading.promises) or "Nothing is promised."

    def _facts(self, p: PromiseReading) -> str:
        due = f"deadline {self._at(p.deadline)}" if p.deadline else "no deadline while paused"
        late = f", time used up {self._at(p.breached_at)}" if p.breached_at else ""
        return f"{p.promise}: {p.standing}, {due}{late}"

    def _row(self, p: PromiseReading, y: int) -> list[str]:
        bar = y + 12
        within = _span(p.within_seconds)
        lines = [
            f'<text x="16" y="{bar + 12}" font-size="14" font-weight="600">{_safe(p.promise)}</text>',
            f'<text x="16" y="{bar + 28}" fill="#4a5568">{within}, {_safe(p.hours)}</text>',
        ]
        lines += [self._stretch(s, bar) for s in p.stretches]
        if p.deadline and p.deadline <= self._until:
            lines.append(self._mark(p.deadline, bar, "#1a202c", "deadline"))
        if p.breached_at:
            lines.append(self._mark(p.breached_at, bar, "#c53030", "time used up"))
        for moment in self._reading.moments:
            if moment.promise is p.promise and moment.percent < 100 and moment.at <= self._until:
                x = self._x(moment.at)
                lines.append(
                    f'<path d="M{x:.1f} {bar + 4} l5 9 l-10 0 z" fill="#dd6b20"><title>warning: {moment.percent} % at '
                    f"{_safe(self._at(moment.at))}</title></path>"
                )
        colour = "#c53030" if p.breaches else "#1a202c"
        lines.append(f'<text x="{_LEFT}" y="{bar + _BAR + 18}" fill="{colour}">{_safe(self._facts(p))}</text>')
        return lines

    def _stretch(self, s: Stretch, y: int) -> str:
        x, width = self._x(s.since), max(self._x(s.until) - self._x(s.since), 0.5)
        said = f"{self._at(s.since)} to {self._at(s.until)}: {_LEGEND[s.kind]}, {s.why}"
        return (
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{_FILL[s.kind]}">'
            f"<title>{_safe(said)}</title></rect>"
        )

    def _mark(self, at: datetime, y: int, colour: str, what: str) -> str:
        x = self._x(at)
        return (
            f'<path d="M{x:.1f} {y - 7} V{y + _BAR + 4}" stroke="{colour}" stroke-width="2.5"/>'
            f'<path d="M{x:.1f} {y - 9} l5 -6 l-10 0 z" fill="{colour}"><title>{what}: {_safe(self._at(at))}</title></path>'
        )

    def _axis(self, bottom: int) -> list[str]:
        step = next((s for s in _STEPS if (self._until - self._since) / s <= _LABELS), _STEPS[-1])
        local = self._since.astimezone(self._tz)
        at = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        lines: list[str] = []
        shown_day = None
        while (moment := at.replace(tzinfo=self._tz).astimezone(UTC)) <= self._until and len(lines) < 100:
            at += step  # on the wall clock: labels stay on whole hours when the clocks change
            if moment < self._since:
                continue
            x, shown = self._x(moment), moment.astimezone(self._tz)
            day = "" if shown.date() == shown_day else f"{shown:%a %m-%d}"
            shown_day = shown.date()
            lines += [
                f'<path d="M{x:.1f} {_TOP - 14} V{bottom}" stroke="#cbd5e0"/>',
                f'<text x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">{shown:%H:%M}</text>',
                f'<text x="{x:.1f}" y="{bottom + 29}" text-anchor="middle" fill="#4a5568">{day}</text>',
            ]
        return lines

    def _legend(self, y: int) -> list[str]:
        lines: list[str] = []
        for number, (kind, name) in enumerate(_LEGEND.items()):
            x = _LEFT + number * 130
            lines.append(f'<rect x="{x}" y="{y - 10}" width="22" height="12" fill="{_FILL[kind]}"/>')
            lines.append(f'<text x="{x + 28}" y="{y}">{name}</text>')
        for number, (colour, name) in enumerate((("#1a202c", "deadline"), ("#c53030", "time used up"))):
            x = _LEFT + (4 + number) * 130 - 10
            lines.append(f'<path d="M{x} {y - 10} v12" stroke="{colour}" stroke-width="2.5"/>')
            lines.append(f'<text x="{x + 8}" y="{y}">{name}</text>')
        x = _LEFT + 6 * 130 - 10
        lines.append(f'<path d="M{x} {y - 10} l5 9 l-10 0 z" fill="#dd6b20"/><text x="{x + 9}" y="{y}">warning</text>')
        return lines

    def _x(self, at: datetime) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * ((at - self._since) / (self._until - self._since))

    def _at(self, at: datetime) -> str:
        return f"{at.astimezone(self._tz):%a %Y-%m-%d %H:%M}"


def _span(seconds: float) -> str:
    hours, left = divmod(round(seconds), 3600)
    minutes, rest = divmod(left, 60)
    return " ".join(f"{n} {unit}" for n, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if n)


def _safe(text: str) -> str:
    """Text as it may stand in XML: escaped, and without the characters that XML does not know."""
    return escape("".join(c if c.isprintable() else " " for c in text), {'"': "&quot;"})

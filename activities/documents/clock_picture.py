"""The service-level clocks as a picture: self-contained SVG with a row for each target, readable without colours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from activities.calendars.zones import zone
from activities.documents.charts.axes import time_ticks
from activities.documents.charts.canvas import Canvas, LegendEntry
from activities.documents.charts.palette import BAD, INK, LINE, SOFT, WAITING, Fill, painted
from activities.documents.translation import Translation, service_time
from models.clock import ClockedTarget, ClockReading, Stretch, StretchKind
from models.dossier.parties import Language

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BAR = 1000, 150, 30, 84, 74, 26

_FILL: Final = {
    StretchKind.RUNNING: Fill.RUNNING,
    StretchKind.PAUSED: Fill.PAUSED,
    StretchKind.OUTSIDE_HOURS: Fill.OUTSIDE_HOURS,
    StretchKind.STOPPED: Fill.STOPPED,
}

_WORDS: Final = {
    "clocks": ("Service-level clocks, {0}, {1}", "Servicenivåernas klockor, {0}, {1}"),
    "no_priority": ("no priority", "ingen prioritet"),
    "no_agreement": ("no agreement", "inget avtal"),
    "as_of": ("as of {0}, times in {1}, {2}", "per {0}, tider i {1}, {2}"),
    "no_targets": ("The agreement has no targets.", "Avtalet har inga mål."),
    "facts": ("{0}: {1}, {2}{3}", "{0}: {1}, {2}{3}"),
    "due": ("deadline {0}", "tidsgräns {0}"),
    "not_due": ("no deadline while paused", "ingen tidsgräns under pausen"),
    "late": (", time used up {0}", ", tiden slut {0}"),
    "deadline": ("deadline", "tidsgräns"),
    "used_up": ("time used up", "tiden slut"),
    "warning": ("warning", "varning"),
    "warned": ("warning: {0} % at {1}", "varning: {0} % {1}"),
    "stretch": ("{0} to {1}: {2}, {3}", "{0} till {1}: {2}, {3}"),
}


def svg(reading: ClockReading, time_zone: str = "UTC", language: Language = Language.ENGLISH) -> str:
    """Draw a reading with its spans (`explain`). Times are on the wall clock of `time_zone`."""
    return _Drawing(reading, Translation(language, time_zone, _WORDS)).text()


class _Drawing:
    def __init__(self, reading: ClockReading, say: Translation) -> None:
        self._reading, self._say, self._tz = reading, say, zone(say.zone)
        stretches = [s for p in reading.targets for s in p.stretches]
        begun = min((s.since for s in stretches), default=reading.as_of)
        ended = max([s.until for s in stretches], default=reading.as_of)
        # A deadline far ahead would leave no room for the events, so it is named, and drawn if it fits.
        near = [p.deadline for p in reading.targets if p.deadline and p.deadline <= ended + 1.5 * (ended - begun)]
        self._since = begun
        self._until = max([ended, *near, begun + timedelta(minutes=1)])
        self._until += (self._until - begun) / 40
        self._bottom = _TOP + _ROW * max(len(reading.targets), 1)
        self._canvas = Canvas(_WIDTH, self._bottom + 70, self._title(), self._said())

    def text(self) -> str:
        say, rows, canvas = self._say, self._reading.targets, self._canvas
        canvas.text(16, 26, self._title(), size=16, bold=True)
        as_of = say("as_of", self._at(self._reading.as_of), say.zone, self._reading.calendar)
        canvas.text(16, 46, as_of, ink=SOFT)
        self._axis()
        for number, row in enumerate(rows):
            self._row(row, _TOP + number * _ROW)
        if not rows:
            canvas.text(16, _TOP + 20, say("no_targets"))
        self._legend()
        return canvas.svg()

    def _title(self) -> str:
        say, reading = self._say, self._reading
        return say("clocks", reading.priority or say("no_priority"), reading.agreement or say("no_agreement"))

    def _said(self) -> str:
        return " ".join(f"{self._facts(p)}." for p in self._reading.targets) or self._say("no_targets")

    def _facts(self, p: ClockedTarget) -> str:
        say = self._say
        due = say("due", self._at(p.deadline)) if p.deadline else say("not_due")
        late = say("late", self._at(p.breached_at)) if p.breached_at else ""
        return say("facts", say.name("target", p.kind.value), say.name("target_state", p.state.value), due, late)

    def _row(self, p: ClockedTarget, y: int) -> None:
        say, canvas, bar = self._say, self._canvas, y + 12
        canvas.text(16, bar + 12, say.name("target", p.kind.value), size=14, bold=True)
        within = f"{service_time(p.within_seconds)}, {say.name('hours', p.hours)}"
        canvas.text(16, bar + 28, within, ink=SOFT)
        for stretch in p.stretches:
            self._stretch(stretch, bar)
        if p.deadline and p.deadline <= self._until:
            self._mark(p.deadline, bar, INK, say("deadline"))
        if p.breached_at:
            self._mark(p.breached_at, bar, BAD, say("used_up"))
        for moment in self._reading.moments:
            if moment.target is p.kind and moment.percent < 100 and moment.at <= self._until:
                said = say("warned", moment.percent, self._at(moment.at))
                canvas.path(f"M{self._x(moment.at):.1f} {bar + 4} l5 9 l-10 0 z", paint=WAITING, said=said)
        canvas.text(_LEFT, bar + _BAR + 18, self._facts(p), ink=BAD if p.breaches else INK)

    def _stretch(self, s: Stretch, y: int) -> None:
        x, width = self._x(s.since), max(self._x(s.until) - self._x(s.since), 0.5)
        kind = self._say.name("stretch", s.kind.value)
        said = self._say("stretch", self._at(s.since), self._at(s.until), kind, s.why)
        self._canvas.area(x, y, width, _BAR, _FILL[s.kind], said)

    def _mark(self, at: datetime, y: int, ink: str, what: str) -> None:
        x = self._x(at)
        self._canvas.line(x, y - 7, x, y + _BAR + 4, ink, 2.5)
        self._canvas.path(f"M{x:.1f} {y - 9} l5 -6 l-10 0 z", paint=ink, said=f"{what}: {self._at(at)}")

    def _axis(self) -> None:
        ends = self._since.timestamp(), self._until.timestamp()
        for tick in time_ticks(*ends, self._tz, self._say.language):
            x = self._x(tick.at)
            self._canvas.line(x, _TOP - 14, x, self._bottom, LINE)
            self._canvas.text(x, self._bottom + 15, tick.label, anchor="middle")
            self._canvas.text(x, self._bottom + 29, tick.below, anchor="middle", ink=SOFT)

    def _legend(self) -> None:
        say = self._say
        areas: list[LegendEntry] = [("area", painted(f), say.name("stretch", k.value)) for k, f in _FILL.items()]
        marks: list[LegendEntry] = [("line", INK, say("deadline")), ("line", BAD, say("used_up"))]
        self._canvas.legend(_LEFT, self._bottom + 56, [*areas, *marks, ("mark", WAITING, say("warning"))])

    def _x(self, at: datetime | float) -> float:
        seconds = at if isinstance(at, float | int) else at.timestamp()
        since, until = self._since.timestamp(), self._until.timestamp()
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (seconds - since) / (until - since)

    def _at(self, at: datetime) -> str:
        local = at.astimezone(self._tz)
        return f"{self._say.weekday(local)} {local:%Y-%m-%d %H:%M}"

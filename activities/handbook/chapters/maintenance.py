"""Maintenance: the calendar of the next twelve months, and each routine with its steps."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from string import ascii_uppercase

from activities.calendars.agenda import agenda
from activities.calendars.freezes import freezes_of
from activities.calendars.windows import span_at
from activities.calendars.zones import zone
from activities.documents.charts.year import YearDay, year_chart
from activities.documents.elements import Cell, Element, Grid, Heading, Picture, Said, Tone
from activities.handbook.layout import Chapter, HandbookLayout, instruction_anchor
from activities.handbook.months import begin_of_calendar, end_of_calendar
from activities.handbook.steps import STEPS, procedure
from models.dossier.agreement import Freezable
from models.dossier.routines import MaintenanceRoutine
from models.freezes import freeze_at
from models.operation_kinds import MAINTENANCE
from models.schedules import AgendaEntry, ScheduledRoutine, maintained_hosts, scheduled_routines


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """The calendar, the freezes, and the routines."""
    planned = scheduled_routines(layout.dossier)
    calendar = list(_calendar(layout, planned)) if planned or layout.dossier.agreement.freezes else []
    routines = layout.dossier.routines.maintenance
    return [*calendar, *(e for name, one in routines.items() for e in _routine(layout, name, one))]


# --- the calendar


def _calendar(layout: HandbookLayout, planned: list[ScheduledRoutine]) -> Iterator[Element]:
    say = layout.say
    first, until = begin_of_calendar(layout), end_of_calendar(layout)
    entries = agenda([layout.dossier], first, until)
    letters = {routine.id: _letter(number) for number, routine in enumerate(planned)}
    yield Heading(say("calendar"))
    head = [say(key) for key in ("letter", "work", "when", "window", "next", "runs")]
    rows = [_planned(layout, letters[one.id], one, entries) for one in planned]
    table = Grid(say("planned"), head, rows, wide=[1])
    days = _days(layout, entries, letters)
    legend = [f"{letters[one.id]}: {layout.work(one.kind, one.name)}" for one in planned]
    period = say.period(first, until - timedelta(days=1))
    title, desc = say("calendar_of", period), say("calendar_desc", len(entries), period)
    yield Picture(
        lambda: year_chart(say, title, first, days, desc=desc, frozen=say("frozen"), legend=legend), title, table
    )
    yield from _obstacles(layout, entries)
    yield from _freezes(layout)


def _letter(number: int) -> str:
    rounds, place = divmod(number, len(ascii_uppercase))
    return ascii_uppercase[place] + (str(rounds + 1) if rounds else "")


def _planned(layout: HandbookLayout, letter: str, one: ScheduledRoutine, entries: list[AgendaEntry]) -> list[Cell]:
    runs = [entry for entry in entries if entry.id == one.id]
    following = next((entry.begins for entry in runs if entry.begins >= layout.source.as_of), None)
    window = layout.say("any_hour") if one.window is None else one.window.hours
    return [
        Cell(letter),
        Cell(layout.work(one.kind, one.name)),
        Cell(layout.frequency(one.frequency)),
        Cell(f"{window}\n{one.time_zone}"),
        Cell("–" if following is None else f"{following:%Y-%m-%d %H:%M}"),
        Cell(str(len(runs))),
    ]


def _days(layout: HandbookLayout, entries: list[AgendaEntry], letters: dict[str, str]) -> dict[date, YearDay]:
    planned: dict[date, list[str]] = defaultdict(list)
    for entry in entries:
        letter = letters[entry.id]
        if letter not in planned[entry.begins.date()]:
            planned[entry.begins.date()].append(letter)
    frozen = set(_frozen_days(layout))
    return {day: YearDay(planned.get(day, []), day in frozen) for day in {*planned, *frozen}}


def _frozen_days(layout: HandbookLayout) -> Iterator[date]:
    for period, freeze in zip(layout.dossier.agreement.freezes, freezes_of(layout.dossier.agreement), strict=True):
        local = zone(period.time_zone)
        day, last = freeze.since.astimezone(local).date(), _last_day(freeze.until.astimezone(local))
        day, last = max(day, begin_of_calendar(layout)), min(last, end_of_calendar(layout))
        while day <= last:
            yield day
            day += timedelta(days=1)


def _last_day(until: datetime) -> date:
    return (until - timedelta(microseconds=1)).date()


def _obstacles(layout: HandbookLayout, entries: list[AgendaEntry]) -> Iterator[Element]:
    """Yield the runs that a freeze or the window forbids, and which work may meet."""
    say = layout.say
    found = [(entry, why) for entry in entries if (why := _obstacle(layout, entry))]
    if found:
        rows = [
            [Cell(f"{e.begins:%Y-%m-%d %H:%M}"), Cell(layout.work(e.kind, e.name)), Cell(why, Tone.WAITING)]
            for e, why in found
        ]
        yield Grid(say("obstacles"), [say("begins"), say("work"), say("obstacle")], rows, wide=[2])
    meetings = _meetings(entries)
    if meetings:
        rows = [
            [Cell(layout.work(*one)), Cell(layout.work(*other)), Cell(str(count))]
            for (one, other), count in meetings.items()
        ]
        yield Grid(say("meetings"), [say("work"), say("and_work"), say("runs")], rows, wide=[0, 1])
        yield Said(say("meetings_about"))


def _obstacle(layout: HandbookLayout, entry: AgendaEntry) -> str:
    freezes = freezes_of(layout.dossier.agreement)
    freeze = freeze_at(freezes, entry.begins, Freezable(entry.kind), entry.components)
    if freeze is not None:
        return layout.say("is_frozen", layout.say.minute(freeze.until), layout.text(freeze.reason))
    routine = layout.dossier.routines.maintenance.get(entry.name) if entry.kind == MAINTENANCE.name else None
    if routine is not None and span_at(routine.window, entry.begins) is None:
        return layout.say("outside_window", routine.window.hours)
    return ""


_Work = tuple[str, str]
"""The kind and the name of planned work."""


def _meetings(entries: list[AgendaEntry]) -> dict[tuple[_Work, _Work], int]:
    """Return how often two works may run at the same time on the same components; the entries are in order."""
    found: Counter[tuple[_Work, _Work]] = Counter()
    going: list[AgendaEntry] = []
    for entry in entries:
        going = [one for one in going if one.ends_by > entry.begins]
        for one in going:
            if one.components.overlaps(entry.components):
                found[(one.kind, one.name), (entry.kind, entry.name)] += 1
        going.append(entry)
    return dict(found)


def _freezes(layout: HandbookLayout) -> Iterator[Element]:
    say, found = layout.say, layout.dossier.agreement.freezes
    if found:
        rows = [
            [
                Cell(f"{one.since} –\n{one.until}"),
                Cell(say("whole") if one.components.whole else layout.components(one.components.names)),
                Cell(layout.text(one.reason)),
                Cell(", ".join(say(f"passes.{passed.value}") for passed in one.passes) or say("none")),
            ]
            for one in found
        ]
        head = [say(key) for key in ("from_until", "what", "why", "passes")]
        yield Grid(say("freezes"), head, rows, wide=[2])


# --- the routines


def _routine(layout: HandbookLayout, name: str, routine: MaintenanceRoutine) -> Iterator[Element]:
    say = layout.say
    proof = f"maintenance/{name}"
    hosts = maintained_hosts(layout.dossier, routine)
    yield Heading(layout.text(routine.title), anchor=instruction_anchor(proof))
    days = ", ".join(say(f"on.{day.value}") for day in routine.window.weekdays)
    yield layout.particulars(
        proof,
        ("routines", MAINTENANCE.name, name),
        layout.approval(routine.approval),
        f"driftvakt maintenance run {layout.dossier.id} {name}",
        (say("when"), Cell(layout.frequency(routine.frequency))),
        (say("window"), Cell(" ".join(filter(None, (routine.window.hours, days, routine.window.time_zone))))),
        (say("servers_in_order"), Cell(layout.servers(hosts))),
        (say("batch"), Cell(say("at_once", routine.at_once, layout.span(routine.healthy_for)))),
        (say("stops"), Cell(say("after_failures", routine.abort_after_failures))),
        (say("missed"), Cell(say(f"missed.{routine.missed.value}"))),
    )
    yield procedure(layout, routine.steps, place=say("each_server"))


CHAPTER = Chapter(
    "maintenance",
    ("Maintenance calendar", "Underhållskalender"),
    elements,
    {
        **STEPS,
        "calendar": ("The next twelve months", "De kommande tolv månaderna"),
        "calendar_of": ("Planned work, {0}", "Planerat arbete, {0}"),
        "calendar_desc": (
            "{0} runs are planned in {1}; the table lists them.",
            "{0} körningar är planerade i {1}; tabellen visar dem.",
        ),
        "planned": ("Planned work", "Planerat arbete"),
        "letter": ("In the picture", "I bilden"),
        "work": ("Work", "Arbete"),
        "when": ("When", "När"),
        "window": ("Window", "Fönster"),
        "next": ("Next", "Nästa"),
        "runs": ("Runs", "Gånger"),
        "any_hour": ("any hour", "när som helst"),
        "frozen": ("planned work is forbidden", "planerat arbete är förbjudet"),
        "obstacles": ("Runs that cannot take place as planned", "Körningar som inte kan ske som planerat"),
        "is_frozen": ("frozen until {0}: {1}", "fryst till {0}: {1}"),
        "outside_window": ("outside its window {0}", "utanför sitt fönster {0}"),
        "meetings": ("Work that may meet on the same components", "Arbeten som kan mötas på samma komponenter"),
        "and_work": ("Later work", "Senare arbete"),
        "meetings_about": (
            "Driftvakt never runs both at once: the later work waits until the earlier one is done, or misses its window.",
            "Driftvakt kör aldrig båda samtidigt: det senare arbetet väntar på det tidigare, eller missar sitt fönster.",
        ),
        "begins": ("Begins", "Börjar"),
        "obstacle": ("Obstacle", "Hinder"),
        "freezes": ("Freezes: planned work is forbidden", "Frysta tider: planerat arbete är förbjudet"),
        "from_until": ("From, until", "Från, till"),
        "what": ("What", "Vad"),
        "why": ("Why", "Varför"),
        "whole": ("the whole application", "hela applikationen"),
        "passes": ("Allowed all the same", "Tillåtet ändå"),
        "passes.emergency": ("emergency changes", "akuta ändringar"),
        "passes.standard": ("standard changes", "standardändringar"),
        "passes.normal": ("other changes", "övriga ändringar"),
        "passes.maintenance": ("maintenance", "underhåll"),
        "passes.routine": ("routines on order", "beställda rutiner"),
        "passes.drill": ("drills", "återläsningsprov"),
        "servers_in_order": ("Servers, in order", "Servrar, i ordning"),
        "batch": ("Batches", "Omgångar"),
        "at_once": (
            "{0} at a time; each must then be healthy for {1}",
            "{0} åt gången; var och en ska sedan fungera i {1}",
        ),
        "stops": ("Ends early", "Avbryts"),
        "after_failures": (
            "if the first server fails, or {0} of them",
            "om första servern misslyckas, eller {0} av dem",
        ),
        "missed": ("A missed run", "En missad körning"),
        "missed.skip": ("is skipped", "hoppas över"),
        "missed.catch_up": ("is made up for in the next window", "tas igen i nästa fönster"),
        "missed.ask": ("people decide", "människor beslutar"),
        "each_server": ("each server", "varje server"),
    },
    new_page=True,
)

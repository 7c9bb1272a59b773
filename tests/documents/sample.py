"""A sample report with every element and every chart, in English and Swedish, made without a clock and without chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from activities.documents.cells import day_cell, moment_cell, number_cell, percent_cell, span_cell
from activities.documents.charts.bars import Bar, bar_chart, duration_chart
from activities.documents.charts.days import Day, DaySpan, day_chart
from activities.documents.charts.line import line_chart
from activities.documents.charts.palette import Fill
from activities.documents.charts.plot import Limit, Shade
from activities.documents.charts.trend import Forecast, trend_chart
from activities.documents.elements import (
    BulletList,
    Cell,
    Document,
    DocumentParty,
    Element,
    Grid,
    Heading,
    Item,
    KeyFigure,
    KeyFigures,
    Link,
    Pairs,
    Picture,
    Procedure,
    ProcedureStep,
    Said,
    Section,
    Tone,
)
from activities.documents.logo import Logo
from activities.documents.translation import Translation
from models.dossier.parties import Language

ZONE = "Europe/Stockholm"
JUNE = int(datetime(2026, 6, 1, tzinfo=ZoneInfo(ZONE)).timestamp())
DAY = 86_400
MADE = datetime(2026, 7, 3, 6, 0, tzinfo=UTC)

SUPPLIER_LOGO = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 32" width="120" height="32">
<path d="M4 16 L16 4 L28 16 L16 28 Z" fill="#1f5fa8"/><circle cx="16" cy="16" r="5" fill="#fff"/>
<rect x="38" y="12" width="70" height="8" fill="#1c2430"/></svg>"""
CUSTOMER_LOGO = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 32" width="90" height="32">
<circle cx="16" cy="16" r="12" fill="#1d7a45"/><path d="M16 8 V24 M8 16 H24" stroke="#fff" stroke-width="3"/>
<rect x="36" y="10" width="50" height="12" rx="3" fill="#1d7a45"/></svg>"""

WORDS = {
    "title": ("Operations report, June 2026", "Driftrapport, juni 2026"),
    "subtitle": ("Acme web shop", "Acmes webbutik"),
    "banner": (
        "Corrected version: it replaces version 1 of 2 July, in which 12 minutes of maintenance were missing.",
        "Rättad version: den ersätter version 1 av den 2 juli, där 12 minuters underhåll saknades.",
    ),
    "summary": ("Summary", "Sammanfattning"),
    "said": (
        "The order flow was available as agreed. One restore took longer than agreed, and the cause has been removed.",
        "Orderflödet var tillgängligt enligt avtalet. En återläsning tog längre tid än avtalat, och orsaken är åtgärdad. "
        "Servicenivåöverenskommelsens tillgänglighetsberäkning redovisas i avsnittet om tillgänglighet.",
    ),
    "order flow": ("Order flow", "Orderflödet"),
    "met": ("kept", "uppfyllt"),
    "missed": ("broken", "ej uppfyllt"),
    "unproven": ("cannot be proven", "kan inte styrkas"),
    "of": ("of agreed {0}", "av avtalade {0}"),
    "availability": ("Availability", "Tillgänglighet"),
    "classes": ("Every second of the month", "Månadens alla sekunder"),
    "class": ("Class", "Klass"),
    "time": ("Time", "Tid"),
    "share": ("Share", "Andel"),
    "sum": ("Sum", "Summa"),
    "day by day": ("The order flow, day by day", "Orderflödet dag för dag"),
    "latency": ("Response time of the order flow", "Orderflödets svarstid"),
    "week": ("Week", "Vecka"),
    "median": ("Median", "Median"),
    "highest": ("Highest", "Högst"),
    "incidents": ("Incidents", "Incidenter"),
    "number": ("Number", "Nummer"),
    "opened": ("Opened", "Öppnad"),
    "what": ("What", "Vad"),
    "lasted": ("Lasted", "Varade"),
    "by cause": ("Incidents by cause", "Incidenter per orsak"),
    "cause": ("Cause", "Orsak"),
    "restores": ("Restore drills", "Återläsningsövningar"),
    "took": ("Took", "Tog"),
    "agreed": ("Agreed", "Avtalat"),
    "capacity": ("Capacity", "Kapacitet"),
    "database": ("Size of the database", "Databasens storlek"),
    "actions": ("Open actions", "Öppna åtgärder"),
    "instruction": ("How the cause was removed", "Så åtgärdades orsaken"),
    "evidence": ("Evidence", "Underlag"),
    "closing": (
        "The facts of this report have the SHA-256 {0}.",
        "Rapportens underlag har kontrollsumman (SHA-256) {0}.",
    ),
}


def sample(language: Language, hostile: str = "") -> Document:
    """A report of one month; `hostile` is what people and hosts wrote everywhere they can."""
    say = Translation(language, ZONE, WORDS)
    return Document(
        title=hostile or say("title"),
        language=language.value,
        banner=hostile or say("banner"),
        sections=[
            Section(say("summary"), _summary(say, hostile)),
            Section(say("availability"), _availability(say)),
            Section(say("incidents"), _incidents(say, hostile)),
            Section(say("restores"), _restores(say)),
            Section(say("capacity"), _capacity(say), new_page=True),
            Section(hostile or say("evidence"), _evidence(say, hostile), anchor="evidence"),
        ],
        closing=[say("closing", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")],
        subtitle=hostile or say("subtitle"),
        supplier=DocumentParty("Driftbolaget i Norden AB", Logo.of(SUPPLIER_LOGO)),
        customer=DocumentParty(hostile or "Acme Trädgård AB", Logo.of(CUSTOMER_LOGO)),
        period=say.period(date(2026, 6, 1), date(2026, 6, 30)),
        facts=[("Version", "2"), (say("agreed"), hostile or "A-2024-17, bilaga 3")],
        made_at=MADE,
        contents=True,
    )


def _summary(say: Translation, hostile: str) -> Sequence[Element]:
    figures = [
        KeyFigure(
            say("order flow"),
            Cell(say.number(Decimal("99.83"), 2, "%"), link="class.down"),
            say("met"),
            Tone.GOOD,
            say("of", say.number(Decimal("99.8"), 1, "%")),
        ),
        KeyFigure(say("restores"), Cell("2 h 30 min"), say("missed"), Tone.BAD, say("of", "2 h")),
        KeyFigure(say("latency"), Cell(say.number(412, 0, "ms")), say("unproven"), Tone.WAITING, hostile or "p95"),
        KeyFigure(say("incidents"), Cell("3"), note=hostile),
    ]
    return [
        Said(hostile or say("said"), [Link(say("evidence"), "evidence")]),
        KeyFigures(say("summary"), figures),
        Pairs([(say("cause"), Cell(hostile or "capacity", Tone.WAITING)), (say("time"), span_cell(say, 9000))]),
    ]


_CLASSES = [
    (Fill.UP, 632_400, "up"),
    (Fill.DOWN, 1_080, "down"),
    (Fill.NO_DATA, 300, "no data"),
    (Fill.MAINTENANCE, 14_400, "maintenance"),
    (Fill.OUTSIDE_HOURS, 1_943_820, "outside service hours"),
]


def _availability(say: Translation) -> Sequence[Element]:
    whole = 30 * DAY
    rows = [
        [Cell(name, anchor=f"class.{name}"), span_cell(say, seconds), percent_cell(say, seconds, whole, 3)]
        for _, seconds, name in _CLASSES
    ]
    total = [Cell(say("sum")), span_cell(say, whole), percent_cell(say, whole, whole, 3)]
    head = [say("class"), say("time"), say("share")]
    classes = Grid(say("classes"), head, [*rows, total], wide=[0], total=True)
    weeks = [
        [number_cell(say, week), number_cell(say, 181.5 + week, 1, "ms"), number_cell(say, 402.25 + 7 * week, 1, "ms")]
        for week in range(23, 27)
    ]
    return [
        Heading(say("day by day")),
        Picture(lambda: day_chart(say, say("day by day"), days(say)), say("classes"), classes),
        Heading(say("latency")),
        Picture(
            lambda: line_chart(
                say,
                say("latency"),
                latency(),
                unit="ms",
                times=(JUNE, JUNE + 30 * DAY),
                limit=Limit(500),
                shades=[
                    Shade(JUNE + 9 * DAY, JUNE + 9.5 * DAY, Fill.NO_DATA),
                    Shade(JUNE + 20 * DAY, JUNE + 20.3 * DAY, Fill.MAINTENANCE),
                ],
            ),
            say("latency"),
            Grid(say("latency"), [say("week"), say("median"), say("highest")], weeks),
        ),
    ]


def latency(points: int = 8_640) -> list[tuple[float, float]]:
    """A response time every five minutes: by day higher than by night, with some peaks, and a gap."""
    every = 30 * DAY / points
    values = []
    for n in range(points):
        at = JUNE + n * every
        if 9 <= (at - JUNE) / DAY < 9.5:
            continue
        wave = 180 + 60 * math.sin(n / points * 30 * 2 * math.pi) + 25 * math.sin(n * 1.7) * math.sin(n * 0.37)
        values.append((at, round(wave + (380 if n % 1511 == 7 else 0), 1)))
    return values


def days(say: Translation) -> list[Day]:
    """The days of June, open on weekdays from 8 to 17."""
    made = []
    for number in range(30):
        day = date(2026, 6, 1) + timedelta(days=number)
        if day.weekday() > 4:
            made.append(Day(f"{say.weekday(day)} {day.day}", [DaySpan(0, DAY, Fill.OUTSIDE_HOURS)]))
            continue
        cut = {9: Fill.NO_DATA, 14: Fill.DOWN, 21: Fill.MAINTENANCE, 22: Fill.EXCUSED, 0: Fill.NOT_YET}.get(
            number, Fill.UP
        )
        spans = [
            DaySpan(0, 28_800, Fill.OUTSIDE_HOURS),
            DaySpan(28_800, 36_000, cut),
            DaySpan(36_000, 61_200, Fill.UP),
            DaySpan(61_200, DAY, Fill.OUTSIDE_HOURS),
        ]
        made.append(Day(f"{say.weekday(day)} {day.day}", spans, note=say.number(Decimal("99.95"), 2, "%")))
    return made


def _incidents(say: Translation, hostile: str) -> Sequence[Element]:
    head = [say("number"), say("opened"), say("what"), say("cause"), say("lasted")]
    texts = [
        "The shop's database does not answer",
        "Köerna till ordersystemet växer och beställningar fördröjs",
        "Disk",
    ]
    rows = [
        [
            Cell(f"acme.shop.{17 + n}", link=f"incident.{17 + n}"),
            moment_cell(say, datetime.fromtimestamp(JUNE + (3 + 9 * n) * DAY + 4567, UTC)),
            Cell(hostile or text),
            Cell(hostile or "capacity", (Tone.BAD, Tone.WAITING, Tone.GOOD)[n]),
            span_cell(say, (34_200, 5_400, 725)[n]),
        ]
        for n, text in enumerate(texts)
    ]
    causes = [("capacity", 2), ("a third party that delivers payments to the shop", 1), ("network", 0)]
    bars = [Bar(hostile or name, [(count, Fill.VALUE)]) for name, count in causes]
    table = Grid(
        say("by cause"),
        [say("cause"), say("number")],
        [[Cell(name), number_cell(say, n)] for name, n in causes],
        wide=[0],
    )
    return [
        Grid(say("incidents"), head, rows, wide=[2]),
        Picture(lambda: bar_chart(say, hostile or say("by cause"), bars), hostile or say("by cause"), table),
    ]


def _restores(say: Translation) -> Sequence[Element]:
    drills = [("Database, 3 June", 2_700, 14_400), ("Database, 10 June", 5_400, 14_400), ("Files", 9_000, 7_200)]
    bars = [Bar(name, [(took, Fill.VALUE)], limit) for name, took, limit in drills]
    rows = [
        [
            Cell(name),
            day_cell(date(2026, 6, 3)),
            span_cell(say, took, Tone.BAD if took > limit else Tone.GOOD),
            span_cell(say, limit),
        ]
        for name, took, limit in drills
    ]
    grid = Grid(say("restores"), [say("what"), say("opened"), say("took"), say("agreed")], rows, wide=[0])
    return [Picture(lambda: duration_chart(say, say("restores"), bars), say("restores"), grid)]


def _capacity(say: Translation) -> Sequence[Element]:
    sizes = [(JUNE - (360 - n) * DAY, round(300 + 0.8 * n + 6 * math.sin(n * 0.9), 1)) for n in range(360)]
    last = sizes[-1][1]
    forecast = [Forecast(JUNE + 30 * k * DAY, last + 15 * k, last + 24 * k, last + 33 * k) for k in range(1, 7)]
    rows = [
        [
            day_cell(datetime.fromtimestamp(f.at, ZoneInfo(ZONE)).date()),
            number_cell(say, f.low, 1, "GiB"),
            number_cell(say, f.middle, 1, "GiB"),
            number_cell(say, f.high, 1, "GiB"),
        ]
        for f in forecast
    ]
    grid = Grid(say("database"), [say("opened"), "10 %", "50 %", "90 %"], rows)
    return [
        Picture(
            lambda: trend_chart(say, say("database"), sizes, forecast, unit="GiB", limit=Limit(700)),
            say("database"),
            grid,
        ),
        Heading(say("actions")),
        BulletList(
            [
                Cell("Byt disk i db2 före 2026-08-01 (Driftbolaget)"),
                Cell("Beslut om arkivering av order äldre än sju år (Acme)", Tone.WAITING),
            ],
            ordered=True,
        ),
        BulletList([Cell("db2", link="incident.18"), Cell("acme.shop", link="nowhere")]),
    ]


def _evidence(say: Translation, hostile: str) -> Sequence[Element]:
    digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    rows = [
        [
            Cell(f"acme.shop.{17 + n % 3}" + ("" if n < 3 else f" ({n})"), anchor=f"incident.{17 + n}"),
            moment_cell(say, datetime.fromtimestamp(JUNE + n * 40_000, UTC)),
            moment_cell(say, datetime.fromtimestamp(JUNE + n * 40_000 + 300, UTC)),
            Cell(hostile or f"sha256:{digest}"),
        ]
        for n in range(4 if hostile else 60)
    ]
    step = Item(
        hostile or "Step 1: Grow the volume on db1: ok",
        Tone.GOOD,
        [hostile or "2026-06-04 01:16:07 UTC · action · changed something"],
        [
            (
                "Command",
                hostile or "lvextend --resizefs --size +50G /dev/mapper/data-postgresql && df -h /srv/postgresql",
                "",
            ),
            (
                "Output",
                hostile or "Filesystem  Size  Used\n├─ data     100G   61G\n└─ wal       20G    3G\n",
                "12 lines left out",
            ),
        ],
        anchor="step",
    )
    procedure = Procedure(
        [
            ProcedureStep(
                hostile or "Grow the volume",
                hostile or "(on db1)",
                [("Command", hostile or "lvextend -r"), ("Undo", "true")],
            ),
            ProcedureStep(hostile or "Wait 5 min"),
        ]
    )
    return [
        Heading(say("instruction")),
        step,
        procedure,
        Heading(say("evidence")),
        Grid(say("evidence"), [say("number"), say("opened"), say("time"), "SHA-256"], rows, wide=[3]),
    ]

"""Benchmark: a report of 150 measuring points with a chart of a month each, as PDF; beside WeasyPrint where it is installed."""

from __future__ import annotations

import gc
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from activities.documents.cells import moment_cell, number_cell
from activities.documents.charts.line import line_chart
from activities.documents.charts.plot import Limit
from activities.documents.elements import Cell, Document, Grid, Picture, Said, Section
from activities.documents.page import page
from activities.documents.pdf import pdf
from activities.documents.translation import Translation
from models.dossier.parties import Language
from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size
from tests.documents.sample import JUNE, ZONE, latency, sample

SAY = Translation(Language.SWEDISH, ZONE)
MONTH = latency(8_928)
_POINTS: Final = size(__name__, "points", 150, 10)
_CHARTS: Final = size(__name__, "charts", 20, 2)
TARGETS: Final = (
    "PDF <= 6 s",
    "one chart <= 5 ms",
)


def report(points: int) -> Document:
    """A report of about one page for each measuring point."""
    return replace(sample(Language.SWEDISH), sections=[_section(number) for number in range(points)])


def _section(number: int) -> Section:
    name = f"Svarstid i mätpunkt {number}"
    rows = [
        [
            moment_cell(SAY, datetime.fromtimestamp(JUNE + 86_400 * day, UTC)),
            Cell("Svarstiden låg under gränsen hela dygnet utom under en kort stund på eftermiddagen"),
            number_cell(SAY, 180.5 + day, 1, "ms"),
        ]
        for day in range(20)
    ]
    table = Grid(name, ["Dag", "Vad", "Svarstid"], rows, wide=[1])
    picture = Picture(lambda: line_chart(SAY, name, MONTH, unit="ms", limit=Limit(500)), name, table)
    return Section(name, [Said("Svarstiden mäts var femte minut, dygnet runt. " * 6), picture])


def run(points: int = _POINTS, charts: int = _CHARTS) -> list[Figure]:
    """Measure a whole PDF, with its charts, and one chart."""
    pdf(sample(Language.SWEDISH))  # the library and the fonts are loaded
    gc.collect()
    began = time.perf_counter()
    made = pdf(report(points))
    whole = time.perf_counter() - began
    assert made.startswith(b"%PDF")
    began = time.process_time()
    for _ in range(charts):
        line_chart(SAY, "Svarstid", MONTH, unit="ms", limit=Limit(500))
    chart = (time.process_time() - began) / charts * 1000
    beside, said = _weasyprint(points)
    return [
        Figure(f"PDF of {points} measuring points, a chart of 8,928 values each", whole, "s", beside, said, Goal(6)),
        Figure("  one of its charts", chart, "ms", goal=Goal(5)),
    ]


def _weasyprint(points: int) -> tuple[float | None, str]:
    """Return how long WeasyPrint takes for the page of a tenth of the document, times ten."""
    try:
        from weasyprint import HTML  # type: ignore[import-not-found]  # not a dependency
    except (ImportError, OSError):
        return None, "WeasyPrint is not installed"
    html = page(report(points // 10))
    began = time.perf_counter()
    HTML(string=html).write_pdf()
    return (time.perf_counter() - began) * 10, "WeasyPrint, ten times a tenth of it"

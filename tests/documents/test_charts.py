"""Charts: nothing is cut, every extreme is visible, and people who see no colours or no picture get the same facts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.documents.charts.axes import number_axis, span_ticks, time_ticks
from activities.documents.charts.bars import Bar, bar_chart, duration_chart
from activities.documents.charts.canvas import text_width
from activities.documents.charts.days import Day, DaySpan, day_chart
from activities.documents.charts.line import line_chart
from activities.documents.charts.palette import PATTERNS, PLAIN, Fill
from activities.documents.charts.plot import Limit, Shade
from activities.documents.charts.texts import chart_words
from activities.documents.charts.trend import Forecast, trend_chart
from activities.documents.charts.year import YearDay, year_chart
from activities.documents.drawing import plain_colours, safe_drawing, said_by
from activities.documents.translation import Translation
from models.dossier.parties import Language
from tests.documents.sample import JUNE, days, latency

SVG = "{http://www.w3.org/2000/svg}"
EN, SV = (Translation(language, "Europe/Stockholm") for language in Language)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
LONG = "an extremely long name of something that somebody has to read " * 3

CHARTS: dict[str, Callable[[Translation, str], str]] = {
    "line": lambda say, title: line_chart(
        say, title, latency(), unit="ms", limit=Limit(500), shades=[Shade(JUNE, JUNE + 9e5, Fill.MAINTENANCE)]
    ),
    "days": lambda say, title: day_chart(say, title, days(say), note_head="availability"),
    "bars": lambda say, title: bar_chart(
        say,
        title,
        [Bar(LONG, [(3, Fill.UP), (1, Fill.OTHER)]), Bar("b", [(12_345.5, Fill.UP)])],
        legend=[(Fill.UP, "done")],
    ),
    "durations": lambda say, title: duration_chart(
        say, title, [Bar("a", [(90, Fill.VALUE)], 60), Bar("b", [(7, Fill.VALUE)])]
    ),
    "trend": lambda say, title: trend_chart(
        say, title, latency(200), [Forecast(JUNE + 4e6, 100, 250, 400)], unit="ms", limit=Limit(600, "agreed")
    ),
    "year": lambda say, title: year_chart(
        say,
        title,
        date(2026, 12, 1),
        {
            date(2026, 12, 6): YearDay(["A", "B"]),
            date(2027, 1, 31): YearDay(["A", "B", "C2"], frozen=True),
            date(2027, 4, 3): YearDay(frozen=True),
        },
        desc="A: 2 days.",
        frozen="frozen",
        legend=["A Security updates of the operating system", f"B {LONG}", "C2 x"],
    ),
    "year without days": lambda say, title: year_chart(
        say, title, date(2027, 3, 1), {}, desc="Nothing.", frozen="frozen", legend=[]
    ),
    "line without points": lambda say, title: line_chart(say, title, [], unit="ms", limit=Limit(5)),
    "line of one point": lambda say, title: line_chart(say, title, [(JUNE, 4.0)]),
    "bars without names": lambda say, title: bar_chart(say, title, []),
    "trend without points": lambda say, title: trend_chart(say, title, [], []),
    "days without days": lambda say, title: day_chart(say, title, []),
}


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("say", [EN, SV], ids=["en", "sv"])
def test_every_text_is_inside_the_picture(name: str, say: Translation) -> None:
    root = ElementTree.fromstring(CHARTS[name](say, "The title"))
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    for text in root.iter(f"{SVG}text"):
        x, y, wide = (
            float(text.get("x", "")),
            float(text.get("y", "")),
            text_width(text.text or "", float(text.get("font-size", 12))),
        )
        left = x - {"end": wide, "middle": wide / 2}.get(text.get("text-anchor", ""), 0)
        assert 0 <= y <= height, text.text
        # The estimated width is a generous one, so that a label may reach one character past the edge.
        assert left >= -8, text.text
        assert left + wide <= width + 8, text.text


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_harmless_named_and_described(name: str) -> None:
    svg = CHARTS[name](EN, '"</svg><script>\u202e')
    title, desc = said_by(svg)
    assert title == '"</svg><script>⟨U+202E⟩'
    assert desc.strip() or name == "days without days"
    assert 'role="img" aria-labelledby="title desc"' in svg
    assert safe_drawing(svg) != ""


@pytest.mark.parametrize("name", CHARTS)
def test_each_colour_follows_the_page_and_has_one_for_paper(name: str) -> None:
    svg = CHARTS[name](EN, "Title")
    assert re.findall(r"\"#[0-9a-f]{3,8}\"", svg) == []
    paper = plain_colours(svg)
    assert "var(" not in paper
    assert '"#ffffff"' in paper


def test_no_two_meanings_look_the_same_without_colours() -> None:
    drawn = [re.sub(r"var\([^)]*\)", "", pattern) for pattern in PATTERNS.values()]
    assert len(drawn) == len(set(drawn))
    assert set(PATTERNS) | set(PLAIN) == set(Fill)
    classes = {Fill.UP, Fill.DOWN, Fill.NO_DATA, Fill.MAINTENANCE, Fill.EXCUSED, Fill.OUTSIDE_HOURS, Fill.NOT_YET}
    assert [fill for fill in classes if fill in PLAIN] == [Fill.UP]


def test_the_description_says_in_words_what_the_chart_shows() -> None:
    line, swedish = said_by(CHARTS["line"](EN, "x"))[1], said_by(CHARTS["line"](SV, "x"))[1]
    assert "Lowest " in line
    assert (
        "from 1\u00a0June\u00a02026 to 30\u00a0June\u00a02026. The limit is 500\u00a0ms. Shaded: announced maintenance."
        in line
    )
    assert "Gränsen är 500\u00a0ms. Skuggat: aviserat underhåll." in swedish
    assert said_by(CHARTS["durations"](EN, "x"))[1] == "a: 1 min 30 s (agreed limit 1 min). b: 7.0 s."
    assert (
        "Forecast for 17\u00a0July\u00a02026: 250\u00a0ms, likely between 100\u00a0ms and 400\u00a0ms."
        in said_by(CHARTS["trend"](EN, "x"))[1]
    )
    assert said_by(CHARTS["line without points"](SV, "x"))[1] == "Inga värden finns."
    assert said_by(CHARTS["days"](SV, "x"))[1].startswith("uppe: ")


def test_every_kind_of_area_has_a_name_in_both_languages() -> None:
    assert all(chart_words(EN)(fill.value) != chart_words(SV)(fill.value) for fill in Fill)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=3000), st.integers(0, 2999))
def test_a_line_shows_the_lowest_and_the_highest_value_of_any_number_of_points(values: list[float], peak: int) -> None:
    values[peak % len(values)] = 2e6
    svg = line_chart(EN, "x", [(JUNE + 300 * n, value) for n, value in enumerate(values)])
    [path] = re.findall(r'<path d="(M[^"]+)" fill="none" stroke="var\(--chart-one', svg)
    heights = [float(y) for y in re.findall(r"[ V](-?[\d.]+)", path)]
    axis = number_axis(min(values), max(values))
    top, bottom = 18.0, 18.0 + 156
    y_of = lambda value: bottom - 156 * (value - axis.low) / (axis.high - axis.low)  # noqa: E731
    assert min(heights) == pytest.approx(y_of(2e6), abs=0.06)
    assert max(heights) == pytest.approx(y_of(min(values)), abs=0.06)
    assert min(heights) >= top - 0.1


def test_a_gap_without_points_interrupts_the_line() -> None:
    svg = line_chart(EN, "x", [(JUNE + n * 300, 5.0 + n % 2) for n in range(1000) if not 400 < n < 600])
    [path] = re.findall(r'<path d="(M[^"]+)" fill="none" stroke="var\(--chart-one', svg)
    assert path.count("M") == 2


def test_a_month_of_a_point_is_a_small_picture() -> None:
    assert len(line_chart(EN, "x", latency(8_928))) < 20_000


def test_a_short_fault_of_a_day_is_visible() -> None:
    svg = day_chart(EN, "x", [Day("Mon 1", [DaySpan(0, 40_000, Fill.UP), DaySpan(40_000, 40_010, Fill.DOWN)])])
    [width] = re.findall(r'width="([\d.]+)" height="12" fill="url\(#down\)"', svg)[-1:]
    assert float(width) >= 1.5


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.booleans())
def test_an_axis_covers_its_numbers_in_few_round_steps(one: float, other: float, whole: bool) -> None:
    axis = number_axis(one, other, whole=whole)
    assert axis.low <= min(one, other) + 1e-6 * (abs(one) + abs(other) + 1)
    assert axis.high >= max(one, other) - 1e-6 * (abs(one) + abs(other) + 1)
    assert 2 <= len(axis.ticks) <= 8
    assert not whole or axis.decimals == 0


@pytest.mark.parametrize(
    ("since", "until", "labels"),
    [
        ("2026-06-19T00:47:12+02:00", "2026-06-19T03:10:00+02:00", ["01:00", "01:30", "02:00", "02:30", "03:00"]),
        # The hour from two to three comes twice, and the marks stay on whole hours of the wall clock.
        (
            "2026-10-25T00:00:00+02:00",
            "2026-10-25T12:00:00+01:00",
            ["00:00", "02:00", "04:00", "06:00", "08:00", "10:00", "12:00"],
        ),
        ("2026-06-01T00:00:00+02:00", "2026-07-01T00:00:00+02:00", ["1", "5", "9", "13", "17", "21", "25", "29"]),
        ("2026-01-15T00:00:00+01:00", "2026-12-31T00:00:00+01:00", ["mar", "maj", "jul", "sep", "nov"]),
    ],
)
def test_marks_of_time_are_on_the_wall_clock(since: str, until: str, labels: list[str]) -> None:
    ends = [datetime.fromisoformat(text).timestamp() for text in (since, until)]
    ticks = time_ticks(ends[0], ends[1], STOCKHOLM, Language.SWEDISH)
    assert [tick.label for tick in ticks] == labels
    assert [tick.at for tick in ticks] == sorted({tick.at for tick in ticks})


@given(st.integers(0, 2_000_000_000), st.integers(1, 400_000_000))
def test_marks_of_time_are_few_and_inside(since: int, length: int) -> None:
    ticks = time_ticks(since, since + length, STOCKHOLM, Language.ENGLISH)
    assert len(ticks) <= 14
    assert all(since <= tick.at <= since + length for tick in ticks)
    assert all(datetime.fromtimestamp(tick.at, UTC) for tick in ticks)


@pytest.mark.parametrize(
    ("longest", "last"),
    [(0, "1 s"), (45, "50 s"), (5400, "90 min"), (14_400, "4 h"), (90_000, "30 h"), (900_000, "12 d")],
)
def test_marks_of_spans_have_round_units(longest: float, last: str) -> None:
    assert span_ticks(longest)[-1].label == last
    assert span_ticks(longest)[-1].at >= longest

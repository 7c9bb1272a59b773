"""CSV and XLSX: programs get typed values, people get their texts, and no text becomes a formula."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.documents.cells import number_cell, span_cell
from activities.documents.csv import csv_archive, csv_files
from activities.documents.elements import Cell, Document, Grid, Number, Section
from activities.documents.sanitize import visible
from activities.documents.translation import Translation
from activities.documents.xlsx import number_format, sheet_names, xlsx
from models.dossier.parties import Language
from tests.documents.hostile import HOSTILE
from tests.documents.sample import MADE, sample

EN, SV = (Translation(language, "Europe/Stockholm") for language in Language)
NS = {"": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def document(*grids: Grid, language: str = "sv") -> Document:
    return Document("Rapport", language, "", [Section("Avsnitt", grids)], [], made_at=MADE)


def grid(*rows: list[Cell], head: tuple[str, ...] = ("a", "b")) -> Grid:
    return Grid("Tabell", head, rows)


def table(made: Document, number: int = 1) -> list[list[str]]:
    """The rows of a CSV file, as a program reads it."""
    text = csv_files(made)[number].content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


class Workbook:
    """A workbook as Excel reads it."""

    def __init__(self, content: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = {name: packed.read(name).decode() for name in packed.namelist()}
        strings = ElementTree.fromstring(parts["xl/sharedStrings.xml"]).findall("si", NS)
        self.strings = ["".join(t.text or "" for t in one.iter(f"{{{NS['']}}}t")) for one in strings]
        book = ElementTree.fromstring(parts["xl/workbook.xml"])
        self.names = [sheet.get("name") for sheet in book.iter(f"{{{NS['']}}}sheet")]
        self.sheets = [
            ElementTree.fromstring(parts[f"xl/worksheets/sheet{n}.xml"]) for n in range(1, len(self.names) + 1)
        ]
        self.styles, self.core = parts["xl/styles.xml"], parts["docProps/core.xml"]
        self.parts = parts

    def rows(self, number: int = 1) -> list[list[str | float]]:
        """The values of a sheet."""
        return [[self._value(c) for c in row] for row in self.sheets[number].iter(f"{{{NS['']}}}row")]

    def _value(self, cell: ElementTree.Element) -> str | float:
        value = cell.findtext("v", "", NS)
        return self.strings[int(value)] if cell.get("t") == "s" else float(value) if value else ""


def test_a_csv_has_numbers_moments_and_spans_as_programs_read_them() -> None:
    stockholm = datetime(2026, 6, 3, 14, tzinfo=timezone(timedelta(hours=2)))
    made = document(
        grid(
            [number_cell(SV, 8928.5, 1, "ms"), Cell("14:00", value=stockholm), span_cell(SV, 9000), Cell('å, ä "ö"')],
            [number_cell(SV, None), Cell("–"), span_cell(SV, 0.25), Cell("–")],
            head=("Svarstid", "När", "Varade", "Text"),
        )
    )
    assert table(made) == [
        ["Svarstid (ms)", "När (UTC)", "Varade (s)", "Text"],
        ["8928.5", "2026-06-03T12:00:00Z", "9000", 'å, ä "ö"'],
        ["", "", "0.25", "–"],
    ]


def test_a_csv_is_as_rfc_4180_and_excel_want_it() -> None:
    content = csv_files(document(grid([Cell("a,b"), Cell("two\nlines")])))[1].content
    assert content == b'\xef\xbb\xbfa,b\r\n"a,b",two / lines\r\n'


def test_a_column_of_several_units_has_the_texts_that_readers_see() -> None:
    made = document(grid([number_cell(SV, 99.5, 1, "%"), Cell("x")], [number_cell(SV, 412, 0, "ms"), Cell("y")]))
    assert [row[0] for row in table(made)] == ["a", "99,5 %", "412 ms"]
    assert [row[0] for row in Workbook(xlsx(made)).rows()] == ["a", 0.995, 412.0]


def test_a_unit_that_the_heading_has_is_not_repeated() -> None:
    made = document(grid([number_cell(SV, 1, 0, "ms"), number_cell(SV, 2, 0, "ms")], head=("Svar (ms)", "ms")))
    assert table(made)[0] == ["Svar (ms)", "ms"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("  @SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'=1"),
        ("ok;=1+1", "ok;'=1+1"),
        ('ok; "=1+1"', 'ok; "\'=1+1"'),
        ("ok\n=1", "ok / =1"),
        ("＝1+1", "'＝1+1"),
        ("-5", "-5"),
        ("+46 70 123 45 67", "+46 70 123 45 67"),
        ("-12,5 %", "-12,5 %"),
        ("-", "'-"),
        ("a = b", "a = b"),
    ],
)
def test_a_text_in_csv_is_no_formula(text: str, shown: str) -> None:
    assert table(document(grid([Cell(text), Cell("x")])))[1][0] == shown


@given(st.one_of(st.text(max_size=80), st.text(alphabet="=+-@;,\"'\t\r\n |1a", max_size=40)))
def test_no_cell_of_a_csv_begins_like_a_formula_with_either_separator(text: str) -> None:
    content = csv_files(document(grid([Cell("x"), Cell(text)], [Cell(text), Cell("y")])))[1].content.decode("utf-8-sig")
    for separator in ",;":
        cells = [cell for row in csv.reader(io.StringIO(content, newline=""), delimiter=separator) for cell in row]
        # A number stays one. A Swedish Excel reads the whole line as one cell, and a number with a comma after it is no formula.
        begun = [
            c for c in cells if re.match(r"\s*[=+\-@]", c) and not re.match(r"\s*[+-]?[\d\s.,]*\d\s*%?(,|\"|$)", c)
        ]
        assert begun == []


@pytest.mark.parametrize("text", HOSTILE)
def test_every_text_of_a_workbook_is_a_text_as_it_was_written(text: str) -> None:
    made = Workbook(xlsx(sample(Language.ENGLISH, text)))
    assert made.strings.count(visible(text)) == 1
    assert [formula for sheet in made.sheets for formula in sheet.iter(f"{{{NS['']}}}f")] == []
    assert not any("http://evil" in part for name, part in made.parts.items() if name.endswith(".rels"))


def test_a_workbook_has_numbers_as_numbers_with_the_format_of_its_language() -> None:
    rows = [number_cell(SV, Decimal("99.83"), 2, "%"), span_cell(SV, 9000)], [number_cell(SV, None), Cell("–")]
    made = Workbook(xlsx(document(grid(*map(list, rows), head=("Andel", "Tid")))))
    assert made.rows() == [["Andel (%)", "Tid"], [pytest.approx(0.9983), pytest.approx(9000 / 86_400)], ["", ""]]
    assert "[h]:mm:ss" in made.styles
    assert "#,##0.00&quot;\u00a0&quot;%" in made.styles
    assert number_format(1, "%", EN, with_unit=True) == "#,##0.0%"
    assert number_format(0, 'm"s', SV, with_unit=True) == '#,##0"\u00a0ms"'
    assert number_format(0, "ms", SV, with_unit=False) == "#,##0"


def test_a_number_that_excel_cannot_hold_stays_a_text() -> None:
    large = Cell("12345678901234567890", value=Number(12345678901234567890))
    early = Cell("1800-01-01 00:00:00", value=datetime(1800, 1, 1, tzinfo=UTC))
    assert Workbook(xlsx(document(grid([large, early])))).rows()[1] == [large.text, early.text]


def test_a_workbook_names_its_document_and_lists_its_tables() -> None:
    made = Workbook(xlsx(sample(Language.SWEDISH)))
    assert made.names[:3] == ["Om", "Sammanfattning", "Sammanfattning (2)"]
    assert ["Kund", "Acme Trädgård AB"] in made.rows(0)
    assert ["Incidenter", "Incidenter: Incidenter"] in made.rows(0)
    assert "2026-07-03T06:00:00Z" in made.core


def test_the_names_of_sheets_are_such_as_excel_accepts() -> None:
    titles = ["a" * 40, "A" * 40, "[x]:*?/\\y", "", "'quoted'", "History", "🙂" * 20, "\u202ex"]
    assert sheet_names(titles) == [
        "a" * 31,
        "A" * 27 + " (2)",
        "x y",
        "Table",
        "quoted",
        "History (2)",
        "🙂" * 15,
        "⟨U+202E⟩x",
    ]


def test_a_text_that_is_longer_than_a_cell_is_cut() -> None:
    [[_], [text]] = Workbook(xlsx(document(grid([Cell("x" * 40_000)], head=("a",))))).rows()
    assert isinstance(text, str)
    assert (len(text), text[-1]) == (32_767, "…")


def test_the_archive_has_each_table_as_a_file_of_its_own_and_one_about_the_document() -> None:
    made = sample(Language.SWEDISH)
    with zipfile.ZipFile(io.BytesIO(csv_archive(made))) as packed:
        assert packed.namelist()[:4] == [
            "00-om.csv",
            "01-sammanfattning.csv",
            "02-sammanfattning.csv",
            "03-manadens-alla-sekunder.csv",
        ]
        assert packed.read("00-om.csv") == csv_files(made)[0].content
        assert {entry.date_time for entry in packed.infolist()} == {(2026, 7, 3, 6, 0, 0)}


def test_a_document_without_its_moment_has_no_workbook() -> None:
    with pytest.raises(ValueError, match="set made_at"):
        xlsx(replace(sample(Language.ENGLISH), made_at=None))

"""The tables of a document as a workbook (XLSX): one sheet a table, numbers as numbers and texts as texts."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from activities.documents.elements import Cell, Document, Number, Tone
from activities.documents.frame import frame
from activities.documents.numbers import NO_BREAK
from activities.documents.sanitize import visible
from activities.documents.sheets import SPAN, Sheet, about, is_missing, sheets, shown_text
from activities.documents.translation import Translation
from models.dossier.parties import Language

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME: Final = 31
_LONGEST_TEXT: Final = 32_767
_WIDEST: Final = 60
_EXACT: Final = 10**15
"""A larger number would lose its last digits."""
_TONES: Final = {Tone.GOOD: "#17693A", Tone.BAD: "#A8201A", Tone.WAITING: "#8A5A00"}
_FIRST_DAY: Final = date(1900, 3, 1)
"""Excel takes 1900 for a leap year, so earlier days would be wrong."""


def xlsx(document: Document) -> bytes:
    """Return the tables of a document as a workbook, after a sheet that says what the document is.

    The same document gives the same bytes. It must say when it was made (`made_at`). Raises `ValueError` without that.
    Readers see numbers with the decimal sign of their own computer.
    """
    import xlsxwriter  # only a workbook needs it

    if document.made_at is None:
        raise ValueError("a workbook needs the moment of its document; set made_at")
    packed = io.BytesIO()
    texts_stay_texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    workbook = xlsxwriter.Workbook(packed, {"in_memory": True, **texts_stay_texts})
    workbook.set_properties(
        {
            "title": _text(document.title),
            "company": _text(document.supplier.name if document.supplier else ""),
            "created": document.made_at.astimezone(UTC).replace(tzinfo=None),
        }
    )
    writer, say, tables = _Writer(workbook, document), frame(document), sheets(document)
    names = sheet_names([say("about"), *(table.title for table in tables)])
    writer.about(names[0], document, list(zip(names[1:], tables, strict=True)))
    for name, table in zip(names[1:], tables, strict=True):
        writer.table(name, table)
    workbook.close()
    return packed.getvalue()


def sheet_names(titles: Sequence[str]) -> list[str]:
    """Return a name for each sheet that Excel accepts: at most 31 characters, no brackets or slashes, and no two alike."""
    names: list[str] = []
    for title in titles:
        plain = " ".join(_FORBIDDEN.sub(" ", visible(title)).split()).strip("'") or "Table"
        count, name = 1, _cut(plain, _LONGEST_NAME)
        while name.lower() in {*(n.lower() for n in names), "history"}:
            count += 1
            end = f" ({count})"
            name = _cut(plain, _LONGEST_NAME - len(end)) + end
        names.append(name)
    return names


class _Writer:
    """Writes the sheets of one workbook, with a format for each kind of cell."""

    def __init__(self, workbook: Workbook, document: Document) -> None:
        self._workbook, self._say = workbook, frame(document)
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def about(self, name: str, document: Document, tables: Sequence[tuple[str, Sheet]]) -> None:
        """Write what the document is, and a list of its tables with a link to each."""
        sheet, say = self._sheet(name), self._say
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 80)
        facts = about(document)
        for row, (label, text) in enumerate(facts):
            sheet.write_string(row, 0, _text(label), self._format(bold=True))
            sheet.write_string(row, 1, _text(text), self._format(text_wrap=True))
        top = len(facts) + 1
        for column, key in enumerate(("table", "section")):
            sheet.write_string(top, column, say(key), self._format(bold=True, bottom=1))
        for row, (link, table) in enumerate(tables, top + 1):
            quoted = link.replace("'", "''")
            sheet.write_url(row, 0, f"internal:'{quoted}'!A1", self._format(font_color="#1F5FA8", underline=1), link)
            sheet.write_string(row, 1, _text(f"{table.section}: {table.title}"), self._format())
        for row, text in enumerate(document.closing, top + len(tables) + 2):
            sheet.write_string(row, 0, _text(text), self._format())

    def table(self, name: str, table: Sheet) -> None:
        """Write a table: its head stays in sight, and can filter the rows."""
        sheet, columns = self._sheet(name), len(table.head)
        units = [table.unit(column) for column in range(columns)]
        for column, unit in enumerate(units):
            title = _text(table.heading(column, None if unit == SPAN else unit))
            sheet.write_string(0, column, title, self._format(bold=True, bottom=1, text_wrap=True, valign="top"))
            longest = max(
                (len(line) for row in table.rows if column < len(row) for line in shown_text(row[column]).split("\n")),
                default=0,
            )
            sheet.set_column(column, column, min(max(longest, len(title)) + 2, _WIDEST))
        for number, row in enumerate(table.rows, 1):
            summed = table.total and number == len(table.rows)
            for column, cell in enumerate(row):
                self._cell(sheet, number, column, cell, with_unit=units[column] is None, summed=summed)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        if table.rows and columns:
            sheet.autofilter(0, 0, len(table.rows) - table.total, columns - 1)

    def _sheet(self, name: str) -> Worksheet:
        sheet = self._workbook.add_worksheet(name)
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&R&P / &N")
        return sheet

    def _cell(self, sheet: Worksheet, row: int, column: int, cell: Cell, *, with_unit: bool, summed: bool) -> None:
        look: dict[str, Any] = {"bold": True, "top": 1} if summed else {}
        if cell.tone:
            look |= {"bold": True, "font_color": _TONES[cell.tone]}
        match cell.value:
            case Number() as number if -_EXACT < number.value < _EXACT:
                shown = number.value / Decimal(100) if number.unit == "%" else number.value
                pattern = number_format(number.decimals, number.unit, self._say, with_unit=with_unit)
                sheet.write_number(row, column, float(shown), self._format(num_format=pattern, **look))
            case timedelta() as span:
                days = span.total_seconds() / 86_400
                sheet.write_number(row, column, days, self._format(num_format="[h]:mm:ss", **look))
            case datetime() as moment if moment.date() > _FIRST_DAY:
                utc = moment.astimezone(UTC).replace(tzinfo=None)
                sheet.write_datetime(row, column, utc, self._format(num_format="yyyy-mm-dd hh:mm:ss", **look))
            case date() as day if not isinstance(day, datetime) and day > _FIRST_DAY:
                sheet.write_datetime(row, column, day, self._format(num_format="yyyy-mm-dd", **look))
            case None if is_missing(cell) and not with_unit:
                sheet.write_blank(row, column, None, self._format(**look))
            case _:
                long = len(cell.text) > _WIDEST or "\n" in cell.text
                wrap = {"text_wrap": True} if long else {}
                sheet.write_string(row, column, _text(shown_text(cell)), self._format(**look, **wrap))

    def _format(self, **look: Any) -> Format:
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self._workbook.add_format({"valign": "top", **look})
        return self._formats[key]


def number_format(decimals: int, unit: str, say: Translation, *, with_unit: bool) -> str:
    """Return how Excel shows a number: the pattern of its decimals, with a no-break space before a Swedish `%`."""
    pattern = "#,##0" + (f".{'0' * decimals}" if decimals else "")
    if unit == "%":
        return pattern + (f'"{NO_BREAK}"%' if say.language is Language.SWEDISH else "%")
    plain = visible(unit).replace('"', "")[:20]
    return f'{pattern}"{NO_BREAK}{plain}"' if plain and with_unit else pattern


def _text(text: str) -> str:
    shown = visible(text)
    return shown if len(shown.encode("utf-16-le")) // 2 <= _LONGEST_TEXT else _cut(shown, _LONGEST_TEXT - 1) + "…"


def _cut(text: str, units: int) -> str:
    """Return the beginning of a text of at most this many characters of UTF-16, in which Excel counts."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore").rstrip(" '")

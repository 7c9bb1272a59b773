"""The tables of a document as CSV, for programs: RFC 4180, one file a table.

The files are UTF-8 with a byte order mark, without which Excel reads å, ä and ö wrongly. Numbers have a decimal point, no
thousands separators and no unit; the heading of a column has the unit. Moments are ISO 8601 in UTC, spans are in seconds.

A spreadsheet takes a text that begins with `=`, `+`, `-` or `@` for a formula, and a formula can send data away or start a
program. Such a text gets an apostrophe before that character. The same holds after a semicolon, because a Swedish Excel
begins a new cell there. A text is on one line. XLSX keeps texts as they are.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from activities.documents.elements import Cell, Document, Number
from activities.documents.frame import frame
from activities.documents.sheets import SPAN, Sheet, about, sheets, shown_text

_FORMULA: Final = re.compile(r"(^|;)(?P<before>[\s\"']*)(?=[=+\-@＝＋－＠])")
_NUMBER: Final = re.compile(r"[+-]?[\d\s.,]*\d\s*%?")
_FIRST_OF_ZIP: Final = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class CsvFile:
    """A table as CSV."""

    name: str
    """Its file name: a number and a few words in ASCII."""
    content: bytes


def csv_files(document: Document) -> list[CsvFile]:
    """Return a file for each table of a document, after one that says what the document is."""
    say = frame(document)
    first = Sheet(
        say("about"), say("about"), [say("name"), say("value")], [[Cell(n), Cell(t)] for n, t in about(document)]
    )
    return [CsvFile(_name(number, sheet), _content(sheet)) for number, sheet in enumerate([first, *sheets(document)])]


def csv_archive(document: Document) -> bytes:
    """Return all tables of a document as one ZIP archive. The same document gives the same bytes everywhere."""
    made = max((document.made_at or _FIRST_OF_ZIP).astimezone(UTC), _FIRST_OF_ZIP)
    packed = io.BytesIO()
    # Not compressed: two versions of the compression library give different bytes.
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for file in csv_files(document):
            entry = zipfile.ZipInfo(file.name, made.timetuple()[:6])
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, file.content)
    return packed.getvalue()


def _content(sheet: Sheet) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # RFC 4180: commas, quotes where they are needed, CRLF
    units = [sheet.unit(column) for column in range(len(sheet.head))]
    writer.writerow(
        [_harmless(sheet.heading(column, "s" if unit == SPAN else unit)) for column, unit in enumerate(units)]
    )
    for row in sheet.rows:
        writer.writerow([_value(cell, typed=unit is not None) for cell, unit in zip(row, units, strict=True)])
    return text.getvalue().encode("utf-8-sig")


def _value(cell: Cell, *, typed: bool) -> str:
    """Return what the file has for a cell. In a column that is not of one kind, each value is the text that readers see."""
    if not typed:
        return _harmless(shown_text(cell))
    match cell.value:
        case Number(value=value):
            return str(value) if isinstance(value, int) else format(value, "f")
        case datetime() as moment:
            return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case timedelta() as span:
            return format(span.total_seconds(), "g") if span.microseconds else str(span.days * 86_400 + span.seconds)
        case None:
            return ""
        case day:
            return day.isoformat()


def _harmless(text: str) -> str:
    """Return a text on one line that no spreadsheet takes for a formula."""
    line = " / ".join(" ".join(part.split()) for part in text.split("\n") if part.strip())
    return line if _NUMBER.fullmatch(line) else _FORMULA.sub(r"\1\g<before>'", line)


def _name(number: int, sheet: Sheet) -> str:
    plain = unicodedata.normalize("NFKD", sheet.title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    return f"{number:02}-{words or 'table'}.csv"

"""Cells whose text readers see, and whose value CSV and XLSX carry."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from activities.documents.elements import NO_VALUE, Cell, Number, Tone
from activities.documents.numbers import rounded_down
from activities.documents.translation import Translation, span


def number_cell(
    say: Translation, value: float | Decimal | None, decimals: int = 0, unit: str = "", tone: Tone = Tone.PLAIN
) -> Cell:
    """Return a number with its unit; a dash where there is none."""
    if value is None:
        return Cell(NO_VALUE, tone)
    exact = value if isinstance(value, int | Decimal) else Decimal(repr(value))
    return Cell(say.number(value, decimals, unit), tone, Number(exact, decimals, unit))


def percent_cell(say: Translation, part: int, whole: int, decimals: int = 2, tone: Tone = Tone.PLAIN) -> Cell:
    """Return the share of `part` in `whole`, rounded down; a dash if `whole` is 0."""
    return number_cell(say, rounded_down(part, whole, decimals) if whole else None, decimals, "%", tone)


def span_cell(say: Translation, seconds: float | None, tone: Tone = Tone.PLAIN) -> Cell:
    """Return a span of time; a dash where there is none."""
    if seconds is None:
        return Cell(NO_VALUE, tone)
    return Cell(span(seconds, say.language), tone, timedelta(seconds=seconds))


def moment_cell(say: Translation, moment: datetime | None, tone: Tone = Tone.PLAIN) -> Cell:
    """Return a moment in the document's time zone; a dash where there is none."""
    if moment is None:
        return Cell(NO_VALUE, tone)
    return Cell(say.utc(moment) if say.zone == "UTC" else say.local(moment), tone, moment)


def minute_cell(say: Translation, moment: datetime | None, tone: Tone = Tone.PLAIN) -> Cell:
    """Return a moment without its seconds, for documents that name the time zone once; a dash where there is none."""
    return Cell(NO_VALUE, tone) if moment is None else Cell(say.minute(moment), tone, moment)


def day_cell(value: date | None, tone: Tone = Tone.PLAIN) -> Cell:
    """Return a date as `2026-06-03`, which fits the columns of both languages; a dash where there is none."""
    return Cell(NO_VALUE if value is None else value.isoformat(), tone, value)

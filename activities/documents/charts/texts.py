"""The texts of charts in English and Swedish."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from activities.documents.charts.palette import Fill
from activities.documents.translation import Translation

_WORDS: Final = {
    Fill.UP.value: ("up", "uppe"),
    Fill.DOWN.value: ("down", "nere"),
    Fill.NO_DATA.value: ("no data", "mätdata saknas"),
    Fill.MAINTENANCE.value: ("announced maintenance", "aviserat underhåll"),
    Fill.EXCUSED.value: ("excused", "undantaget enligt avtal"),
    Fill.OUTSIDE_HOURS.value: ("outside service hours", "utanför servicetid"),
    Fill.NOT_YET.value: ("not measured yet", "ännu inte mätt"),
    Fill.RUNNING.value: ("running", "löper"),
    Fill.PAUSED.value: ("paused", "pausad"),
    Fill.STOPPED.value: ("stopped", "stoppad"),
    Fill.VALUE.value: ("value", "värde"),
    Fill.OTHER.value: ("other", "övrigt"),
    "limit": ("limit {0}", "gräns {0}"),
    "agreed": ("agreed limit", "avtalad gräns"),
    "measured": ("measured", "uppmätt"),
    "forecast": ("forecast", "prognos"),
    "likely": ("likely range", "troligt intervall"),
    "none": ("No values were measured.", "Inga värden finns."),
    "range": ("Lowest {0}, highest {1}, from {2} to {3}.", "Lägst {0}, högst {1}, från {2} till {3}."),
    "over_limit": ("The limit is {0}.", "Gränsen är {0}."),
    "shaded": ("Shaded: {0}.", "Skuggat: {0}."),
    "each": ("{0}: {1}.", "{0}: {1}."),
    "last": (
        "Forecast for {0}: {1}, likely between {2} and {3}.",
        "Prognos för {0}: {1}, troligen mellan {2} och {3}.",
    ),
}


def chart_words(say: Translation) -> Translation:
    """Return the texts of charts in the language and zone of a document."""
    return Translation(say.language, say.zone, _WORDS)


def moment_in_words(say: Translation, at: float, within: float) -> str:
    """Return a moment (seconds since 1970, UTC): its day, or its time as well if the chart covers less than four days."""
    moment = datetime.fromtimestamp(at, UTC)
    return say.local(moment) if within < 4 * 86400 else say.day(moment.astimezone(ZoneInfo(say.zone)).date())

"""English and Swedish: the texts that documents share, and the display of numbers, times and spans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from activities.documents import numbers
from models.dossier.parties import Language

Words = Mapping[str, tuple[str, str]]
"""By key: English and Swedish, with `{0}` for values."""

_SHARED: Final[Words] = {
    "times": ("{0} times", "{0} gånger"),
    "not_yet": ("not yet", "inte än"),
    "never": ("not recorded", "inte noterat"),
    "none": ("none", "ingen"),
    "lines_left_out": (
        "{0} lines in the middle were left out; the records have them.",
        "{0} rader i mitten är utelämnade.",
    ),
    "facts_missing": (
        "This part cannot be shown: the document does not have {0}.",
        "Den här delen kan inte visas: dokumentet saknar {0}.",
    ),
    "block_failed": (
        "This part cannot be shown: the block {0} failed.",
        "Den här delen kan inte visas: blocket {0} misslyckades.",
    ),
    "cut": ("{0} more characters were left out here", "ytterligare {0} tecken är utelämnade här"),
    "by": ("By", "Av"),
    "kind": ("Kind", "Slag"),
    "from": ("From", "Från"),
    "until": ("Until", "Till"),
    "became": ("Result", "Resultat"),
    "when_utc": ("UTC", "UTC"),
}

_NAMES: Final[Words] = {
    "target.respond": ("respond", "påbörja"),
    "target.restore": ("restore", "återställa"),
    "target.update": ("keep informed", "hålla informerad"),
    "target_state.running": ("running", "löper"),
    "target_state.paused": ("paused", "pausad"),
    "target_state.outside-hours": ("outside hours", "utanför servicetid"),
    "target_state.overdue": ("missed, and not done", "missat och inte åtgärdat"),
    "target_state.met": ("met", "uppfyllt"),
    "target_state.missed": ("missed", "missat"),
    "stretch.running": ("running", "löper"),
    "stretch.paused": ("paused", "pausad"),
    "stretch.outside-hours": ("outside hours", "utanför servicetid"),
    "stretch.stopped": ("stopped", "stoppad"),
    "turn.supplier": ("supplier", "leverantören"),
    "turn.customer": ("customer", "kunden"),
    "turn.third_party": ("third party", "tredje part"),
    "state.closed": ("closed", "avslutad"),
    "state.open": ("open", "pågår"),
    "outcome.not-confirmed": ("not confirmed", "inte bekräftad"),
    "outcome.recovered": ("recovered", "avhjälpt"),
    "outcome.recovered-by-itself": ("recovered by itself", "återhämtade sig själv"),
    "outcome.closed-by-hand": ("closed by hand", "avslutad för hand"),
    "outcome.merged": ("merged with another incident", "sammanslagen med en annan incident"),
    "outcome.cancelled": ("cancelled", "avbruten"),
    "cause.application": ("the application", "applikationen"),
    "cause.capacity": ("capacity", "kapacitet"),
    "cause.change": ("a change", "en ändring"),
    "cause.configuration": ("configuration", "konfiguration"),
    "cause.data": ("data", "data"),
    "cause.hardware": ("hardware", "hårdvara"),
    "cause.human-error": ("human error", "mänskligt fel"),
    "cause.network": ("network", "nätverk"),
    "cause.platform": ("platform", "plattform"),
    "cause.security": ("security", "säkerhet"),
    "cause.third-party": ("a third party", "en tredje part"),
    "cause.no-fault": ("no fault", "inget fel"),
    "cause.duplicate": ("a duplicate", "en dubblett"),
    "cause.unknown": ("unknown", "okänd"),
    "kind.state": ("state", "status"),
    "kind.clock": ("clock", "klocka"),
    "kind.note": ("note", "anteckning"),
    "kind.notice": ("notice", "meddelande"),
    "kind.decision": ("decision", "beslut"),
    "occasion.opened": ("opened", "öppnad"),
    "occasion.update": ("update", "lägesbesked"),
    "occasion.waiting": ("your turn", "er tur"),
    "occasion.waiting-reminder": ("your turn, again", "er tur, påminnelse"),
    "occasion.restored": ("restored", "återställd"),
    "occasion.closed": ("closed", "avslutad"),
    "delivery.sent": ("sent", "skickat"),
    "delivery.failed": ("failed", "misslyckades"),
    "delivery.no-channel": ("no channel", "ingen kanal"),
    "delivery.uncertain": ("uncertain", "osäkert"),
    "delivery.sending": ("being sent", "skickas"),
    "option.approve": ("approve", "godkänn"),
    "option.refuse": ("refuse", "avslå"),
    "hours.always": ("always", "dygnet runt"),
}


class Translation:
    """The texts of one language, with times in UTC and in one time zone."""

    def __init__(self, language: Language, zone: str, words: Words | None = None) -> None:
        """`words` are the texts of one part of a document, in addition to the shared ones."""
        self._words = {**_SHARED, **(words or {})}
        self.language = language
        self.zone = zone
        self._swedish = language is Language.SWEDISH
        self._zone = ZoneInfo(zone)

    def __call__(self, key: str, *values: object) -> str:
        """Return a heading or a sentence."""
        return self._words[key][self._swedish].format(*values)

    def has(self, key: str) -> bool:
        """Return whether there is a text with this key."""
        return key in self._words

    def name(self, kind: str, value: str | None) -> str:
        """Return the display name of an enumeration's value; without one, the value itself."""
        if value is None:
            return ""
        known = _NAMES.get(f"{kind}.{value}")
        return known[self._swedish] if known else value.replace("-", " ").replace("_", " ")

    def number(self, value: float | Decimal, decimals: int = 0, unit: str = "") -> str:
        """Return a number for readers, with its unit."""
        return numbers.number(value, self.language, decimals, unit)

    def day(self, value: date) -> str:
        """Return a date in words."""
        return numbers.day(value, self.language)

    def period(self, first: date, last: date) -> str:
        """Return a period in words; both days belong to it."""
        return numbers.period(first, last, self.language)

    def weekday(self, value: date) -> str:
        """Return the abbreviated name of a day of the week: `Mon`, `mån`."""
        return numbers.WEEKDAYS[self.language][value.weekday()]

    def utc(self, moment: datetime | None) -> str:
        """Return a moment in UTC, for a column that is marked so."""
        return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"

    def local(self, moment: datetime | None) -> str:
        """Return a moment in the agreement's zone with the zone's abbreviation, which differs between the two hours of
        an autumn night.
        """
        return "" if moment is None else f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M:%S %Z}"

    def minute(self, moment: datetime) -> str:
        """Return a moment in the agreement's zone without its seconds, for documents that name the zone once.

        The abbreviation of the zone follows only in the two hours of an autumn night that have the same times.
        """
        shown = moment.astimezone(self._zone)
        twice = shown.replace(fold=0).utcoffset() != shown.replace(fold=1).utcoffset()
        return f"{shown:%Y-%m-%d %H:%M %Z}" if twice else f"{shown:%Y-%m-%d %H:%M}"

    def moment(self, moment: datetime) -> str:
        """Return a moment in both zones."""
        if self.zone == "UTC":
            return f"{self.utc(moment)} UTC"
        return f"{self.utc(moment)} UTC ({self.local(moment)})"

    def stacked(self, moment: datetime) -> str:
        """Return a moment in both zones, one below the other, for tables with many columns."""
        return f"{self.utc(moment)} UTC" + ("" if self.zone == "UTC" else f"\n{self.local(moment)}")

    def both(self, moment: datetime | None) -> list[str]:
        """Return the cells of a row."""
        return [self.utc(moment)] if self.zone == "UTC" else [self.utc(moment), self.local(moment)]

    def both_heads(self) -> list[str]:
        """Return the heads of those cells."""
        return [self("when_utc")] if self.zone == "UTC" else [self("when_utc"), self.zone]


def span(seconds: float, language: Language = Language.ENGLISH) -> str:
    """Return a span: `1 d 2 h`, `4 min 30 s`; with tenths of a second below ten, which alone differ by language."""
    if 0 < seconds < 9.95:
        tenths = f"{seconds:.1f} s"
        return tenths.replace(".", ",") if language is Language.SWEDISH else tenths
    left, out = round(max(seconds, 0.0)), []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            out.append(f"{count} {unit}")
    return " ".join(out) or "0 s"


def service_time(seconds: float) -> str:
    """Return service time: `48 h`, `1 h 30 min`. Never in days, because a day of service is not a day of the calendar."""
    if seconds < 3600:
        return span(seconds)
    hours, left = divmod(round(seconds), 3600)
    return f"{hours} h" + (f" {span(left)}" if left else "")

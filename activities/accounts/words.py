"""The words of an account in English and Swedish, and times and spans as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from models.dossier.parties import Language

_PAIRS: Final[dict[str, tuple[str, str]]] = {
    # headings
    "account": ("Account of incident {0}", "Redogörelse för incident {0}"),
    "summary": ("Summary", "Sammanfattning"),
    "promises": ("What was promised", "Vad som utlovats"),
    "clock": ("The clocks, minute by minute", "Klockorna, minut för minut"),
    "waiting": ("Waiting time", "Väntetid"),
    "timeline": ("Timeline", "Händelseförlopp"),
    "decisions": ("Decisions", "Beslut"),
    "commands": ("Commands and steps", "Commands and steps"),
    "notices": ("Notices", "Meddelanden"),
    "alarms": ("Alarms", "Alarms"),
    "evidence": ("What it rests on", "Underlag"),
    # the head
    "what": ("Incident", "Incident"),
    "application": ("Application", "Applikation"),
    "customer": ("Customer", "Kund"),
    "components": ("Affected", "Berört"),
    "state": ("State", "Status"),
    "priority": ("Priority", "Prioritet"),
    "opened": ("Opened", "Öppnad"),
    "opened_by": ("Opened by", "Öppnad av"),
    "responded": ("Responded", "Påbörjad"),
    "restored": ("Restored", "Återställd"),
    "closed": ("Closed", "Avslutad"),
    "not_yet": ("not yet", "inte än"),
    "never": ("not recorded", "inte noterat"),
    "outcome": ("Outcome", "Utfall"),
    "cause": ("Cause", "Orsak"),
    "no_cause": ("not said", "inte angiven"),
    "lead": ("Lead", "Ledare"),
    "reopened": ("Opened again", "Öppnad igen"),
    "times": ("{0} times", "{0} gånger"),
    "once": ("once", "en gång"),
    "in_short": ("In short", "I korthet"),
    "none": ("none", "ingen"),
    # tables
    "when_utc": ("UTC", "UTC"),
    "promise": ("Promise", "Löfte"),
    "within": ("Within", "Inom"),
    "standing": ("Kept?", "Hållet?"),
    "deadline": ("Deadline", "Tidsgräns"),
    "done": ("Done", "Uppfyllt"),
    "elapsed": ("Counted", "Räknad tid"),
    "paused_for": ("Paused", "Pausad"),
    "no_deadline": ("paused", "pausad"),
    "from": ("From", "Från"),
    "until": ("Until", "Till"),
    "clock_did": ("Clock", "Klocka"),
    "why": ("Why", "Varför"),
    "counted": ("Counted", "Räknat"),
    "whose_turn": ("Whose turn", "Vems tur"),
    "time": ("Time", "Tid"),
    "waited_for": ("Waited for", "Väntade på"),
    "what_for": ("What for", "Vad som väntades"),
    "kind": ("Kind", "Slag"),
    "happened": ("What happened", "Vad som hände"),
    "question": ("Question and answer", "Fråga och svar"),
    "decided": ("Decided", "Beslut"),
    "by": ("By", "Av"),
    "occasion": ("Occasion", "Anledning"),
    "to": ("To", "Till"),
    "how": ("How", "Hur"),
    "became": ("What became of it", "Vad som hände med det"),
    "severity": ("Severity", "Allvar"),
    "alarm": ("Alarm", "Alarm"),
    "source": ("Source", "Källa"),
    "wrote": ("Text", "Text"),
    "command": ("Command", "Command"),
    "output": ("Output", "Output"),
    # sentences
    "in_hours": ("{0} ({1})", "{0} ({1})"),
    "in_days": ("{0} ({1} working days, {2})", "{0} ({1} arbetsdagar, {2})"),
    "in_a_day": ("{0} (1 working day, {2})", "{0} (1 arbetsdag, {2})"),
    "broken_before": ("{0}, broken before", "{0}, brutet tidigare"),
    "no_promises": (
        "The agreement promises nothing for this priority.",
        "Avtalet utlovar ingenting för den här prioriteten.",
    ),
    "no_clock": ("The clocks could not be read: {0}.", "Klockorna kunde inte läsas."),
    "picture_says": (
        "The clocks over the incident's time; the tables say the same.",
        "Klockorna under incidentens tid; tabellerna säger detsamma.",
    ),
    "whole": ("All times of one clock add up to the whole incident.", "Tiderna för en klocka ger hela incidenten."),
    "no_waits": ("Nobody was waited for.", "Ingen annan part inväntades."),
    "still": ("still", "pågår"),
    "nothing": ("Nothing.", "Ingenting."),
    "cut": ("{0} more characters were left out here", "ytterligare {0} tecken är utelämnade här"),
    "cut_before": ("{0} characters before this were left out here", "{0} tecken före detta är utelämnade"),
    "lines_left_out": (
        "{0} lines in the middle were left out; the records have them.",
        "{0} rader i mitten är utelämnade.",
    ),
    "run": ("From here on: opened for the {0}. time.", "Härifrån: öppnad för {0}:e gången."),
    "no_delivery": ("to nobody yet", "ännu till ingen"),
    "attempts": ("{0} tries", "{0} försök"),
    "agreed_by": ("Agreement", "Avtal"),
    "dossier": ("Dossier (SHA-256)", "Dossier (SHA-256)"),
    "calendar": ("Calendar data", "Kalenderdata"),
    "parties": ("Parties", "Parter"),
    "zone": ("Time zone", "Tidszon"),
    "made_at": ("Made", "Skriven"),
    "version": ("Version", "Version"),
    "earlier": ("Version {0}, written {1}", "Version {0}, skriven {1}"),
    "events": ("Events of the clock", "Klockans händelser"),
    "note": ("Note", "Anteckning"),
    "about": ("About", "Om"),
    "recompute": (
        "For whoever wants to compute the promises again: the events, the dossier they are read by, and what came of it.",
        "",
    ),
    "preliminary": (
        "Preliminary: the incident is open. This is how it stood at {0}; nothing of it is sealed.",
        "Preliminär: incidenten pågår. Så här stod det {0}; inget av detta är slutligt.",
    ),
    "not_written": (
        "No account was written when this incident was closed. This one was made from the records at {0} and is not sealed.",
        "Ingen redogörelse skrevs när incidenten avslutades. Den här är gjord i efterhand {0} och är inte förseglad.",
    ),
    "copy": (
        "Copy for {0}, made at {1}. It leaves out what is internal to the supplier.",
        "Kopia för {0}, gjord {1}. Det som är internt hos leverantören är utelämnat.",
    ),
    "copy_of": (
        "It is made from the same records as the supplier's account, whose digest (SHA-256) is {0}. "
        "The copy itself is not stored.",
        "Den är gjord av samma uppgifter som leverantörens redogörelse, vars kontrollsumma (SHA-256) är {0}. "
        "Själva kopian lagras inte.",
    ),
    "copy_of_none": (
        "The supplier's own account has no digest: {0}",
        "Leverantörens egen redogörelse har ingen kontrollsumma: {0}",
    ),
    "is_open": ("the incident is open.", "incidenten pågår."),
    "none_written": ("none was written when the incident was closed.", "ingen skrevs när incidenten avslutades."),
    "page_digest": ("The page of this account (HTML) has the SHA-256 {0}.", ""),
    "sealed": (
        "The records keep the SHA-256 of the Markdown of this account, which names that of the page; 'driftvakt incident report "
        "{0} --version {1} --verify' checks both, and computes the promises again.",
        "",
    ),
    # what the customer's timeline says of the clock's events
    "ev.opened": ("The incident was opened, priority {0}.", "Incidenten öppnades med prioritet {0}."),
    "ev.priority": ("The priority became {0}.", "Prioriteten blev {0}."),
    "ev.responded": ("Work on it began.", "Arbetet påbörjades."),
    "ev.waiting": ("Waiting for {0}.", "Väntar på {0}."),
    "ev.resumed": ("The wait was over.", "Väntan var över."),
    "ev.updated": ("You were told how it stands.", "Ni fick besked om läget."),
    "ev.restored": ("It works again.", "Det fungerar igen."),
    "ev.reopened": ("The incident was opened again.", "Incidenten öppnades igen."),
    "ev.closed": ("The incident was closed.", "Incidenten avslutades."),
    "ev.breach": ("The promised time was over: {0}.", "Den utlovade tiden gick ut: {0}."),
}

_NAMES: Final[dict[str, tuple[str, str]]] = {
    "promise.respond": ("respond", "påbörja"),
    "promise.restore": ("restore", "återställa"),
    "promise.update": ("keep informed", "hålla informerad"),
    "standing.running": ("running", "löper"),
    "standing.paused": ("paused", "pausad"),
    "standing.outside-hours": ("outside hours", "utanför servicetid"),
    "standing.overdue": ("broken, and not done", "brutet, inte uppfyllt"),
    "standing.kept": ("kept", "hållet"),
    "standing.broken": ("broken", "brutet"),
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
    """The words of one language, with times in UTC and in one zone."""

    def __init__(self, language: Language, zone: str) -> None:
        self.language = language
        self.zone = zone
        self._swedish = language is Language.SWEDISH
        self._zone = ZoneInfo(zone)

    def __call__(self, key: str, *values: object) -> str:
        """A heading or sentence."""
        return _PAIRS[key][self._swedish].format(*values)

    def name(self, kind: str, value: str | None) -> str:
        """What a value of an enumeration is called; one that has no other name is called as it is written."""
        if value is None:
            return ""
        known = _NAMES.get(f"{kind}.{value}")
        return known[self._swedish] if known else value.replace("-", " ").replace("_", " ")

    def utc(self, moment: datetime | None) -> str:
        """A moment in UTC, for a column that says so."""
        return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"

    def local(self, moment: datetime | None) -> str:
        """A moment in the agreement's zone, with the zone's abbreviation: it tells the two hours of an autumn night apart."""
        return "" if moment is None else f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M:%S %Z}"

    def moment(self, moment: datetime) -> str:
        """A moment in both."""
        if self.zone == "UTC":
            return f"{self.utc(moment)} UTC"
        return f"{self.utc(moment)} UTC ({self.local(moment)})"

    def stacked(self, moment: datetime) -> str:
        """A moment in both, one under the other: for tables with many columns."""
        return f"{self.utc(moment)} UTC" + ("" if self.zone == "UTC" else f"\n{self.local(moment)}")

    def both(self, moment: datetime | None) -> list[str]:
        """The cells of a row."""
        return [self.utc(moment)] if self.zone == "UTC" else [self.utc(moment), self.local(moment)]

    def both_heads(self) -> list[str]:
        """The heads of those cells."""
        return [self("when_utc")] if self.zone == "UTC" else [self("when_utc"), self.zone]


def span(seconds: float) -> str:
    """A span as people say it, in any language: `1 d 2 h`, `4 min 30 s`; tenths of a second below ten."""
    if 0 < seconds < 9.95:
        return f"{seconds:.1f} s"
    left, out = round(max(seconds, 0.0)), []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            out.append(f"{count} {unit}")
    return " ".join(out) or "0 s"


def service_time(seconds: float) -> str:
    """Service time as people say it: `48 h`, `1 h 30 min`; never in days, because a day of service is not one of the calendar."""
    if seconds < 3600:
        return span(seconds)
    hours, left = divmod(round(seconds), 3600)
    return f"{hours} h" + (f" {span(left)}" if left else "")

"""Lays out the facts of a handbook: names, approvals, times, and the proof of each instruction, in the language of the reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from activities.documents.elements import Cell, Element, Pairs, Tone
from activities.documents.hiding import hiding, names_of_hosts
from activities.documents.translation import Translation, Words, span
from activities.handbook.source import HandbookSource
from activities.handbook.translations import SHARED
from models.base import parse_duration
from models.dossier.agreement import Target
from models.dossier.approvals import Approval
from models.dossier.faults import Key, Place
from models.dossier.parties import OPERATOR, Contact, PartyKind
from models.dossier.service_time import working_days
from models.operation_kinds import DRILL
from models.proof import Freshness, Proof

_USES: Final = ("carried_out", "did_not_help", "rehearsed", "failed")


@dataclass(frozen=True)
class Chapter:
    """A chapter of the handbook."""

    key: str
    """Its name in links."""
    title: tuple[str, str]
    """In English and Swedish."""
    elements: Callable[[HandbookLayout], Sequence[Element]]
    """Without elements, the handbook leaves the chapter out."""
    words: Words = field(default_factory=dict)
    new_page: bool = False


def chapter_anchor(key: str) -> str:
    """Return the anchor of a chapter."""
    return f"chapter {key}"


def instruction_anchor(name: str) -> str:
    """Return the anchor of an instruction, by the name of its proof."""
    return f"instruction {name}"


class HandbookLayout:
    """The texts of one chapter."""

    def __init__(self, source: HandbookSource, words: Words) -> None:
        self.source, self.dossier = source, source.dossier
        self.customer = source.customer
        self.say = Translation(source.language, source.dossier.agreement.time_zone_of(), {**SHARED, **words})
        self._hide = hiding(names_of_hosts(source.dossier)) if source.customer else lambda text: text

    # --- names

    def text(self, text: str | None) -> str:
        """Return a text that a person wrote; the customer's copy hides the names and addresses of servers in it."""
        return self._hide(text or "")

    def component(self, name: str) -> str:
        """Return the display name of a component, or of a party that an integration leads to."""
        found = self.dossier.architecture.components.get(name) or self.dossier.parties.get(name)
        return self.text(found.name) if found else name

    def components(self, names: Iterable[str]) -> str:
        """Return the display names of components, with commas."""
        return ", ".join(map(self.component, names))

    def party(self, name: str | None) -> str:
        """Return the display name of a party; that of the supplier for None."""
        if name is None:
            name = next((k for k, p in self.dossier.parties.items() if p.kind is PartyKind.SUPPLIER), "")
        found = self.dossier.parties.get(name)
        return found.name if found else name

    def is_other(self, party: str | None) -> bool:
        """Return whether a party is not the supplier."""
        return party is not None and self.dossier.parties[party].kind is not PartyKind.SUPPLIER

    def contact(self, name: str) -> str:
        """Return the display name of a contact."""
        found = self.dossier.contacts.get(name)
        return found.name if found else name

    def address(self, contact: Contact, channel: str = "") -> str:
        """Return how to reach a contact: by the channel if it has an address, otherwise by all ways."""
        ways = {"phone": contact.phone, "sms": contact.phone, "email": contact.email}
        return ways.get(channel) or "\n".join(filter(None, (contact.phone, contact.email)))

    def hours(self, name: str | None) -> str:
        """Return the name of service hours."""
        return self.say("always") if name is None or self.dossier.agreement.named_hours(name) == "24x7" else name

    def servers(self, names: Sequence[str]) -> str:
        """Return the names of servers; for customers, how many they are."""
        if not names:
            return self.say("no_server")
        if not self.customer:
            return ", ".join(names)
        return self.say("server") if len(names) == 1 else self.say("servers", len(names))

    def one_of(self, kind: str, value: str) -> str:
        """Return the display name of an enumeration's value; without one, the value itself."""
        key = f"{kind}.{value}"
        return self.say(key) if self.say.has(key) else value.replace("_", " ").replace("-", " ")

    def work(self, kind: str, name: str) -> str:
        """Return the title of planned work; a drill says that it is one."""
        if kind == DRILL.name:
            return self.say("drill_of", self.text(self.dossier.instructions.restore[name].title))
        return self.text(self.dossier.routines.maintenance[name].title)

    # --- times

    def span(self, value: timedelta) -> str:
        """Return a span of time."""
        seconds = value.total_seconds()
        # Durations of a dossier are exact: 5 s, not 5.0 s.
        return f"{seconds:.0f} s" if seconds < 10 and seconds.is_integer() else span(seconds, self.source.language)

    def within(self, target: Target) -> str:
        """Return the service time of a target."""
        days = working_days(target.within)
        if days is None:
            return self.span(parse_duration(target.within))
        return self.say("working_day") if days == 1 else self.say("working_days", days)

    def frequency(self, text: str) -> str:
        """Return the times of recurring work in words; an expression of cron as it is."""
        if text.startswith("cron:"):
            return text
        every, *day, clock = text.split(" ")
        parts = [self.say(f"every.{every}")]
        if every == "weekly":
            parts.append(self.say(f"on.{day[0]}"))
        elif day:
            parts.append(self.say(f"ordinal.{day[0]}", self.say(f"day.{' '.join(day[1:])}")))
        return ", ".join([*parts, clock])

    # --- instructions

    def approval(self, approval: Approval | None, party: PartyKind | None = None) -> str:
        """Return who must agree, within which time, and what happens if nobody answers."""
        say = self.say
        if approval is None:
            return say("no_approval")
        roles = f" {say('or')} ".join(approval.roles)
        who = say("holders", roles, ", ".join(self._holders(approval.roles, party)) or say("nobody"))
        said = [say(f"on_silence.{approval.on_silence.value}")]
        if approval.not_requester:
            said.append(say("not_requester"))
        if approval.alone_after is not None:
            said.append(say("alone_after", self.span(approval.alone_after)))
        counted = who if approval.count == 1 else say("several", approval.count, who)
        return say("approved_by", counted, self.span(approval.within), "; ".join(said))

    def _holders(self, roles: Sequence[str], party: PartyKind | None) -> list[str]:
        parties = self.dossier.parties
        asked = {n: c for n, c in self.dossier.contacts.items() if party is None or parties[c.party].kind is party}
        held = [contact.name for contact in asked.values() if set(roles) & set(contact.roles)]
        if held or OPERATOR not in roles:
            return held
        # As `Dossier.people`: if nobody is an operator, all people of the supplier are.
        return [c.name for c in asked.values() if parties[c.party].kind is PartyKind.SUPPLIER]

    def place(self, *keys: Key) -> str:
        """Return where an entry is in the dossier: its fields, and its line if the dossier came from a file."""
        place: Place = keys
        shown = ".".join(map(str, keys))
        lines = self.source.lines
        return shown if lines is None else self.say("place_and_line", shown, lines.file, lines.line(place))

    def particulars(
        self, name: str, place: Sequence[Key], approval: str, command: str, *more: tuple[str, Cell]
    ) -> Pairs:
        """Return the facts of an instruction: when it last worked, who approves it, and how Driftvakt starts it.

        `name` is that of its proof. The customer's copy leaves the command and the place in the dossier out.
        """
        say = self.say
        rows = [(say("last_worked"), self.last_worked(name)), *more, (say("approval"), Cell(approval))]
        if not self.customer:
            rows += [(say("started_by"), Cell(command))] if command else []
            rows.append((say("place"), Cell(self.place(*place))))
        return Pairs(rows)

    def last_worked(self, name: str) -> Cell:
        """Return when an instruction last worked, or that it never has."""
        if self.source.proofs is None:
            return Cell(self.say("no_records"), Tone.WAITING)
        found = self.source.proofs.get(name)
        if found is None:
            return Cell(self.say("never_worked"), Tone.BAD)
        return self._proven(found)

    def _proven(self, found: Freshness) -> Cell:
        uses: list[Proof] = [use for key in _USES if (use := getattr(found, key)) is not None]
        uses.sort(key=lambda use: use.at, reverse=True)
        good = [use for use in uses if use is not found.failed]
        said = [self.say(f"used.{use.use.value}", self.say.minute(use.at)) for use in uses]
        if not good:
            return Cell("; ".join([self.say("never_worked"), *said]), Tone.BAD)
        if good[0].digest != found.digest:
            said.append(self.say("changed_since"))
        elif found.fresh_for != "always" and self.source.as_of - good[0].at > found.fresh_for:
            said.append(self.say("too_old", self.span(found.fresh_for)))
        bad = uses[0] is found.failed
        return Cell("; ".join(said), Tone.BAD if bad else Tone.WAITING if found.stale else Tone.GOOD)

"""The customer's copy: only what was told to them, what they decided, and what was promised to them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final

from models.account import Account, AccountDecision, AccountEntry, AccountNotice, AccountWait, Excerpt
from models.clock import ClockEvent, ClockReading, Stretch, StretchKind
from models.dossier import Dossier
from models.dossier.parties import Language, PartyKind

HIDDEN: Final = "[…]"
"""In place of an internal name in a text that somebody wrote by hand."""

_BY_CUSTOMER: Final = PartyKind.CUSTOMER


def customer_copy(account: Account, dossier: Dossier | None, language: Language, digest: str | None) -> Account:
    """What of an account may leave the supplier's house; everything is left out that is not known to be fit.

    `digest` is that of the internal account, None where none was written.
    """
    hide = _hiding(dossier, account)
    head = account.head.model_copy(
        update={
            "title": hide(account.head.title),
            "opened_by": "",
            "lead": None,
            # It names remedies and steps.
            "summary": "",
        }
    )
    return account.model_copy(
        update={
            "head": head,
            "events": [_event(e) for e in account.events],
            "clock": _clock(account.clock, account.waits),
            "clock_missing": "",
            "waits": [w.model_copy(update={"note": ""}) for w in account.waits],
            "entries": [_entry(e, hide) for e in account.entries if e.for_customer],
            "decisions": _decisions(account.decisions, hide),
            "commands": [],
            "notices": [n for sent in account.notices if (n := _notice(sent)) is not None],
            "alarms": [],
            "earlier": [],
            "left_out": {},
            "for_customer": True,
            "language": language,
            "internal_digest": digest,
        }
    )


def _hiding(dossier: Dossier | None, account: Account) -> Callable[[str], str]:
    names = {c.command.text for c in account.commands} | {c.host or "" for c in account.commands}
    if dossier is not None:
        components = set(dossier.architecture.components)
        for name, host in dossier.architecture.hosts.items():
            names |= {host.address} if name in components else {host.address, name}
    words = sorted((n for n in names if len(n.strip()) > 1), key=len, reverse=True)
    if not words:
        return lambda text: text
    pattern = re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, words)) + r")(?![\w-])", re.IGNORECASE)
    return lambda text: pattern.sub(HIDDEN, text)


def _event(event: ClockEvent) -> ClockEvent:
    return event.model_copy(update={"by": "", "note": ""})


def _entry(entry: AccountEntry, hide: Callable[[str], str]) -> AccountEntry:
    return entry.model_copy(update={"text": _hidden(entry.text, hide)})


def _hidden(text: Excerpt, hide: Callable[[str], str]) -> Excerpt:
    return text.model_copy(update={"text": hide(text.text)})


def _decisions(made: Sequence[AccountDecision], hide: Callable[[str], str]) -> list[AccountDecision]:
    fit = [d for decision in made if (d := _decision(decision, hide)) is not None]
    told = {(a.option, a.by) for d in fit if d.text.text for a in d.answers}
    # That an approval was used says nothing new where the decision itself is told.
    return [d for d in fit if d.text.text or not all((a.option, a.by) in told for a in d.answers)]


def _decision(decision: AccountDecision, hide: Callable[[str], str]) -> AccountDecision | None:
    theirs = [
        a.model_copy(update={"note": hide(a.note), "via": None}) for a in decision.answers if a.party is _BY_CUSTOMER
    ]
    if not theirs:
        return None
    # The question is kept only where the answers stand apart from it: else others' answers are part of its text.
    structured = all(a.via is not None for a in decision.answers)
    text = _hidden(decision.text, hide) if structured else Excerpt()
    return decision.model_copy(update={"text": text, "answers": theirs})


def _notice(notice: AccountNotice) -> AccountNotice | None:
    if notice.occasion is None or not notice.occasion.customer_facing:
        return None
    theirs = [d.model_copy(update={"detail": ""}) for d in notice.deliveries if d.party is _BY_CUSTOMER]
    # The same occasion is written to third parties, too.
    return notice.model_copy(update={"deliveries": theirs}) if theirs else None


def _clock(reading: ClockReading | None, waits: Sequence[AccountWait]) -> ClockReading | None:
    if reading is None:
        return None
    promises = [p.model_copy(update={"stretches": [_stretch(s, waits) for s in p.stretches]}) for p in reading.promises]
    return reading.model_copy(update={"promises": promises})


def _stretch(stretch: Stretch, waits: Sequence[AccountWait]) -> Stretch:
    if stretch.kind is StretchKind.OUTSIDE_HOURS:
        return stretch
    # What was waited for is told to the customer by the notice; the reason may hold an internal note.
    place = bisect_right(waits, stretch.since, key=attrgetter("until"))  # waits come one after the other
    waited = waits[place].party if place < len(waits) and waits[place].since < stretch.until else ""
    why = waited if stretch.kind is StretchKind.PAUSED else ""
    return stretch.model_copy(update={"why": why})

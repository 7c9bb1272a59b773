"""The texts of notices: one template for each occasion and language, with the facts that its receivers may know.

Receivers outside the supplier's organisation never get internal state, links, commands or texts of a monitor: the
context of their template does not contain them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from activities.notices.enclosing import Enclosing, size_text
from activities.notices.recipients import Recipient
from activities.notices.sending import NoticeText
from models.dossier import Dossier
from models.dossier.agreement import Priority
from models.dossier.parties import Contact, Language, PartyKind
from models.notices import LevelReached, Occasion, SendNotice

SUBJECT_LIMIT: Final = 150

_MONTHS: Final = {
    Language.ENGLISH: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    Language.SWEDISH: [
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ],
}
_TARGETS: Final = {
    Language.ENGLISH: {"respond": "respond", "restore": "restore", "update": "inform the customer"},
    Language.SWEDISH: {"respond": "påbörja", "restore": "återställa", "update": "informera kunden"},
}
_CAUSES: Final = {
    Language.ENGLISH: {
        "application": "a fault in the application",
        "capacity": "too little capacity",
        "change": "a change",
        "configuration": "a wrong configuration",
        "data": "wrong data",
        "hardware": "a hardware fault",
        "human-error": "a mistake",
        "network": "a network fault",
        "platform": "a fault in the platform",
        "security": "a security matter",
        "third-party": "a fault at a third party",
        "no-fault": "nothing was wrong",
        "duplicate": "a duplicate of another incident",
        "unknown": "not known yet",
    },
    Language.SWEDISH: {
        "application": "ett fel i applikationen",
        "capacity": "för lite kapacitet",
        "change": "en ändring",
        "configuration": "en felaktig konfiguration",
        "data": "felaktiga data",
        "hardware": "ett maskinvarufel",
        "human-error": "ett misstag",
        "network": "ett nätverksfel",
        "platform": "ett fel i plattformen",
        "security": "en säkerhetshändelse",
        "third-party": "ett fel hos tredje part",
        "no-fault": "inget var fel",
        "duplicate": "dubblett av ett annat ärende",
        "unknown": "inte känd än",
    },
}
_SILENCE: Final = {
    Language.ENGLISH: {
        "refuse": "If nobody answers in time, the request is refused.",
        "approve": "If nobody answers in time, the request is approved.",
        "ask_again": "If nobody answers in time, you will be asked again.",
    },
    Language.SWEDISH: {
        "refuse": "Om ingen svarar i tid avslås begäran.",
        "approve": "Om ingen svarar i tid godkänns begäran.",
        "ask_again": "Om ingen svarar i tid får du frågan igen.",
    },
}
_UNITS: Final = {
    Language.ENGLISH: (("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("second", "seconds")),
    Language.SWEDISH: (("dygn", "dygn"), ("timme", "timmar"), ("minut", "minuter"), ("sekund", "sekunder")),
}
_AND: Final = {Language.ENGLISH: "and", Language.SWEDISH: "och"}


@dataclass(frozen=True)
class NoticeSubject:
    """The facts of a notice, without its receiver."""

    dossier: Dossier
    request: SendNotice
    level: LevelReached | None = None
    ui_url: str = ""
    """Root of the Temporal UI."""


def notice_text(subject: NoticeSubject, to: Recipient, enclosed: Enclosing | None = None) -> NoticeText:
    """Return the text for one receiver; `enclosed` are the documents that it names."""
    facts = context(subject, to) | _documents(enclosed or Enclosing())
    return write(subject.request.occasion, to.language, facts)


def write(occasion: Occasion, language: Language, facts: dict[str, Any]) -> NoticeText:
    """Fill the template of an occasion. A missing fact is an error."""
    template = _template(occasion, language)
    subject = _one_line(_block(template, "subject", facts), SUBJECT_LIMIT)
    text = re.sub(r"\n{3,}", "\n\n", _block(template, "text", facts)).strip() + "\n"
    if "short" in template.blocks:
        short = _one_line(_block(template, "short", facts), 2 * SUBJECT_LIMIT)
    else:
        short = text if occasion.customer_facing else subject
    return NoticeText(subject, text, short)


def context(subject: NoticeSubject, to: Recipient) -> dict[str, Any]:
    """Return the values for a receiver's template, in their language and time zone."""
    request, dossier, language = subject.request, subject.dossier, to.language
    facts = request.facts
    components = _listed([_one_line(c) for c in facts.components], language) or dossier.name
    said: dict[str, Any] = {
        "inside": to.inside,
        "incident": request.incident.removeprefix("inc."),
        "service": _one_line(dossier.name),
        "supplier": _one_line(_supplier(dossier)),
        "service_desk": _one_line(service_desk(dossier, request.priority)),
        "priority": request.priority.value if request.priority else "",
        "components": components,
        "opened": moment(facts.opened_at, to.zone, language),
        "deadline": moment(facts.deadline, to.zone, language) if facts.deadline else "",
        "reference": _one_line(facts.reference),
        "cause": _one_line(_CAUSES[language].get(facts.cause, facts.cause)),
        "target": _one_line(_TARGETS[language].get(facts.target, facts.target)),
        "percent": facts.percent if facts.percent is not None else "?",
        "level": subject.level.number if subject.level else 0,
        "levels": subject.level.levels if subject.level else 0,
        "within": span(subject.level.acknowledge_within_seconds, language) if subject.level else "",
        # An alarm's title names hosts, so people outside get the affected components.
        "title": _one_line(facts.title) if to.inside else components,
        # People outside who may decide need the question; it is written for them too.
        "question": _one_line(facts.question, 1000),
        "silence": _SILENCE[language].get(facts.silence, ""),
        "report": _one_line(facts.report) or _one_line(dossier.name),
        "text": "",
        "by": "",
        "command": "",
        "state": "",
        "link": "",
    }
    if to.inside or request.occasion.customer_facing:
        said["text"] = _clean(facts.text).strip()
    # Colleagues get the same copy of a customer-facing text.
    if to.inside and not request.occasion.customer_facing:
        link = f"{subject.ui_url.rstrip('/')}/{facts.link.lstrip('/')}" if facts.link else ""
        command = facts.command or f"driftvakt incident show {request.incident.removeprefix('inc.')}"
        said |= {
            "by": _one_line(facts.by),
            "command": _one_line(command),
            "state": _one_line(facts.state, 500),
            "link": _one_line(link, 1000),
        }
    return said


def _documents(enclosed: Enclosing) -> dict[str, Any]:
    return {
        name: [f"{_one_line(one.name)} ({size_text(one.size)})" for one in files]
        for name, files in (
            ("attached", enclosed.attached),
            ("too_large", enclosed.too_large),
            ("not_carried", enclosed.not_carried),
        )
    }


def moment(at: datetime, zone: str, language: Language) -> str:
    """Return a moment in a time zone, with the zone: `21 June 2026 at 03:12 (Europe/Stockholm)`."""
    local = at.astimezone(ZoneInfo(zone))
    day = f"{local.day} {_MONTHS[language][local.month - 1]} {local.year}"
    if language is Language.SWEDISH:
        return f"{day} kl. {local:%H.%M} ({zone})"
    return f"{day} at {local:%H:%M} ({zone})"


def span(seconds: float, language: Language) -> str:
    """Return a span in words: `10 minutes`, `1 hour 30 minutes`."""
    left, out = round(seconds), []
    for (one, many), size in zip(_UNITS[language], (86_400, 3600, 60, 1), strict=True):
        count, left = divmod(left, size)
        if count:
            out.append(f"{count} {one if count == 1 else many}")
    return " ".join(out) or f"0 {_UNITS[language][-1][1]}"


def service_desk(dossier: Dossier, priority: Priority | None) -> str:
    """Return the supplier with a phone number or address that people outside can use: the first one on the escalation policy."""
    parties = {name for name, party in dossier.parties.items() if party.kind is PartyKind.SUPPLIER}
    policy = dossier.escalation.get(priority, []) if priority else []
    names = [*(name for level in policy for name in level.contacts), *dossier.contacts]
    ours: list[Contact] = [dossier.contacts[n] for n in names if n in dossier.contacts]
    ours = [contact for contact in ours if contact.party in parties]
    reached = next((c.phone for c in ours if c.phone), None) or next((c.email for c in ours if c.email), None)
    supplier = _supplier(dossier)
    return f"{supplier}, {reached}" if reached else supplier


def _supplier(dossier: Dossier) -> str:
    return next((p.name for p in dossier.parties.values() if p.kind is PartyKind.SUPPLIER), "Driftvakt")


def _listed(names: list[str], language: Language) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {_AND[language]} {names[-1]}"


def _clean(text: str) -> str:
    """Return a text without control characters, which could move it within a mail or on a terminal."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c == "\n" or c.isprintable())


def _one_line(text: str, limit: int = 300) -> str:
    line = " ".join(_clean(re.sub(r"\s+", " ", text)).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _block(template: Template, name: str, facts: dict[str, Any]) -> str:
    return "".join(template.blocks[name](template.new_context(facts)))


@cache
def _environment() -> Environment:
    # Plain text has no markup, so nothing must be escaped; `_clean` removes the rest.
    return Environment(  # noqa: S701
        loader=PackageLoader("activities.notices", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _template(occasion: Occasion, language: Language) -> Template:
    return _environment().get_template(f"{occasion.value}.{language.value}.jinja")

"""A handbook as a document: all chapters in their order. A pure function of its source."""

from __future__ import annotations

from typing import Final

from activities.documents.elements import Document, DocumentParty, Section
from activities.documents.translation import Words
from activities.handbook.chapters import (
    agreement,
    architecture,
    at_a_glance,
    changes,
    contacts,
    flows,
    maintenance,
    monitoring,
    proofs,
    restoring,
    routines,
    start_and_stop,
    terms,
    troubleshooting,
)
from activities.handbook.layout import Chapter, HandbookLayout, chapter_anchor
from activities.handbook.source import HandbookSource
from models.dossier.parties import PartyKind

CHAPTERS: Final[tuple[Chapter, ...]] = (
    at_a_glance.CHAPTER,
    architecture.CHAPTER,
    flows.CHAPTER,
    monitoring.CHAPTER,
    troubleshooting.CHAPTER,
    start_and_stop.CHAPTER,
    restoring.CHAPTER,
    changes.CHAPTER,
    routines.CHAPTER,
    maintenance.CHAPTER,
    contacts.CHAPTER,
    agreement.CHAPTER,
    proofs.CHAPTER,
    terms.CHAPTER,
)
"""The chapters, in the order in which a person at night needs them."""

_WORDS: Final[Words] = {
    "handbook": ("Handbook: {0}", "Handbok: {0}"),
    "application": ("Application", "Applikation"),
    "agreement": ("Agreement", "Avtal"),
    "agreement_and_version": ("{0}, version {1}", "{0}, version {1}"),
    "as_of": ("As of", "Uppgifter per"),
    "times": ("Times in", "Tider i"),
    "version": ("Version of the dossier", "Dossierns version"),
    "internal": (
        "Internal: it has commands and addresses of servers. Only for the supplier.",
        "Intern: den har kommandon och servrars adresser. Endast för leverantören.",
    ),
    "copy": (
        "The customer's copy, without commands and addresses of servers.",
        "Kundens exemplar, utan kommandon och servrars adresser.",
    ),
    "closing": (
        "The dossier of this handbook has the SHA-256 {0}. driftvakt dossier digest FILE prints the same for the same content.",
        "Handbokens dossier har kontrollsumman (SHA-256) {0}. driftvakt dossier digest FIL skriver samma för samma innehåll.",
    ),
    "closing_customer": (
        "The dossier of this handbook has the SHA-256 {0}.",
        "Handbokens dossier har kontrollsumman (SHA-256) {0}.",
    ),
}


def handbook(source: HandbookSource) -> Document:
    """Return the handbook in the language of its source."""
    dossier = source.dossier
    say = HandbookLayout(source, _WORDS).say
    parties = {party.kind: party.name for party in reversed(list(dossier.parties.values()))}
    named = {kind: DocumentParty(name) for kind, name in parties.items()}
    agreed = dossier.agreement
    return Document(
        title=say("handbook", dossier.name),
        language=source.language.value,
        banner=say("copy" if source.customer else "internal"),
        sections=[section for chapter in CHAPTERS if (section := _section(source, chapter)) is not None],
        closing=[say("closing_customer" if source.customer else "closing", dossier.digest)],
        supplier=named.get(PartyKind.SUPPLIER),
        customer=named.get(PartyKind.CUSTOMER),
        facts=[
            (say("application"), dossier.id),
            (say("agreement"), say("agreement_and_version", agreed.number, agreed.version)),
            (say("version"), dossier.digest[:12]),
            (say("as_of"), say.minute(source.as_of)),
            (say("times"), say.zone),
        ],
        made_at=source.as_of,
        contents=True,
        contents_after=1,
        contents_levels=2,
    )


def _section(source: HandbookSource, chapter: Chapter) -> Section | None:
    """Return a chapter as a section; None if it has nothing to say."""
    swedish = source.language.value == "sv"
    found = chapter.elements(HandbookLayout(source, chapter.words))
    title = chapter.title[swedish]
    return Section(title, found, chapter_anchor(chapter.key), chapter.new_page) if found else None

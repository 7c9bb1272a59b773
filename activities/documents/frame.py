"""The texts round the sections of a document, in English and Swedish: its head, its contents, and the page numbers."""

from __future__ import annotations

from typing import Final

from activities.documents.elements import Document
from activities.documents.translation import Translation
from models.dossier.parties import Language

_WORDS: Final = {
    "contents": ("Contents", "Innehåll"),
    "page": ("{0} of {1}", "{0} av {1}"),
    "supplier": ("Supplier", "Leverantör"),
    "customer": ("Customer", "Kund"),
    "period": ("Period", "Period"),
    "figure": ("Figure", "Nyckeltal"),
    "value": ("Value", "Värde"),
    "verdict": ("Result", "Utfall"),
    "note": ("Note", "Kommentar"),
    "name": ("Name", "Uppgift"),
    "table": ("Table", "Tabell"),
    "about": ("About", "Om"),
    "section": ("Section", "Avsnitt"),
    "made_at": ("Made", "Framtagen"),
    "title": ("Document", "Dokument"),
    "subtitle": ("Subtitle", "Underrubrik"),
    "banner": ("Please note", "Observera"),
}


def frame(document: Document) -> Translation:
    """Return the texts of the frame in the document's language."""
    return Translation(Language(document.language), "UTC", _WORDS)


def particulars(document: Document) -> list[tuple[str, str]]:
    """Return the names and values of the document's head: parties, period and facts."""
    say = frame(document)
    parties = (("customer", document.customer), ("supplier", document.supplier))
    rows = [(say(key), party.name) for key, party in parties if party is not None]
    return [*rows, *([(say("period"), document.period)] if document.period else []), *document.facts]

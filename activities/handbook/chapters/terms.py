"""The glossary: the terms that the handbook uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from activities.documents.elements import Cell, Element, Grid
from activities.handbook.layout import Chapter, HandbookLayout

_TERMS: Final = (
    (
        "Acknowledge",
        "tell Driftvakt that you lead an incident from now on",
        "Bekräfta",
        "säga till Driftvakt att du leder en incident från och med nu",
    ),
    (
        "Alarm",
        "a message that something is wrong, or no longer wrong",
        "Larm",
        "ett meddelande om att något är fel, eller inte längre är fel",
    ),
    (
        "Approval",
        "the agreement of people to exactly the plan that was shown",
        "Godkännande",
        "att människor går med på precis den plan som har visats",
    ),
    (
        "Change",
        "a planned alteration with steps, proof and rollback",
        "Ändring",
        "en planerad förändring med steg, prövning och återgång",
    ),
    (
        "Component",
        "a role of the application, on one or more servers",
        "Komponent",
        "en del av applikationen, på en eller flera servrar",
    ),
    (
        "Dossier",
        "the file with all that was agreed and is known about the application",
        "Dossier",
        "filen med allt som är avtalat och känt om applikationen",
    ),
    (
        "Drill",
        "a restore into a temporary place, to test the backup",
        "Återläsningsprov",
        "en återläsning till en tillfällig plats, för att pröva säkerhetskopian",
    ),
    (
        "Escalation policy",
        "the levels of people who are called to acknowledge an incident",
        "Eskalering",
        "de nivåer av människor som rings för att bekräfta en incident",
    ),
    (
        "Evidence",
        "output that is collected before anything is changed",
        "Underlag",
        "utdata som samlas innan något ändras",
    ),
    (
        "Flow",
        "a path through components whose failure a user notices",
        "Flöde",
        "en väg genom komponenter vars fel en användare märker",
    ),
    ("Freeze", "days on which planned work is forbidden", "Fryst tid", "dagar då planerat arbete är förbjudet"),
    (
        "Impact, urgency",
        "the size of the loss, and how soon the fault must be fixed",
        "Påverkan, brådska",
        "hur stor skadan är, och hur snart felet måste åtgärdas",
    ),
    (
        "Incident",
        "the work on one fault, from the alarm to a proven recovery",
        "Incident",
        "arbetet med ett fel, från larmet tills det är bevisat avhjälpt",
    ),
    (
        "Instruction",
        "the answer to a symptom: evidence to collect, remedies in order",
        "Instruktion",
        "svaret på ett symtom: underlag att samla, åtgärder i ordning",
    ),
    (
        "Integration",
        "a connection to a system of another part or party",
        "Integration",
        "en koppling till en annan del eller parts system",
    ),
    (
        "Measuring point",
        "a measurement of a component, with its interval and limits",
        "Mätpunkt",
        "en mätning av en komponent, med intervall och gränser",
    ),
    (
        "Priority",
        "P1 to P5, from impact and urgency; selects the service level",
        "Prioritet",
        "P1 till P5, av påverkan och brådska; väljer servicenivån",
    ),
    (
        "Rehearsal",
        "a run that shows the commands and changes nothing",
        "Övning",
        "en körning som visar kommandona och inte ändrar något",
    ),
    ("Remedy", "one way to fix a fault", "Åtgärd", "ett sätt att avhjälpa ett fel"),
    (
        "RPO, restore point",
        "the data that may be lost at most, as a time",
        "RPO, återläsningspunkt",
        "den data som högst får förloras, som en tid",
    ),
    (
        "RTO, restore time",
        "the time that a restore may take at most",
        "RTO, återläsningstid",
        "den tid som en återläsning högst får ta",
    ),
    ("Service hours", "the hours in which a service level counts", "Servicetider", "de tider då en servicenivå räknas"),
    (
        "Service level",
        "the time for each priority within which something must be done",
        "Servicenivå",
        "den tid för varje prioritet inom vilken något ska vara gjort",
    ),
    (
        "Third party",
        "a company that operates something that the application needs",
        "Tredje part",
        "ett företag som driver något som applikationen behöver",
    ),
)


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """The terms in the order of the language."""
    swedish = layout.source.language.value == "sv"
    terms = [(sv, meaning_sv) if swedish else (en, meaning) for en, meaning, sv, meaning_sv in _TERMS]
    rows = [[Cell(term), Cell(meaning)] for term, meaning in sorted(terms, key=lambda row: _sorted(row[0]))]
    return [Grid(layout.say("terms"), [layout.say("term"), layout.say("meaning")], rows, wide=[1])]


def _sorted(word: str) -> str:
    """Return a key that sorts å, ä and ö after z, as Swedish does."""
    return word.lower().translate(str.maketrans("åäö", "{|}"))


CHAPTER = Chapter(
    "terms",
    ("Glossary", "Ordlista"),
    elements,
    {
        "terms": ("Terms of this handbook", "Handbokens ord"),
        "term": ("Term", "Ord"),
        "meaning": ("Meaning", "Betydelse"),
    },
)

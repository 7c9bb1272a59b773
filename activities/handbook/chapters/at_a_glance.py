"""The first page: whom to call now, what was agreed, and how well the instructions are proven."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from activities.calendars.agenda import agenda
from activities.documents.elements import (
    NO_VALUE,
    BulletList,
    Cell,
    Element,
    Grid,
    Heading,
    KeyFigure,
    KeyFigures,
    Link,
    Said,
    Tone,
)
from activities.handbook.chapters.calling import CALLING, calling_order, third_parties
from activities.handbook.layout import Chapter, HandbookLayout, chapter_anchor
from activities.handbook.months import end_of_calendar, today
from models.dossier.agreement import Priority
from models.dossier.parties import PartyKind


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """The purpose of the application, the numbers to call, the key figures, and the first steps."""
    dossier, say = layout.dossier, layout.say
    found: list[Element] = [Said(layout.text(dossier.description))] if dossier.description else []
    highest = min(dossier.escalation, default=None)
    if highest is not None:
        found += [
            Heading(say("call_now", highest.value)),
            calling_order(layout, say("call_now", highest.value), dossier.escalation[highest]),
        ]
    others = third_parties(layout)
    if others:
        found.append(Grid(say("support"), [say("party"), say("support_how")], others, wide=[1]))
    return [*found, Heading(say("figures")), KeyFigures(say("figures"), list(_figures(layout))), *_first_steps(layout)]


def _figures(layout: HandbookLayout) -> Iterator[KeyFigure]:
    dossier, say = layout.dossier, layout.say
    levels = dossier.agreement.service_levels
    if levels:
        priority: Priority = min(levels)
        for key, target in (("respond", levels[priority].respond), ("restore", levels[priority].restore)):
            note = say("in_hours", layout.hours(target.hours))
            yield KeyFigure(say(key, priority.value), Cell(layout.within(target)), note=note)
    yield _proven(layout)
    planned = [e for e in agenda([dossier], today(layout), end_of_calendar(layout)) if e.begins > layout.source.as_of]
    if planned:
        first = planned[0]
        yield KeyFigure(say("next_work"), Cell(f"{first.begins:%Y-%m-%d}"), note=layout.work(first.kind, first.name))


def _proven(layout: HandbookLayout) -> KeyFigure:
    say, proofs = layout.say, layout.source.proofs
    if proofs is None:
        return KeyFigure(say("proven"), Cell(NO_VALUE), say("no_records"), Tone.WAITING)
    fresh = sum(not one.stale for one in proofs.values())
    tone = Tone.GOOD if fresh == len(proofs) else Tone.WAITING
    verdict = say("all_proven") if fresh == len(proofs) else say("not_proven", len(proofs) - fresh)
    return KeyFigure(say("proven"), Cell(say("of", fresh, len(proofs))), verdict, tone)


def _first_steps(layout: HandbookLayout) -> list[Element]:
    say = layout.say
    supplier = next((p.name for p in layout.dossier.parties.values() if p.kind is PartyKind.SUPPLIER), "")
    keys = (
        ("step_call_supplier", "step_say", "step_updates")
        if layout.customer
        else ("step_ack", "step_symptom", "step_by_hand", "step_halt")
    )
    values = {"step_call_supplier": [supplier], "step_say": [layout.dossier.id], "step_halt": [layout.dossier.customer]}
    leads = {"step_symptom": "troubleshooting", "step_updates": "agreement"}
    items = [
        Cell(
            say(key, *values.get(key, [])),
            links=[Link(say(f"see.{leads[key]}"), chapter_anchor(leads[key]))] if key in leads else [],
        )
        for key in keys
    ]
    return [Heading(say("first_steps")), BulletList(items, ordered=True)]


CHAPTER = Chapter(
    "at-a-glance",
    ("At a glance", "I korthet"),
    elements,
    {
        **CALLING,
        "call_now": ("Whom to call now ({0})", "Vem du ringer nu ({0})"),
        "figures": ("Agreed and proven", "Avtalat och prövat"),
        "respond": ("{0}: somebody begins", "{0}: någon påbörjar"),
        "restore": ("{0}: service restored", "{0}: tjänsten återställd"),
        "in_hours": ("in the hours: {0}", "under tiderna: {0}"),
        "proven": ("Instructions that are proven", "Instruktioner som är prövade"),
        "all_proven": ("all of them", "alla"),
        "not_proven": ("{0} are not", "{0} är det inte"),
        "of": ("{0} of {1}", "{0} av {1}"),
        "next_work": ("Next planned work", "Nästa planerade arbete"),
        "first_steps": ("First steps in a fault", "Första stegen vid ett fel"),
        "see.troubleshooting": ("Troubleshooting", "Felsökning"),
        "see.agreement": ("Agreement", "Avtal"),
        "step_ack": (
            "Acknowledge the incident, so that nobody else is called: driftvakt incident ack NUMBER.",
            "Bekräfta incidenten så att ingen annan rings: driftvakt incident ack NUMMER.",
        ),
        "step_symptom": (
            "Find the symptom, and its instruction. Driftvakt tries the remedies by itself.",
            "Hitta symtomet, och dess instruktion. Driftvakt prövar åtgärderna själv.",
        ),
        "step_by_hand": (
            "If Driftvakt is down, log in to the server and run the commands of the instruction by hand, in their order. "
            "Ask for the approvals that it names, and write down what you did and when.",
            "Om Driftvakt är nere: logga in på servern och kör instruktionens kommandon för hand, i ordning. "
            "Be om de godkännanden som den nämner, och skriv upp vad du gjorde och när.",
        ),
        "step_halt": (
            "If commands must stop at once, halt: driftvakt halt --customer {0} --reason TEXT",
            "Om kommandon genast måste upphöra, stoppa: driftvakt halt --customer {0} --reason TEXT",
        ),
        "step_call_supplier": (
            "Call {0} by the table above, unless you have already got a notice about the fault.",
            "Ring {0} enligt tabellen ovan, om du inte redan har fått ett meddelande om felet.",
        ),
        "step_say": (
            "Say what does not work, since when, and for how many people. The application is called {0}.",
            "Säg vad som inte fungerar, sedan när, och för hur många. Applikationen heter {0}.",
        ),
        "step_updates": (
            "You get updates at the times that were agreed.",
            "Du får lägesbesked vid de tider som är avtalade.",
        ),
    },
)

"""Troubleshooting: from the symptom to the instruction, and each instruction with its remedies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from activities.documents.elements import Cell, Element, Grid, Heading, Link, Said
from activities.handbook.layout import Chapter, HandbookLayout, instruction_anchor
from activities.handbook.steps import STEPS, procedure
from activities.handbook.symptoms import instructions_for_component, instructions_for_point
from activities.records.plans import HANDOVER
from models.dossier.instructions import Remedy, Troubleshooting
from models.names import remedy_name
from models.plans import InstructionMatch


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """The table of symptoms, and the instructions."""
    found = layout.dossier.instructions.troubleshooting
    if not found:
        return []
    about = Said(layout.say("about"))
    return [about, _symptoms(layout), *(e for name, one in found.items() for e in _instruction(layout, name, one))]


def _symptoms(layout: HandbookLayout) -> Grid:
    say, dossier = layout.say, layout.dossier
    rows = [
        _symptom(layout, say("component_fails", layout.component(name)), instructions_for_component(dossier, name))
        for name in dossier.architecture.components
    ]
    whole = {name: instructions_for_component(dossier, name) for name in dossier.architecture.components}
    for name, point in dossier.monitoring.measuring_points.items():
        own = instructions_for_point(dossier, name)
        if [one.name for one in own] != [one.name for one in whole[point.component]]:
            rows.append(_symptom(layout, say("point_fails", name), own))
    return Grid(say("symptoms"), [say("symptom"), say("use_in_order")], rows, wide=[1])


def _symptom(layout: HandbookLayout, text: str, found: Sequence[InstructionMatch]) -> list[Cell]:
    links = [Link(layout.text(one.title), instruction_anchor(one.name)) for one in found]
    return [Cell(text), Cell("" if links else layout.say("ask_people"), links=links)]


def _instruction(layout: HandbookLayout, name: str, found: Troubleshooting) -> Iterator[Element]:
    say = layout.say
    yield Heading(layout.text(found.title), anchor=instruction_anchor(name))
    yield Said(_applies(layout, found))
    if found.collect:
        yield Heading(say("evidence"), level=2)
        yield procedure(layout, found.collect)
    for number, (key, remedy) in enumerate(found.remedies.items(), 1):
        yield from _remedy(layout, name, key, remedy, number)
    handover = found.handover or HANDOVER
    yield Said(
        say("handover", layout.approval(handover)) if found.remedies else say("no_remedy", layout.approval(handover))
    )


def _applies(layout: HandbookLayout, found: Troubleshooting) -> str:
    symptom, say = found.symptom, layout.say
    said = []
    if symptom.components:
        said.append(say("applies_components", layout.components(symptom.components)))
    if symptom.measuring_points:
        said.append(say("applies_points", ", ".join(symptom.measuring_points)))
    return " ".join(said) or say("applies_always")


def _remedy(layout: HandbookLayout, name: str, key: str, remedy: Remedy, number: int) -> Iterator[Element]:
    say, application = layout.say, layout.dossier.id
    proof = remedy_name(name, key)
    yield Heading(say("remedy", number, layout.text(remedy.title)), level=2, anchor=instruction_anchor(proof))
    inputs = f"--input instruction={name} --input remedy={key}"
    command = f"driftvakt runbook run carry-out-remedy --application {application} {inputs} --reason TEXT"
    yield layout.particulars(
        proof,
        ("instructions", "troubleshooting", name, "remedies", key),
        layout.approval(remedy.approval),
        command,
    )
    yield procedure(layout, remedy.steps)


CHAPTER = Chapter(
    "troubleshooting",
    ("Troubleshooting by symptom", "Felsökning efter symtom"),
    elements,
    {
        **STEPS,
        "about": (
            "Driftvakt confirms the fault by further probes, collects the evidence, and tries the remedies in this order until "
            "the probes show that all is well. An approval is asked for where it is named.",
            "Driftvakt bekräftar felet med fler mätningar, samlar underlag och prövar åtgärderna i denna ordning tills "
            "mätningarna visar att allt är bra. Godkännande begärs där det står.",
        ),
        "symptoms": ("Symptoms and their instructions", "Symtom och deras instruktioner"),
        "symptom": ("Symptom", "Symtom"),
        "use_in_order": ("Instructions, in this order", "Instruktioner, i denna ordning"),
        "component_fails": ("{0} fails", "{0} fallerar"),
        "point_fails": ("Only the point {0} fails", "Bara mätpunkten {0} larmar"),
        "ask_people": ("none: people are asked at once", "ingen: människor tillfrågas genast"),
        "applies_components": ("For faults of: {0}.", "För fel i: {0}."),
        "applies_points": ("When these points fail: {0}.", "När dessa mätpunkter larmar: {0}."),
        "applies_always": ("For every fault of the application.", "För varje fel i applikationen."),
        "evidence": ("Collect the evidence first", "Samla först underlag"),
        "remedy": ("Remedy {0}: {1}", "Åtgärd {0}: {1}"),
        "handover": ("If no remedy helps, these people decide: {0}.", "Om ingen åtgärd hjälper beslutar: {0}."),
        "no_remedy": (
            "There is no remedy yet. These people decide: {0}.",
            "Det finns ingen åtgärd än. Dessa beslutar: {0}.",
        ),
    },
    new_page=True,
)

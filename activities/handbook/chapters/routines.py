"""The routines that people may order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from activities.documents.elements import Cell, Element, Grid, Heading
from activities.handbook.layout import Chapter, HandbookLayout, instruction_anchor
from activities.handbook.steps import STEPS, procedure
from models.dossier.routines import ExtendedRoutine, RoutineInput


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """Every extended routine of the dossier."""
    found = layout.dossier.routines.extended
    return [element for name, one in found.items() for element in _routine(layout, name, one)]


def _routine(layout: HandbookLayout, name: str, routine: ExtendedRoutine) -> Iterator[Element]:
    say = layout.say
    proof = f"routine/{name}"
    yield Heading(layout.text(routine.title), anchor=instruction_anchor(proof))
    more = [(say("ordered_by"), Cell(f" {say('or')} ".join(routine.ordered_by)))]
    if routine.lead_time is not None:
        more.append((say("lead_time"), Cell(layout.span(routine.lead_time))))
    if routine.per_month is not None:
        more.append((say("per_month"), Cell(str(routine.per_month))))
    inputs = "".join(f" --input {key}=VALUE" for key in routine.inputs)
    yield layout.particulars(
        proof,
        ("routines", "extended", name),
        layout.approval(routine.approval),
        f"driftvakt routine order {name} --application {layout.dossier.id}{inputs}",
        *more,
    )
    if routine.inputs:
        rows = [
            [Cell(key), Cell(layout.text(one.label)), Cell(_allowed(layout, one))]
            for key, one in routine.inputs.items()
        ]
        yield Grid(say("inputs"), [say("name"), say("meaning"), say("allowed")], rows, wide=[1])
    yield procedure(layout, routine.steps)


def _allowed(layout: HandbookLayout, one: RoutineInput) -> str:
    if one.choices:
        return ", ".join(one.choices)
    bounds = "–".join("" if n is None else str(n) for n in (one.least, one.most))
    limits = one.pattern or (bounds if bounds != "–" else "")
    return " ".join(filter(None, (layout.say(f"type.{one.type.value}"), limits)))


CHAPTER = Chapter(
    "routines",
    ("Routines on order", "Rutiner på beställning"),
    elements,
    {
        **STEPS,
        "ordered_by": ("Ordered by", "Beställs av"),
        "lead_time": ("Order at least this long before", "Beställs minst så här långt före"),
        "per_month": ("Orders included in a month", "Beställningar som ingår varje månad"),
        "inputs": ("Inputs", "Uppgifter"),
        "meaning": ("Meaning", "Betydelse"),
        "allowed": ("Allowed", "Tillåtet"),
        "type.text": ("text", "text"),
        "type.integer": ("whole number", "heltal"),
        "type.date": ("date", "datum"),
        "type.choice": ("choice", "val"),
        "type.boolean": ("yes or no", "ja eller nej"),
    },
)

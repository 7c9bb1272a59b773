"""The time in which each party had to act in incidents."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from activities.documents.charts.bars import Bar, duration_chart
from activities.documents.charts.palette import Fill
from activities.documents.elements import Cell, Element, Grid, Picture, Said
from activities.report.blocks import ReportPart, reports
from activities.report.layout import Layout
from activities.report.sources import ReportSources
from models.base import Model
from models.dossier.parties import PartyKind
from models.report import Figure, Second
from models.report_blocks import WaitingBlock

_MOST: Final = 50
_KINDS: Final = [*(kind.value for kind in PartyKind), ""]


class PartyTime(Model):
    """The time in which one party had to act."""

    key: str
    party: str
    """The name of the party."""
    kind: str
    """`supplier`, `customer`, `third_party`, or empty."""
    seconds: Figure
    waits: Figure
    """The number of waits; of the supplier, the number of incidents."""


class LongWait(Model):
    """One of the longest waits."""

    incident: str
    party: str
    since: Second
    until: Second
    seconds: int


class WaitingFacts(Model):
    """The waiting times of a period."""

    parties: list[PartyTime]
    longest: list[LongWait]
    left_out: int


def gather(block: WaitingBlock, sources: ReportSources) -> WaitingFacts:
    """Only time within the period counts. The supplier has all time of open incidents in which no other party had to act."""
    waited: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    own: list[tuple[str, int]] = []
    waits: list[LongWait] = []
    for incident in sources.incidents:
        id = sources.cite_incident(incident)
        for wait in incident.waits:
            waited[wait.kind, wait.party].append((id, wait.seconds))
            waits.append(
                LongWait(incident=id, party=wait.party, since=wait.since, until=wait.until, seconds=wait.seconds)
            )
        left = incident.open_seconds - sum(wait.seconds for wait in incident.waits)
        own.append((id, max(left, 0)))
    ordered = sorted(waited.items(), key=lambda item: (_KINDS.index(item[0][0]), item[0][1]))
    parties = [_party(kind, party, found) for (kind, party), found in ordered]
    supplier = next((p.name for p in sources.dossier.parties.values() if p.kind is PartyKind.SUPPLIER), "")
    waits.sort(key=lambda wait: (-wait.seconds, wait.since, wait.incident))
    return WaitingFacts(
        parties=[_party(PartyKind.SUPPLIER.value, supplier, own), *parties] if own else [],
        longest=waits[:_MOST],
        left_out=max(len(waits) - _MOST, 0),
    )


def _party(kind: str, party: str, found: list[tuple[str, int]]) -> PartyTime:
    rule = "own" if kind == PartyKind.SUPPLIER.value else "waited"
    ids = list(dict.fromkeys(id for id, _ in found))
    return PartyTime(
        key=f"{kind} {party}",
        party=party,
        kind=kind,
        seconds=Figure(value=sum(s for _, s in found), unit="s", rule=f"waiting.{rule}", evidence=ids),
        waits=Figure(value=len(found), rule=f"waiting.{rule}_number", evidence=ids),
    )


def lay_out(facts: WaitingFacts, layout: Layout) -> list[Element]:
    """The times of the parties with a picture, and the longest waits."""
    say = layout.say
    if not facts.parties:
        return [Said(say("none_open"))]
    names = [f"{one.party} ({say.name('turn', one.kind)})" if one.kind else one.party for one in facts.parties]
    bars = [Bar(n, [(int(p.seconds.value or 0), Fill.VALUE)]) for n, p in zip(names, facts.parties, strict=True)]
    rows = [
        [Cell(n), *layout.compared(p.seconds), layout.figure(p.waits)]
        for n, p in zip(names, facts.parties, strict=True)
    ]
    head = [say("party"), *layout.compared_heads(say("time")), say("waits")]
    table = Grid(say("times"), head, rows)
    elements: list[Element] = [
        Picture(lambda: duration_chart(say, say("times"), bars, shown=layout.span), say("times"), table)
    ]
    if facts.longest:
        rows = [
            [
                layout.evidence(one.incident.removeprefix("inc."), one.incident),
                Cell(one.party),
                layout.moment(one.since),
                layout.moment(one.until),
                Cell(layout.span(one.seconds)),
            ]
            for one in facts.longest
        ]
        head = ["incident", "party", "from", "until", "time"]
        elements.append(Grid(say("longest"), [say(key) for key in head], rows, wide=[1]))
    return [*elements, *layout.left_out(facts.left_out)]


reports(
    WaitingBlock,
    ReportPart(
        title=("Waiting time", "Väntetid"),
        facts=WaitingFacts,
        gather=gather,
        elements=lay_out,
        words={
            "times": ("Time in which each party had to act", "Tid då varje part behövde agera"),
            "own": ("time of the supplier", "leverantörens tid"),
            "own_number": ("incidents of the supplier", "leverantörens incidenter"),
            "waited": ("time of another party", "en annan parts tid"),
            "waited_number": ("waits for another party", "väntan på en annan part"),
            "party": ("Party", "Part"),
            "waits": ("Times", "Antal"),
            "time": ("Time", "Tid"),
            "none_open": (
                "No incident was open in this period, so nobody waited.",
                "Ingen incident var öppen under perioden, så ingen väntade.",
            ),
            "longest": ("The longest waits", "De längsta väntetiderna"),
            "incident": ("Incident", "Incident"),
        },
        rules={
            "own": (
                "The time on the wall clock in which incidents were open in the period and no other party had to act.",
                "Kalendertiden under perioden då incidenter var öppna och ingen annan part behövde agera.",
            ),
            "own_number": (
                "Incidents that were open in the period.",
                "Incidenter som var öppna under perioden.",
            ),
            "waited": (
                "The time on the wall clock in the period in which an open incident waited for the party.",
                "Kalendertiden under perioden då en öppen incident väntade på parten.",
            ),
            "waited_number": (
                "Waits for the party in the period.",
                "Väntetider på parten under perioden.",
            ),
        },
    ),
)

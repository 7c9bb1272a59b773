"""The targets of the agreement: met, missed with the minutes of the clock, or not provable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from activities.documents.charts.bars import Bar, bar_chart
from activities.documents.charts.palette import Fill
from activities.documents.elements import Cell, Element, Grid, Heading, Picture, Said, Tone
from activities.report.blocks import ReportPart, reports
from activities.report.incidents import JudgedTarget, PeriodIncident, Unproven
from activities.report.layout import Layout
from activities.report.sources import ReportSources, share
from models.base import Model
from models.clock import TargetKind
from models.dossier.agreement import Priority
from models.incident import IncidentEnd
from models.report import BlockVerdict, Figure, GapReason, ReportVerdict, Second
from models.report_blocks import ServiceLevelsBlock

_TARGETS: Final = list(TargetKind)
_RULE: Final = "service_levels"


class TargetCounts(Model):
    """The verdicts on one target."""

    key: str
    """`P1 restore`."""
    priority: str
    kind: TargetKind
    within: str
    """As in the agreement at the end of the period; empty if it no longer has the target."""
    hours: str
    """The name of the service hours in which the clock runs."""
    met: Figure
    missed: Figure
    unproven: Figure
    undecided: Figure
    share: Figure
    """Met of all that were met, missed or not provable."""


class MissedTarget(Model):
    """A target that was missed in the period."""

    key: str
    """`inc.acme.shop.17 restore`."""
    incident: str
    title: str
    priority: str
    kind: TargetKind
    within: str
    missed_at: Second
    over: Figure
    times: int
    """How often; more than once only for customer updates."""
    done: bool
    """Whether the action was done by the end of the period."""


class UnprovenIncident(Model):
    """An incident whose targets the records do not decide."""

    incident: str
    title: str
    priority: str
    why: Unproven


class ServiceLevelsFacts(Model):
    """The targets of a period."""

    targets: list[TargetCounts]
    missed: list[MissedTarget]
    unproven: list[UnprovenIncident]
    not_confirmed: Figure
    merged: Figure
    most: int
    """The most lines of the table of missed targets."""


Found = tuple[PeriodIncident, JudgedTarget]


def gather(block: ServiceLevelsBlock, sources: ReportSources) -> ServiceLevelsFacts:
    """Every target is counted in the period in which it was decided."""
    wanted = {priority.value for priority in block.priorities}
    incidents = [i for i in sources.incidents if not wanted or i.priority in wanted or _any_of(i, wanted)]
    ended = [i for i in incidents if i.closed_at is not None]
    unproven = [i for i in ended if i.unproven is not None]
    unreadable = [i for i in unproven if i.unproven in {Unproven.UNREADABLE, Unproven.NO_DOSSIER}]
    if unreadable:
        sources.lack("incidents", GapReason.UNREADABLE, count=len(unreadable))
    judged: dict[tuple[str, TargetKind], list[Found]] = defaultdict(list)
    for incident in incidents:
        for target in incident.targets:
            if not wanted or target.priority in wanted:
                judged[target.priority, target.kind].append((incident, target))
    levels = sources.at_the_end.agreement.service_levels
    agreed = {
        (priority.value, kind)
        for priority, level in levels.items()
        for kind in TargetKind
        if level.target(kind) is not None and (not wanted or priority.value in wanted)
    }
    keys = sorted(agreed | judged.keys(), key=lambda key: (key[0], _TARGETS.index(key[1])))
    return ServiceLevelsFacts(
        targets=[_counts(*key, judged[key], [i for i in unproven if i.priority == key[0]], sources) for key in keys],
        missed=_missed((found for key in keys for found in judged[key]), sources),
        unproven=[
            UnprovenIncident(
                incident=sources.cite_incident(i), title=sources.text(i.title), priority=i.priority, why=i.unproven
            )
            for i in unproven
            if i.unproven is not None
        ],
        not_confirmed=_of_outcome("not_confirmed", IncidentEnd.NOT_CONFIRMED, ended, sources),
        merged=_of_outcome("merged", IncidentEnd.MERGED, ended, sources),
        most=block.most,
    )


def _any_of(incident: PeriodIncident, priorities: set[str]) -> bool:
    return any(target.priority in priorities for target in incident.targets)


def _counts(
    priority: str, kind: TargetKind, found: list[Found], unproven: list[PeriodIncident], sources: ReportSources
) -> TargetCounts:
    def counted(rule: str, incidents: Iterable[PeriodIncident]) -> Figure:
        return sources.count_incidents(f"{_RULE}.{rule}", incidents)

    level = sources.at_the_end.agreement.service_levels.get(Priority(priority)) if priority in set(Priority) else None
    target = level.target(kind) if level else None
    # An incident in which nothing was wrong meets its targets in seconds: that says nothing about the service.
    met = counted("met", (i for i, t in found if t.verdict is ReportVerdict.MET and not i.left_out))
    missed = counted("missed", (i for i, t in found if t.verdict is ReportVerdict.MISSED))
    not_provable = counted("unproven", unproven if target is not None else [])
    whole = sum(int(figure.value or 0) for figure in (met, missed, not_provable))
    return TargetCounts(
        key=f"{priority} {kind.value}",
        priority=priority,
        kind=kind,
        within=target.within if target else "",
        hours=target.hours if target else "",
        met=met,
        missed=missed,
        unproven=not_provable,
        undecided=counted("undecided", (i for i, t in found if t.verdict is None)),
        share=share(f"{_RULE}.share", met, whole),
    )


def _missed(found: Iterable[Found], sources: ReportSources) -> list[MissedTarget]:
    rows = [
        MissedTarget(
            key=f"{incident.id} {target.kind.value}",
            incident=sources.cite_incident(incident),
            title=sources.text(incident.title),
            priority=target.priority,
            kind=target.kind,
            within=target.within,
            missed_at=target.decided_at,
            over=Figure(
                value=target.over_seconds or None,
                unit="s",
                rule=f"{_RULE}.over",
                evidence=[sources.cite_incident(incident)],
            ),
            times=target.breaches,
            done=target.done,
        )
        for incident, target in found
        if target.verdict is ReportVerdict.MISSED and target.decided_at is not None
    ]
    return sorted(rows, key=lambda row: (row.priority, row.missed_at, row.key))


def _of_outcome(rule: str, end: IncidentEnd, ended: Iterable[PeriodIncident], sources: ReportSources) -> Figure:
    found = (i for i in ended if i.outcome == end.value and sources.period.holds(i.closed_at or i.opened_at))
    return sources.count_incidents(f"{_RULE}.{rule}", found)


def verdicts(facts: ServiceLevelsFacts) -> list[BlockVerdict]:
    """One verdict for each target that was judged, and one if there was nothing to judge."""
    found = [
        BlockVerdict(
            key=one.key,
            about="about_target",
            values=[one.priority, one.kind.value],
            verdict=_verdict(one),
            figures=[one.met, one.missed, one.unproven],
        )
        for one in facts.targets
        if _verdict(one) is not ReportVerdict.NOTHING
    ]
    nothing = BlockVerdict(key="targets", about="about_targets", verdict=ReportVerdict.NOTHING)
    return found or [nothing]


def _verdict(one: TargetCounts) -> ReportVerdict:
    if one.missed.value:
        return ReportVerdict.MISSED
    if one.unproven.value:
        return ReportVerdict.UNPROVEN
    return ReportVerdict.MET if one.met.value else ReportVerdict.NOTHING


def lay_out(facts: ServiceLevelsFacts, layout: Layout) -> list[Element]:
    """The counts of each target with a picture, then every missed target, and the incidents that prove nothing."""
    say = layout.say
    if not facts.targets:
        return [Said(say("no_targets"))]
    elements: list[Element] = [_picture(facts, layout)]
    left_out = [figure for figure in (facts.not_confirmed, facts.merged) if figure.value]
    if left_out:
        elements.append(Said(say("not_counted"), [layout.link(figure) for figure in left_out]))
    elements.append(Heading(say("missed_head")))
    if facts.missed:
        elements.append(_missed_table(facts, layout))
        elements += layout.left_out(len(facts.missed) - facts.most)
    else:
        elements.append(Said(say("none_missed")))
    if facts.unproven:
        elements += [Heading(say("unproven_head")), _unproven_table(facts, layout)]
        elements += layout.left_out(len(facts.unproven) - facts.most)
    return elements


def _picture(facts: ServiceLevelsFacts, layout: Layout) -> Picture:
    say = layout.say
    fills = ((Fill.UP, "met"), (Fill.DOWN, "missed"), (Fill.NO_DATA, "unproven"))
    bars = [
        Bar(_name(one, layout), [(int(getattr(one, key).value or 0), fill) for fill, key in fills])
        for one in facts.targets
        if _verdict(one) is not ReportVerdict.NOTHING
    ]
    head = ["target", "within", "met", "missed", "unproven", "undecided"]
    rows = [
        [
            Cell(_name(one, layout)),
            Cell(_within(one, layout)),
            layout.figure(one.met, Tone.GOOD if one.met.value else Tone.PLAIN),
            layout.figure(one.missed, Tone.BAD if one.missed.value else Tone.PLAIN),
            layout.figure(one.unproven, Tone.WAITING if one.unproven.value else Tone.PLAIN),
            layout.figure(one.undecided),
            *layout.compared(one.share),
        ]
        for one in facts.targets
    ]
    table = Grid(say("counted"), [*map(say, head), *layout.compared_heads(say("share"))], rows, wide=[1])
    legend = [(fill, say(key)) for fill, key in fills]
    return Picture(lambda: bar_chart(say, say("counted"), bars, legend=legend), say("counted"), table)


def _within(one: TargetCounts, layout: Layout) -> str:
    if not one.within:
        return layout.say("no_longer")
    return layout.say("in_hours", layout.within(one.within), layout.say.name("hours", one.hours))


def _name(one: TargetCounts, layout: Layout) -> str:
    return f"{one.priority}, {layout.say.name('target', one.kind.value)}"


def _missed_table(facts: ServiceLevelsFacts, layout: Layout) -> Grid:
    say = layout.say
    rows = [
        [
            layout.evidence(one.incident.removeprefix("inc."), one.incident),
            Cell(one.title),
            Cell(f"{one.priority}, {say.name('target', one.kind.value)}"),
            Cell(layout.within(one.within) if one.within else ""),
            layout.moment(one.missed_at),
            layout.figure(one.over, Tone.BAD),
            Cell(_became(one, layout), Tone.PLAIN if one.done else Tone.BAD),
        ]
        for one in facts.missed[: facts.most]
    ]
    head = ["incident", "what", "target", "within", "missed_at", "over", "became"]
    return Grid(say("missed_head"), [say(key) for key in head], rows, wide=[1])


def _became(one: MissedTarget, layout: Layout) -> str:
    say = layout.say
    became = say("done_late") if one.done else say("not_done")
    return f"{became} ({say('times', one.times)})" if one.times > 1 else became


def _unproven_table(facts: ServiceLevelsFacts, layout: Layout) -> Grid:
    say = layout.say
    rows = [
        [
            layout.evidence(one.incident.removeprefix("inc."), one.incident),
            Cell(one.title),
            Cell(one.priority),
            Cell(say(f"why.{one.why.value}")),
        ]
        for one in facts.unproven[: facts.most]
    ]
    return Grid(say("unproven_head"), [say(k) for k in ("incident", "what", "priority", "why")], rows, wide=[1, 3])


reports(
    ServiceLevelsBlock,
    ReportPart(
        title=("Service levels", "Servicenivåer"),
        facts=ServiceLevelsFacts,
        gather=gather,
        elements=lay_out,
        verdicts=verdicts,
        words={
            "about_target": ("Service level {0}: {1}", "Servicenivå {0}: {1}"),
            "about_targets": ("Service levels", "Servicenivåer"),
            "no_targets": ("The agreement sets no targets.", "Avtalet anger inga mål."),
            "counted": ("Number of targets, by result", "Antal mål, efter utfall"),
            "target": ("Target", "Mål"),
            "within": ("Within", "Inom"),
            "in_hours": ("{0} ({1})", "{0} ({1})"),
            "no_longer": ("no longer agreed", "inte längre avtalat"),
            "met": ("Met", "Uppfyllda"),
            "missed": ("Missed", "Missade"),
            "unproven": ("Not provable", "Ej bevisbara"),
            "undecided": ("Undecided", "Ej avgjorda"),
            "share": ("Share met", "Andel"),
            "not_counted": (
                "The targets of these incidents are not counted as met:",
                "Målen för dessa incidenter räknas inte som uppfyllda:",
            ),
            "not_confirmed": ("not confirmed", "ej bekräftade"),
            "merged": ("merged into another incident", "sammanslagna med en annan incident"),
            "missed_head": ("Missed targets", "Missade mål"),
            "none_missed": ("No target was missed in this period.", "Inget mål missades under perioden."),
            "unproven_head": ("Targets that cannot be proven", "Mål som inte kan bevisas"),
            "incident": ("Incident", "Incident"),
            "what": ("What", "Vad"),
            "priority": ("Priority", "Prioritet"),
            "missed_at": ("Missed", "Missat"),
            "over": ("Overrun", "Överskridet med"),
            "done_late": ("done later", "gjort senare"),
            "not_done": ("not done at the end of the period", "inte gjort vid periodens slut"),
            "why": ("Why", "Varför"),
            "why.no-dossier": (
                "The records have no readable agreement for this incident.",
                "Det finns inget läsbart avtal för den här incidenten.",
            ),
            "why.no-events": (
                "The records keep no events of its clock.",
                "Det finns inga händelser för dess klocka.",
            ),
            "why.unreadable": (
                "The events of its clock cannot be read.",
                "Händelserna för dess klocka kan inte läsas.",
            ),
            "why.contradictory": (
                "The events of its clock contradict each other.",
                "Händelserna för dess klocka motsäger varandra.",
            ),
        },
        rules={
            "met": (
                "Targets that were met in the period: the action was done while the clock of the target had time left. The "
                "clock runs in the service hours of the target, by the agreement that the incident was opened under, and "
                "pauses as agreed. Incidents that were not confirmed or that were merged are left out.",
                "Mål som uppfylldes under perioden: åtgärden gjordes medan målets klocka hade tid kvar. Klockan löper under "
                "målets servicetid, enligt det avtal som incidenten öppnades under, och pausas enligt avtal. Ej bekräftade "
                "och sammanslagna incidenter är utelämnade.",
            ),
            "missed": (
                "Targets whose time ran out in the period before the action was done. A target is counted in the period in "
                "which it was decided, so that no target is counted twice.",
                "Mål vars tid tog slut under perioden innan åtgärden gjordes. Ett mål räknas i den period då det avgjordes, "
                "så att inget mål räknas två gånger.",
            ),
            "unproven": (
                "Targets of incidents that were closed in the period, and whose records do not decide them. They count as "
                "neither met nor missed.",
                "Mål för incidenter som avslutades under perioden och vars uppgifter inte avgör dem. De räknas varken som "
                "uppfyllda eller missade.",
            ),
            "undecided": (
                "Targets whose clock had time left at the end of the period, and whose action was not done.",
                "Mål vars klocka hade tid kvar vid periodens slut och vars åtgärd inte var gjord.",
            ),
            "share": (
                "The targets that were met, of all that were met, missed or not provable; rounded down.",
                "Uppfyllda mål av alla som uppfylldes, missades eller inte kan bevisas; avrundat nedåt.",
            ),
            "over": (
                "The service time after the deadline, until the action was done or the period ended; seconds are rounded up.",
                "Servicetiden efter tidsgränsen, tills åtgärden gjordes eller perioden slutade; sekunder avrundas uppåt.",
            ),
            "not_confirmed": (
                "Incidents that were closed in the period because further probes found nothing wrong.",
                "Incidenter som avslutades under perioden för att ytterligare mätningar inte fann något fel.",
            ),
            "merged": (
                "Incidents that were merged into another one in the period; the other incident has the targets.",
                "Incidenter som slogs samman med en annan under perioden; den andra incidenten har målen.",
            ),
        },
    ),
)

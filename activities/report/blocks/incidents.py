"""The incidents of the period: how many, by priority, cause and component, and the most important ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from activities.documents.charts.bars import Bar, bar_chart
from activities.documents.charts.palette import Fill
from activities.documents.elements import Cell, Element, Grid, KeyFigures, Picture, Said, Tone
from activities.report.blocks import ReportPart, reports
from activities.report.incidents import PeriodIncident
from activities.report.layout import Layout
from activities.report.sources import ReportSources
from models.base import Model
from models.report import Figure, Second
from models.report_blocks import IncidentsBlock

_NONE: Final = "none"
"""The key of incidents without a priority or cause."""


class IncidentCount(Model):
    """The number of incidents with one priority, cause or component."""

    key: str
    title: str
    """The name of the component; otherwise the key."""
    count: Figure


class ListedIncident(Model):
    """An incident in the table."""

    id: str
    title: str
    priority: str
    components: list[str]
    opened_at: Second
    restored_at: Second | None
    closed_at: Second | None
    outcome: str
    cause: str
    lead: str = ""
    """In internal reports only."""
    summary: str = ""
    """In internal reports only."""


class IncidentsFacts(Model):
    """The incidents of a period."""

    open_before: Figure
    opened: Figure
    reopened: Figure
    closed: Figure
    open_after: Figure
    restored_median: Figure
    restored_longest: Figure
    by_priority: list[IncidentCount]
    by_cause: list[IncidentCount]
    by_component: list[IncidentCount]
    incidents: list[ListedIncident]
    left_out: int


def gather(block: IncidentsBlock, sources: ReportSources) -> IncidentsFacts:
    """The counts contain every incident; the table may be limited to some priorities."""
    incidents = sources.incidents
    opened = [i for i in incidents if sources.period.holds(i.opened_at)]
    closed = [i for i in incidents if i.closed_at is not None]
    components = sources.at_the_end.architecture.components
    names = {name: component.name for name, component in components.items()}
    wanted = [i for i in incidents if not block.priorities or i.priority in block.priorities]
    kept = sorted(sorted(wanted, key=_importance)[: block.most], key=lambda i: (i.opened_at, i.number))

    def counted(rule: str, found: Iterable[PeriodIncident]) -> Figure:
        return sources.count_incidents(f"incidents.{rule}", found)

    def by(rule: str, keys: Iterable[tuple[str, PeriodIncident]]) -> list[IncidentCount]:
        groups: dict[str, list[PeriodIncident]] = defaultdict(list)
        for key, incident in keys:
            groups[key].append(incident)
        ordered = sorted(groups, key=lambda key: key if rule == "by_priority" else (-len(groups[key]), key))
        return [IncidentCount(key=k, title=names.get(k, k), count=counted(rule, groups[k])) for k in ordered]

    return IncidentsFacts(
        open_before=counted("open_before", (i for i in incidents if i.open_at_start)),
        opened=counted("opened", opened),
        reopened=counted("reopened", (i for i in incidents if i.reopened)),
        closed=counted("closed", closed),
        open_after=counted("open_after", (i for i in incidents if i.closed_at is None)),
        restored_median=_restored("restored_median", incidents, sources, lambda times: times[(len(times) - 1) // 2]),
        restored_longest=_restored("restored_longest", incidents, sources, lambda times: times[-1]),
        by_priority=by("by_priority", ((i.priority or _NONE, i) for i in opened)),
        by_cause=by("by_cause", ((i.cause or _NONE, i) for i in closed)),
        by_component=by("by_component", ((name, i) for i in opened for name in i.components)),
        incidents=[_listed(incident, names, sources) for incident in kept],
        left_out=len(wanted) - len(kept),
    )


def _importance(incident: PeriodIncident) -> tuple[str, str, int]:
    return incident.priority or "P9", incident.opened_at.isoformat(), incident.number


def _restored(
    rule: str, incidents: Iterable[PeriodIncident], sources: ReportSources, choose: Callable[[Sequence[int]], int]
) -> Figure:
    found = [
        (round((i.restored_at - i.opened_at).total_seconds()), i)
        for i in incidents
        if i.restored_at is not None and sources.period.holds(i.restored_at) and not i.left_out
    ]
    times = sorted(seconds for seconds, _ in found)
    evidence = [sources.cite_incident(incident) for _, incident in found]
    return Figure(value=choose(times) if times else None, unit="s", rule=f"incidents.{rule}", evidence=evidence)


def _listed(incident: PeriodIncident, names: dict[str, str], sources: ReportSources) -> ListedIncident:
    return ListedIncident(
        id=sources.cite_incident(incident),
        title=sources.text(incident.title),
        priority=incident.priority,
        components=[names.get(name, name) for name in incident.components],
        opened_at=incident.opened_at,
        restored_at=incident.restored_at,
        closed_at=incident.closed_at,
        outcome=incident.outcome,
        cause=incident.cause,
        lead=incident.lead if sources.internal else "",
        summary=sources.text(incident.summary) if sources.internal else "",
    )


def lay_out(facts: IncidentsFacts, layout: Layout) -> list[Element]:
    """Key figures, a picture by priority, the counts, and the table."""
    say = layout.say
    if not facts.incidents and not facts.left_out and not facts.opened.value and not facts.open_after.value:
        return [Said(say("none_in_period"))]
    keys = ("open_before", "opened", "reopened", "closed", "open_after", "restored_median", "restored_longest")
    figures = [layout.key_figure(say(key), getattr(facts, key)) for key in keys]
    elements: list[Element] = [KeyFigures(say("title"), figures)]
    if facts.by_priority:
        elements.append(_picture(facts, layout))
    for key, counts in (("by_cause", facts.by_cause), ("by_component", facts.by_component)):
        if counts:
            rows = [[Cell(_name(key, one, layout)), *layout.compared(one.count)] for one in counts]
            elements.append(Grid(say(key), [say(f"{key}_head"), *layout.compared_heads(say("count"))], rows))
    if facts.incidents:
        elements.append(_table(facts, layout))
    return [*elements, *layout.left_out(facts.left_out)]


def _picture(facts: IncidentsFacts, layout: Layout) -> Picture:
    say = layout.say
    bars = [
        Bar(_name("by_priority", one, layout), [(int(one.count.value or 0), Fill.VALUE)]) for one in facts.by_priority
    ]
    rows = [[Cell(_name("by_priority", one, layout)), *layout.compared(one.count)] for one in facts.by_priority]
    table = Grid(say("by_priority"), [say("priority"), *layout.compared_heads(say("count"))], rows)
    return Picture(lambda: bar_chart(say, say("by_priority"), bars), say("by_priority"), table)


def _name(key: str, one: IncidentCount, layout: Layout) -> str:
    if one.key == _NONE:
        return layout.say("not_said")
    return layout.say.name("cause", one.key) if key == "by_cause" else one.title


def _table(facts: IncidentsFacts, layout: Layout) -> Grid:
    say = layout.say
    head = ["incident", "what", "prio", "components", "opened_at", "restored_at", "became"]
    more = ["lead", "summary"] if layout.internal else []
    rows = [
        [
            layout.evidence(one.id.removeprefix("inc."), one.id),
            Cell(one.title),
            Cell(one.priority),
            Cell(", ".join(one.components)),
            layout.moment(one.opened_at),
            layout.moment(one.restored_at),
            _outcome(one, layout),
            *([Cell(one.lead), Cell(one.summary)] if layout.internal else []),
        ]
        for one in facts.incidents
    ]
    return Grid(say("listed"), [say(key) for key in [*head, *more]], rows, wide=[1, 6])


def _outcome(one: ListedIncident, layout: Layout) -> Cell:
    if one.closed_at is None:
        return Cell(layout.say.name("state", "open"), Tone.WAITING)
    return Cell(", ".join(filter(None, [layout.say.name("outcome", one.outcome), layout.say.name("cause", one.cause)])))


reports(
    IncidentsBlock,
    ReportPart(
        title=("Incidents", "Incidenter"),
        facts=IncidentsFacts,
        gather=gather,
        elements=lay_out,
        words={
            "open_before": ("Open at the beginning", "Öppna vid periodens början"),
            "opened": ("Opened", "Öppnade"),
            "reopened": ("Reopened", "Öppnade igen"),
            "closed": ("Closed", "Avslutade"),
            "open_after": ("Open at the end", "Öppna vid periodens slut"),
            "restored_median": ("Median time to recovery", "Mediantid till återställning"),
            "restored_longest": ("Longest time to recovery", "Längsta tid till återställning"),
            "by_priority": ("Incidents opened, by priority", "Öppnade incidenter, per prioritet"),
            "by_cause": ("Incidents closed, by cause", "Avslutade incidenter, per orsak"),
            "by_cause_head": ("Cause", "Orsak"),
            "by_component": ("Incidents opened, by component", "Öppnade incidenter, per komponent"),
            "by_component_head": ("Component", "Komponent"),
            "listed": ("The incidents", "Incidenterna"),
            "incident": ("Incident", "Incident"),
            "what": ("What", "Vad"),
            "priority": ("Priority", "Prioritet"),
            "prio": ("Prio.", "Prio."),
            "components": ("Affected", "Berört"),
            "opened_at": ("Opened", "Öppnad"),
            "restored_at": ("Recovered", "Återställd"),
            "lead": ("Lead", "Ledare"),
            "summary": ("Summary", "Sammanfattning"),
            "not_said": ("not said", "inte angiven"),
        },
        rules={
            "open_before": (
                "Incidents that were open at the first moment of the period.",
                "Incidenter som var öppna i periodens första ögonblick.",
            ),
            "opened": ("Incidents that were opened in the period.", "Incidenter som öppnades under perioden."),
            "reopened": (
                "Incidents that were opened again in the period because the fault returned.",
                "Incidenter som öppnades igen under perioden för att felet kom tillbaka.",
            ),
            "closed": (
                "Incidents that were closed in the period and stayed closed until its end.",
                "Incidenter som avslutades under perioden och var avslutade vid dess slut.",
            ),
            "open_after": (
                "Incidents that were open at the end of the period.",
                "Incidenter som var öppna vid periodens slut.",
            ),
            "restored_median": (
                "Incidents whose recovery was proven in the period, ordered by the time from their opening to the proof, on "
                "the wall clock: the one in the middle, or the shorter of the two. Incidents that were not confirmed or that "
                "were merged are left out.",
                "Incidenter vars återställning bevisades under perioden, ordnade efter tiden från öppning till bevis i "
                "kalendertid: den mittersta, eller den kortare av de två. Ej bekräftade och sammanslagna incidenter är "
                "utelämnade.",
            ),
            "restored_longest": (
                "The longest of the times of which the median is given.",
                "Den längsta av de tider vars median anges.",
            ),
            "by_priority": (
                "Incidents that were opened in the period, by their priority at its end.",
                "Incidenter som öppnades under perioden, efter prioritet vid dess slut.",
            ),
            "by_cause": (
                "Incidents that were closed in the period, by the recorded cause.",
                "Incidenter som avslutades under perioden, efter noterad orsak.",
            ),
            "by_component": (
                "Incidents that were opened in the period, by affected component; an incident of several components counts "
                "for each.",
                "Incidenter som öppnades under perioden, efter berörd komponent; en incident på flera komponenter räknas på "
                "var och en.",
            ),
        },
    ),
)

"""The agreement: what was bought, the hours, the service levels, and the terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from activities.documents.elements import NO_VALUE, Cell, Element, Grid, Heading, Pairs
from activities.handbook.layout import Chapter, HandbookLayout
from models.dossier.agreement import Level, ServiceHours, Target


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """The contract, and its tables."""
    return [_contract(layout), *_hours(layout), *_levels(layout), *_priorities(layout), *_availability(layout)]


def _contract(layout: HandbookLayout) -> Pairs:
    say, agreed = layout.say, layout.dossier.agreement
    rows = [
        (say("number"), say("number_and_version", agreed.number, agreed.version)),
        (say("signed"), "\n".join([f"{agreed.signed}", *agreed.signed_by])),
        (say("undertakings"), ", ".join(say(f"undertaking.{one.value}") for one in agreed.undertakings)),
        (say("alarms_handled"), layout.hours(agreed.monitored_in)),
        (say("updates"), say(f"updates.{agreed.incidents.customer_updates.value}")),
        (say("recovered"), say("healthy_for", layout.span(agreed.incidents.healthy_for))),
    ]
    for reason, clocks in agreed.pauses.items():
        stopped = ", ".join(say(f"clock.{clock.value}") for clock in clocks)
        rows.append((say(f"pause.{reason.value}"), say("stops", stopped)))
    if agreed.changes.approvals or layout.dossier.instructions.changes:
        rows.append((say("emergency"), say("approved_within", layout.span(agreed.changes.emergency_within))))
        rows.append((say("reviewed"), say("after", layout.span(agreed.changes.review_after))))
    return Pairs([(name, Cell(text)) for name, text in rows])


def _hours(layout: HandbookLayout) -> Iterator[Element]:
    say = layout.say
    rows = []
    for name, hours in layout.dossier.agreement.service_hours.items():
        if isinstance(hours, ServiceHours):
            weekly = "\n".join([*_weekly(layout, hours), hours.time_zone])
            rows.append([Cell(name), Cell(weekly), Cell("\n".join(_closed(layout, hours)) or NO_VALUE)])
        else:
            rows.append([Cell(name), Cell(say("always")), Cell(NO_VALUE)])
    yield Heading(say("service_hours"))
    head = [say(key) for key in ("name", "hours", "other_days")]
    yield Grid(say("service_hours"), head, rows, wide=[2])


def _weekly(layout: HandbookLayout, hours: ServiceHours) -> Iterator[str]:
    """Yield the hours of weekdays; days in a row with the same hours are one line."""
    days = list(hours.weekdays.items())
    at = 0
    while at < len(days):
        end = at
        while end + 1 < len(days) and days[end + 1][1] == days[at][1]:
            end += 1
        if days[at][1]:
            named = [layout.say(f"on.{days[n][0]}") for n in (at, end)]
            yield f"{'–'.join(dict.fromkeys(named))} {', '.join(days[at][1])}"
        at = end + 1


def _closed(layout: HandbookLayout, hours: ServiceHours) -> Iterator[str]:
    say, terms = layout.say, hours.holiday_terms()
    if terms is not None:
        country = " ".join(filter(None, (terms.country, terms.subdivision)))
        yield say("closed_on_holidays", country)
        if terms.also:
            yield say("also_closed", ", ".join(layout.one_of("holiday", kind) for kind in terms.also))
        if terms.not_closed:
            yield say("open_on", ", ".join(terms.not_closed))
        for half in terms.half_days:
            yield f"{', '.join(half.days)}: {', '.join(half.hours) or say('closed')}"
    for one in hours.exceptions:
        if one.day >= layout.source.as_of.date():
            yield f"{one.day}: {', '.join(one.hours) or say('closed')} ({layout.text(one.reason)})"


def _levels(layout: HandbookLayout) -> Iterator[Element]:
    say, levels = layout.say, layout.dossier.agreement.service_levels
    if levels:
        rows = [
            [Cell(p.value), *(Cell(_target(layout, t)) for t in (level.respond, level.restore, level.update))]
            for p, level in sorted(levels.items())
        ]
        head = [say("priority"), *(say(f"level_{key}") for key in ("respond", "restore", "update"))]
        yield Heading(say("service_levels"))
        yield Grid(say("service_levels"), head, rows, wide=[1, 2, 3])


def _target(layout: HandbookLayout, target: Target | None) -> str:
    return NO_VALUE if target is None else f"{layout.within(target)} ({layout.hours(target.hours)})"


def _priorities(layout: HandbookLayout) -> Iterator[Element]:
    say, matrix = layout.say, layout.dossier.agreement.priorities
    rows = [[Cell(layout.one_of("level", i.value)), *(Cell(matrix.priority(i, u).value) for u in Level)] for i in Level]
    head = [say("impact"), *(say("urgency", layout.one_of("level", urgency.value)) for urgency in Level)]
    yield Heading(say("priorities"))
    yield Grid(say("priorities"), head, rows)


def _availability(layout: HandbookLayout) -> Iterator[Element]:
    say, found = layout.say, layout.dossier.agreement.availability
    if not found:
        return
    rows = []
    for name, target in found.items():
        kind, subject = target.subject(name)
        flows, parts = layout.dossier.architecture.flows, layout.dossier.architecture.components
        shown = flows[subject].name if kind.value == "flow" and subject in flows else subject
        shown = layout.component(subject) if kind.value == "component" and subject in parts else shown
        number, _, sign = target.target.partition(" ")
        value = layout.say.number(float(number), len(number.partition(".")[2]), sign)
        excused = ", ".join(layout.one_of("kind", party) for party in target.excused)
        rows.append(
            [
                Cell(f"{say(f'subject.{kind.value}')}: {layout.text(shown)}"),
                Cell(value),
                Cell(layout.hours(target.hours)),
                Cell(say(f"per.{target.per.value}")),
                Cell(excused or NO_VALUE),
            ]
        )
    yield Heading(say("availability"))
    head = [say(key) for key in ("about", "at_least", "hours", "judged", "excused")]
    yield Grid(say("availability"), head, rows, wide=[0])


CHAPTER = Chapter(
    "agreement",
    ("Agreement", "Avtal"),
    elements,
    {
        "number": ("Number", "Nummer"),
        "number_and_version": ("{0}, version {1}", "{0}, version {1}"),
        "signed": ("Signed", "Undertecknat"),
        "undertakings": ("Undertakings", "Åtaganden"),
        "undertaking.documentation": ("documentation", "dokumentation"),
        "undertaking.monitoring": ("monitoring", "övervakning"),
        "undertaking.incident": ("incidents", "incidenter"),
        "undertaking.problem": ("problems", "problem"),
        "undertaking.capacity": ("capacity", "kapacitet"),
        "undertaking.change": ("changes", "ändringar"),
        "undertaking.maintenance": ("maintenance", "underhåll"),
        "undertaking.restore": ("restore", "återläsning"),
        "undertaking.routines": ("routines on order", "rutiner på beställning"),
        "undertaking.reports": ("reports", "rapporter"),
        "alarms_handled": ("Alarms are handled", "Larm hanteras"),
        "updates": ("Updates to the customer", "Lägesbesked till kunden"),
        "updates.drafted": ("drafted by Driftvakt, sent by a person", "skrivs av Driftvakt, skickas av en person"),
        "updates.automatic": (
            "sent by Driftvakt if nobody has sent one in time",
            "skickas av Driftvakt om ingen har skickat i tid",
        ),
        "recovered": ("Recovery counts as proven", "Felet räknas som avhjälpt"),
        "healthy_for": ("after {0} without a fault", "efter {0} utan fel"),
        "pause.waiting_for_customer": ("While the customer must act", "Medan kunden ska göra något"),
        "pause.waiting_for_third_party": ("While a third party must act", "Medan en tredje part ska göra något"),
        "stops": ("these clocks pause: {0}", "dessa klockor pausar: {0}"),
        "clock.respond": ("begin", "påbörja"),
        "clock.restore": ("restore", "återställa"),
        "clock.update": ("keep informed", "hålla informerad"),
        "emergency": ("Emergency changes", "Akuta ändringar"),
        "approved_within": ("approved afterwards, within {0}", "godkänns efteråt, inom {0}"),
        "reviewed": ("Changes are reviewed", "Ändringar granskas"),
        "after": ("{0} after they were made", "{0} efter att de gjorts"),
        "service_hours": ("Service hours", "Servicetider"),
        "other_days": ("Other days", "Andra dagar"),
        "closed_on_holidays": ("Closed on the holidays of {0}.", "Stängt på helgdagar i {0}."),
        "also_closed": ("Also closed: {0}.", "Också stängt: {0}."),
        "holiday.de_facto": ("days that most people have off", "dagar då de flesta är lediga"),
        "open_on": ("Open on: {0}.", "Öppet: {0}."),
        "closed": ("closed", "stängt"),
        "service_levels": ("Service levels", "Servicenivåer"),
        "level_respond": ("Somebody begins within", "Någon påbörjar inom"),
        "level_restore": ("Restored within", "Återställt inom"),
        "level_update": ("Update at least every", "Lägesbesked minst var"),
        "priorities": ("How impact and urgency give the priority", "Så ger påverkan och brådska prioriteten"),
        "impact": ("Impact", "Påverkan"),
        "urgency": ("Urgency: {0}", "Brådska: {0}"),
        "availability": ("Availability", "Tillgänglighet"),
        "about": ("About", "Gäller"),
        "at_least": ("At least", "Minst"),
        "judged": ("For each", "För varje"),
        "excused": ("Waiting not counted", "Väntan som inte räknas"),
        "subject.flow": ("Flow", "Flöde"),
        "subject.component": ("Component", "Komponent"),
        "subject.point": ("Measuring point", "Mätpunkt"),
        "per.month": ("month", "månad"),
        "per.quarter": ("quarter", "kvartal"),
        "per.year": ("year", "år"),
    },
)

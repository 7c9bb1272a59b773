"""Monitoring: the measuring points with their limits, the hours, and the sources of alarms."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from activities.documents.elements import NO_VALUE, Cell, Element, Grid, Heading, Said, Tone
from activities.handbook.layout import Chapter, HandbookLayout
from activities.records.plans import impact_of
from models.dossier.monitoring import MeasuringPoint, Severity, Source, Threshold
from models.probe_kinds import Probe
from models.probes import REFERENCES

_TONES: Final = {Severity.CRITICAL: Tone.BAD, Severity.WARNING: Tone.WAITING, Severity.INFO: Tone.PLAIN}
_NO_DATA_AFTER: Final = 10
"""Intervals after which a point without data raises an alarm, unless the dossier says otherwise."""


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """The hours, the measuring points, their thresholds, and the sources."""
    say, monitoring = layout.say, layout.dossier.monitoring
    if not monitoring.measuring_points and not monitoring.sources:
        return []
    watched = "watched_embedded" if monitoring.watched_by is Source.EMBEDDED else "watched_central"
    hours = layout.hours(layout.dossier.agreement.monitored_in)
    found: list[Element] = [Said(say(watched)), Said(say("handled_in", hours))]
    points = monitoring.measuring_points
    if points:
        head = [say(key) for key in ("point", "component", "measures", "every", "probed_at", "purpose")]
        rows = [_point(layout, name, point) for name, point in points.items()]
        found += [Heading(say("points")), Grid(say("points"), head, rows, wide=[5])]
        head = [say(key) for key in ("point", "alarm_when", "lasts", "severity", "priority", "clears_when")]
        limits = [row for name, point in points.items() for row in _thresholds(layout, name, point)]
        found += [Heading(say("thresholds")), Said(say("thresholds_about"))]
        found.append(Grid(say("thresholds"), head, limits, wide=[1, 5]))
        if not layout.customer:
            details = [[Cell(name), Cell(_details(point.probe))] for name, point in points.items()]
            head = [say("point"), say("probe")]
            found += [Heading(say("probes")), Grid(say("probes"), head, details, wide=[1])]
    if monitoring.sources:
        head = [say(key) for key in ("source", "silent_after", "severity")]
        rows = [
            [Cell(name), Cell(layout.span(one.silent_after)), _severity(layout, one.severity)]
            for name, one in monitoring.sources.items()
        ]
        found += [Heading(say("sources")), Said(say("sources_about")), Grid(say("sources"), head, rows, wide=[0])]
    return found


def _point(layout: HandbookLayout, name: str, point: MeasuringPoint) -> list[Cell]:
    sites = layout.dossier.architecture.sites
    site = layout.dossier.probing_site(point)
    proof = "" if point.health else layout.say("no_health")
    return [
        Cell(name, anchor=f"point {name}"),
        Cell(layout.component(point.component)),
        Cell(layout.one_of("probe", point.probe.type)),
        Cell(layout.span(point.every)),
        Cell(layout.text(sites[site].name) if site in sites else NO_VALUE),
        Cell("\n".join(filter(None, (layout.text(point.purpose), proof))) or NO_VALUE),
    ]


def _thresholds(layout: HandbookLayout, name: str, point: MeasuringPoint) -> Iterator[list[Cell]]:
    for threshold in point.thresholds.values():
        yield [
            Cell(name),
            Cell(_condition(layout, threshold.when, point)),
            Cell(_span(layout, threshold.duration)),
            _severity(layout, threshold.severity),
            Cell(_priority(layout, point, threshold.severity)),
            Cell(_clears(layout, threshold, point)),
        ]
    after = point.no_data_after or point.every * _NO_DATA_AFTER
    yield [
        Cell(name),
        Cell(layout.say("no_data")),
        Cell(layout.span(after)),
        _severity(layout, point.no_data_severity),
        Cell(_priority(layout, point, point.no_data_severity)),
        Cell(layout.say("has_data")),
    ]


def _span(layout: HandbookLayout, value: timedelta) -> str:
    return layout.span(value) if value else layout.say("at_once")


def _clears(layout: HandbookLayout, threshold: Threshold, point: MeasuringPoint) -> str:
    when = _condition(layout, threshold.clear, point) if threshold.clear else layout.say("over")
    return f"{when}, {layout.span(threshold.clear_duration)}" if threshold.clear_duration else when


def _condition(layout: HandbookLayout, condition: str, point: MeasuringPoint) -> str:
    if condition == "failed":
        return layout.say("failed")
    quantity, comparison, limit = condition.split()
    sign = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}.get(comparison, comparison)
    decimals = len(limit.partition(".")[2])
    unit = "ms" if quantity == "latency_ms" else point.unit or ""
    number = layout.say.number(float(limit), decimals, unit)
    return layout.say(f"quantity.{quantity}", sign, number)


def _severity(layout: HandbookLayout, severity: Severity) -> Cell:
    return Cell(layout.one_of("severity", severity.value), _TONES[severity])


def _priority(layout: HandbookLayout, point: MeasuringPoint, severity: Severity) -> str:
    impact = impact_of(layout.dossier, [point.component])
    return layout.dossier.agreement.priorities.priority(impact, severity.urgency).value


def _details(probe: Probe) -> str:
    """Return the fields of a probe. A field that may hold a secret is shown only if it holds a reference to one."""
    found = probe.model_dump(mode="json", exclude_defaults=True)
    shown = [probe.type]
    for key, value in found.items():
        if key == "type" or (key in probe.secret_fields and not str(value).startswith(REFERENCES)):
            continue
        shown.append(f"{key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    return "\n".join(shown)


CHAPTER = Chapter(
    "monitoring",
    ("Monitoring", "Övervakning"),
    elements,
    {
        "watched_embedded": ("Driftvakt itself probes the points.", "Driftvakt mäter själv punkterna."),
        "watched_central": (
            "A central system measures and sends alarms to Driftvakt. Driftvakt probes the points to confirm a fault.",
            "Ett centralt system mäter och skickar larm till Driftvakt. Driftvakt mäter punkterna för att bekräfta ett fel.",
        ),
        "handled_in": ("Alarms are handled in these hours: {0}.", "Larm hanteras under dessa tider: {0}."),
        "points": ("Measuring points", "Mätpunkter"),
        "point": ("Point", "Mätpunkt"),
        "measures": ("Measures", "Mäter"),
        "every": ("Every", "Var"),
        "probed_at": ("From", "Från"),
        "purpose": ("Purpose", "Syfte"),
        "no_health": ("It is no proof of health.", "Den visar inte att allt är bra."),
        "thresholds": ("Limits", "Gränser"),
        "thresholds_about": (
            "An alarm is raised when the condition has lasted for the time. The priority follows from the severity and the "
            "impact of the component.",
            "Ett larm ges när villkoret har varat under tiden. Prioriteten följer av allvaret och komponentens påverkan.",
        ),
        "alarm_when": ("Alarm when", "Larm när"),
        "lasts": ("For", "Under"),
        "severity": ("Severity", "Allvar"),
        "clears_when": ("Clears when", "Släpper när"),
        "failed": ("a probe fails", "en mätning misslyckas"),
        "over": ("the condition is over", "villkoret är över"),
        "at_once": ("at once", "genast"),
        "no_data": ("nothing could be measured", "inget kunde mätas"),
        "has_data": ("a probe succeeds", "en mätning lyckas"),
        "quantity.value": ("value {0} {1}", "värde {0} {1}"),
        "quantity.latency_ms": ("response time {0} {1}", "svarstid {0} {1}"),
        "probes": ("What exactly is probed", "Exakt vad som mäts"),
        "probe": ("Probe", "Mätning"),
        "probe.http": ("a web page", "en webbsida"),
        "probe.tcp": ("a connection", "en anslutning"),
        "probe.tls_expiry": ("a certificate", "ett certifikat"),
        "probe.dns": ("a name in DNS", "ett namn i DNS"),
        "probe.ssh_command": ("a command on the server", "ett kommando på servern"),
        "probe.sql": ("a database query", "en databasfråga"),
        "probe.prometheus": ("a query in Prometheus", "en fråga i Prometheus"),
        "sources": ("Sources of alarms", "Larmkällor"),
        "sources_about": (
            "A source that is silent for this time raises an alarm itself.",
            "En källa som är tyst så här länge ger själv ett larm.",
        ),
        "source": ("Source", "Källa"),
        "silent_after": ("Silent for", "Tyst i"),
    },
)

"""Ranks the components of an incident by what was measured; pure, and the same for every order of its input.

A component stands out if one of its series left its usual range (`_FAR` units of its usual spread) and followed the symptom
(`_CLOSE`). A dependency that stands out explains its latency and errors, but never its own processor, memory or disk. The
load on a component is an effect of its callers, so load alone makes no suspect. A change is evidence only on a component that
stands out, and never by its date alone. The thresholds are the same for all systems; docs/problems.md says on which data they
were measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from activities.causes.deviation import Deviation, correlation, deviation
from activities.causes.measures import MeasureKind, kind_of
from activities.causes.templates import UnusualTemplate, unusual
from models.base import format_duration
from models.cause_ranking import (
    CauseRanking,
    CauseStatus,
    IncidentMeasurements,
    MeasuredSeries,
    NearbyOperation,
    RankedCause,
)
from models.dependencies import Dependencies

_FAR: Final = 12.0
_CLOSE: Final = 0.8
_LESS_FAR: Final = _FAR / 2
"""Stands out weakly: it ranks below every component that stands out."""

_STRONG, _WEAK = 0.6, 0.4
_EXPLAINED: Final = 0.15
"""Subtracted if a dependency stands out as well."""
_IS_SYMPTOM: Final = 0.03
"""Subtracted from the component in which the symptom was noticed: it follows itself best."""
_SECOND: Final = 0.015
"""Added for a second series that stands out: among equals, it decides."""
_LINES: Final = 0.05
"""Added for unusual lines in its log."""
_CHANGED: Final = 0.03
"""Added for an operation shortly before, on a component that stands out."""
_UNREACHED: Final = 0.05
"""The factor for a component that the one with the symptom does not need."""
_SHOWN: Final = 5
"""The most reasons of one kind."""
_SHORTLY: Final = 86_400.0
"""Seconds before an incident in which an operation counts."""


@dataclass(frozen=True, slots=True)
class _Trace:
    """One series of a component, compared with its quiet time and with the symptom."""

    series: MeasuredSeries
    kind: MeasureKind
    deviation: Deviation
    follows: float

    def stands_out(self, far: float) -> bool:
        return self.kind is not MeasureKind.LOAD and self.deviation.units >= far and self.follows >= _CLOSE

    @property
    def strength(self) -> float:
        return self.follows * min(1.0, self.deviation.units / _FAR)

    @property
    def order(self) -> tuple[float, float, str, str]:
        return -self.strength, -self.deviation.units, self.series.measure, self.series.seen_from or ""


@dataclass(slots=True)
class _Candidate:
    """A component with its traces."""

    name: str
    traces: list[_Trace] = field(default_factory=list)
    lines: list[UnusualTemplate] = field(default_factory=list)
    operations: list[NearbyOperation] = field(default_factory=list)

    def hits(self, far: float) -> list[_Trace]:
        return sorted((s for s in self.traces if s.stands_out(far)), key=lambda s: s.order)


def rank(measured: IncidentMeasurements) -> CauseRanking:
    """Return all components, the likeliest cause first, each with the evidence for and against it."""
    symptom = _symptom(measured)
    candidates = _candidates(measured, symptom)
    graph = Dependencies({name: sorted(set(measured.needs.get(name, ()))) for name in sorted(candidates)})
    noticed = measured.symptom.component if measured.symptom else None
    reached = {noticed, *graph.needs(noticed)} if noticed is not None and measured.needs else set(candidates)
    ranked = [_ranked(one, candidates, graph, reached, noticed) for _, one in sorted(candidates.items())]
    ranked.sort(key=lambda one: (-one.score, one.component))
    return CauseRanking(ranking=ranked, verdict=_verdict(ranked, measured, symptom, reached))


def _symptom(measured: IncidentMeasurements) -> MeasuredSeries | None:
    """Return the series of the symptom. Of several, a fixed one: the component's own, then by its caller's name."""
    if measured.symptom is None:
        return None
    wanted = measured.symptom.component, measured.symptom.measure
    found = [s for s in measured.series if (s.component, s.measure) == wanted]
    return min(found, key=lambda s: (s.seen_from is not None, s.seen_from or "", repr(s.incident)), default=None)


def _candidates(measured: IncidentMeasurements, symptom: MeasuredSeries | None) -> dict[str, _Candidate]:
    names = {*measured.needs, *(n for needed in measured.needs.values() for n in needed)}
    names |= {s.component for s in measured.series} | {log.component for log in measured.logs}
    found = {name: _Candidate(name) for name in names}
    for series in measured.series:
        deviates = deviation(series)
        if deviates is not None:
            follows = correlation(series, symptom) if symptom is not None else 1.0
            found[series.component].traces.append(_Trace(series, kind_of(series.measure), deviates, follows))
    for log in measured.logs:
        found[log.component].lines = unusual(log.quiet, log.incident)
    for operation in measured.operations:
        if operation.component in found:
            found[operation.component].operations.append(operation)
    return found


def _ranked(
    one: _Candidate, candidates: dict[str, _Candidate], graph: Dependencies, reached: set[str], noticed: str | None
) -> RankedCause:
    base, far = (_STRONG, _FAR) if one.hits(_FAR) else (_WEAK, _LESS_FAR)
    hits = one.hits(far)
    if hits:
        failing = [name for name in graph.needs(one.name) if candidates[name].hits(far)]
        score, reasons, against = _conspicuous(one, hits, base, failing, bool(graph.needs(one.name)))
    else:
        score, reasons, against = _inconspicuous(one, noticed)
    reasons += [_line(found) for found in one.lines[:_SHOWN]]
    reasons += [_operation(op) for op in _before(one.operations)[:_SHOWN]]
    against += [f"{op.id} acted on it only after the incident had begun." for op in _after(one.operations)[:_SHOWN]]
    if one.name == noticed:
        score -= _IS_SYMPTOM
        against.append("The symptom was noticed here, which says nothing about where it began.")
    if one.name not in reached:
        score *= _UNREACHED
        against.append(f"{noticed} does not need it, directly or through others.")
    status = CauseStatus.NOT_SHOWN
    if hits and one.name in reached:
        independent = len({(s.series.measure, s.series.seen_from) for s in hits}) + bool(one.lines)
        status = CauseStatus.SUPPORTED if independent > 1 and not against else CauseStatus.SUSPECTED
    return RankedCause(
        component=one.name, score=round(max(score, 0.0), 6), status=status, reasons=reasons, against=against
    )


_Judged = tuple[float, list[str], list[str]]
"""A score, with the evidence for and against."""


def _conspicuous(
    one: _Candidate, hits: Sequence[_Trace], base: float, failing: Sequence[str], needs_others: bool
) -> _Judged:
    """Judge a component that stands out; `failing` are the components that it needs and that stand out as well."""
    score = base + 0.3 * hits[0].strength + _SECOND * bool(hits[1:])
    score += _LINES * bool(one.lines) + _CHANGED * bool(_before(one.operations))
    reasons, against = [_says(trace) for trace in hits[:_SHOWN]], []
    own = [trace.series.measure for trace in hits if trace.kind is MeasureKind.OWN]
    if failing and not own:
        score -= _EXPLAINED
        against.append(
            f"It needs {_listed(failing)}, which stands out as well and would explain its latency and errors."
        )
    elif failing:
        reasons.append(f"It needs {_listed(failing)}, but no dependency explains its own {own[0]}.")
    elif needs_others:
        reasons.append("None of the components that it needs stands out.")
    return score, reasons, against


def _inconspicuous(one: _Candidate, noticed: str | None) -> _Judged:
    """Judge a component that does not stand out."""
    traces = sorted((s for s in one.traces if s.kind is not MeasureKind.LOAD), key=lambda s: s.order)
    score = _LINES * bool(one.lines)
    if not traces:
        return score, [], ["Only the load on it was measured." if one.traces else "Nothing measures it."]
    if one.name != noticed:  # a component always follows itself
        score += 0.3 * traces[0].strength
    return (
        score,
        [],
        [f"None of its series both left its usual range and followed the symptom; nearest: {_says(traces[0])}"],
    )


def _verdict(
    ranked: Sequence[RankedCause], measured: IncidentMeasurements, symptom: MeasuredSeries | None, reached: set[str]
) -> str:
    shown = [one for one in ranked if one.status is not CauseStatus.NOT_SHOWN]
    unmeasured = sorted(reached - {s.component for s in measured.series})
    if not shown:
        gaps = f" Measure next: {_listed(unmeasured)}, which nothing measures." if unmeasured else ""
        return f"Not shown: no component stands out in these measurements.{gaps}"
    first = shown[0]
    equal = [one.component for one in shown[1:] if one.score == first.score]
    says = f"{first.status.value.capitalize()}: {first.component}"
    if equal:
        says += f", and {_listed(equal)} as much"
    says += ". Only an intervention, or a person with a reference, confirms a cause."
    if measured.symptom is not None and symptom is None:
        what = f"{measured.symptom.measure} of {measured.symptom.component}"
        says += f" No series has the symptom {what}, so nothing was compared with it."
    return says


def _says(trace: _Trace) -> str:
    series, found = trace.series, trace.deviation
    seen = f" as {series.seen_from} sees it" if series.seen_from else ""
    moved = f"went from {found.usual:.4g} to {found.farthest:.4g}, {min(found.units, 9999):.0f} times its usual spread"
    return f"Its {series.measure}{seen} {moved}, and followed the symptom with r {trace.follows:.2f}."


def _line(found: UnusualTemplate) -> str:
    usual = "never before" if found.expected == 0 else f"usually {found.expected:.1f} times"
    return f"Its log has {found.times} times ({usual}): {found.template[:200]}"


def _operation(operation: NearbyOperation) -> str:
    ago = format_duration(timedelta(seconds=round(operation.seconds_before)))
    return f"{operation.id} acted on it {ago} before the incident. That makes it a candidate, and proves nothing."


def _before(operations: Iterable[NearbyOperation]) -> list[NearbyOperation]:
    found = [op for op in operations if 0 <= op.seconds_before <= _SHORTLY]
    return sorted(found, key=lambda op: (op.seconds_before, op.id))


def _after(operations: Iterable[NearbyOperation]) -> list[NearbyOperation]:
    return sorted((op for op in operations if op.seconds_before < 0), key=lambda op: (-op.seconds_before, op.id))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"

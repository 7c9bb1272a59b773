"""The targets of the service level: within what time, until when, met or missed."""

from __future__ import annotations

from typing import Final

from activities.documents.blocks import Block
from activities.documents.elements import Cell, Element, Grid, Said, Tone
from activities.documents.translation import Translation, service_time
from models.clock import ClockedTarget, TargetState
from models.dossier.service_time import working_days
from models.post_incident_report import PostIncidentReport

_WORDS: Final = {
    "target": ("Target", "Mål"),
    "within": ("Within", "Inom"),
    "result": ("Result", "Utfall"),
    "deadline": ("Deadline", "Tidsgräns"),
    "done": ("Done", "Uppfyllt"),
    "elapsed": ("Counted", "Räknad tid"),
    "paused_for": ("Paused", "Pausad"),
    "no_deadline": ("paused", "pausad"),
    "in_hours": ("{0} ({1})", "{0} ({1})"),
    "in_days": ("{0} ({1} working days, {2})", "{0} ({1} arbetsdagar, {2})"),
    "in_a_day": ("{0} (1 working day, {2})", "{0} (1 arbetsdag, {2})"),
    "missed_before": ("{0}, missed before", "{0}, missat tidigare"),
    "no_targets": (
        "The agreement sets no targets for this priority.",
        "Avtalet anger inga mål för den här prioriteten.",
    ),
    "no_clock": ("The clocks could not be read: {0}.", "Klockorna kunde inte läsas."),
}


_TONES: Final = {
    TargetState.MET: Tone.GOOD,
    TargetState.MISSED: Tone.BAD,
    TargetState.OVERDUE: Tone.BAD,
    TargetState.PAUSED: Tone.WAITING,
}


def _elements(report: PostIncidentReport, say: Translation) -> list[Element]:
    """Each target: within what, until when, met or missed."""
    if report.clock is None:
        said = say("no_clock", report.clock_missing.rstrip(".")) if report.clock_missing else ""
        return [Said(said)] if said else []
    if not report.clock.targets:
        return [Said(say("no_targets"))]
    keys = ("target", "within", "result", "deadline", "done", "elapsed", "paused_for")
    held = report.clock.priority
    rows = [_target(p, say, other=p.priority is not held) for p in report.clock.targets]
    return [Grid(say("title"), [say(k) for k in keys], rows)]


def _target(target: ClockedTarget, say: Translation, *, other: bool) -> list[Cell]:
    """A row; `other`: it is judged by another priority than the one that holds now."""
    tone = _TONES.get(target.state, Tone.PLAIN)
    result = say.name("target_state", target.state.value)
    if target.breaches > 1:
        result += f" ({say('times', target.breaches)})"
    if target.breached_at is not None and target.state not in {TargetState.MISSED, TargetState.OVERDUE}:
        result = say("missed_before", result)
    return [
        Cell(
            say.name("target", target.kind.value) + (f" ({target.priority.value})" if other and target.priority else "")
        ),
        Cell(_within(target, say)),
        Cell(result, tone),
        Cell(say.stacked(target.deadline) if target.deadline else say("no_deadline")),
        Cell(say.stacked(target.done_at) if target.done_at else say("not_yet")),
        Cell(service_time(target.elapsed_seconds)),
        Cell(service_time(target.paused_seconds)),
    ]


def _within(target: ClockedTarget, say: Translation) -> str:
    """Within how much service time, in hours also where the agreement says working days."""
    days = working_days(target.within)
    key = "in_hours" if days is None else "in_days" if days > 1 else "in_a_day"
    values = [service_time(target.within_seconds), *([] if days is None else [days])]
    return say(key, *values, say.name("hours", target.hours))


BLOCK: Final = Block(
    name="targets",
    title=("Service levels", "Servicenivåer"),
    needs=frozenset({"clock", "clock_missing"}),
    elements=_elements,
    words=_WORDS,
)

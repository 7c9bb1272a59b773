"""Steps of instructions as numbered procedures: the command, the check that makes it unnecessary, and the undo."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from activities.documents.elements import Procedure, ProcedureStep
from activities.documents.translation import Words
from activities.handbook.layout import HandbookLayout
from models.dossier.instructions import (
    AskStep,
    Command,
    NotifyStep,
    OnHosts,
    OtherStep,
    ProbeStep,
    RestartStep,
    RunbookStep,
    RunStep,
    StartStep,
    Step,
    StopStep,
    TriedAgain,
    WaitStep,
)
from models.hosts import Systemd

STEPS: Final[Words] = {
    "step.run": ("Run a command on {0}", "Kör ett kommando på {0}"),
    "step.run_here": ("Run a command", "Kör ett kommando"),
    "step.start": ("Start {0}", "Starta {0}"),
    "step.stop": ("Stop {0}", "Stoppa {0}"),
    "step.restart": ("Restart {0}", "Starta om {0}"),
    "fact.in_turn": ("one server after the other", "en server i taget"),
    "step.probe": ("Wait until {0} is healthy", "Vänta tills {0} fungerar"),
    "step.probe_points": ("Wait until these points are healthy: {0}", "Vänta tills dessa mätpunkter är bra: {0}"),
    "step.ask": ("Ask: {0}", "Fråga: {0}"),
    "step.wait": ("Wait {0}: {1}", "Vänta {0}: {1}"),
    "step.notify": ("Notify {0}", "Meddela {0}"),
    "step.runbook": ("Run the runbook {0}", "Kör runbook {0}"),
    "fact.on": ("on {0}", "på {0}"),
    "fact.failing": ("only on servers where it fails", "bara på servrar där det är fel"),
    "fact.sudo": ("with sudo", "med sudo"),
    "fact.within": ("at most {0}", "högst {0}"),
    "fact.tries": ("up to {0} attempts, {1} apart", "upp till {0} försök med {1} emellan"),
    "fact.healthy_for": ("for {0} without a break", "i {0} utan avbrott"),
    "fact.read_only": ("changes nothing", "ändrar inget"),
    "fact.checked": ("left out if a check shows that it is done", "hoppas över om en kontroll visar att det är gjort"),
    "fact.undone": ("can be rolled back", "kan tas tillbaka"),
    "verbatim.command": ("Command", "Kommando"),
    "verbatim.check": (
        "Check: the step is not needed if this succeeds",
        "Kontroll: steget behövs inte om detta lyckas",
    ),
    "verbatim.running": ("Check: exit 0 means running, 3 not running", "Kontroll: 0 betyder igång, 3 inte igång"),
    "verbatim.undo": ("Undo", "Ångra"),
    "verbatim.text": ("Text", "Text"),
    "verbatim.inputs": ("Inputs", "Indata"),
    "undo.start": (
        "Start it again on the servers where this step stopped it",
        "Starta den igen där steget stoppade den",
    ),
    "undo.stop": ("Stop it again on the servers where this step started it", "Stoppa den igen där steget startade den"),
    "undo.restart": (
        "Restart it once more, after all other steps are rolled back",
        "Starta om den en gång till när alla andra steg är tillbakatagna",
    ),
    "undo.none": ("Nothing is rolled back", "Inget tas tillbaka"),
}


def procedure(
    layout: HandbookLayout, steps: Sequence[Step], *, place: str = "", undo: bool = False, more: str = ""
) -> Procedure:
    """Return steps in order. `place` is where a command runs that names neither component nor host.

    `undo` shows how each step is rolled back, as in a change. `more` is a fact of every step.
    """
    return Procedure([_step(layout, step, place, more, undo=undo) for step in steps])


def started(layout: HandbookLayout, component: str, *, starts: bool, fact: str) -> ProcedureStep:
    """Return the step that starts or stops one component."""
    step = StartStep(component=component) if starts else StopStep(component=component)
    part = layout.dossier.architecture.components[component]
    limit = part.start_timeout if starts else part.stop_timeout
    within = [layout.say("fact.within", layout.span(limit))] if limit else []
    facts = [fact, *_where(layout, step, ""), *within]
    return ProcedureStep(_title(layout, step, ""), _joined(facts), _verbatim(layout, step, undo=False))


def by_hand(layout: HandbookLayout, lines: Iterable[tuple[str, str, str]]) -> Procedure:
    """Return steps of which each is a text with a command and its undo; the customer's copy has the texts only."""
    return Procedure([_by_hand(layout, *line) for line in lines])


def _by_hand(layout: HandbookLayout, text: str, command: str, undo: str) -> ProcedureStep:
    shown = [("command", command), ("undo", undo)]
    if layout.customer:
        return ProcedureStep(text, layout.say("fact.undone") if undo else "")
    return ProcedureStep(text, "", [(layout.say(f"verbatim.{key}"), what) for key, what in shown if what])


def command_text(command: Command) -> str:
    """Return a command as a shell reads it."""
    return command if isinstance(command, str) else shlex.join(command)


def _step(layout: HandbookLayout, step: Step, place: str, more: str, *, undo: bool) -> ProcedureStep:
    text = layout.text(step.title) if step.title else _title(layout, step, place)
    facts = [*_where(layout, step, place), *_conditions(layout, step), more]
    if layout.customer:
        return ProcedureStep(text, _joined([*facts, *_hidden(layout, step, undo=undo)]))
    return ProcedureStep(text, _joined(facts), _verbatim(layout, step, undo=undo))


def _joined(facts: Iterable[str]) -> str:
    return " · ".join(fact for fact in facts if fact)


def _title(layout: HandbookLayout, step: Step, place: str) -> str:
    say = layout.say
    match step:
        case RunStep():
            where = _target(layout, step, place)
            return say("step.run", where) if where else say("step.run_here")
        case ProbeStep(component=None):
            return say("step.probe_points", ", ".join(step.measuring_points))
        case StartStep() | StopStep() | RestartStep() | ProbeStep():
            return say(f"step.{step.type}", layout.component(step.component or ""))
        case AskStep():
            return say("step.ask", layout.text(step.question))
        case WaitStep():
            return say("step.wait", layout.span(step.duration), layout.text(step.reason))
        case NotifyStep():
            return say("step.notify", ", ".join([*map(layout.contact, step.contacts), *step.roles]))
        case RunbookStep():
            return say("step.runbook", step.runbook)


def _target(layout: HandbookLayout, step: RunStep, place: str) -> str:
    if step.component:
        return layout.component(step.component)
    return layout.servers([step.host]) if step.host else place


def _where(layout: HandbookLayout, step: Step, place: str) -> Iterator[str]:
    """Yield where a step acts."""
    if not isinstance(step, RunStep | StartStep | StopStep | RestartStep):
        return
    component = layout.dossier.architecture.components.get(step.component or "")
    host = step.host if isinstance(step, RunStep) else None
    names = [host] if host else component.hosts if component else []
    # The title of a command without one of its own names the host already.
    if names and not (host and (layout.customer or not step.title)):
        yield layout.say("fact.on", layout.servers(names))
    elif place and step.title:
        yield layout.say("fact.on", place)
    if step.hosts is OnHosts.FAILING:
        yield layout.say("fact.failing")
    if isinstance(step, RestartStep) and len(names) > 1:
        yield layout.say("fact.in_turn")
    hosts = layout.dossier.architecture.hosts
    if not layout.customer and names and all(hosts[name].sudo for name in names if name in hosts):
        yield layout.say("fact.sudo")


def _conditions(layout: HandbookLayout, step: Step) -> Iterator[str]:
    say = layout.say
    if isinstance(step, RunStep) and step.read_only:
        yield say("fact.read_only")
    if isinstance(step, ProbeStep) and step.healthy_for:
        yield say("fact.healthy_for", layout.span(step.healthy_for))
    if isinstance(step, AskStep):
        yield layout.approval(step.approval)
    elif not isinstance(step, WaitStep | NotifyStep):
        yield say("fact.within", layout.span(step.timeout))
    if isinstance(step, TriedAgain) and step.tries > 1:
        yield say("fact.tries", step.tries, layout.span(step.pause))


def _hidden(layout: HandbookLayout, step: Step, *, undo: bool) -> Iterator[str]:
    """Yield in words what the customer's copy has no command for."""
    if step.check is not None:
        yield layout.say("fact.checked")
    if undo and (step.undo is not None or isinstance(step, StartStep | StopStep | RestartStep)):
        yield layout.say("fact.undone")


def _verbatim(layout: HandbookLayout, step: Step, *, undo: bool) -> list[tuple[str, str]]:
    if layout.customer:
        return []
    return [(layout.say(f"verbatim.{key}"), text) for key, text in _texts(layout, step, undo=undo) if text]


def _texts(layout: HandbookLayout, step: Step, *, undo: bool) -> Iterator[tuple[str, str]]:
    match step:
        case RunStep():
            yield "command", command_text(step.command)
            yield "check", command_text(step.check) if step.check is not None else ""
            yield "undo", command_text(step.undo) if step.undo is not None and undo else ""
            return
        case StartStep() | StopStep() | RestartStep():
            command, status = _control(layout, step)
            yield "command", command
            yield "running", status
        case NotifyStep():
            yield "text", step.text
        case RunbookStep() if step.inputs:
            yield "inputs", json.dumps(step.inputs, ensure_ascii=False, indent=2, default=str)
        case _:
            pass
    if step.check is not None:
        yield "check", command_text(step.check.command)
    if undo:
        yield "undo", _undo(layout, step)


def _control(layout: HandbookLayout, step: StartStep | StopStep | RestartStep) -> tuple[str, str]:
    """Return the command of a start, stop or restart, and the one that shows whether the component runs."""
    component = layout.dossier.architecture.components.get(step.component)
    control = component.control if component else None
    if control is None:
        return "", ""
    if isinstance(control, Systemd):
        start, stop, status = (f"systemctl {verb} {control.unit}" for verb in ("start", "stop", "is-active"))
    else:
        start, stop, status = control.start, control.stop, control.status
    return {"start": start, "stop": stop}.get(step.type, f"{stop}\n{start}"), status


def _undo(layout: HandbookLayout, step: OtherStep) -> str:
    if step.undo is not None:
        return "\n".join(_line(layout, one) for one in step.undo) or layout.say("undo.none")
    by_default = {"start": "undo.stop", "stop": "undo.start", "restart": "undo.restart"}
    key = by_default.get(getattr(step, "type", ""))
    return layout.say(key) if key else ""


def _line(layout: HandbookLayout, step: Step) -> str:
    title = step.title or _title(layout, step, "")
    return f"{title}: {command_text(step.command)}" if isinstance(step, RunStep) else title

"""Steps that could not be carried out."""

from __future__ import annotations

from collections.abc import Iterator

from models.dossier.agreement import Undertaking
from models.dossier.dossier import Dossier
from models.dossier.faults import Place, where
from models.dossier.instructions import (
    Check,
    NotifyStep,
    OtherStep,
    ProbeStep,
    RestartStep,
    RunbookStep,
    RunStep,
    StartStep,
    StepBase,
    StopStep,
)
from models.dossier.rules.places import find, steps
from models.dossier.rules.registry import RuleFinding, error, gap


@error("step-without-target")
def steps_have_a_target(dossier: Dossier) -> Iterator[RuleFinding]:
    """A run step, and the check of any other step, names either a component or a host. In troubleshooting, restore and
    maintenance, a run step may omit both.
    """
    for place, step in steps(dossier):
        free = place[1] in {"troubleshooting", "restore", "maintenance"}
        if isinstance(step, RunStep):
            yield from _target(place, step, free=free)
        elif isinstance(step, OtherStep) and step.check is not None:
            yield from _target((*place, "check"), step.check, free=False)


def _target(place: Place, step: RunStep | Check, *, free: bool) -> Iterator[RuleFinding]:
    if step.component and step.host:
        yield RuleFinding(place, f"{where(place)} names both a component and a host", "keep one of them")
    elif not step.component and not step.host and not free:
        yield RuleFinding(place, f"{where(place)} does not name where to run", "add `component` or `host`")


@error("step-cannot-run")
def steps_can_run(dossier: Dossier) -> Iterator[RuleFinding]:
    """Commands run only on components with hosts, and only components with `control` are started or stopped."""
    components = dossier.architecture.components
    for place, step in steps(dossier):
        for at, name in _acted_on(place, step):
            component = components.get(name)
            if component is None:
                continue
            if not component.hosts:
                what = f"{where(at)} acts on {name}, which has no hosts"
                yield RuleFinding(at, what, f"give {name} hosts, or ask its operator")
            elif isinstance(step, StartStep | StopStep | RestartStep) and at == place and component.control is None:
                what = f"{where(at)} starts or stops {name}, which has no `control`"
                yield RuleFinding(at, what, f"add `control` to architecture.components.{name}")


def _acted_on(place: Place, step: StepBase) -> Iterator[tuple[Place, str]]:
    if isinstance(step, RunStep | StartStep | StopStep | RestartStep) and step.component:
        yield place, step.component
    check = step.check if isinstance(step, OtherStep) else None
    if check is not None and check.component:
        yield (*place, "check"), check.component


@error("probe-step-without-points")
def probe_steps_have_points(dossier: Dossier) -> Iterator[RuleFinding]:
    """A probe step names measuring points, or a component that has some."""
    measured = {p.component for p in dossier.monitoring.measuring_points.values() if p.health}
    for place, step in steps(dossier):
        if isinstance(step, ProbeStep) and not step.measuring_points:
            if step.component is None:
                yield RuleFinding(
                    place, f"{where(place)} does not say what to probe", "add `component` or `measuring_points`"
                )
            elif step.component not in measured:
                what = f"{where(place)} probes {step.component}, which has no measuring point"
                yield RuleFinding(place, what, "add one under monitoring.measuring_points")


@error("evidence-changes-something")
def evidence_is_read_only(dossier: Dossier) -> Iterator[RuleFinding]:
    """Commands that collect evidence are marked as read-only."""
    for place, step in find(dossier, "instructions.troubleshooting.*.collect.*"):
        if isinstance(step, RunStep) and not step.read_only:
            yield RuleFinding(
                place, f"{where(place)} is not marked as read-only", "add `read_only: true` if it changes nothing"
            )


@error("notify-nobody")
def notices_have_receivers(dossier: Dossier) -> Iterator[RuleFinding]:
    """A notify step names contacts or roles."""
    for place, step in steps(dossier):
        if isinstance(step, NotifyStep) and not step.contacts and not step.roles:
            yield RuleFinding(place, f"{where(place)} has no receivers", "add `contacts` or `roles`")


@error("unsafe-retry")
def only_what_is_safe_is_tried_again(dossier: Dossier) -> Iterator[RuleFinding]:
    """Commands and runbooks with several `tries` are marked as `repeatable`."""
    for place, step in steps(dossier):
        harmless = isinstance(step, RunStep) and step.read_only
        if isinstance(step, RunStep | RunbookStep) and step.tries > 1 and not (step.repeatable or harmless):
            what = f"{where(place)} has {step.tries} tries, but is not marked as repeatable"
            yield RuleFinding(
                (*place, "tries"), what, "add `repeatable: true` if it may run again after it failed half-way"
            )


@error("undo-outside-change")
def undo_belongs_to_changes(dossier: Dossier) -> Iterator[RuleFinding]:
    """Only steps of a change have an `undo`, because only a change is rolled back; the steps of an `undo` have none."""
    for place, step in steps(dossier):
        if isinstance(step, RunStep | OtherStep) and step.undo is not None and not _undone(place):
            what = f"{where(place)} has an `undo` that is never used"
            yield RuleFinding((*place, "undo"), what, "remove it, or make it a step of a change")


def _undone(place: Place) -> bool:
    return place[:2] == ("instructions", "changes") and place[3] == "steps" and len(place) == len(("", "", "", "", 0))


@gap("no-undo", Undertaking.CHANGE)
def changes_can_be_undone(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every command and runbook of a change has an `undo`."""
    for place, step in steps(dossier):
        if not _undone(place) or not isinstance(step, RunStep | RunbookStep) or step.undo is not None:
            continue
        if isinstance(step, RunStep) and step.read_only:
            continue
        fix = "add the command that rolls it back, or `undo: 'true'` if there is nothing to roll back"
        if isinstance(step, RunbookStep):
            fix = "add the steps that roll it back, or `undo: []` if there is nothing to roll back"
        yield RuleFinding(place, f"{where(place)} cannot be rolled back: it has no `undo`", fix)

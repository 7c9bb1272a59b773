"""Steps that could not be carried out."""

from __future__ import annotations

from collections.abc import Iterator

from models.dossier.dossier import Dossier
from models.dossier.faults import where
from models.dossier.instructions import ProbeStep, RestartStep, RunStep, StartStep, StopStep
from models.dossier.rules.places import find, steps
from models.dossier.rules.registry import Finding, error


@error("step-without-target")
def steps_have_a_target(dossier: Dossier) -> Iterator[Finding]:
    """A run step names a component or a host, not both; in troubleshooting, restore and maintenance it may name neither."""
    for place, step in steps(dossier):
        if not isinstance(step, RunStep):
            continue
        if step.component and step.host:
            yield Finding(place, f"{where(place)} names both a component and a host", "keep one of them")
        elif not step.component and not step.host and place[1] not in {"troubleshooting", "restore", "maintenance"}:
            yield Finding(place, f"{where(place)} does not say where to run", "add `component` or `host`")


@error("step-cannot-run")
def steps_can_run(dossier: Dossier) -> Iterator[Finding]:
    """Commands run only on components that have hosts, and only components with `control` are started or stopped."""
    components = dossier.architecture.components
    for place, step in steps(dossier):
        component = components.get(getattr(step, "component", None) or "")
        if component is None:
            continue
        name = getattr(step, "component", "")
        if isinstance(step, RunStep | StartStep | StopStep | RestartStep) and not component.hosts:
            yield Finding(
                place, f"{where(place)} acts on {name}, which has no hosts", f"give {name} hosts, or ask its operator"
            )
        elif isinstance(step, StartStep | StopStep | RestartStep) and component.control is None:
            what = f"{where(place)} starts or stops {name}, which has no `control`"
            yield Finding(place, what, f"add `control` to architecture.components.{name}")


@error("probe-step-without-points")
def probe_steps_have_points(dossier: Dossier) -> Iterator[Finding]:
    """A probe step names measuring points, or a component that has some."""
    measured = {p.component for p in dossier.monitoring.measuring_points.values() if p.health}
    for place, step in steps(dossier):
        if isinstance(step, ProbeStep) and not step.measuring_points:
            if step.component is None:
                yield Finding(
                    place, f"{where(place)} does not say what to probe", "add `component` or `measuring_points`"
                )
            elif step.component not in measured:
                what = f"{where(place)} probes {step.component}, which has no measuring point"
                yield Finding(place, what, "add one under monitoring.measuring_points")


@error("evidence-changes-something")
def evidence_is_read_only(dossier: Dossier) -> Iterator[Finding]:
    """Commands that collect evidence say that they change nothing."""
    for place, step in find(dossier, "instructions.troubleshooting.*.collect.*"):
        if isinstance(step, RunStep) and not step.read_only:
            yield Finding(
                place, f"{where(place)} is not marked as read-only", "add `read_only: true` if it changes nothing"
            )


@error("undo-outside-change")
def undo_belongs_to_changes(dossier: Dossier) -> Iterator[Finding]:
    """Only the steps of a change are undone, so only they may have an `undo`."""
    for place, step in steps(dossier):
        if isinstance(step, RunStep) and step.undo is not None and (place[1] != "changes" or place[3] != "steps"):
            yield Finding(
                (*place, "undo"), f"{where(place)} has an `undo` that is never used", "remove it, or make it a change"
            )

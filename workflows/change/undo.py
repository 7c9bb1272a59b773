"""The rollback of a change: in reverse order, only where a step changed something, and restarts last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.dossier.instructions import AskStep, NotifyStep, RestartStep, RunStep, StartStep, Step, StopStep
from models.jobs import Outcome, Verb
from models.runbooks import StepReport
from workflows.runtime.outcomes import worst
from workflows.steps.runner import Steps
from workflows.steps.text import step_title


@dataclass(frozen=True)
class StepDone:
    """A step that ran or was started, with the hosts that it may have changed."""

    step: Step
    hosts: list[str] | None
    """The hosts that the step changed or may have changed; None in a rehearsal: all hosts of the step."""
    changed: bool
    """Whether the step changed anything, or may have."""


def done(step: Step, reports: Sequence[StepReport]) -> StepDone:
    """Return what a step changed, according to its reports. A report with an unknown outcome counts as a change."""
    left = [report for report in reports if report.changed or report.outcome is Outcome.UNKNOWN]
    return StepDone(
        step,
        list(dict.fromkeys(report.host for report in left if report.host)),
        bool(left) or _reached_people(step, reports),
    )


def _reached_people(step: Step, reports: Sequence[StepReport]) -> bool:
    """Return whether the step asked or notified people. No host changed, and yet its rollback may be needed."""
    return isinstance(step, AskStep | NotifyStep) and not all(r.precheck for r in reports)


def rehearsed(step: Step) -> StepDone:
    """Return a step of a rehearsal, as if it had run."""
    return StepDone(step, None, changed=True)


def to_undo(carried_out: Sequence[StepDone]) -> list[StepDone]:
    """Return the steps to roll back, in the order of the rollback.

    The order is reversed, with restarts last: a restart loads the state from before only after all other steps are undone.
    """
    left = [one for one in reversed(carried_out) if one.changed and _has_undo(one.step)]
    restarts: dict[str, StepDone] = {}
    others = []
    for one in left:
        if isinstance(one.step, RestartStep) and one.step.undo is None:
            known = restarts.setdefault(one.step.component, one)
            restarts[one.step.component] = replace(known, hosts=_together(known.hosts, one.hosts))
        else:
            others.append(one)
    return others + list(restarts.values())[::-1]


def _together(some: list[str] | None, others: list[str] | None) -> list[str] | None:
    return None if some is None or others is None else list(dict.fromkeys([*some, *others]))


def _has_undo(step: Step) -> bool:
    if isinstance(step, RunStep):
        return step.undo is not None
    return bool(step.undo) or (step.undo is None and isinstance(step, StartStep | StopStep | RestartStep))


def undo_title(one: StepDone) -> str:
    """Return the display text for the rollback of a step."""
    return f"Undo: {step_title(one.step)}"


async def roll_back(one: StepDone, steps: Steps) -> Outcome:
    """Roll back one step, on the hosts that it changed."""
    step = one.step
    if isinstance(step, RunStep):
        return await steps.run(_undo_commands(step, one.hosts))
    if step.undo is not None:
        return await steps.carry_out(step.undo)
    match step:
        case StartStep():
            return await steps.ensure(step.component, Verb.STOPPED, step.timeout, one.hosts)
        case StopStep():
            return await steps.ensure(step.component, Verb.STARTED, step.timeout, one.hosts)
        case RestartStep():
            return await steps.restart(step.component, step.timeout, one.hosts)
        case _:
            return worst([])


def _undo_commands(step: RunStep, hosts: list[str] | None) -> list[RunStep]:
    assert step.undo is not None
    undo = step.model_copy(
        update={"title": f"Undo: {step_title(step)}", "command": step.undo, "check": None, "undo": None}
    )
    if hosts is None:
        return [undo]
    return [undo.model_copy(update={"host": host, "component": None}) for host in hosts]

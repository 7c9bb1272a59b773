"""Taking back what a change did: in reverse, only where something was done, and restarts last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.dossier.instructions import AskStep, NotifyStep, RestartStep, RunStep, StartStep, Step, StopStep
from models.jobs import Outcome, Verb
from models.runbooks import StepReport
from workflows.runtime.outcomes import worst
from workflows.steps.runner import LOOKED, Steps
from workflows.steps.text import step_title


@dataclass(frozen=True)
class StepDone:
    """A step that was carried out, or begun."""

    step: Step
    hosts: list[str] | None
    """Where it changed something, or may have; None: wherever it would (a rehearsal)."""
    changed: bool
    """Whether it changed anything at all, or may have."""


def done(step: Step, reports: Sequence[StepReport]) -> StepDone:
    """What a step left behind, by its reports."""
    left = [report for report in reports if report.changed or report.outcome is Outcome.UNKNOWN]
    return StepDone(
        step, list(dict.fromkeys(report.host for report in left if report.host)), bool(left) or _told(step, reports)
    )


def _told(step: Step, reports: Sequence[StepReport]) -> bool:
    """Whether people were asked or told something: no host shows that, and it may have to be taken back all the same."""
    return isinstance(step, AskStep | NotifyStep) and any(not r.title.startswith(LOOKED) for r in reports)


def rehearsed(step: Step) -> StepDone:
    """A step that was not carried out, as if it had been."""
    return StepDone(step, None, changed=True)


def to_undo(carried_out: Sequence[StepDone]) -> list[StepDone]:
    """What has to be taken back, in the order in which that is done.

    Backwards, but restarts last: only when all that was put in place is gone does a restart bring back what was there before.
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
    """What taking a step back does, in a few words."""
    return f"Undo: {step_title(one.step)}"


async def take_back(one: StepDone, steps: Steps) -> Outcome:
    """Take one step back, on the hosts where it did something."""
    step = one.step
    if isinstance(step, RunStep):
        return await steps.run(_undo_commands(step, one.hosts))
    if step.undo is not None:
        return await steps.carry_out(step.undo)
    match step:
        case StartStep():
            return await steps.bring(step.component, Verb.STOPPED, step.timeout, one.hosts)
        case StopStep():
            return await steps.bring(step.component, Verb.STARTED, step.timeout, one.hosts)
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

"""Steps as text, for the people who approve a plan."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from models.base import format_duration
from models.dossier.instructions import (
    AskStep,
    Check,
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
from models.runbooks import StepReport

FAILING = "the failing component"
EACH_HOST = "each host"


def report_text(report: StepReport) -> str:
    """Return a step that was carried out as text: its title, its host and its outcome."""
    where = f" on {report.host}" if report.host else ""
    return f"{report.title}{where}: {report.outcome.value}"


def last_step_text(reports: Sequence[StepReport]) -> str:
    """Return a sentence with the last step that was carried out, for people who take over the host."""
    return f"The last step was {report_text(reports[-1])}." if reports else "Nothing had been done on any host."


def first_line(text: str) -> str:
    """Return the first line of a text."""
    return text.strip().partition("\n")[0]


def command_text(command: str | Sequence[str]) -> str:
    """Return a command as a shell reads it. A list is quoted part by part, so that SQL stays readable."""
    return command if isinstance(command, str) else " ".join(map(_quoted, command))


def _quoted(part: str) -> str:
    """Quote one part of a command, with the quotes that need fewer escapes."""
    special = sum(map(part.count, '"$`\\'))
    if special < part.count("'") and "!" not in part:
        return '"' + re.sub(r'(["$`\\])', r"\\\1", part) + '"'
    return shlex.quote(part).replace("'\"'\"'", r"'\''")


def step_title(step: Step, place: str = FAILING) -> str:
    """Return a step in a few words: its title, or its action. `place` is the host of a command that names none."""
    return step.title or _title(step, place)


def step_text(step: Step, place: str = FAILING) -> str:
    """Return a step in full. An approval is valid only for this text, so it leaves nothing out."""
    text = f"{step.title} ({_title(step, place)})" if step.title else _title(step, place)
    if isinstance(step, RunStep) and step.check is not None:
        text += f", unless {command_text(step.check)} succeeds"
    elif isinstance(step, OtherStep) and step.check is not None:
        text += f", unless {check_text(step.check)} succeeds"
    return f"{text}; at most {format_duration(step.timeout)}{_again(step)}{_undo(step)}"


def check_text(check: Check) -> str:
    """Return the command or the points of a check as text."""
    return f"{command_text(check.command)} on {check.host or check.component}"


def _again(step: Step) -> str:
    if not isinstance(step, TriedAgain) or step.tries == 1:
        return ""
    return f", tried {step.tries} times with {format_duration(step.pause)} between"


def _undo(step: Step) -> str:
    if step.undo is None:
        return ""
    if isinstance(step, RunStep):
        return f"; undone by {command_text(step.undo)}"
    return f"; undone by {', then '.join(map(step_text, step.undo)) or 'nothing'}"


def plan_text(steps: Sequence[Step], place: str = FAILING) -> str:
    """Return steps as a numbered list. Further lines of a command are indented, so that none reads as a step."""
    return "\n".join(f"{n}. {_under(step_text(step, place))}" for n, step in enumerate(steps, 1))


def _under(text: str) -> str:
    return text.replace("\n", "\n   ")


def _title(step: Step, place: str) -> str:
    match step:
        case RunStep():
            where = step.host or step.component or place
            return f"on {_only(step)}{where} run {command_text(step.command)}"
        case StartStep():
            return f"start {_only(step)}{step.component}"
        case StopStep():
            return f"stop {_only(step)}{step.component}"
        case RestartStep():
            return f"restart {_only(step)}{step.component}: stop, then start, host by host"
        case ProbeStep():
            what = step.component or ", ".join(step.measuring_points)
            lasting = f" and has been for {format_duration(step.healthy_for)}" if step.healthy_for else ""
            return f"wait until {what} is healthy{lasting}"
        case AskStep():
            return f"ask {', '.join(step.approval.roles)}: {step.question}"
        case WaitStep():
            return f"wait {format_duration(step.duration)}: {step.reason}"
        case NotifyStep():
            return f"notify {', '.join([*step.contacts, *step.roles])}: {step.text}"
        case RunbookStep():
            inputs = ", ".join(f"{k}={v}" for k, v in step.inputs.items())
            return f"runbook {step.runbook}" + (f" with {inputs}" if inputs else "")


def _only(step: RunStep | StartStep | StopStep | RestartStep) -> str:
    return "the failing hosts of " if step.hosts is OnHosts.FAILING else ""

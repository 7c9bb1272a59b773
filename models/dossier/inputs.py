"""Inputs of extended routines: checked by type, with all faults at once, and inserted so that no shell parses them.

A command that is a list contains an input as a whole part, `{campaign}`. A command that is a string runs in a shell,
which reads the input from its environment, as `$DRIFTVAKT_INPUT_CAMPAIGN`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from models.dossier.instructions import (
    AskStep,
    Command,
    NotifyStep,
    OtherStep,
    RunbookStep,
    RunStep,
    Step,
)
from models.dossier.routines import ExtendedRoutine, InputType, RoutineInput

LONGEST: Final = 500
"""The most characters of one input."""

PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9-]{0,39})\}")


def variable(name: str) -> str:
    """Return the environment variable from which a shell command reads an input."""
    return f"DRIFTVAKT_INPUT_{name.upper().replace('-', '_')}"


def read_inputs(routine: ExtendedRoutine, given: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Return the values as text, and one sentence for each fault."""
    values: dict[str, str] = {}
    faults = [
        f"there is no input {name!r}; it takes {', '.join(routine.inputs) or 'none'}"
        for name in given
        if name not in routine.inputs
    ]
    for name, field in routine.inputs.items():
        raw = given.get(name)
        if raw is None or raw == "":
            if field.required:
                faults.append(f"{name} is missing: {field.label} ({describe(field)})")
            values[name] = ""
            continue
        value = _read(field, raw)
        if value is None:
            faults.append(f"{name}: {_shown(raw)} does not fit; {field.label} is {describe(field)}")
        else:
            values[name] = value
    return values, faults


def describe(field: RoutineInput) -> str:
    """Return what an input must be, as text."""
    match field.type:
        case InputType.TEXT:
            said = f"text of one line, {LONGEST} characters at most, that begins with no dash"
        case InputType.INTEGER:
            most = "eighteen digits at most" if field.most is None else f"{field.most} at most"
            said = f"a whole number, {field.least or 0} at least and {most}"
        case InputType.DATE:
            said = "a date, as 2026-03-01"
        case InputType.CHOICE:
            said = f"one of {', '.join(field.choices)}"
        case InputType.BOOLEAN:
            said = "true or false"
    return f"{said}, of the form {field.pattern}" if field.pattern else said


def _read(field: RoutineInput, raw: Any) -> str | None:
    text = raw if isinstance(raw, str) else str(raw).lower() if isinstance(raw, bool) else str(raw)
    if isinstance(raw, dict | list | float) or not _fits(field, raw, text):
        return None
    return text if field.pattern is None or re.fullmatch(field.pattern, text) else None


def _fits(field: RoutineInput, raw: Any, text: str) -> bool:
    match field.type:
        case InputType.TEXT:  # a dash at the beginning would make an option of it, a line break another line
            return not text.startswith("-") and text.isprintable() and len(text) <= LONGEST
        case InputType.INTEGER:
            return not isinstance(raw, bool) and _is_bounded(field, text)
        case InputType.DATE:
            return _is_date(text)
        case InputType.CHOICE:
            return text in field.choices
        case InputType.BOOLEAN:
            return text in {"true", "false"}


def _is_bounded(field: RoutineInput, text: str) -> bool:
    if re.fullmatch(r"-?\d{1,18}", text, re.ASCII) is None:
        return False
    # A number below zero begins with a dash, so it is taken only where the routine says that it may be one.
    return (field.least or 0) <= int(text) and (field.most is None or int(text) <= field.most) and text != "-0"


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _shown(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else text[:59] + "…"


def filled(step: Step, values: Mapping[str, str]) -> Step:
    """Return a step with the inputs inserted."""
    changes: dict[str, Any] = {}
    if isinstance(step, RunStep):
        changes["command"] = fill(step.command, values)
        if step.check is not None:
            changes["check"] = fill(step.check, values)
    if isinstance(step, OtherStep) and step.check is not None:
        changes["check"] = step.check.model_copy(update={"command": fill(step.check.command, values)})
    match step:
        case RunbookStep():
            changes["inputs"] = {
                key: _part(value, values) if isinstance(value, str) else value for key, value in step.inputs.items()
            }
        case NotifyStep():
            changes["text"] = _text(step.text, values)
        case AskStep():
            changes["question"] = _text(step.question, values)
        case _:
            pass
    return step.model_copy(update=changes)


def fill(command: Command, values: Mapping[str, str]) -> Command:
    """Return a command with its inputs: as whole parts of a list, or in the environment of a shell command."""
    if not values:
        return command
    if isinstance(command, list):
        return [_part(part, values) for part in command]
    return ["env", *(f"{variable(name)}={value}" for name, value in values.items()), "sh", "-c", command]


def _part(part: str, values: Mapping[str, str]) -> str:
    found = PLACEHOLDER.fullmatch(part)
    return values.get(found.group(1), part) if found else part


def _text(text: str, values: Mapping[str, str]) -> str:
    """Insert inputs anywhere in a text for people."""
    return PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group(0)), text)

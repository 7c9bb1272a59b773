"""The requirements of changes, maintenance, restores and routines."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from models.base import counted
from models.dossier.agreement import Undertaking
from models.dossier.changes import CHANGE_APPROVER, Risk
from models.dossier.dossier import Dossier
from models.dossier.faults import Place, where
from models.dossier.inputs import PLACEHOLDER, variable
from models.dossier.instructions import Command, RunStep, Step
from models.dossier.parties import PartyKind
from models.dossier.routines import InputType
from models.dossier.rules.registry import RuleFinding, error, gap


@error("routine-input")
def inputs_can_be_given(dossier: Dossier) -> Iterator[RuleFinding]:
    """Inputs of type choice have choices, and others have none; a pattern is a valid regular expression."""
    for name, routine in dossier.routines.extended.items():
        for label, field in routine.inputs.items():
            place = ("routines", "extended", name, "inputs", label)
            if (field.type is InputType.CHOICE) != bool(field.choices):
                choices = counted(len(field.choices), "choice")
                what = f"the input {label} of {name} is of type {field.type.value} and has {choices}"
                yield RuleFinding(place, what, "use `type: choice` together with `choices`")
            if field.pattern is not None and not _compiles(field.pattern):
                what = f"the pattern of the input {label} of {name} is not a valid regular expression"
                yield RuleFinding((*place, "pattern"), what, "correct it, for example `^[0-9]{4}$`")


@error("routine-placeholder")
def inputs_stand_where_they_are_put_in(dossier: Dossier) -> Iterator[RuleFinding]:
    """A command of an extended routine uses an input as a whole part of a list, or from the environment of a shell
    command. Every placeholder names an input.
    """
    for name, routine in dossier.routines.extended.items():
        for number, step in enumerate(routine.steps):
            place = ("routines", "extended", name, "steps", number)
            for field, command in _commands(step):
                yield from _placeholders((*place, field), command, routine.inputs)


def _commands(step: Step) -> Iterator[tuple[str, Command]]:
    if isinstance(step, RunStep):
        yield "command", step.command
    if step.check is not None:
        yield "check", step.check if isinstance(step, RunStep) else step.check.command


def _placeholders(place: Place, command: Command, inputs: Container[str]) -> Iterator[RuleFinding]:
    for part in command if isinstance(command, list) else [command]:
        whole = PLACEHOLDER.fullmatch(part) if isinstance(command, list) else None
        if whole and whole.group(1) not in inputs:
            what = f"{where(place)} takes the input {whole.group(1)!r}, which the routine does not have"
            yield RuleFinding(place, what, "define it under `inputs`, or write the name of one that is there")
        for found in () if whole else PLACEHOLDER.finditer(part):
            if found.group(1) in inputs:
                how = f"make it a whole part of a list, or write ${variable(found.group(1))} in a shell command"
                what = (
                    f"{where(place)} has the input {found.group(1)} in the middle of a text, where it is not replaced"
                )
                yield RuleFinding(place, what, how)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


@gap("no-restore", Undertaking.RESTORE)
def there_is_a_restore(dossier: Dossier) -> Iterator[RuleFinding]:
    """A restore instruction exists; it has the RPO, the RTO, the place of the backup, and the queries that prove the
    restore.
    """
    if not dossier.instructions.restore:
        yield RuleFinding(
            ("instructions",),
            "restore is bought, but there is no restore instruction",
            "add one under instructions.restore",
        )


@gap("no-change", Undertaking.CHANGE)
def there_is_a_change(dossier: Dossier) -> Iterator[RuleFinding]:
    """A change routine exists."""
    if not dossier.instructions.changes:
        yield RuleFinding(
            ("instructions",),
            "change is bought, but there is no change routine",
            "add one under instructions.changes",
        )


@gap("unapproved-risk", Undertaking.CHANGE)
def risky_changes_are_approved(dossier: Dossier) -> Iterator[RuleFinding]:
    """A change of high risk is no standard change: somebody approves it."""
    for name, change in dossier.instructions.changes.items():
        if change.standard and change.risk is Risk.HIGH:
            what = f"the change {name} is of high risk, but needs no approval"
            yield RuleFinding(("instructions", "changes", name, "standard"), what, "remove `standard`, or lower `risk`")


@gap("no-change-approval", Undertaking.CHANGE)
def changes_can_be_approved(dossier: Dossier) -> Iterator[RuleFinding]:
    """Somebody of the supplier and somebody of the customer may approve changes."""
    for kind in (PartyKind.SUPPLIER, PartyKind.CUSTOMER):
        agreed = [a for a in dossier.agreement.changes.approvals.values() if getattr(a, kind.value) is not None]
        if not agreed and not dossier.people_of(kind, [CHANGE_APPROVER]):
            what = f"nobody of the {kind.value} may approve changes"
            fix = f"give a contact the role {CHANGE_APPROVER}, or name roles under agreement.changes.approvals"
            yield RuleFinding(("agreement",), what, fix)


@error("unknown-bound")
def bounds_are_of_numbers(dossier: Dossier) -> Iterator[RuleFinding]:
    """A change limits only values of measuring points that exist."""
    for name, change in dossier.instructions.changes.items():
        for point in change.bounds.values:
            if point not in dossier.monitoring.measuring_points:
                place = ("instructions", "changes", name, "bounds", "values", point)
                what = f"the change {name} limits the measuring point {point}, which is not defined"
                yield RuleFinding(place, what, "define it under monitoring.measuring_points")


@gap("no-maintenance", Undertaking.MAINTENANCE)
def there_is_maintenance(dossier: Dossier) -> Iterator[RuleFinding]:
    """A maintenance routine exists, and each has a scope."""
    if not dossier.routines.maintenance:
        yield RuleFinding(
            ("routines",),
            "maintenance is bought, but there is no maintenance routine",
            "add one under routines.maintenance",
        )
    for name, routine in dossier.routines.maintenance.items():
        if not routine.components and not routine.hosts:
            what = f"the maintenance routine {name} has no scope"
            yield RuleFinding(("routines", "maintenance", name), what, "add `components` or `hosts`")


@gap("no-extended-routine", Undertaking.ROUTINES)
def there_is_an_extended_routine(dossier: Dossier) -> Iterator[RuleFinding]:
    """An extended routine exists that people may order."""
    if not dossier.routines.extended:
        yield RuleFinding(
            ("routines",), "routines are bought, but no routine may be ordered", "add one under routines.extended"
        )

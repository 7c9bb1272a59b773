"""The catalogue of extended routines, and the check of an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from activities.records import Records
from activities.routine.activities import RoutineActivities, find_routine
from models.base import Model, format_duration
from models.dossier import Dossier
from models.dossier.inputs import describe
from models.errors import UserError
from models.routine import CheckOrder, RoutineOrder
from starter.terminal.applications import not_published


class RoutineInputLine(Model):
    """An input of a routine."""

    name: str
    label: str
    must_be: str
    required: bool


class RoutineEntry(Model):
    """A routine of the catalogue."""

    application: str
    name: str
    title: str
    ordered_by: list[str]
    """The people who may order it, by e-mail address or name."""
    inputs: list[RoutineInputLine]
    lead_time: str = ""
    per_month: int | None = None
    ordered_this_month: int
    """The number of orders this month that count towards the agreed number."""
    approval: list[str] = []
    """The roles that must approve an order."""
    sample: dict[str, Any]
    """Sample input for the workflow `routine` in the Temporal UI."""


def catalogue(records: Records, application: str | None) -> list[RoutineEntry]:
    """Return all routines of an application, or of all applications."""
    names = [application] if application is not None else records.applications()
    return [
        _entry(records, dossier, name)
        for dossier in (published(records, one) for one in names)
        for name in dossier.routines.extended
    ]


def entry(records: Records, application: str, name: str) -> RoutineEntry:
    """Return one routine. Raise `NotFoundError` with the known names."""
    dossier = published(records, application)
    find_routine(dossier, name)
    return _entry(records, dossier, name)


def published(records: Records, application: str) -> Dossier:
    """Return the current dossier. Raise `NotFoundError` with the published applications."""
    dossier = records.current_dossier(application)
    if dossier is None:
        raise not_published(application, records.applications())
    return dossier


def read_pairs(pairs: Sequence[str]) -> dict[str, Any]:
    """Return the inputs of `NAME=VALUE` pairs. Raise `UserError` for another form or a repeated name."""
    given: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UserError(f"--input {pair}: write it as NAME=VALUE, for example --input campaign=ABC12")
        if name in given:
            raise UserError(f"--input {pair}: {name} was given before, as {given[name]!r}; give each input once")
        given[name] = value
    return given


def require_order(records: Records, order: RoutineOrder) -> str:
    """Check an order before it is started, and return the routine's title. Raise `UserError` with every fault."""
    dossier = published(records, order.application)
    find_routine(dossier, order.routine)
    checked = RoutineActivities(records).check_order(
        CheckOrder(
            application=order.application,
            dossier=dossier.digest,
            operation="",
            routine=order.routine,
            by=order.by,
            inputs=order.inputs,
            ordered_at=datetime.now(UTC),
            at=order.at,
            rehearse=order.rehearse,
        )
    )
    if checked.faults:
        raise UserError("\n".join(f"routine {order.routine}: {fault}" for fault in checked.faults))
    return checked.title


def _entry(records: Records, dossier: Dossier, name: str) -> RoutineEntry:
    routine = dossier.routines.extended[name]
    may = dossier.people(routine.ordered_by)
    return RoutineEntry(
        application=dossier.id,
        name=name,
        title=routine.title,
        ordered_by=may,
        inputs=[
            RoutineInputLine(name=key, label=field.label, must_be=describe(field), required=field.required)
            for key, field in routine.inputs.items()
        ],
        lead_time=format_duration(routine.lead_time) if routine.lead_time else "",
        per_month=routine.per_month,
        ordered_this_month=RoutineActivities(records).ordered(dossier, name, datetime.now(UTC)),
        approval=list(routine.approval.roles) if routine.approval else [],
        sample={
            "application": dossier.id,
            "routine": name,
            "by": next(iter(may), "on-call@driftbolaget.example"),
            "inputs": {key: (field.choices or [""])[0] for key, field in routine.inputs.items()},
        },
    )

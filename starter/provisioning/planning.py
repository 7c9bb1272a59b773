"""Computes the changes that make the schedules match the published dossiers; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from models.base import format_duration
from models.schedules import (
    AppliedSchedule,
    FoundSchedule,
    PlannedSchedule,
    ScheduleChange,
    SchedulePlan,
    ScheduleShape,
    WantedSchedule,
)

_MOST_TIMES = 4
"""The number of patterns that the plan names when times differ; nobody reads a longer list."""


def make_plan(
    wanted: Collection[WantedSchedule],
    applied: Mapping[str, AppliedSchedule],
    found: Mapping[str, FoundSchedule],
    applications: Collection[str],
    left_alone: Mapping[str, str] | None = None,
) -> SchedulePlan:
    """Compare the wanted schedules with the last applied ones and those on the server, for these applications.

    `left_alone` are the applications whose dossier cannot be read, with the reason; the plan removes none of their schedules.
    """
    planned = [_wanted(one, applied.get(one.routine.id), found.get(one.routine.id)) for one in wanted]
    ids = {one.routine.id for one in wanted}
    owners = {id: one.application for id, one in found.items()} | {id: one.application for id, one in applied.items()}
    planned += [
        _unwanted(id, owners[id], applied.get(id), found.get(id))
        for id in sorted(owners.keys() - ids)
        if owners[id] in applications and owners[id] not in (left_alone or {})
    ]
    return SchedulePlan(schedules=planned, unreadable=list((left_alone or {}).values()))


def _wanted(wanted: WantedSchedule, applied: AppliedSchedule | None, found: FoundSchedule | None) -> PlannedSchedule:
    change, differences = ScheduleChange.ADD, list[str]()
    if found is not None:
        differences = list(_differences(found.shape, wanted.shape))
        change = ScheduleChange.CHANGE if differences or applied is None else ScheduleChange.KEEP
        if applied is None and not differences:
            differences = ["it is correct; only the records do not have it"]
    return PlannedSchedule(
        id=wanted.routine.id,
        application=wanted.routine.application,
        title=wanted.routine.title,
        when=wanted.routine.when,
        change=change,
        differences=differences,
        drift=list(_drift(applied, found)),
        paused=(found.note or "no reason given") if found is not None and found.paused else None,
        next_runs=wanted.next_runs,
        lost=found.lost if found is not None else 0,
    )


def _unwanted(
    id: str, application: str, applied: AppliedSchedule | None, found: FoundSchedule | None
) -> PlannedSchedule:
    shape = found.shape if found else applied.shape if applied else None
    assert shape is not None
    return PlannedSchedule(
        id=id,
        application=application,
        title=shape.summary,
        when=applied.shape.says if applied else shape.says,
        change=ScheduleChange.REMOVE,
        differences=["no dossier needs it any more"],
        drift=list(_drift(applied, found)),
    )


def _drift(applied: AppliedSchedule | None, found: FoundSchedule | None) -> Iterator[str]:
    """Yield a sentence for each edit by hand since the schedule was applied."""
    if applied is None:
        if found is not None and not found.application:
            yield "made by hand, not by `driftvakt apply`"
        return
    if found is None:
        yield "deleted by hand"
        return
    yield from (f"edited by hand: {line}" for line in _differences(applied.shape, found.shape))
    if found.paused:
        yield f"paused by hand: {found.note or 'no reason given'}"


def _differences(old: ScheduleShape, new: ScheduleShape) -> Iterator[str]:
    """Yield each difference as one line: `what: old -> new`."""
    if old.says != new.says:
        yield f"runs: {old.says or '-'} -> {new.says or '-'}"
    if old.times != new.times:
        yield f"times: {_times(old.times, new.times) or '-'} -> {_times(new.times, old.times) or '-'}"
    names = {
        "workflow": "workflow",
        "workflow_id": "workflow id",
        "task_queue": "task queue",
        "summary": "summary",
        "overlap": "overlap policy",
    }
    for field, name in names.items():
        if getattr(old, field) != getattr(new, field):
            yield f"{name}: {getattr(old, field) or '-'} -> {getattr(new, field) or '-'}"
    if old.catches_up_within != new.catches_up_within:
        yield f"catches up within: {format_duration(old.catches_up_within)} -> {format_duration(new.catches_up_within)}"
    yield from _entries("input", old.order, new.order)
    yield from _entries("search attribute", old.search_attributes, new.search_attributes)
    yield from _entries("also set", old.more, new.more)


def _entries(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key):
            yield f"{what} {key}: {_shown(old.get(key))} -> {_shown(new.get(key))}"


def _shown(value: object) -> str:
    return "-" if value is None else str(value)[:80]


def _times(those: list[str], not_these: list[str]) -> str:
    """Return the patterns that are only in `those`, as text."""
    left = [text for text in those if text not in not_these]
    rest = f" and {len(left) - _MOST_TIMES} more" if len(left) > _MOST_TIMES else ""
    return "; ".join(islice(left, _MOST_TIMES)) + rest

"""The class of every second of one target, in order: the course of its availability."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from activities.availability.evidence import Evidence, moment_of
from activities.availability.measuring import classified
from activities.availability.versions import DossierInUse, TargetVersions
from activities.calendars import calendar_of
from models.availability import AvailabilityEvents, SecondClass
from models.dossier.subjects import subject_of


class ClassSpan(NamedTuple):
    """A span of time of one class: [since, until)."""

    since: datetime
    until: datetime
    kind: SecondClass


def course_of(
    name: str, in_use: Sequence[DossierInUse], events: AvailabilityEvents, since: datetime, until: datetime
) -> list[ClassSpan]:
    """Return the class of every second of [since, until), in order and without gaps, as `read` counts them.

    `name`: a target that is agreed during all of that time.
    """
    evidence = Evidence(events, until)
    found: list[ClassSpan] = []
    for begins, ends, dossier in TargetVersions(name, in_use).between(since, until):
        target = dossier.agreement.availability[name]
        calendar = calendar_of(dossier.agreement.named_hours(target.hours))
        classes = classified(subject_of(dossier, name), calendar, target.excused, evidence, begins, ends)
        parts = sorted((a, b, kind) for kind, spans in classes.stretches.items() for a, b in spans)
        for a, b, kind in parts:
            if found and found[-1].kind is kind:
                found[-1] = found[-1]._replace(until=moment_of(b))
            else:
                found.append(ClassSpan(moment_of(a), moment_of(b), kind))
    return found

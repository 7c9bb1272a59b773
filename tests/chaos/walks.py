"""The operations that the walk goes through: what each has in the dossier, how it is ordered, and which steps it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Any

from models.change import ChangeOrder
from models.maintenance import MaintenanceOrder
from models.operation import ComponentsOrder, OperationEnd, OperationOrder
from models.operation_kinds import (
    CHANGE,
    DRILL,
    MAINTENANCE,
    REPORT,
    RESTORE,
    REVIEW,
    ROUTINE,
    SHUT_DOWN,
    START_UP,
    OperationKind,
)
from models.restores import DrillOrder, RestoreOrder
from models.routine import RoutineOrder
from tests.chaos.marks import COMPONENTS, Marks, Part

BY = "ann@example.com"


@dataclass(frozen=True)
class Walk:
    """One operation."""

    kind: OperationKind[Any]
    steps: list[str]
    """Each remote step, in the order in which they leave marks."""
    parts: Callable[[Marks, str], Part]
    """What the application's dossier has for it."""
    order: Callable[[str], OperationOrder]
    ends: OperationEnd = OperationEnd.DONE
    runs_before: bool = False
    """Whether the components run when it begins."""
    hosts: int = 1
    together: Sequence[Set[str]] = ()
    """Steps that are carried out at the same time."""

    def arranged(self, marks: list[str]) -> list[str]:
        """Marks in the order in which they were left, except that those of steps `together` stand one after the other."""
        for group in self.together:
            at_once = [mark for mark in marks if mark.partition(" ")[2] in group]
            one_by_one = iter(sorted(at_once, key=lambda mark: (mark.partition(" ")[2], mark)))
            marks = [next(one_by_one) if mark in at_once else mark for mark in marks]
        return marks

    def prepare(self, marks: Marks, application: str) -> None:
        """Bring the host to where it begins."""
        if self.runs_before:
            for component in COMPONENTS:
                marks.up(application, component).touch()


def _start_up(marks: Marks, application: str) -> Part:
    return {
        "instructions": {
            "start_up": {
                "before": [marks.run(application, "mount")],
                "after": [marks.run(application, "open the gates")],
            }
        }
    }


def _shut_down(marks: Marks, application: str) -> Part:
    return {
        "instructions": {
            "shut_down": {
                "before": [marks.run(application, "close the gates")],
                "after": [marks.run(application, "unmount")],
            }
        }
    }


def _components(application: str) -> OperationOrder:
    return ComponentsOrder(application=application, by=BY)


def _release(marks: Marks, application: str) -> Part:
    return _change(
        {
            "title": "Install a release",
            "standard": True,
            "before": [marks.run(application, "back up")],
            "steps": [
                {"type": "stop", "component": "web"},
                marks.run(application, "install", undo=marks.command(application, "take back install")),
                {"type": "start", "component": "web"},
            ],
            "verify": [marks.run(application, "look", read_only=True)],
            "healthy_for": "0s",
        }
    )


def _failing(marks: Marks, application: str) -> Part:
    return _change(
        {
            "title": "Install a release that cannot be migrated to",
            "standard": True,
            "steps": [
                {"type": "stop", "component": "web"},
                marks.run(application, "install", undo=marks.command(application, "take back install")),
                marks.run(application, "migrate", "false", undo=marks.command(application, "take back migrate")),
                {"type": "start", "component": "web"},
            ],
            "healthy_for": "0s",
        }
    )


def _change(routine: Part) -> Part:
    return {"agreement": {"undertakings": ["incident", "change"]}, "instructions": {"changes": {"release": routine}}}


def _release_order(application: str) -> OperationOrder:
    return ChangeOrder(application=application, by=BY, routine="release")


def _patches(marks: Marks, application: str) -> Part:
    return {
        "agreement": {"undertakings": ["incident", "maintenance"]},
        "routines": {
            "maintenance": {
                "patches": {
                    "title": "Patches",
                    "hosts": ["h1", "h2", "h3"],
                    "frequency": "daily 03:00",
                    "window": {"time_zone": "UTC", "hours": "00:00-24:00"},
                    "at_once": 2,
                    "healthy_for": "0s",
                    "steps": [
                        {"type": "run", "title": step, "command": marks.command(application, step, rolling=True)}
                        for step in ("fetch", "patch")
                    ],
                }
            }
        },
    }


def _backup(marks: Marks, application: str) -> Part:
    return {
        "agreement": {"undertakings": ["incident", "restore"]},
        "instructions": {
            "restore": {
                "data": {
                    "title": "The database",
                    "component": "db",
                    "source": {
                        "type": "other",
                        "location": "on the host",
                        "points": marks.command(application, "list", "date -u '+%Y-%m-%dT%H:%M:%SZ 1000 backup-1'"),
                        "examine": marks.command(application, "examine"),
                        "keep": [marks.run(application, "keep")],
                        "saved_to": "beside it",
                        "steps": [marks.run(application, "bring back")],
                        "drill": [marks.run(application, "bring aside")],
                        "clean_up": [marks.run(application, "clean up")],
                    },
                    "verify": [{"command": marks.command(application, "verify"), "read_only": True}],
                    "restore_point": "1d",
                    "restore_time": "1h",
                    "drill": {"frequency": "daily 03:00", "scratch": str(marks.scratch(application))},
                }
            }
        },
    }


def _campaign(marks: Marks, application: str) -> Part:
    return {
        "agreement": {"undertakings": ["incident", "routines"]},
        "routines": {
            "extended": {
                "campaign": {
                    "title": "Switch a campaign on",
                    "ordered_by": ["operator"],
                    "inputs": {"campaign": {"type": "text", "label": "Code of the campaign"}},
                    "steps": [
                        {"type": "stop", "component": "web"},
                        marks.run(application, "switch on", 'test "$DRIFTVAKT_INPUT_CAMPAIGN" = SPRING'),
                        {"type": "start", "component": "web"},
                    ],
                }
            }
        },
    }


def _ordered(application: str) -> OperationOrder:
    return RoutineOrder(application=application, by=BY, routine="campaign", inputs={"campaign": "SPRING"})


ASK_ONLY = [REVIEW, REPORT]
"""Kinds that act on no host: they ask people, and a report is sent (tests/report/test_killed.py)."""

WALKS = [
    Walk(
        START_UP,
        ["mount", "start db", "start app", "start web", "open the gates"],
        _start_up,
        _components,
    ),
    Walk(
        SHUT_DOWN,
        ["close the gates", "stop web", "stop app", "stop db", "unmount"],
        _shut_down,
        _components,
        runs_before=True,
    ),
    Walk(
        CHANGE,
        ["back up", "stop web", "install", "start web", "look"],
        _release,
        _release_order,
        runs_before=True,
    ),
    Walk(
        CHANGE,
        ["stop web", "install", "migrate", "take back migrate", "take back install", "start web"],
        _failing,
        _release_order,
        OperationEnd.UNDONE,
        runs_before=True,
    ),
    Walk(
        MAINTENANCE,
        ["fetch h1", "patch h1", "fetch h2", "fetch h3", "patch h2", "patch h3"],
        _patches,
        lambda application: MaintenanceOrder(application=application, by=BY, routine="patches"),
        hosts=3,
        together=[{"fetch h2", "fetch h3"}, {"patch h2", "patch h3"}],
    ),
    Walk(
        RESTORE,
        ["list", "examine", "stop web", "stop app", "keep", "bring back", "start app", "start web", "verify"],
        _backup,
        lambda application: RestoreOrder(application=application, by=BY, restore="data", point="latest"),
        runs_before=True,
    ),
    Walk(
        DRILL,
        ["list", "examine", "bring aside", "verify", "clean up"],
        _backup,
        lambda application: DrillOrder(application=application, by=BY, restore="data"),
        runs_before=True,
    ),
    Walk(ROUTINE, ["stop web", "switch on", "start web"], _campaign, _ordered, runs_before=True),
]

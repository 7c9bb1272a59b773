"""The operations that the walk goes through: what each has in the dossier, how it is ordered, and which steps it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.operation import ComponentsOrder, OperationEnd, OperationKind, OperationOrder
from tests.chaos.marks import COMPONENTS, Marks, Part

BY = "ann@example.com"


@dataclass(frozen=True)
class Walk:
    """One operation."""

    kind: OperationKind
    steps: list[str]
    """Each remote step, in the order in which they leave marks."""
    parts: Callable[[Marks, str], Part]
    """What the application's dossier has for it."""
    order: Callable[[str], OperationOrder]
    ends: OperationEnd = OperationEnd.DONE
    runs_before: bool = False
    """Whether the components run when it begins."""
    hosts: int = 1
    together: frozenset[str] = frozenset()
    """Steps that are carried out at the same time, one after the other in `steps`."""

    def arranged(self, marks: list[str]) -> list[str]:
        """Marks in the order in which they were left, except that those of steps `together` stand one after the other."""
        at_once = [mark for mark in marks if mark.partition(" ")[2] in self.together]
        one_by_one = iter(sorted(at_once, key=lambda mark: (mark.partition(" ")[2], mark)))
        return [next(one_by_one) if mark in at_once else mark for mark in marks]

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


WALKS = [
    Walk(
        OperationKind.START_UP,
        ["mount", "start db", "start app", "start web", "open the gates"],
        _start_up,
        _components,
    ),
    Walk(
        OperationKind.SHUT_DOWN,
        ["close the gates", "stop web", "stop app", "stop db", "unmount"],
        _shut_down,
        _components,
        runs_before=True,
    ),
]

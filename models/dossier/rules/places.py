"""The places in a dossier with steps and approvals."""

from __future__ import annotations

from collections.abc import Iterator

from models.dossier.dossier import Dossier
from models.dossier.faults import Place
from models.dossier.instructions import Approval, StepBase

STEPS: tuple[str, ...] = (
    "instructions.start_up.before.*",
    "instructions.start_up.after.*",
    "instructions.shut_down.before.*",
    "instructions.shut_down.after.*",
    "instructions.troubleshooting.*.collect.*",
    "instructions.troubleshooting.*.remedies.*.steps.*",
    "instructions.restore.*.source.keep.*",
    "instructions.restore.*.source.steps.*",
    "instructions.restore.*.source.put_back.*",
    "instructions.restore.*.source.drill.*",
    "instructions.restore.*.source.clean_up.*",
    "instructions.restore.*.verify.*",
    "instructions.changes.*.before.*",
    "instructions.changes.*.steps.*",
    "instructions.changes.*.steps.*.undo.*",
    "instructions.changes.*.verify.*",
    "routines.maintenance.*.steps.*",
    "routines.extended.*.steps.*",
)
"""The patterns that match all steps."""

APPROVALS: tuple[str, ...] = (
    *(f"{step}.approval" for step in STEPS),
    "instructions.troubleshooting.*.remedies.*.approval",
    "instructions.troubleshooting.*.handover",
    "instructions.restore.*.approval",
    "instructions.changes.*.approvals.supplier",
    "instructions.changes.*.approvals.customer",
    "agreement.changes.approvals.*.supplier",
    "agreement.changes.approvals.*.customer",
    "routines.maintenance.*.approval",
    "routines.extended.*.approval",
    "reports.*.approval",
)
"""The patterns that match all approvals."""


def find(value: object, pattern: str, place: Place = ()) -> Iterator[tuple[Place, object]]:
    """Yield every value of a typed dossier that a pattern matches; `*` matches any key or index. Missing fields are
    skipped.
    """
    head, _, rest = pattern.partition(".")
    entries: Iterator[tuple[str | int, object]]
    if head == "*":
        entries = iter(
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
    else:
        entries = iter(((head, getattr(value, head)),) if hasattr(value, head) else ())
    for key, entry in entries:
        if entry is None:
            continue
        if rest:
            yield from find(entry, rest, (*place, key))
        else:
            yield (*place, key), entry


def steps(dossier: Dossier) -> Iterator[tuple[Place, StepBase]]:
    """Yield all steps with their places."""
    for pattern in STEPS:
        for place, step in find(dossier, pattern):
            if isinstance(step, StepBase):  # a command that undoes is no step, but its words stand at such a place
                yield place, step


def approvals(dossier: Dossier) -> Iterator[tuple[Place, Approval]]:
    """Yield all approvals with their places."""
    for pattern in APPROVALS:
        for place, approval in find(dossier, pattern):
            assert isinstance(approval, Approval)
            yield place, approval

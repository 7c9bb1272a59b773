"""The kinds of operation, each declared once. Worker, commands, views, pages, records and tests use these
declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from models.change import ChangeOrder, ReviewOrder
from models.extensions import Extension, ExtensionGroup, Kinds, declared
from models.inputs import sample_of
from models.maintenance import MaintenanceOrder
from models.operation import ComponentsOrder, OperationOrder, ShutDownOrder
from models.report_order import ReportOrder
from models.restores import DrillOrder, RestoreOrder
from models.routine import RoutineOrder

if TYPE_CHECKING:
    from models.dossier import Dossier
    from models.dossier.instructions import Change, Restore, StartStop
    from models.dossier.reports import Report
    from models.dossier.routines import ExtendedRoutine, MaintenanceRoutine

Order = TypeVar("Order", bound=OperationOrder)


Named = Mapping[str, "Restore | Change | MaintenanceRoutine | ExtendedRoutine | Report"]
"""The instructions or reports of a dossier, by name."""


def _none(dossier: Dossier) -> Named:
    return {}


@dataclass(frozen=True)
class OperationKind(Generic[Order]):
    """A kind of operation. Two declarations with one name are equal, because the sandbox may load a declaration
    again.
    """

    name: str
    """`start-up`: the type of its workflow, and the first word of the workflow's id."""
    order: type[Order] = field(compare=False)
    """The order that its workflow takes."""
    label: str = field(compare=False)
    """The name for people: `Start-up`."""
    yields: bool = field(default=False, compare=False)
    """Whether it yields its lease to a remedy while it acts on nothing; it then calls `lease.take_again` before it
    acts."""
    operators_only: bool = field(default=True, compare=False)
    """Whether only operators of the application may start it; otherwise its workflow decides."""
    named_by: str = field(default="", compare=False)
    """The field of the order that names one of its `instructions`; empty: the order names none."""
    instructions: Callable[[Dossier], Named] = field(default=_none, compare=False)
    """Its instructions in a dossier, by name."""
    single: Callable[[Dossier], StartStop | None] = field(default=lambda dossier: None, compare=False)
    """Its only instruction in a dossier, if the order names none."""
    proves: str = field(default="", compare=False)
    """The kind whose instructions a run proves; by default this one."""
    proven: bool = field(default=True, compare=False)
    """Whether a run proves what the order names; a report is no instruction, so nothing is proven."""
    form: str | None = field(default=None, compare=False)
    """The workflow type that people start in the Temporal UI; by default its `name`. If empty, people do not start it
    there."""
    command: str = field(default="", compare=False)
    """The command that starts it, if `driftvakt operation start` cannot."""

    @property
    def proof(self) -> str:
        """The kind under which the proofs of its instructions are stored."""
        return self.proves or self.name

    @property
    def started_as(self) -> str:
        """The workflow type that people start in the Temporal UI; empty: people do not start it."""
        return self.name if self.form is None else self.form

    def sample(self, application: str, by: str, instruction: str = "") -> dict[str, Any]:
        """Return an input for the start form of the Temporal UI: a rehearsal, so that pasting it changes nothing."""
        fields = self.order.model_fields
        required = {name: value for name, value in sample_of(self.order).items() if fields[name].is_required()}
        common = {"application": application, "by": by, "rehearse": True}
        return common | required | common | ({self.named_by: instruction} if self.named_by else {})


START_UP: Final = OperationKind(
    "start-up",
    ComponentsOrder,
    "Start-up",
    single=lambda dossier: dossier.instructions.start_up,
)
SHUT_DOWN: Final = OperationKind(
    "shut-down",
    ShutDownOrder,
    "Shut-down",
    single=lambda dossier: dossier.instructions.shut_down,
)
MAINTENANCE: Final = OperationKind(
    "maintenance",
    MaintenanceOrder,
    "Maintenance",
    yields=True,
    named_by="routine",
    instructions=lambda dossier: dossier.routines.maintenance,
)
CHANGE: Final = OperationKind(
    "change",
    ChangeOrder,
    "Change",
    named_by="routine",
    instructions=lambda dossier: dossier.instructions.changes,
    form="submit-change",  # it gives the change its number
    command="change submit",
)
RESTORE: Final = OperationKind(
    "restore",
    RestoreOrder,
    "Restore",
    named_by="restore",
    instructions=lambda dossier: dossier.instructions.restore,
)
DRILL: Final = OperationKind(
    "drill",
    DrillOrder,
    "Drill",
    named_by="restore",
    instructions=lambda dossier: dossier.instructions.restore,
    proves=RESTORE.name,
)
ROUTINE: Final = OperationKind(
    "routine",
    RoutineOrder,
    "Routine",
    operators_only=False,  # the routine itself says who may order it
    named_by="routine",
    instructions=lambda dossier: dossier.routines.extended,
)
REPORT: Final = OperationKind(
    "report",
    ReportOrder,
    "Report",
    named_by="report",
    instructions=lambda dossier: dossier.reports,
    proven=False,
    form="start-report",  # it finds the report's id
    command="report run",
)
REVIEW: Final = OperationKind(
    "review",
    ReviewOrder,
    "Review",
    form="",  # a change starts it
)

OWN: Final[tuple[OperationKind[Any], ...]] = (
    START_UP,
    SHUT_DOWN,
    MAINTENANCE,
    CHANGE,
    RESTORE,
    DRILL,
    ROUTINE,
    REPORT,
    REVIEW,
)
"""Driftvakt's own kinds."""


def _check(extension: Extension, loaded: Any) -> OperationKind[Any]:
    kind = getattr(loaded, "kind", None)
    if not isinstance(kind, OperationKind):
        raise ValueError(f"{extension.value} is not a workflow class with @operation; name one in {extension.group}")
    if kind.name != extension.name:
        raise ValueError(f"its kind is called {kind.name}; give the entry point the same name")
    return kind


OPERATIONS: Final = Kinds[OperationKind[Any]](
    ExtensionGroup.OPERATIONS, lambda: {kind.name: kind for kind in OWN}, _check
)


def operation_kinds() -> dict[str, OperationKind[Any]]:
    """Return every kind by its name: Driftvakt's own in display order, then those of other packages."""
    return OPERATIONS.all()


def added_operations() -> list[type[Any]]:
    """Return the workflow classes of the kinds that other packages add."""
    own = {kind.name for kind in OWN}
    usable = operation_kinds().keys() - own
    return [one.load() for one in declared(ExtensionGroup.OPERATIONS) if one.name in usable]

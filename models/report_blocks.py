"""Driftvakt's own blocks of reports: their options in the dossier, and what each needs there."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from models.base import Identifier
from models.dossier.agreement import Priority, Undertaking
from models.report_block_kinds import ReportBlock

if TYPE_CHECKING:
    from models.dossier import Dossier

Most = Annotated[int, Field(ge=1, le=1000)]
"""The number of lines of a table; the report says how many it leaves out, and its facts contain them."""


class ReportStatistic(StrEnum):
    """The statistic of a measuring point over the period."""

    MINIMUM = "min"
    MEAN = "mean"
    MAXIMUM = "max"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"


class MetricChart(StrEnum):
    """The picture of a measuring point."""

    LINE = "line"
    BARS = "bars"
    NONE = "none"


class SummaryBlock(ReportBlock):
    """The verdicts of all other blocks of the report."""

    type: Literal["summary"] = "summary"


class CommentaryBlock(ReportBlock):
    """A text that a person writes about the period. People approve it together with the figures."""

    type: Literal["commentary"] = "commentary"


class ServiceLevelsBlock(ReportBlock):
    """The targets of the agreement: met, missed with the minutes of the clock, or not provable."""

    type: Literal["service_levels"] = "service_levels"
    priorities: list[Priority] = []
    """The priorities to report; all by default."""
    most: Most = 50
    """The most lines of the table of missed targets."""

    undertakings: ClassVar[frozenset[Undertaking]] = frozenset({Undertaking.INCIDENT})

    def lacking(self, dossier: Dossier) -> tuple[str, str] | None:
        """It needs service levels."""
        if dossier.agreement.service_levels:
            return None
        return "the agreement has no service levels", "add `agreement.service_levels`"


class AvailabilityBlock(ReportBlock):
    """The availability targets: the share of time in which each subject was up, the verdicts, and every outage."""

    type: Literal["availability"] = "availability"
    targets: list[Identifier] = []
    """The availability targets to report; all by default."""
    days: bool = True
    """Whether pictures show the days, a bar each."""
    most: Most = 50
    """The most lines of each table of outages, of times without data, and of maintenance."""

    undertakings: ClassVar[frozenset[Undertaking]] = frozenset({Undertaking.MONITORING})

    def lacking(self, dossier: Dossier) -> tuple[str, str] | None:
        """It needs availability targets."""
        if dossier.agreement.availability:
            return None
        return "the agreement has no availability targets", "add `agreement.availability`"


class IncidentsBlock(ReportBlock):
    """The incidents of the period, by priority and cause."""

    type: Literal["incidents"] = "incidents"
    priorities: list[Priority] = []
    """The priorities to list; all by default. The counts contain every incident."""
    most: Most = 50
    """The most lines of the table of incidents."""

    undertakings: ClassVar[frozenset[Undertaking]] = frozenset({Undertaking.INCIDENT})


class ChangesBlock(ReportBlock):
    """The changes of the period: done, undone, refused, emergency."""

    type: Literal["changes"] = "changes"
    most: Most = 50
    """The most lines of the table of changes."""

    undertakings: ClassVar[frozenset[Undertaking]] = frozenset({Undertaking.CHANGE})


class MaintenanceBlock(ReportBlock):
    """The scheduled runs of maintenance: done, missed, moved, overrun."""

    type: Literal["maintenance"] = "maintenance"
    routines: list[Identifier] = []
    """The maintenance routines to report; all by default."""
    most: Most = 50
    """The most lines of the table of runs."""

    undertakings: ClassVar[frozenset[Undertaking]] = frozenset({Undertaking.MAINTENANCE})

    def lacking(self, dossier: Dossier) -> tuple[str, str] | None:
        """It needs a maintenance routine."""
        if dossier.routines.maintenance:
            return None
        return "there is no maintenance routine", "add one under routines.maintenance"


class RestoreDrillsBlock(ReportBlock):
    """The restore drills: the achieved restore point and restore time against the agreed ones, and overdue drills."""

    type: Literal["restore_drills"] = "restore_drills"
    restores: list[Identifier] = []
    """The restore instructions to report; all by default."""
    most: Most = 50
    """The most lines of the table of drills."""

    undertakings: ClassVar[frozenset[Undertaking]] = frozenset({Undertaking.RESTORE})

    def lacking(self, dossier: Dossier) -> tuple[str, str] | None:
        """It needs a restore instruction."""
        if dossier.instructions.restore:
            return None
        return "there is no restore instruction", "add one under instructions.restore"


class MetricsBlock(ReportBlock):
    """The values of measuring points, one statistic a day, with a picture."""

    type: Literal["metrics"] = "metrics"
    points: Annotated[list[Identifier], Field(min_length=1, max_length=50, examples=["[disk]"])]
    """The measuring points."""
    statistic: ReportStatistic = ReportStatistic.P95
    chart: MetricChart = MetricChart.LINE
    thresholds: bool = True
    """Whether the picture shows the limits of the point's thresholds."""

    undertakings: ClassVar[frozenset[Undertaking]] = frozenset({Undertaking.MONITORING})

    def lacking(self, dossier: Dossier) -> tuple[str, str] | None:
        """It needs points that give a number."""
        for name in self.points:
            point = dossier.monitoring.measuring_points.get(name)
            if point is not None and not point.probe.gives_number:
                return f"the measuring point {name} gives no number", "name one that does, such as a disk or a queue"
        return None


class CapacityBlock(ReportBlock):
    """The use of each planned resource against its limit. It contains no forecast."""

    type: Literal["capacity"] = "capacity"
    resources: list[Identifier] = []
    """The resources of the capacity plan to report; all by default."""

    undertakings: ClassVar[frozenset[Undertaking]] = frozenset({Undertaking.CAPACITY})

    def lacking(self, dossier: Dossier) -> tuple[str, str] | None:
        """It needs a capacity plan."""
        if dossier.capacity.resources:
            return None
        return "there is no capacity plan", "add `capacity.resources`"


class EntitlementsBlock(ReportBlock):
    """The ordered routines against the number that the customer is entitled to in a month."""

    type: Literal["entitlements"] = "entitlements"
    routines: list[Identifier] = []
    """The extended routines to report; all by default."""

    undertakings: ClassVar[frozenset[Undertaking]] = frozenset({Undertaking.ROUTINES})

    def lacking(self, dossier: Dossier) -> tuple[str, str] | None:
        """It needs a routine that people may order."""
        if dossier.routines.extended:
            return None
        return "no routine may be ordered", "add one under routines.extended"


class OpenActionsBlock(ReportBlock):
    """The actions that are open at the end of the period, with owner and due time."""

    type: Literal["open_actions"] = "open_actions"
    most: Most = 50
    """The most lines of the table of actions."""


class WaitingBlock(ReportBlock):
    """The time in which each party had to act in incidents."""

    type: Literal["waiting"] = "waiting"

    undertakings: ClassVar[frozenset[Undertaking]] = frozenset({Undertaking.INCIDENT})


class DocumentationBlock(ReportBlock):
    """The instructions of the dossier: which are proven to work, and which are stale."""

    type: Literal["documentation"] = "documentation"
    stale_only: bool = True
    """Whether the table lists only stale instructions. The counts contain every instruction."""

    undertakings: ClassVar[frozenset[Undertaking]] = frozenset({Undertaking.DOCUMENTATION})


class DefinitionsBlock(ReportBlock):
    """The rules of all figures in words, with the calendars and versions. A report that does not name it has it before
    the evidence.
    """

    type: Literal["definitions"] = "definitions"


class EvidenceBlock(ReportBlock):
    """The records from which the figures were computed. A report that does not name it has it at the end."""

    type: Literal["evidence"] = "evidence"
    most: Most = 1000
    """The most lines of each table."""

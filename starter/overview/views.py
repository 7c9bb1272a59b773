"""The current work as `driftvakt status` shows it, on the terminal and as JSON."""

from __future__ import annotations

from datetime import datetime

from models.base import Model
from models.halts import Halt
from models.notices import Undelivered
from starter.incident.views import IncidentLine
from starter.major.service import MajorLine
from starter.operation.views import OperationLine
from starter.watch.service import WatchLine


class WaitingQuestion(Model):
    """A question that people have not answered yet."""

    id: str
    """The id of the workflow that asks."""
    gate: str = ""
    """Empty: the workflow has no open question; it is unassigned, or something blocks it."""
    question: str = ""
    """Empty: the question is unknown, because no worker answers for the workflow."""
    who: list[str]
    """The roles and people who may answer, or the word `anybody`."""
    deadline: datetime | None = None
    on_silence: str = ""
    """The result if nobody answers by the deadline."""
    command: str
    """The command that shows the question and the way to answer it."""


class Digest(Model):
    """The work that has ended since a moment and needs nobody any more."""

    since: datetime
    incidents: list[IncidentLine] = []
    """Closed incidents, the latest first."""
    operations: list[OperationLine] = []
    """Ended operations, the latest first."""
    undelivered: list[Undelivered] = []
    """Messages that did not reach their recipient, the latest first."""


class Overview(Model):
    """The current work, of one customer or of all."""

    at: datetime
    customer: str | None
    warning: str = ""
    """The reason why the overview comes only from the records; empty if Temporal answered."""
    halts: list[Halt] = []
    questions: list[WaitingQuestion] = []
    """Sorted by deadline, the earliest first."""
    majors: list[MajorLine] = []
    incidents: list[IncidentLine] = []
    """Open incidents, the most urgent first."""
    operations: list[OperationLine] = []
    """Running operations, the latest first."""
    watches: list[WatchLine] = []
    """The watches of all published applications."""
    digest: Digest

    @property
    def overdue(self) -> list[IncidentLine]:
        """Return the incidents with a deadline in the past."""
        return [line for line in self.incidents if line.deadline is not None and line.deadline <= self.at]

    @property
    def unassigned(self) -> list[IncidentLine]:
        """Return the unassigned incidents that wait for people."""
        return [line for line in self.incidents if line.waits_for and not line.lead]

    @property
    def unwatched(self) -> list[WatchLine]:
        """Return the applications whose watch does not answer or does not run."""
        return [line for line in self.watches if not line.answers]

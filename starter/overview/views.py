"""What is under way, as `driftvakt status` shows it; also what `--json` prints."""

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
    """Of the workflow that asks."""
    gate: str = ""
    """Empty: it asks nothing, but nobody has taken it up, or something keeps it from going on."""
    question: str = ""
    """Empty: no worker answers for the workflow, so what it asks is not known."""
    who: list[str]
    """Roles and people who may answer."""
    deadline: datetime | None = None
    on_silence: str = ""
    """What happens when nobody answers by then."""
    command: str
    """Shows it, with what to type."""


class Digest(Model):
    """What happened since a moment and needs nobody any more."""

    since: datetime
    incidents: list[IncidentLine] = []
    """Those that were closed, the latest first."""
    operations: list[OperationLine] = []
    """Those that have ended, the latest first."""
    undelivered: list[Undelivered] = []
    """Messages that did not reach somebody, the latest first."""


class Overview(Model):
    """All that is under way, of one customer or of all."""

    at: datetime
    customer: str | None
    trouble: str = ""
    """Why this comes from the records alone; empty where Temporal answered too."""
    halts: list[Halt] = []
    questions: list[WaitingQuestion] = []
    """The one whose time runs out first stands first."""
    majors: list[MajorLine] = []
    incidents: list[IncidentLine] = []
    """The open ones, the most urgent first."""
    operations: list[OperationLine] = []
    """Those that run, the latest first."""
    watches: list[WatchLine] = []
    """Of every published application."""
    digest: Digest

    @property
    def overdue(self) -> list[IncidentLine]:
        """The incidents of which a promise is overdue."""
        return [line for line in self.incidents if line.deadline is not None and line.deadline <= self.at]

    @property
    def unled(self) -> list[IncidentLine]:
        """The incidents that ask people something and that nobody leads."""
        return [line for line in self.incidents if line.waits_for and not line.lead]

    @property
    def unwatched(self) -> list[WatchLine]:
        """The applications that nobody watches now."""
        return [line for line in self.watches if not line.answers]

"""The shop's report as a workflow: real records, real facts and files, and receivers that a test scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle

from activities.records import RecordActivities, Records, upgrade
from activities.report.activities import ReportActivities
from activities.report.archive import Archive
from activities.report.periods import period_before
from models.dossier import Dossier
from models.dossier.reports import ReportSpan
from models.names import WORKFLOW_QUEUE
from models.notices import Delivery, DeliveryState, NoticeReceipt, Occasion, SendNotice
from models.operation import OperationOutcome, OperationReply
from models.report import ReportFacts
from models.report_order import AddCommentary, ReportOrder
from tests.once import Once
from tests.replaying import replayed
from tests.report.november import APPLICATION, LONG_BEFORE, block, keep_dossier
from tests.report.november import shop as november_shop
from tests.workflows.world import unique
from workflows.report.form import StartReportForPeriod
from workflows.report.workflow import ReportForPeriod

Run = WorkflowHandle[Any, OperationOutcome]

JONAS = "jonas.berg@driftbolaget.example"
ON_CALL = "on-call@driftbolaget.example"
KARIN = "karin.holm@acme.example"
ZONE = "Europe/Stockholm"


def last_month(now: datetime | None = None) -> str:
    """The last month that is over."""
    return period_before(ReportSpan.MONTH, now or datetime.now(UTC), ZONE).name


def shop(**report: Any) -> Dossier:
    """The shop with a report on few things, for which nobody waits."""
    usual = {"settle": "0s", "attachments": ["html", "csv"], "blocks": ["summary", "commentary", "incidents"]}
    return november_shop(**usual | report)


class Office:
    """Records with the shop's dossier, and what was sent to whom."""

    def __init__(self, home: Path, dossier: Dossier | None = None) -> None:
        upgrade(url := f"sqlite:///{home / 'records.db'}")
        self.home = home
        self.records = Records(url)
        self.archive = Archive(self.records.database)
        self.dossier = dossier or shop()
        keep_dossier(self.records, self.dossier, LONG_BEFORE)
        self.notices: list[SendNotice] = []
        self.deaf: set[str] = set()
        """Contacts whom no notice reaches."""
        self._once = Once()
        self._reports = ReportActivities(self.records, home)

    def close(self) -> None:
        """Let go of the records."""
        self._reports.close()
        self.records.close()

    @property
    def sent(self) -> list[str]:
        """The contacts to whom the report was sent, in order."""
        wanted = {Occasion.REPORT, Occasion.REPORT_CORRECTION}
        return sorted(who for one in self.notices if one.occasion in wanted for who in one.audience.contacts)

    def asked(self) -> list[SendNotice]:
        """The notices that asked people to decide."""
        return [one for one in self.notices if one.occasion is Occasion.DECISION]

    def incidents_counted(self, facts: str) -> int:
        """The number of incidents opened in the period, in stored facts."""
        found = ReportFacts.model_validate_json(self.archive.documents.read(facts))
        return int(block(found, "incidents")["opened"]["value"])

    def activities(self) -> list[Callable[..., Any]]:
        """All that its workflow calls."""
        return [*RecordActivities(self.records, []).activities(), *self._reports.activities(), self.send_notice]

    @activity.defn(name="send_notice")
    async def send_notice(self, request: SendNotice) -> NoticeReceipt:
        """Send a notice, once for each key."""
        return self._once.send(request, lambda: self._send(request))

    def _send(self, request: SendNotice) -> NoticeReceipt:
        self.notices.append(request)
        states = {
            who: DeliveryState.FAILED if who in self.deaf else DeliveryState.SENT for who in request.audience.contacts
        }
        return NoticeReceipt(
            key=request.key,
            deliveries=[
                Delivery(to=who.title(), channel="email", state=state, at=datetime.now(UTC))
                for who, state in states.items()
            ],
        )


@asynccontextmanager
async def working(client: Client, office: Office) -> AsyncIterator[None]:
    """A worker for reports."""
    with ThreadPoolExecutor(4) as pool:
        async with replayed(
            client,
            task_queue=WORKFLOW_QUEUE,
            workflows=[ReportForPeriod, StartReportForPeriod],
            activities=office.activities(),
            activity_executor=pool,
        ):
            yield


async def start(client: Client, *, id: str = "", **fields: Any) -> Run:
    """Order the report of the last month."""
    common = {"application": APPLICATION, "report": "monthly", "period": last_month(), "by": JONAS}
    return await client.start_workflow(
        "report",
        ReportOrder.model_validate(common | fields),
        id=id or unique("report.acme.shop.monthly"),
        task_queue=WORKFLOW_QUEUE,
        result_type=OperationOutcome,
    )


async def comment(run: Run, text: str, by: str = JONAS, **fields: Any) -> OperationReply:
    """Add commentary."""
    request = AddCommentary.model_validate({"by": by, "text": text, **fields})
    return await run.execute_update("add_commentary", request, result_type=OperationReply)

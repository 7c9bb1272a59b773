"""The example shop with scripted hosts: its dossier may be published anew, and commands have effects on its health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle

from activities.change.activities import survey
from activities.records.plans import application_plan
from models.change import ChangeNumber, ChangeSurvey, NumberChange, SurveyChange
from models.dossier import Dossier
from models.gates import GateState
from models.names import WORKFLOW_QUEUE, operation_id
from models.opening import ReportByHand
from models.operation import OperationOutcome
from models.plans import ApplicationPlan, PlanRequest
from models.probes import HealthVerdict, Sample, Seen, WatchHealth
from models.watch import OpenReceipt
from tests.changes.plans import BY, order, shop
from tests.fakes import FakeHosts, working
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide, gates, unique
from workflows.change.review import Review
from workflows.change.workflow import ChangeImplementation

SUPPLIER = "jonas.berg@driftbolaget.example"
CUSTOMER = "karin.holm@acme.example"

RELEASE: dict[str, Any] = {
    "title": "Install a new release",
    "before": [{"type": "run", "component": "db", "command": "backup"}],
    "steps": [
        {"type": "stop", "component": "web"},
        {"type": "run", "component": "app", "command": "install", "undo": "remove"},
        {"type": "restart", "component": "app"},
        {"type": "start", "component": "web"},
    ],
    "verify": [{"type": "probe", "measuring_points": ["web-page"]}],
}
MADE = ["db1: backup", "web1: stop web", "web2: stop web", "app1: install", "app1: stop app", "app1: start app"]
"""What happens on hosts when the release is installed, up to the start of the web server."""


class Scene(FakeHosts):
    """The shop as it is at the moment."""

    def __init__(self, **release: Any) -> None:
        self.dossier = self.with_release(**release)
        super().__init__(application_plan(self.dossier))
        self.effects: dict[str, Callable[[], object]] = {}
        """What a line brings about, by how it begins; once."""
        self.points: dict[str, dict[str, Any]] = {}
        """What a measuring point shows, where it is not simply healthy."""
        self.reported: list[ReportByHand] = []
        self.numbers: dict[str, int] = {}

    def with_release(self, **release: Any) -> Dossier:
        """The dossier with another release."""
        data = shop().model_dump(mode="json")
        data["instructions"]["changes"]["release"] = RELEASE | release
        return Dossier.model_validate(data)

    def publish(self, edit: Callable[[dict[str, Any]], object]) -> None:
        """Publish a new version of the dossier."""
        data = self.dossier.model_dump(mode="json")
        edit(data)
        self.dossier = Dossier.model_validate(data)

    def on(self, line: str, effect: Callable[[], object]) -> None:
        """Say what a line brings about."""
        self.effects[line] = effect

    def fail(self, point: str) -> None:
        """A measuring point fails from now on."""
        self.points[point] = {"seen": Seen.FAILED, "detail": "refused"}

    def well(self, point: str) -> None:
        """A measuring point is healthy again."""
        self.points.pop(point, None)

    @property
    def acted(self) -> list[str]:
        """What was done on hosts, in order."""
        return [line for line in self.lines if not line.startswith("watch ")]

    def activities(self) -> list[Callable[..., Any]]:
        """The fakes, with what changes need besides."""
        return [*super().activities(), self._survey, self._number, self._report]

    def _next(self, line: str) -> Any:
        answer = super()._next(line)
        for begin in [begin for begin in self.effects if line.startswith(begin)]:
            self.effects.pop(begin)()
        return answer

    @activity.defn(name="watch_health")
    async def _watch_health(self, request: WatchHealth) -> HealthVerdict:
        samples = [
            Sample(
                point=target.point,
                at=datetime.now(UTC),
                **({"seen": Seen.OK, "latency_ms": 100.0} | self.points.get(target.point.rpartition(".")[2], {})),
            )
            for target in request.targets
        ]
        bad = [sample.point for sample in samples if sample.seen is not Seen.OK]
        self.lines.append(f"watch {len(samples)} points")
        return HealthVerdict(healthy=not bad, checks=1, samples=samples, reason=", ".join(bad) or "all points were OK")

    @activity.defn(name="load_application_plan")
    async def _load_application_plan(self, request: PlanRequest) -> ApplicationPlan:
        return application_plan(self.dossier)

    @activity.defn(name="survey_change")
    async def _survey(self, request: SurveyChange) -> ChangeSurvey:
        return survey(self.dossier, request, {})

    @activity.defn(name="number_change")
    async def _number(self, request: NumberChange) -> ChangeNumber:
        self.numbers[request.key] = self.numbers.get(request.key, len(self.numbers) + 4)
        return ChangeNumber(number=self.numbers[request.key])

    @activity.defn(name="report_by_hand")
    async def _report(self, request: ReportByHand) -> OpenReceipt:
        self.reported.append(request)
        return OpenReceipt(incident="inc.acme.shop.17", joined=False, message="Opened inc.acme.shop.17.")


Handle = WorkflowHandle[Any, OperationOutcome]


@asynccontextmanager
async def changing(client: Client, scene: Scene, **fields: Any) -> AsyncIterator[Handle]:
    """A change that was ordered: the release as a normal change, unless other fields are given."""
    if "change" not in fields:
        fields = {"routine": "release"} | fields
    async with working(client, scene, ChangeImplementation, Review):
        yield await client.start_workflow(
            "change",
            order(**{"by": BY} | fields),
            id=operation_id("change", "acme.shop", unique("4")),
            task_queue=WORKFLOW_QUEUE,
            result_type=OperationOutcome,
        )


async def agree(handle: Handle) -> None:
    """Both parties approve."""
    for who in (SUPPLIER, CUSTOMER):
        gate = await until_asked_of(handle, who)
        await decide(handle, "approve", who, gate=gate.id, plan=gate.digest[:8])


async def until_asked_of(handle: Handle, who: str) -> GateState:
    """Wait until somebody is asked."""
    async with asyncio.timeout(90):
        while True:
            await until_asked(handle)
            for gate in await gates(handle):
                if gate.question.deciders.has(who):
                    return gate
            await asyncio.sleep(0.02)


def review_of(client: Client, handle: Handle, suffix: str = "") -> Handle:
    """The workflow that follows a change."""
    id = handle.id.replace("change.", "review.", 1) + suffix
    return client.get_workflow_handle(id, result_type=OperationOutcome)

"""A scripted world: an application of three components whose health the test decides, and all activities as it answers them."""

from __future__ import annotations

import asyncio
import gc
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.clocks import read
from activities.incident.activities import beginning, entered, reading_at_the_end
from activities.records.plans import monitored_hours
from activities.temporal.workflows import Workflows
from models.alarms import Alarm, AlarmBatch, AlarmState, BatchReceipt
from models.base import digest
from models.beginning import BeginIncident, EndIncident, IncidentBegun, IncidentEnded
from models.clock import ClockEvent, ClockReading, ReadClock
from models.dossier.agreement import Agreement, CauseCode, Level
from models.dossier.instructions import Approval, RestartStep, RunStep, Step
from models.dossier.parties import Party
from models.errors import NotFoundError
from models.gates import Decision, DecisionReceipt, GateState
from models.incident import IncidentOutcome, IncidentStatus
from models.jobs import BatchResult, EnsureComponent, JobResult, Outcome, RunBatch, RunJob
from models.lease import LeaseAnswer, LeaseState, ReleaseLease, RequestLease
from models.names import WORKFLOW_QUEUE, incident_id, watch_id
from models.notices import Delivery, DeliveryState, LevelReached, NoticeReceipt, Occasion, SendNotice
from models.people import ANYBODY, IdentifiedPeople, IdentifyPeople, People
from models.plans import (
    IncidentPlan,
    InstructionMatch,
    KnownIncident,
    PartyBrief,
    PlannedRemedy,
    PlanRequest,
    RunbookOffer,
    WatchPlan,
    WatchPlanRequest,
)
from models.probes import HealthVerdict, ProbeTarget, Sample, Seen, WatchHealth
from models.proof import Use
from models.records import AlarmRecord, DecisionUse, IncidentRecord, OpenedGate, OpenGate, UseDecision, WriteRecords
from models.watch import EndedIncidents, FindEndedIncidents, WatchOrder, WatchReply, WatchStatus
from tests.fakes import known_without_a_dossier
from tests.once import Once
from tests.replaying import replayed
from tests.workflows.shop import (
    APPLICATION,
    CONTACTS,
    DEPENDENCIES,
    DEPENDS_ON,
    OPERATOR,
    QUEUE,
    SECOND_LINE,
    agreement,
    application_plan,
    parties,
    probes_of,
)
from workflows.incident.workflow import Incident
from workflows.runtime.serving import BoundedWorker
from workflows.watch.workflow import Watch


async def _right_now() -> datetime:
    return datetime.now(UTC)


async def _nothing(command: str) -> None:
    """Nothing happens."""


def _set(event: asyncio.Event) -> asyncio.Event:
    event.set()
    return event


@dataclass
class World:
    """What is up, what cures it, and what was asked of the hosts."""

    down: set[str] = field(default_factory=set)
    cures: bool = True
    records_answer: asyncio.Event = field(default_factory=lambda: _set(asyncio.Event()))
    """While it is not set, the records are slow with the answer to a question."""
    """Whether starting a component brings it up."""
    approval: Approval | None = None
    remedy: list[Step] = field(default_factory=list)
    """Steps of every remedy, unless it restarts its component."""
    known: bool = True
    certain: bool = True
    """Whether probes can be made at all."""
    readable: bool = True
    """Whether the dossier can be read."""
    open_before: list[KnownIncident] = field(default_factory=list)
    """Incidents that the records know as open."""
    dossier: str = "d1"
    """The version that holds."""
    fails: set[str] = field(default_factory=set)
    """Commands that end with exit status 1: `stopped web`."""
    looked: list[WatchHealth] = field(default_factory=list)
    """What probes were asked to find out."""
    says: str = "done"
    """What hosts answer."""
    commands: list[str] = field(default_factory=list)
    records: list[WriteRecords] = field(default_factory=list)
    server: Client | None = None
    """Where its workers run; it knows which workflows have ended."""
    ended: dict[str, str | None] = field(default_factory=dict)
    """How workflows ended that exist by their id alone; without it, they go on."""
    agreement: Agreement = field(default_factory=agreement)
    parties: dict[str, Party] = field(default_factory=parties)
    terms: dict[str, Any] = field(default_factory=dict)
    """Of incidents, where they differ from the usual."""
    policy: list[list[str]] = field(default_factory=lambda: [[OPERATOR], [SECOND_LINE], ["cio@acme.example"]])
    deaf: set[str] = field(default_factory=set)
    """Whom no notice reaches."""
    notices: list[SendNotice] = field(default_factory=list)
    plan: dict[str, Any] = field(default_factory=dict)
    """What the watch is told of its dossier, where it differs from the usual."""
    mute: bool = False
    """Whether sending notices fails altogether."""
    leases: list[RequestLease] = field(default_factory=list)
    """That were asked for."""
    given_back: list[ReleaseLease] = field(default_factory=list)
    before: list[ClockEvent] = field(default_factory=list)
    """Of an incident that is opened again, as the records have it."""
    now: Callable[[], Awaitable[datetime]] = _right_now
    """What the clock on the wall says."""
    once: Once = field(default_factory=Once)
    """What was done under which key."""
    on_command: Callable[[str], None] = lambda command: None
    on_look: Callable[[], None] = lambda: None
    meanwhile: Callable[[str], Awaitable[None]] = _nothing
    """Happens while a component is started or stopped."""

    # --- records

    @activity.defn(name="load_watch_plan")
    async def load_watch_plan(self, request: WatchPlanRequest) -> WatchPlan:
        said: dict[str, Any] = {
            "known": self.known,
            "dossier": self.dossier,
            "name": "Shop",
            "depends_on": DEPENDS_ON if self.known else {},
            "incidents": self.open_before,
            "matrix": self.agreement.priorities,
            "contacts": CONTACTS if self.known else None,
            "people": People.of([OPERATOR, SECOND_LINE]) if self.known else ANYBODY,
        } | monitored_hours(self.agreement, await self.now())
        return WatchPlan(application=request.application, **(said | self.plan))

    @activity.defn(name="load_incident_plan")
    async def load_incident_plan(self, request: PlanRequest) -> IncidentPlan:
        handover = Approval(roles=["operator"], within=timedelta(hours=1))
        if not self.readable:
            raise ApplicationError("the dossier d1 is not in the records", type="NotFoundError", non_retryable=True)
        if not self.known:
            return IncidentPlan.without_dossier(handover)
        failing = [p.removesuffix("-up") for p in request.failing]
        named = [c for c in DEPENDS_ON if c in {*request.components, *(p[:-3] for p in request.measuring_points)}]
        affected = list(dict.fromkeys([*(request.roots or failing)[:1], *named])) or list(DEPENDS_ON)
        # Every component has an instruction of its own; they match where it is ill.
        order = list(dict.fromkeys([*affected[:1], *(c for c in DEPENDS_ON if c in {*failing, *affected})]))
        matches = [
            InstructionMatch(name=f"{c}-down", title=f"{c} does not answer", component=c, why=f"{c}-up fails")
            for c in (order if request.failing else affected[:1])
            if not request.subject
        ]
        untried = next((m for m in matches if m.name not in request.tried), None)
        first = (untried and untried.component) or affected[0]
        affected = [first, *(c for c in affected if c != first)]
        chain = DEPENDENCIES.with_needs(affected)
        return IncidentPlan(
            plan=None if request.only_instruction else application_plan(**self.terms),
            matches=matches,
            instruction=untried.name if untried else "",
            title=untried.title if untried else "",
            impact=Level.HIGH,
            affected=affected,
            probeable=bool(request.measuring_points),
            confirm=[] if request.subject else [probes_of(name) for name in chain],
            collect=[RunStep(component=first, command="uptime", read_only=True)] if untried else [],
            remedies=[
                PlannedRemedy(
                    name=f"restart-{first}",
                    title=f"Restart {first}",
                    steps=self.remedy or [RestartStep(component=first)],
                    approval=self.approval,
                    deciders=["boss@supplier.example", "cio@acme.example"] if self.approval else [],
                )
            ]
            if untried
            else [],
            runbooks=[RunbookOffer(name="free-disk-space", title="Free disk space")],
            handover=handover,
            handover_deciders=People.of([OPERATOR]),
            matrix=self.agreement.priorities,
            parties={
                key: PartyBrief(name=p.name, kind=p.kind, language=p.language, support=p.support or "")
                for key, p in self.parties.items()
            },
            leaders=People.of([OPERATOR, SECOND_LINE]),
            contacts=CONTACTS,
            causes={f"restart-{first}": CauseCode.APPLICATION},
        )

    @activity.defn(name="begin_incident")
    async def begin_incident(self, request: BeginIncident) -> IncidentBegun:
        """As the real one does it, by what this world says; its records are this list."""
        plan = IncidentPlan.without_dossier(Approval(roles=["operator"]))
        fault = "" if self.readable else "the dossier d1 is not in the records"
        if self.readable:
            plan = await self.load_incident_plan(request.plan)

        def load(asked: PlanRequest) -> IncidentPlan:
            if fault:
                raise NotFoundError(fault)
            return plan

        begun = beginning(request, self.before if request.record.reopened else [], load, self._read)
        self.records.append(WriteRecords(incidents=[entered(request.record, begun)]))
        return begun

    @activity.defn(name="end_incident")
    async def end_incident(self, request: EndIncident) -> IncidentEnded:
        await self.write_records(request.records)
        return IncidentEnded(report="a" * 64, reading=reading_at_the_end(request, self._read))

    @activity.defn(name="request_lease")
    async def request_lease(self, request: RequestLease) -> LeaseAnswer:
        self.leases.append(request)
        fences = {f"{APPLICATION}.{name}": len(self.leases) * 1000 for name in DEPENDS_ON}  # as the plan says
        covers = DEPENDENCIES.covering(request.components)
        return LeaseAnswer(state=LeaseState.GRANTED, reason="granted", components=covers, fences=fences)

    @activity.defn(name="release_lease")
    async def release_lease(self, request: ReleaseLease) -> WatchReply:
        self.given_back.append(request)
        return WatchReply(message="given back")

    @activity.defn(name="open_gate")
    async def open_gate(self, request: OpenGate) -> OpenedGate:
        return OpenedGate(digest=digest(request))

    @activity.defn(name="identify_people")
    async def identify_people(self, request: IdentifyPeople) -> IdentifiedPeople:
        """As where no dossier is published: anybody is known, but no program."""
        return IdentifiedPeople(names=known_without_a_dossier(request.names))

    @activity.defn(name="use_decision")
    async def use_decision(self, request: UseDecision) -> DecisionUse:
        await self.records_answer.wait()
        return self.once.use(request)

    @activity.defn(name="write_records")
    async def write_records(self, request: WriteRecords) -> None:
        self.records.append(request)

    @activity.defn(name="read_clock")
    async def read_clock(self, request: ReadClock) -> ClockReading:
        return self._read(request)

    def _read(self, request: ReadClock) -> ClockReading:
        return read(self.agreement, self.parties, request.events, request.now, explain=request.explain)

    @activity.defn(name="send_notice")
    async def send_notice(self, request: SendNotice) -> NoticeReceipt:
        if self.mute:
            raise ApplicationError("the records do not answer", type="StoreError", non_retryable=True)
        return self.once.send(request, lambda: self._sent(request))

    def _sent(self, notice: SendNotice) -> NoticeReceipt:
        self.notices.append(notice)
        return self.answer(notice)

    @activity.defn(name="find_ended_incidents")
    async def find_ended_incidents(self, request: FindEndedIncidents) -> EndedIncidents:
        server = self.server
        assert server is not None
        there = [id for id in request.ids if await is_known(server, id)]
        found = await Workflows(server, list).find_ended_incidents(FindEndedIncidents(ids=there))
        return EndedIncidents(ended={**found.ended, **{i: self.ended[i] for i in request.ids if i in self.ended}})

    def answer(self, notice: SendNotice) -> NoticeReceipt:
        """What becomes of a notice: everybody is reached by e-mail, but for the deaf."""
        audience, level = notice.audience, None
        people = audience.contacts
        if audience.level is not None:
            if audience.level > len(self.policy):
                return NoticeReceipt(key=notice.key)
            people = self.policy[audience.level - 1]
            level = LevelReached(
                number=audience.level, levels=len(self.policy), acknowledge_within_seconds=900, people=people
            )
        elif audience.customer:
            people = ["cio@acme.example"]
        elif audience.party is not None:
            people = [f"desk@{audience.party}.example"]
        return NoticeReceipt(
            key=notice.key,
            level=level,
            deliveries=[
                Delivery(
                    to=who,
                    email=who,
                    channel="email",
                    state=DeliveryState.FAILED if who in self.deaf else DeliveryState.SENT,
                    at=datetime(2026, 3, 1, tzinfo=UTC),
                )
                for who in people
            ],
        )

    def told(self, occasion: Occasion) -> list[SendNotice]:
        """The notices of an occasion, in order."""
        return [n for n in self.notices if n.occasion is occasion]

    # --- hosts and probes

    @activity.defn(name="run_batch")
    async def run_batch(self, request: RunBatch) -> BatchResult:
        return BatchResult(
            results=[self.once.run(j, lambda j=j: self._did(j, f"run {j.command}")) for j in request.jobs]  # type: ignore[misc]
        )

    @activity.defn(name="ensure_component")
    async def ensure_component(self, request: EnsureComponent) -> JobResult:
        name = request.component.rsplit(".", 1)[1]
        result = self.once.ensure(request, lambda: self._did(request, f"{request.verb.value} {name}"))
        await self.meanwhile(f"{request.verb.value} {name}")
        if request.verb.value == "started" and self.cures and not request.rehearse and result.outcome is Outcome.OK:
            self.down.discard(name)
        return result

    def _did(self, request: RunJob | EnsureComponent, command: str) -> JobResult:
        self.commands.append(("rehearse " if request.rehearse else "") + command)
        self.on_command(command)
        return JobResult(
            job=request.job,
            host=request.host.name,
            outcome=Outcome.FAILED if command in self.fails else Outcome.OK,
            changed=not request.rehearse,
            exit_status=1 if command in self.fails else 0,
            reason=self.says,
            command=command,
        )

    @activity.defn(name="watch_health")
    async def watch_health(self, request: WatchHealth) -> HealthVerdict:
        self.on_look()
        self.looked.append(request)
        samples = [self._look(t) for t in request.targets]
        failing = [s.point for s in samples if s.seen is not Seen.OK]
        if not self.certain:
            return HealthVerdict(healthy=False, certain=False, checks=0, samples=[], reason="nobody could look")
        reason = f"{', '.join(failing)} fail" if failing else "all points are healthy"
        return HealthVerdict(healthy=not failing, checks=1, samples=samples, reason=reason)

    def _look(self, target: ProbeTarget) -> Sample:
        name = target.point.rsplit(".", 1)[1].removesuffix("-up")
        seen = Seen.FAILED if name in self.down else Seen.OK
        return Sample(point=target.point, at=datetime.now(UTC), seen=seen)

    @property
    def activities(self) -> list[Callable[..., Any]]:
        return [
            getattr(self, n)
            for n in dir(type(self))
            if hasattr(getattr(type(self), n), "__temporal_activity_definition")
        ]

    @property
    def timeline(self) -> list[str]:
        """What the records keep of all incidents, in order: what an attempt wrote that history does not know is written over."""
        kept = {(i.id, i.run, e.sequence): e.text for w in self.records for i in w.incidents for e in i.timeline}
        return list(kept.values())

    def incident_record(self) -> IncidentRecord:
        """What was written last of the only incident."""
        return [record for written in self.records for record in written.incidents][-1]

    @property
    def uses_of_instructions(self) -> list[tuple[str, Use]]:
        """What the records keep of how instructions fared, in order."""
        return [(proof.instruction, proof.use) for written in self.records for proof in written.proofs]

    @property
    def alarms(self) -> list[AlarmRecord]:
        """What the records keep of all alarms, in order: what they know they leave alone."""
        kept: dict[int, AlarmRecord] = {}
        for written in self.records:
            for record in written.alarms:
                kept.setdefault(record.sequence, record)
        return list(kept.values())

    @asynccontextmanager
    async def worker(
        self,
        client: Client,
        *,
        workflows: Sequence[type] = (Watch, Incident),
        queue: str = WORKFLOW_QUEUE,
    ) -> AsyncIterator[None]:
        """Workers for the workflows and for the site."""
        self.server = client
        async with (
            replayed(client, task_queue=queue, workflows=workflows, activities=self.activities),
            BoundedWorker(client, task_queue=QUEUE, activities=self.activities),
        ):
            yield
        # What a workflow says as the worker lets go of it belongs to the test that started it.
        gc.collect()


async def is_known(server: Client, id: str) -> bool:
    """Whether the server has a workflow of that id, which runs or has ended."""
    try:
        await server.get_workflow_handle(id).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


def alarm(component: str | None = "web", *, point: bool = True, number: int = 0, **fields: Any) -> Alarm:
    """An alarm of a component; `number` tells occurrences apart."""
    now = datetime(2026, 3, 1, 12, 0, number, tzinfo=UTC)
    known: dict[str, Any] = {
        "application": APPLICATION,
        "fingerprint": f"embedded/{component}",
        "title": f"{component} is down",
        "component": component,
        "measuring_point": f"{component}-up" if point and component else None,
        "source": "embedded",
        "since": now,
        "seen_at": now,
    }
    return Alarm(**(known | fields))


def cleared(component: str = "web", **fields: Any) -> Alarm:
    """The same alarm, taken back."""
    return alarm(component, state=AlarmState.CLEARED, **fields)


async def report(client: Client, *alarms: Alarm) -> BatchReceipt:
    """Hand alarms to the watch as the intake does."""
    return await client.execute_update_with_start_workflow(
        "report_alarms",
        AlarmBatch(application=APPLICATION, alarms=list(alarms)),
        start_workflow_operation=WithStartWorkflowOperation(
            "watch",
            WatchOrder(application=APPLICATION),
            id=watch_id(APPLICATION),
            task_queue=WORKFLOW_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        ),
        result_type=BatchReceipt,
    )


async def begin_watching(client: Client) -> None:
    """The watch begins, before anything has happened."""
    await report(client, cleared("mail", fingerprint="long ago"))


def incident(client: Client, number: int = 1) -> WorkflowHandle[Any, IncidentOutcome]:
    """The incident of that number."""
    return client.get_workflow_handle(incident_id(APPLICATION, number), result_type=IncidentOutcome)


async def status(handle: WorkflowHandle[Any, Any]) -> IncidentStatus:
    """Where an incident stands."""
    return await handle.query("status", result_type=IncidentStatus)


async def watch_status(client: Client) -> WatchStatus:
    """What the watch sees."""
    return await client.get_workflow_handle(watch_id(APPLICATION)).query("status", result_type=WatchStatus)


async def decide(handle: WorkflowHandle[Any, Any], option: str, by: str = OPERATOR, **fields: Any) -> DecisionReceipt:
    """Answer the newest open gate of a workflow, with the digits that it shows unless others are given."""
    gate = (await gates(handle))[-1]
    answer = {"gate": gate.id, "option": option, "by": by, "plan": gate.digest[:8]} | fields
    while True:
        try:
            return await handle.execute_update("decide", Decision(**answer), result_type=DecisionReceipt)
        except RPCError as error:
            if "unexpected workflow task failure" not in error.message:
                raise  # it was not taken: the workflow task that it came with could not be completed, and is tried again


async def gates(handle: WorkflowHandle[Any, Any]) -> list[GateState]:
    """The open gates of a workflow."""
    return await handle.query("gates", result_type=list[GateState])


def unique(name: str) -> str:
    """A workflow id of its own."""
    return f"{name}-{uuid.uuid4().hex[:8]}"

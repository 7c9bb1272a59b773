"""A scripted world: an application of three components whose health the test decides, and all activities as it answers them."""

from __future__ import annotations

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
from temporalio.service import RPCError

from activities.clocks import read
from activities.incident.activities import beginning, entered, reading_at_the_end
from activities.records.plans import monitored_hours
from models.alarms import Alarm, AlarmBatch, AlarmState, BatchReceipt
from models.base import digest
from models.beginning import BeginIncident, EndIncident, IncidentBegun, IncidentEnded
from models.channels import Channel
from models.clock import ClockEvent, ClockReading, ReadClock
from models.dossier.agreement import Agreement, CauseCode, IncidentTerms, Level, Target
from models.dossier.instructions import Approval, RestartStep, RunStep, Step
from models.dossier.parties import Language, Party, PartyKind
from models.errors import NotFoundError
from models.gates import Decision, DecisionReceipt, GateState
from models.hosts import Commands, HostTarget
from models.incident import IncidentOutcome, IncidentStatus
from models.jobs import BatchResult, EnsureComponent, JobResult, Outcome, RunBatch, RunJob
from models.lease import AskForLease, LeaseAnswer, LeaseState, ReleaseLease
from models.names import WORKFLOW_QUEUE, incident_id, site_queue, watch_id
from models.notices import Delivery, DeliveryState, NoticeReceipt, Occasion, RungReached, SendNotice
from models.people import IdentifiedPeople, IdentifyPeople, Person
from models.probes import HealthVerdict, ProbeTarget, Sample, Seen, TcpProbe, WatchHealth
from models.proof import Use
from models.records import AlarmRecord, DecisionUse, IncidentRecord, OpenedGate, OpenGate, UseDecision, WriteRecords
from models.slices import (
    ApplicationPlan,
    ComponentPlan,
    IncidentPlan,
    InstructionMatch,
    KnownIncident,
    PartyBrief,
    Placement,
    PlannedRemedy,
    PlanRequest,
    RunbookOffer,
    SiteProbes,
    WatchSlice,
    WatchSliceRequest,
)
from models.watch import EndedIncidents, LookUpIncidents, WatchOrder, WatchStatus, WatchTold
from tests.fakes import known_without_a_dossier
from tests.once import Once
from tests.replaying import replayed
from workflows.incident.workflow import Incident
from workflows.runtime.serving import BoundedWorker
from workflows.steps.dependencies import needs
from workflows.watch.workflow import Watch

APPLICATION = "acme.shop"
OPERATOR = "anna@supplier.example"
SECOND_LINE = "bo@supplier.example"
DEPENDS_ON = {"web": ["app"], "app": ["db"], "db": [], "mail": []}
QUEUE = site_queue("dc")
HOST = HostTarget(name="host1", address="127.0.0.1", user="ops", host_keys=["ssh-ed25519 AAAA"], credential="agent:")


def _probes(name: str) -> SiteProbes:
    return SiteProbes(
        queue=QUEUE, targets=[ProbeTarget(point=f"{APPLICATION}.{name}-up", probe=TcpProbe(host="127.0.0.1", port=1))]
    )


def agreement(**fields: Any) -> Agreement:
    """Round the clock, as most tests want it: P1 in fifteen minutes and four hours, a word to the customer every hour."""
    level = {"within": "15m", "hours": "always"}
    usual: dict[str, Any] = {
        "number": "T-1",
        "signed": "2026-01-01",
        "signed_by": ["Ann, supplier"],
        "undertakings": ["incident"],
        "service_hours": {"always": "24x7"},
        "service_levels": {
            "P1": {
                "respond": level,
                "restore": level | {"within": "4h"},
                "update": level | {"within": "1h"},
            },
            "P3": {"respond": level | {"within": "2h"}, "restore": level | {"within": "2d"}},
        },
        "pauses": {"waiting_for_customer": ["respond", "restore"], "waiting_for_third_party": ["restore"]},
    }
    return Agreement.model_validate(usual | fields)


def parties() -> dict[str, Party]:
    """Supplier, customer, third party."""
    return {
        "supplier": Party(name="Supplier", kind=PartyKind.SUPPLIER),
        "acme": Party(name="Acme", kind=PartyKind.CUSTOMER, language=Language.SWEDISH),
        "betalt": Party(
            name="Betalt",
            kind=PartyKind.THIRD_PARTY,
            answers_within=Target(within=timedelta(hours=2), hours="always"),
            support="+46 8 465 004 00",
        ),
    }


CONTACTS = [
    Person(name=name, also=[name.partition("@")[0]])
    for name in (OPERATOR, SECOND_LINE, "boss@supplier.example", "cio@acme.example", "desk@betalt.example")
]


def application_plan(**terms: Any) -> ApplicationPlan:
    """The plan of an application: web needs app needs db; mail stands alone."""
    place = Placement(host=HOST, queue=QUEUE)
    usual = {
        "confirm_looks": 3,
        "confirm_every": timedelta(seconds=5),
        "healthy_for": timedelta(minutes=2),
        "recovery_within": timedelta(minutes=5),
    }
    return ApplicationPlan(
        application=APPLICATION,
        dossier="d1",
        name="Shop",
        hosts={"host1": place},
        components={
            name: ComponentPlan(
                name=name,
                title=name,
                placements=[place],
                control=Commands(start="start", stop="stop", status="status"),
                depends_on=needed,
                health=[_probes(name)],
            )
            for name, needed in DEPENDS_ON.items()
        },
        terms=IncidentTerms(**(usual | terms)),
        people={"operator": [OPERATOR], "approver": ["boss@supplier.example", "cio@acme.example"]},
    )


async def _right_now() -> datetime:
    return datetime.now(UTC)


async def _nothing(command: str) -> None:
    """Nothing happens."""


@dataclass
class World:
    """What is up, what cures it, and what was asked of the hosts."""

    down: set[str] = field(default_factory=set)
    cures: bool = True
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
    ended: dict[str, str | None] = field(default_factory=dict)
    agreement: Agreement = field(default_factory=agreement)
    parties: dict[str, Party] = field(default_factory=parties)
    terms: dict[str, Any] = field(default_factory=dict)
    """Of incidents, where they differ from the usual."""
    ladder: list[list[str]] = field(default_factory=lambda: [[OPERATOR], [SECOND_LINE], ["cio@acme.example"]])
    deaf: set[str] = field(default_factory=set)
    """Whom no notice reaches."""
    notices: list[SendNotice] = field(default_factory=list)
    slice: dict[str, Any] = field(default_factory=dict)
    """What the watch is told of its dossier, where it differs from the usual."""
    mute: bool = False
    """Whether sending notices fails altogether."""
    leases: list[AskForLease] = field(default_factory=list)
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

    @activity.defn(name="load_watch_slice")
    async def load_watch_slice(self, request: WatchSliceRequest) -> WatchSlice:
        said: dict[str, Any] = {
            "known": self.known,
            "dossier": self.dossier,
            "name": "Shop",
            "depends_on": DEPENDS_ON if self.known else {},
            "incidents": self.open_before,
            "matrix": self.agreement.priorities,
        } | monitored_hours(self.agreement, await self.now())
        return WatchSlice(application=request.application, **(said | self.slice))

    @activity.defn(name="load_incident_plan")
    async def load_incident_plan(self, request: PlanRequest) -> IncidentPlan:
        handover = Approval(roles=["operator"], within=timedelta(hours=1))
        if not self.readable:
            raise ApplicationError("the dossier d1 is not in the records", type="NotFoundError", non_retryable=True)
        if not self.known:
            return IncidentPlan(plan=None, handover=handover)
        ill = [p.removesuffix("-up") for p in request.ill]
        named = [c for c in DEPENDS_ON if c in {*request.components, *(p[:-3] for p in request.measuring_points)}]
        affected = list(dict.fromkeys([*(request.roots or ill)[:1], *named])) or list(DEPENDS_ON)
        # Every component has an instruction of its own; they match where it is ill.
        order = list(dict.fromkeys([*affected[:1], *(c for c in DEPENDS_ON if c in {*ill, *affected})]))
        matches = [
            InstructionMatch(name=f"{c}-down", title=f"{c} does not answer", component=c, why=f"{c}-up is ill")
            for c in (order if request.ill else affected[:1])
            if not request.subject
        ]
        untried = next((m for m in matches if m.name not in request.tried), None)
        first = (untried and untried.component) or affected[0]
        affected = [first, *(c for c in affected if c != first)]
        chain = [c for c in DEPENDS_ON if c in affected or any(c in needs(DEPENDS_ON, a) for a in affected)]
        return IncidentPlan(
            plan=None if request.only_instruction else application_plan(**self.terms),
            matches=matches,
            instruction=untried.name if untried else "",
            title=untried.title if untried else "",
            impact=Level.HIGH,
            affected=affected,
            probeable=bool(request.measuring_points),
            confirm=[] if request.subject else [_probes(name) for name in chain],
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
            handover_deciders=[OPERATOR],
            matrix=self.agreement.priorities,
            parties={
                key: PartyBrief(name=p.name, kind=p.kind, language=p.language, support=p.support or "")
                for key, p in self.parties.items()
            },
            leaders=[OPERATOR, SECOND_LINE],
            contacts=CONTACTS,
            causes={f"restart-{first}": CauseCode.APPLICATION},
        )

    @activity.defn(name="begin_incident")
    async def begin_incident(self, request: BeginIncident) -> IncidentBegun:
        """As the real one does it, by what this world says; its records are this list."""
        plan = IncidentPlan(plan=None, handover=Approval(roles=["operator"]))
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
        return IncidentEnded(account="a" * 64, reading=reading_at_the_end(request, self._read))

    @activity.defn(name="request_lease")
    async def request_lease(self, request: AskForLease) -> LeaseAnswer:
        self.leases.append(request)
        fences = {f"{APPLICATION}.{name}": len(self.leases) * 1000 for name in DEPENDS_ON}  # as the plan says
        asked = set(request.components)
        covers = [c for c in DEPENDS_ON if c in asked or asked & needs(DEPENDS_ON, c)]
        return LeaseAnswer(state=LeaseState.GRANTED, reason="granted", components=covers, fences=fences)

    @activity.defn(name="release_lease")
    async def release_lease(self, request: ReleaseLease) -> WatchTold:
        self.given_back.append(request)
        return WatchTold(message="given back")

    @activity.defn(name="open_gate")
    async def open_gate(self, request: OpenGate) -> OpenedGate:
        return OpenedGate(digest=digest(request))

    @activity.defn(name="identify_people")
    async def identify_people(self, request: IdentifyPeople) -> IdentifiedPeople:
        """As where no dossier is published: anybody is known, but no program."""
        return IdentifiedPeople(names=known_without_a_dossier(request.names))

    @activity.defn(name="use_decision")
    async def use_decision(self, request: UseDecision) -> DecisionUse:
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

    @activity.defn(name="look_up_incidents")
    async def look_up_incidents(self, request: LookUpIncidents) -> EndedIncidents:
        return EndedIncidents(ended={i: self.ended[i] for i in request.ids if i in self.ended})

    def answer(self, notice: SendNotice) -> NoticeReceipt:
        """What becomes of a notice: everybody is reached by e-mail, but for the deaf."""
        audience, rung = notice.audience, None
        people = audience.contacts
        if audience.rung is not None:
            if audience.rung > len(self.ladder):
                return NoticeReceipt(key=notice.key)
            people = self.ladder[audience.rung - 1]
            rung = RungReached(
                number=audience.rung, rungs=len(self.ladder), acknowledge_within_seconds=900, people=people
            )
        elif audience.customer:
            people = ["cio@acme.example"]
        elif audience.party is not None:
            people = [f"desk@{audience.party}.example"]
        return NoticeReceipt(
            key=notice.key,
            rung=rung,
            deliveries=[
                Delivery(
                    to=who,
                    email=who,
                    channel=Channel.EMAIL,
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
        ill = [s.point for s in samples if s.seen is not Seen.OK]
        if not self.certain:
            return HealthVerdict(healthy=False, certain=False, looks=0, samples=[], reason="nobody could look")
        reason = f"{', '.join(ill)} fail" if ill else "all points are healthy"
        return HealthVerdict(healthy=not ill, looks=1, samples=samples, reason=reason)

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
        async with (
            replayed(client, task_queue=queue, workflows=workflows, activities=self.activities),
            BoundedWorker(client, task_queue=QUEUE, activities=self.activities),
        ):
            yield
        # What a workflow says as the worker lets go of it belongs to the test that started it.
        gc.collect()


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

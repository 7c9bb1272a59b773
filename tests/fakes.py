"""Hosts, probes and records as workflow tests see them: activities with the real names, whose answers a test scripts."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError

from models.base import digest
from models.dossier.instructions import Approval
from models.gates import GateState
from models.hosts import Commands, HostTarget
from models.jobs import BatchResult, EnsureComponent, JobResult, Outcome, RunBatch, RunJob, Stream
from models.lease import LeaseAnswer, LeaseState, ReleaseLease, RequestLease
from models.names import WORKFLOW_QUEUE
from models.notices import Delivery, DeliveryState, NoticeReceipt, SendNotice
from models.people import who_is
from models.plans import ApplicationPlan, ComponentPlan, IncidentPlan, PlanRequest, RoutedHost, SiteProbes
from models.probes import HealthVerdict, ProbeTarget, Sample, Seen, TcpProbe, WatchHealth
from models.proof import ProofRecord
from models.records import DecisionUse, OpenedGate, OpenGate, UseDecision, WriteRecords
from models.runbooks import RunbookInput, RunbookReport
from models.scope import Scope
from models.watch import WatchReply
from tests.once import Once
from tests.replaying import replayed
from tests.workflows.shop import CONTACTS, OPERATES, OPERATOR
from workflows.runtime.serving import BoundedWorker

SITE_QUEUE = "site.main"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7sUVbLy8d3yHcyNnrYSGCYP8jPbMEU5tLLTmZMlpCz"


def application_plan(
    depends_on: Mapping[str, Sequence[str]],
    *,
    hosts: Mapping[str, Sequence[str]] | None = None,
    without_control: Sequence[str] = (),
    without_health: Sequence[str] = (),
    host_points: Sequence[str] = (),
    queue: str = SITE_QUEUE,
) -> ApplicationPlan:
    """`acme.shop` with these components and whom each needs; a component NAME runs on `NAME-1` unless `hosts` says otherwise.

    The point NAME-up shows a component; where `host_points` names it, HOST-up shows each of its hosts besides.
    """
    where = {name: list((hosts or {}).get(name, [f"{name}-1"])) for name in depends_on}
    places = {host: _routed_host(host, queue) for names in where.values() for host in names}
    points = {name: _point(name, queue) for name in depends_on if name not in without_health}
    of_hosts = {host: _point(host, queue) for name in host_points for host in where[name]}
    components = {
        name: ComponentPlan(
            name=name,
            title=name.capitalize(),
            routed_hosts=[places[host] for host in where[name]],
            control=None if name in without_control else Commands(start="start", stop="stop", status="status"),
            depends_on=list(needed),
            health=[
                *([points[name]] if name in points else []),
                *(of_hosts[h] for h in where[name] if h in of_hosts),
            ],
            points_of_hosts={of_hosts[h].targets[0].point: h for h in where[name] if h in of_hosts},
        )
        for name, needed in depends_on.items()
    }
    return ApplicationPlan(
        application="acme.shop",
        dossier="d1",
        name="Shop",
        components=components,
        hosts=places,
        points=points | of_hosts,
        contacts=CONTACTS,
        people={"operator": [OPERATOR]},
        operates=OPERATES,
    )


def _routed_host(host: str, queue: str) -> RoutedHost:
    target = HostTarget(name=host, address="127.0.0.1", user="ops", host_keys=[HOST_KEY], credential="agent:")
    return RoutedHost(host=target, queue=queue)


def _point(component: str, queue: str) -> SiteProbes:
    target = ProbeTarget(point=f"acme.shop.{component}-up", probe=TcpProbe(host="127.0.0.1", port=1))
    return SiteProbes(queue=queue, targets=[target])


def known_without_a_dossier(names: Sequence[str]) -> list[str]:
    """The one name of each, where no dossier is published."""
    known = [who_is(name, None) for name in names]
    assert None not in known, f"a program among {names}"
    return [name for name in known if name is not None]


@dataclass(frozen=True)
class Answer:
    """What a host says to a command."""

    stdout: str = ""
    outcome: Outcome = Outcome.OK
    nothing_to_do: bool = False
    """The check found that nothing has to be done."""
    exit_status: int = 1
    """Of a command that failed."""


class FakeHosts:
    """Hosts that do as a test says, and remember what they were asked.

    `answer` scripts what a command prints or comes to; `ill` holds components whose measuring points fail.
    """

    def __init__(self, plan: ApplicationPlan, incident: IncidentPlan | None = None) -> None:
        self.plan = plan
        self.incident = incident or IncidentPlan(plan=plan, handover=Approval(roles=["operator"]))
        self.failing: set[str] = set()
        self.on_line: Callable[[str], None] = lambda line: None
        """Called with everything that a host is asked: what it brings about."""
        self._looks: dict[str, tuple[int, Callable[[], None]]] = {}
        self.jobs: list[RunJob] = []
        self.ensured: list[EnsureComponent] = []
        self.notices: list[SendNotice] = []
        self.deaf: set[str] = set()
        """Whom no notice reaches."""
        self.lines: list[str] = []
        """What happened in order: `web-1: df -P /`, `web-1: stop web`, `watch web-up`."""
        self._answers: dict[str, list[Answer]] = defaultdict(list)
        self.leases: list[RequestLease] = []
        """That were asked for."""
        self.lease_answers: list[LeaseAnswer] = []
        """What the watch answers, one after the other, before it grants whatever is asked."""
        self.given_back: list[ReleaseLease] = []
        self.records: list[WriteRecords] = []
        self.once = Once()

    @property
    def proofs(self) -> list[ProofRecord]:
        """What was kept of uses of instructions."""
        return [proof for batch in self.records for proof in batch.proofs]

    def answer(self, line: str, *answers: Answer) -> None:
        """Say what comes of every line that begins like this: the answers one after the other, the last for ever."""
        self._answers[line] += answers

    def on_look(self, line: str, times: int, then: Callable[[], None]) -> None:
        """Let something happen when the same points are looked at for so many times."""
        self._looks[line] = (times, then)

    def queue_next_lease(self, reason: str) -> None:
        """Let the next request for a lease wait."""
        self.lease_answers.append(LeaseAnswer(state=LeaseState.QUEUED, reason=reason))

    @property
    def hosts_by_line(self) -> dict[str, list[str]]:
        """What each host was asked, in order."""
        found: dict[str, list[str]] = defaultdict(list)
        for line in self.lines:
            host, colon, what = line.partition(": ")
            if colon:
                found[host].append(what)
        return dict(found)

    def activities(self) -> list[Callable[..., Any]]:
        """The fakes, under the names of the real ones."""
        return [
            self._run_batch,
            self._ensure_component,
            self._watch_health,
            self._load_application_plan,
            self._load_incident_plan,
            self._request_lease,
            self._release_lease,
            self._write_records,
            self._use_decision,
            self.open_gate,
            self._send_notice,
        ]

    @activity.defn(name="run_batch")
    async def _run_batch(self, request: RunBatch) -> BatchResult:
        return BatchResult(results=[self.once.run(job, lambda job=job: self._run(job)) for job in request.jobs])  # type: ignore[misc]

    def _run(self, job: RunJob) -> JobResult:
        self.jobs.append(job)
        command = job.command if isinstance(job.command, str) else " ".join(job.command)
        answer = self._next(f"{job.host.name}: {command}")
        acts = not answer.nothing_to_do and (job.read_only or not job.rehearse)
        return JobResult(
            job=job.job,
            host=job.host.name,
            outcome=answer.outcome if acts else Outcome.OK,
            changed=acts and not job.read_only,
            exit_status={Outcome.OK: 0, Outcome.FAILED: answer.exit_status}.get(answer.outcome) if acts else None,
            reason=_reason(answer, job.rehearse),
            command=command,
            stdout=Stream(text=answer.stdout if acts else ""),
        )

    @activity.defn(name="ensure_component")
    async def _ensure_component(self, request: EnsureComponent) -> JobResult:
        return self.once.ensure(request, lambda: self._ensure(request))

    def _ensure(self, request: EnsureComponent) -> JobResult:
        self.ensured.append(request)
        verb = {"started": "start", "stopped": "stop"}[request.verb.value]
        answer = self._next(f"{request.host.name}: {verb} {request.component.rpartition('.')[2]}")
        return JobResult(
            job=request.job,
            host=request.host.name,
            outcome=Outcome.OK if request.rehearse else answer.outcome,
            changed=not (request.rehearse or answer.nothing_to_do),
            reason=_reason(answer, request.rehearse),
            command=verb,
        )

    def _next(self, line: str) -> Answer:
        self.lines.append(line)
        self.on_line(line)
        for begin, answers in self._answers.items():
            if line.startswith(begin):
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return Answer()

    @activity.defn(name="watch_health")
    async def _watch_health(self, request: WatchHealth) -> HealthVerdict:
        points = [target.point.rpartition(".")[2] for target in request.targets]
        line = f"watch {', '.join(points)}"
        self.lines.append(line)
        if line in self._looks and self.lines.count(line) >= self._looks[line][0]:
            self._looks.pop(line)[1]()
        failing = [point for point in points if point.removesuffix("-up") in self.failing]
        reason = f"{', '.join(failing)} failed" if failing else "all points were OK"
        samples = [
            Sample(point=f"acme.shop.{p}", at=datetime.now(UTC), seen=Seen.FAILED if p in failing else Seen.OK)
            for p in points
        ]
        return HealthVerdict(healthy=not failing, checks=1, samples=samples, reason=reason)

    @activity.defn(name="load_application_plan")
    async def _load_application_plan(self, request: PlanRequest) -> ApplicationPlan:
        if request.application != self.plan.application:
            message = f"no dossier of {request.application} is published"
            raise ApplicationError(message, type="NotFoundError", non_retryable=True)
        return self.plan

    @activity.defn(name="load_incident_plan")
    async def _load_incident_plan(self, request: PlanRequest) -> IncidentPlan:
        return self.incident

    @activity.defn(name="request_lease")
    async def _request_lease(self, request: RequestLease) -> LeaseAnswer:
        self.leases.append(request)
        if self.lease_answers:
            return self.lease_answers.pop(0)
        names = request.components.among(self.plan.components)
        first = next(_TOKENS)
        fences = {f"{request.application}.{name}": first for name in self.plan.components}
        return LeaseAnswer(state=LeaseState.GRANTED, reason="it holds it", components=Scope.of(names), fences=fences)

    @activity.defn(name="release_lease")
    async def _release_lease(self, request: ReleaseLease) -> WatchReply:
        self.given_back.append(request)
        return WatchReply(message=f"The lease of {request.holder} is released.")

    @activity.defn(name="write_records")
    async def _write_records(self, request: WriteRecords) -> None:
        self.records.append(request)

    @activity.defn(name="open_gate")
    async def open_gate(self, request: OpenGate) -> OpenedGate:
        return OpenedGate(digest=digest(request))

    @activity.defn(name="send_notice")
    async def _send_notice(self, request: SendNotice) -> NoticeReceipt:
        return self.once.send(request, lambda: self._send(request))

    def _send(self, request: SendNotice) -> NoticeReceipt:
        self.notices.append(request)
        told = [
            Delivery(
                to=who,
                channel="email",
                state=DeliveryState.FAILED if who in self.deaf else DeliveryState.SENT,
                at=datetime.now(UTC),
            )
            for who in request.audience.contacts
        ]
        return NoticeReceipt(key=request.key, deliveries=told)

    @activity.defn(name="use_decision")
    async def _use_decision(self, request: UseDecision) -> DecisionUse:
        return self.once.use(request)


_TOKENS = count(time.time_ns() // 1_000_000, step=1000)
"""Higher than any before, as the records give them: a real host remembers those of the tests before."""


def _reason(answer: Answer, rehearse: bool) -> str:
    if answer.nothing_to_do:
        return "nothing to do"
    return "rehearsal: it would be run" if rehearse else f"it ended {answer.outcome.value}"


@asynccontextmanager
async def working(
    client: Client, hosts: FakeHosts, *workflows: type[Any], fake_sites: bool = True
) -> AsyncIterator[None]:
    """Workers for these workflows and for the fakes, at the real queues; without `fake_sites` the test serves the sites."""
    queues = {place.queue for place in hosts.plan.hosts.values()} if fake_sites else set()
    site = [BoundedWorker(client, task_queue=queue, activities=hosts.activities()) for queue in queues]
    async with replayed(client, task_queue=WORKFLOW_QUEUE, workflows=workflows, activities=hosts.activities()):
        for worker in site:
            await worker.__aenter__()
        try:
            yield
        finally:
            for worker in site:
                await worker.__aexit__(None, None, None)


async def carry_out(
    client: Client, hosts: FakeHosts, runbook: type[Any], order: RunbookInput, *, fake_sites: bool = True
) -> RunbookReport:
    """Run one runbook against the fakes to its end."""
    async with working(client, hosts, runbook, fake_sites=fake_sites):
        report: RunbookReport = await client.execute_workflow(
            runbook.run, order, id=f"runbook.{uuid4()}", task_queue=WORKFLOW_QUEUE
        )
        return report


async def first_question(handle: WorkflowHandle[Any, Any], seconds: float = 90) -> GateState:
    """Wait until a workflow asks something."""
    async with asyncio.timeout(seconds):
        while not (gates := await handle.query("gates", result_type=list[GateState])):
            await asyncio.sleep(0.02)
    return gates[0]

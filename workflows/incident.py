"""The incident: from an alarm that is not yet believed to a recovery that is proven, or to a person who decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.stubs.records import load_incident_plan, write_records
from models.alarms import Alarm
from models.base import format_duration
from models.dossier.agreement import IncidentTerms, Level, Priority
from models.dossier.instructions import Approval, RunStep
from models.gates import GateOption, GateOutcome, Question
from models.incident import (
    AlarmsCleared,
    AlarmsJoined,
    IncidentEnd,
    IncidentMemory,
    IncidentOrder,
    IncidentOutcome,
    IncidentState,
    IncidentStatus,
    Note,
)
from models.jobs import Outcome
from models.names import PRIORITY, STATE
from models.probes import HealthVerdict, Seen, WatchHealth
from models.records import EntryKind, IncidentRecord, TimelineEntry, WriteRecords
from models.runbooks import StepReport
from models.slices import IncidentPlan, PlannedRemedy, PlanRequest, SiteProbes
from workflows.dependencies import needs
from workflows.gates import Asking, approval_question
from workflows.incident_page import incident_page
from workflows.policies import RECORD, RECORD_TIMEOUT, WRITE
from workflows.steps import Steps, explain, watch
from workflows.wording import plan_text

_STATE = SearchAttributeKey.for_keyword(STATE)
_PRIORITY = SearchAttributeKey.for_keyword(PRIORITY)
_EXAMPLE_NOTE = '{"text": "Called the customer, they see it too", "by": "you@example.com"}'
_EXAMPLE_ALARM = (
    '{"alarms": [{"application": "acme.shop", "fingerprint": "disk/db1", "title": "Disk full", "component": "db", '
    '"source": "anna", "since": "2026-03-01T12:00:00Z", "seen_at": "2026-03-01T12:00:00Z"}]}'
)
_NO_VERDICT = HealthVerdict(
    healthy=False, certain=False, looks=0, samples=[], reason="no measuring point of ours shows this fault"
)


@workflow.defn(name="incident")
class Incident(Asking):
    """One incident of one application."""

    @workflow.init
    def __init__(self, order: IncidentOrder) -> None:
        super().__init__()
        self.order = order
        self.memory = IncidentMemory(alarms={a.fingerprint: a for a in order.alarms})
        self.plan = IncidentPlan(plan=None, handover=Approval(roles=["operator"]))
        self.steps: Steps | None = None
        self.end: IncidentEnd | None = None
        self.helped: str | None = None
        self.restored_at: datetime | None = None
        self._acted = False
        self._tried: set[str] = set()
        self._collected: set[str] = set()

    @workflow.run
    async def run(self, order: IncidentOrder) -> IncidentOutcome:
        """Confirm, collect, remedy, verify; hand over to people where that is not enough; close with an account."""
        for alarm in order.alarms:
            self._tell(EntryKind.ALARM, _alarm_text(alarm))
        try:
            return await self._close(await self._lead())
        except BaseException as error:
            if not is_cancelled_exception(error):
                raise
            self._tell(EntryKind.STATE, f"Cancelled while: {self.memory.doing}. {self._left_behind()}")
            await self._close(IncidentEnd.CANCELLED)
            raise

    async def _lead(self) -> IncidentEnd:
        await self._prepare()
        verdict = await self._confirm()
        if verdict.healthy and self._refutable:
            return IncidentEnd.NOT_CONFIRMED
        await self._record()
        while True:
            # Nothing is done about a fault that could not be looked at: a person decides whether to.
            end = await self._put_right(verdict) if verdict.certain and not verdict.healthy else None
            if end is None:
                end, verdict = await self._hand_over(verdict)
            if end is not None:
                return end

    # --- the steps of the process

    async def _prepare(self) -> None:
        try:
            self.plan = await self._load_plan(None)
        except FailureError as error:  # a local activity fails with its own error, not with an ActivityError around it
            if is_cancelled_exception(error):
                raise
            self._tell(EntryKind.NOTE, f"The dossier cannot be read, so people decide: {explain(error)}")
        urgency = max((a.severity.urgency for a in self.memory.alarms.values()), key=_weight, default=Level.HIGH)
        self._set_priority(self.plan.matrix.priority(self.plan.impact, urgency))
        if self.plan.plan is not None:
            self.steps = Steps(self.plan.plan, requester=self.order.opened_by, ask=self.ask, heard=self._heard)

    async def _load_plan(self, suspect: str | None) -> IncidentPlan:
        alarms = self.memory.alarms.values()
        return await workflow.execute_local_activity(
            load_incident_plan,
            PlanRequest(
                application=self.order.application,
                # One version throughout, whatever is published meanwhile.
                dossier=self.order.dossier or (self.plan.plan.dossier if self.plan.plan else ""),
                components=sorted({a.component for a in alarms if a.component}),
                measuring_points=sorted({a.measuring_point for a in alarms if a.measuring_point}),
                suspect=suspect,
            ),
            start_to_close_timeout=RECORD_TIMEOUT,
            retry_policy=RECORD,
            summary="Look up what the dossier says of this fault",
        )

    async def _confirm(self) -> HealthVerdict:
        if not self.plan.confirm:
            self._tell(EntryKind.PROBE, f"Not confirmed by a probe: {_NO_VERDICT.reason}")
            return _NO_VERDICT
        terms = self._terms
        self._do("Confirm by further probes that the fault is there")
        verdict = await watch(
            self.plan.confirm,
            WatchHealth(
                targets=self.plan.confirm[0].targets,
                every=terms.confirm_every,
                failing_looks=terms.confirm_looks,
                give_up_after=terms.confirm_every * (terms.confirm_looks + 1) * 2 + timedelta(minutes=1),
            ),
            self.memory.doing,
        )
        if verdict.healthy:
            self._tell(EntryKind.PROBE, f"Not confirmed: {verdict.reason}", verdict)
        else:
            self._tell(EntryKind.PROBE, f"Confirmed: {verdict.reason}", verdict)
        return verdict

    async def _put_right(self, verdict: HealthVerdict) -> IncidentEnd | None:
        while (remedy := await self._next_remedy(verdict)) is not None:
            if remedy.approval is not None:
                if not await self._approved(remedy):
                    continue
                verdict = await self._confirm()
                if verdict.healthy and self._refutable:
                    return self._recovered(remedy=None)
            verdict = await self._verify(patiently=await self._carry_out(remedy))
            if verdict.healthy:
                return self._recovered(remedy.name)
        return None

    async def _next_remedy(self, verdict: HealthVerdict) -> PlannedRemedy | None:
        suspect = self._suspect(verdict)
        if suspect is not None and suspect not in self.plan.affected[:1]:
            self._tell(EntryKind.PROBE, f"{suspect} is what fails first; its instruction is taken")
            self.plan = await self._load_plan(suspect)
        await self._collect()
        for remedy in self.plan.remedies:
            key = f"{self.plan.instruction}/{remedy.name}"
            if key not in self._tried:
                self._tried.add(key)
                return remedy
        return None

    def _suspect(self, verdict: HealthVerdict) -> str | None:
        """The failing component that needs no other failing one: where the fault began."""
        if self.plan.plan is None:
            return None
        components = self.plan.plan.components
        graph = {name: part.depends_on for name, part in components.items()}
        ill = {s.point for s in verdict.samples if s.seen is not Seen.OK}
        failing = {
            name for name, part in components.items() for group in part.health for t in group.targets if t.point in ill
        }
        for name in sorted(failing):
            others = failing - {name}
            if not others & needs(graph, name):
                return name
        return None

    async def _collect(self) -> None:
        """Collect the evidence of the instruction, once, before anything is changed that might destroy it."""
        if self.steps is None or not self.plan.collect or self.plan.instruction in self._collected:
            return
        self._collected.add(self.plan.instruction)
        self.steps.component = self.plan.affected[0]
        self._enter(IncidentState.COLLECTING, f"Collect evidence: {self.plan.title}")
        await self.steps.run([s for s in self.plan.collect if isinstance(s, RunStep)])

    async def _approved(self, remedy: PlannedRemedy) -> bool:
        assert remedy.approval is not None
        question = approval_question(
            f"May this be done: {remedy.title}?",
            plan_text(remedy.steps),
            remedy.approval,
            remedy.deciders,
            self.order.opened_by,
        )
        outcome = await self._decide(question, f"Whether to carry out: {remedy.title}")
        return outcome.approved

    async def _carry_out(self, remedy: PlannedRemedy) -> bool:
        """Carry a remedy out; whether it has done, or may have done, anything that recovery is worth waiting for."""
        assert self.steps is not None
        self.steps.component = self.plan.affected[0]
        self._enter(IncidentState.REMEDYING, f"Carry out: {remedy.title}")
        before = len(self.steps.reports)
        outcome = await self.steps.carry_out(remedy.steps)
        self._tell(EntryKind.ACTION, f"Remedy {remedy.name}: {outcome.value}")
        return any(r.changed or r.outcome is Outcome.UNKNOWN for r in self.steps.reports[before:])

    async def _verify(self, *, patiently: bool = True) -> HealthVerdict:
        """Prove that health holds; where nothing was done, the usual number of failed looks in a row is proof enough of none."""
        probes = [*self.plan.confirm, *self._joined_health()]
        if not probes:
            return _NO_VERDICT
        terms = self._terms
        self._enter(IncidentState.VERIFYING, f"Prove that health holds for {format_duration(terms.healthy_for)}")
        verdict = await watch(
            probes,
            WatchHealth(
                targets=probes[0].targets,
                every=min(terms.confirm_every, terms.healthy_for / 2),
                healthy_for=terms.healthy_for,
                failing_looks=None if patiently else terms.confirm_looks,
                give_up_after=terms.recovery_within + terms.healthy_for,
            ),
            self.memory.doing,
        )
        said = "Recovery is proven" if verdict.healthy else "Not recovered"
        self._tell(EntryKind.PROBE, f"{said}: {verdict.reason}", verdict)
        return verdict

    async def _hand_over(self, verdict: HealthVerdict) -> tuple[IncidentEnd | None, HealthVerdict]:
        """Let people decide; return how it ended, or the verdict to go on from."""
        alarms = len(self.memory.alarms)
        outcome = await self._decide(self._handover_question(verdict), "How to go on", moot=lambda: self._quiet(alarms))
        by = ", ".join(a.by for a in outcome.answers)
        kind, _, name = outcome.option.partition("-")
        if outcome.option == "close":
            self._tell(EntryKind.STATE, f"Closed by {by}: {outcome.answers[-1].note}")
            return IncidentEnd.CLOSED_BY_HAND, verdict
        if outcome.option == "retry":
            self._tried.clear()
            self._collected.clear()
            return None, await self._confirm_again(verdict)
        if kind == "remedy":
            await self._take_remedy(name)
        elif kind == "runbook" and self.steps is not None:
            self._enter(IncidentState.REMEDYING, f"Runbook {name}")
            await self.steps.runbook(
                name, {"component": self._suspect(verdict) or self.plan.affected[0]}, f"Runbook {name}"
            )
        # "verify" says that a person has put it right.
        self._acted = self._acted or outcome.option == "verify"
        verdict = await self._verify()
        remedy = name if kind in {"remedy", "runbook"} else None
        return (self._recovered(remedy), verdict) if verdict.healthy else (None, verdict)

    async def _confirm_again(self, verdict: HealthVerdict) -> HealthVerdict:
        again = await self._confirm()
        # "Retry" was asked for by a person: healthy probes that cannot refute this fault are no reason not to.
        return verdict.model_copy(update={"healthy": False}) if again.healthy and not self._refutable else again

    async def _take_remedy(self, name: str) -> None:
        for remedy in self.plan.remedies:
            if _option("remedy", remedy.name) == _option("remedy", name) and (
                remedy.approval is None or await self._approved(remedy)
            ):
                await self._carry_out(remedy)

    def _handover_question(self, verdict: HealthVerdict) -> Question:
        remedies = [
            GateOption(name=_option("remedy", r.name), means=f"Carry out: {r.title}") for r in self.plan.remedies
        ]
        on = self._suspect(verdict) or next(iter(self.plan.affected), "")
        runbooks = [
            GateOption(name=_option("runbook", r.name), means=f"{r.title}, on {on}") for r in self.plan.runbooks if on
        ]
        handover = self.plan.handover
        tried = "No agreed remedy has put it right" if self._tried else "Nothing has been tried"
        return Question(
            text=f"{tried} ({verdict.reason}). How shall it go on?",
            options=[
                GateOption(
                    name="verify", means="You have put it right: prove by probes that health holds, then close."
                ),
                GateOption(name="retry", means="Confirm, collect and try all remedies again."),
                *remedies,
                *runbooks,
                GateOption(name="close", means="Close without proof of recovery.", needs_reason=True),
            ],
            deciders=self.plan.handover_deciders,
            roles=handover.roles,
            within_seconds=handover.within.total_seconds(),
        )

    async def _decide(self, question: Question, doing: str, moot: Callable[[], bool] = lambda: False) -> GateOutcome:
        self._enter(IncidentState.DECIDING, doing)
        await self._record()
        outcome = await self.ask(question, moot)
        answers = "; ".join(
            f"{a.option} by {a.by} ({a.via.value})" + (f": {a.note}" if a.note else "") for a in outcome.answers
        )
        self._tell(
            EntryKind.DECISION, f"{question.text} {answers or 'The alarms were taken back before anybody answered.'}"
        )
        return outcome

    def _quiet(self, before: int) -> bool:
        """All alarms were taken back since the question was asked: look whether it recovered by itself."""
        return before > 0 and not self.memory.alarms

    def _recovered(self, remedy: str | None) -> IncidentEnd:
        self.helped = remedy
        self.restored_at = workflow.now()
        return IncidentEnd.RECOVERED if self._acted else IncidentEnd.RECOVERED_BY_ITSELF

    async def _close(self, end: IncidentEnd) -> IncidentOutcome:
        self.end = end
        self._tell(EntryKind.STATE, f"Closed: {end.value.replace('-', ' ')}")
        self._enter(IncidentState.CLOSED, "Closed")
        closed_at = workflow.now()
        await self._record(closed_at)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return IncidentOutcome(
            id=workflow.info().workflow_id,
            end=end,
            priority=self.memory.priority,
            remedy=self.helped,
            summary=self._summary(),
            opened_at=workflow.info().workflow_start_time,
            closed_at=closed_at,
            restored_at=self.restored_at,
        )

    # --- what people and the watch tell it

    @workflow.signal(
        name="join_alarms", description=f"Sent by the watch: further alarms belong to this incident. {_EXAMPLE_ALARM}"
    )
    def join_alarms(self, joined: AlarmsJoined) -> None:
        """Take further alarms in; what they concern must be healthy too before the incident can end."""
        for alarm in joined.alarms:
            self.memory.alarms[alarm.fingerprint] = alarm
            self._tell(EntryKind.ALARM, f"Joined: {_alarm_text(alarm)}")

    @workflow.signal(
        name="clear_alarms",
        description='Sent by the watch: alarms were taken back by their source. {"fingerprints": ["disk/db1"]}',
    )
    def clear_alarms(self, cleared: AlarmsCleared) -> None:
        """Note that a source took alarms back; recovery is proven by probes all the same."""
        for fingerprint in cleared.fingerprints:
            alarm = self.memory.alarms.pop(fingerprint, None)
            if alarm is not None:
                self._tell(EntryKind.ALARM, f"Taken back by its source: {alarm.title}")

    @workflow.update(name="add_note", description=f"Add a note to the timeline. {_EXAMPLE_NOTE}")
    def add_note(self, note: Note) -> str:
        """Add a note."""
        self._tell(EntryKind.NOTE, f"{note.by}: {note.text}")
        return f"Noted at {workflow.now():%H:%M:%S} UTC."

    @workflow.query(name="status", description="Where it stands: state, open questions, alarms, timeline")
    def status(self) -> IncidentStatus:
        """Where the incident stands."""
        return IncidentStatus(
            id=workflow.info().workflow_id,
            title=self.order.title,
            state=self.memory.state,
            priority=self.memory.priority,
            components=self.plan.affected,
            doing=self.memory.doing,
            gates=self.open_gates,
            alarms=list(self.memory.alarms.values()),
            timeline=self.memory.timeline,
        )

    # --- what they share

    @property
    def _terms(self) -> IncidentTerms:
        return self.plan.plan.terms if self.plan.plan else IncidentTerms()

    @property
    def _refutable(self) -> bool:
        """Whether healthy probes can refute what the alarms say: each names a measuring point, and we can probe them all."""
        return self.plan.probeable and all(a.measuring_point for a in self.order.alarms)

    def _joined_health(self) -> list[SiteProbes]:
        if self.plan.plan is None:
            return []
        components = self.plan.plan.components
        named = {a.component for a in self.memory.alarms.values() if a.component}
        return [group for name in sorted(named & set(components)) for group in components[name].health]

    def _heard(self, report: StepReport) -> None:
        kind = EntryKind.EVIDENCE if self.memory.state is IncidentState.COLLECTING else EntryKind.ACTION
        self._acted = self._acted or (report.changed and kind is EntryKind.ACTION)
        where = f" on {report.host}" if report.host else ""
        self._tell(kind, f"{report.title}{where}: {report.outcome.value}. {_first_line(report.detail)}", report)

    def _left_behind(self) -> str:
        last = self.steps.reports[-1] if self.steps and self.steps.reports else None
        if last is None:
            return "Nothing had been done on any host."
        where = f" on {last.host}" if last.host else ""
        return f"The last step was {last.title}{where}: {last.outcome.value}. {_first_line(last.detail)}"

    def _set_priority(self, priority: Priority) -> None:
        self.memory.priority = priority.value
        workflow.upsert_search_attributes([_PRIORITY.value_set(priority.value)])

    def _enter(self, state: IncidentState, doing: str) -> None:
        if state is not self.memory.state:
            self.memory.state = state
            workflow.upsert_search_attributes([_STATE.value_set(state.value)])
        self._do(doing)

    def _do(self, doing: str) -> None:
        self.memory.doing = doing
        self.on_gates_changed()

    def _tell(self, kind: EntryKind, text: str, data: HealthVerdict | StepReport | None = None) -> None:
        self.memory.timeline.append(
            TimelineEntry(
                sequence=len(self.memory.timeline),
                at=workflow.now(),
                kind=kind,
                text=text[:2000],
                data={} if data is None else data.model_dump(mode="json"),
            )
        )
        self.on_gates_changed()

    def on_gates_changed(self) -> None:
        """Write the details page anew."""
        workflow.set_current_details(incident_page(self.order, self.memory, self.gates_markdown()))

    async def _record(self, closed_at: datetime | None = None) -> None:
        fresh = self.memory.timeline[self.memory.recorded :]
        self.memory.recorded += len(fresh)
        record = IncidentRecord(
            id=workflow.info().workflow_id,
            application=self.order.application,
            number=self.order.number,
            title=self.order.title,
            state=self.memory.state.value,
            priority=self.memory.priority,
            components=self.plan.affected,
            dossier=self.plan.plan.dossier if self.plan.plan else self.order.dossier,
            opened_at=workflow.info().workflow_start_time,
            opened_by=self.order.opened_by,
            closed_at=closed_at,
            outcome=self.end.value if self.end else None,
            summary=self._summary() if self.end else "",
            run=workflow.info().run_id,
            timeline=fresh,
        )
        await workflow.execute_local_activity(
            write_records,
            WriteRecords(incidents=[record]),
            start_to_close_timeout=RECORD_TIMEOUT,
            retry_policy=WRITE,
            summary="Write the incident to the records",
        )

    def _summary(self) -> str:
        end = self.end.value.replace("-", " ") if self.end else "open"
        took = workflow.now() - workflow.info().workflow_start_time
        helped = f" after {self.helped}" if self.helped else ""
        return f"{self.order.title}: {end}{helped}, {_seconds(took)} after it was opened."


def _option(kind: str, name: str) -> str:
    """The option of a gate that takes a remedy or a runbook; an option has 40 characters at most."""
    return f"{kind}-{name}"[:40]


def _weight(level: Level) -> int:
    return -list(Level).index(level)


def _alarm_text(alarm: Alarm) -> str:
    detail = f": {alarm.detail}" if alarm.detail else ""
    return f"{alarm.severity.value} alarm from {alarm.source}: {alarm.title}{detail}"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _seconds(span: timedelta) -> str:
    """A measured span as people say it: tenths of a second below ten seconds, whole seconds from there."""
    seconds = span.total_seconds()
    return format_duration(timedelta(seconds=round(seconds, 1) if seconds < 9.95 else round(seconds)))

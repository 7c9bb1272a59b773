"""Healing: the technical side of an incident, from further probes over the agreed remedies to a recovery that is proven."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.stubs.incidents import begin_incident
from models.alarms import Alarm
from models.base import format_duration
from models.beginning import BeginIncident
from models.dossier.agreement import Level
from models.dossier.instructions import Approval, RunbookStep, RunStep, Step
from models.fences import HeldLease
from models.gates import MOOT, Question
from models.incident import IncidentEnd, IncidentState
from models.jobs import Outcome
from models.names import remedy_name
from models.operation import OperationKind
from models.people import DRIFTVAKT
from models.probes import HealthVerdict, WatchHealth
from models.records import EntryKind
from models.runbooks import StepReport
from models.slices import STALE_ASKS, PlannedRemedy, SiteProbes
from workflows.gates.gates import approval_question
from workflows.incident.another_fault import AnotherFault
from workflows.incident.context import Case
from workflows.incident.coordination import Leading
from workflows.incident.deciding import AlreadyRecoveredError, Ask, Deciding
from workflows.incident.handover import CLOSE, REMEDY, RETRY, RUNBOOK, VERIFY, cause_of, handover_question, option
from workflows.incident.instructions import Instructing
from workflows.incident.recovery import Recovery
from workflows.runtime.calls import call
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import WRITE
from workflows.steps.health import watch
from workflows.steps.lease import Holding
from workflows.steps.proof import how_it_fared, needs_time
from workflows.steps.runner import Steps
from workflows.steps.scope import scope_of
from workflows.steps.text import plan_text

_NO_VERDICT = HealthVerdict(
    healthy=False, certain=False, looks=0, samples=[], reason="no measuring point of ours shows this fault"
)

_CLEARED = _NO_VERDICT.model_copy(update={"healthy": True, "reason": "all of its alarms are cleared"})
"""Of an incident that is not about the health of the application: nothing but its alarms says whether the matter is settled."""

_TAKEN_BACK = "The alarms were taken back before anybody answered."

_STALE = Approval(roles=[STALE_ASKS], not_requester=False)
"""Asked about a remedy that needs no approval, and is not proven."""


class Healing:
    """Puts an incident right as its dossier says, and asks people through `ask` where that is not enough."""

    def __init__(self, case: Case, leading: Leading, ask: Ask, holding: Holding) -> None:
        self._holding = holding
        self._case = case
        self._leading = leading
        self.steps: Steps | None = None
        self.acting = False
        """Whether something is being changed on a host: that is not broken off for anything but a cancellation."""
        self._acted = False
        self._before_halt = ""
        self._covers: list[str] | None = None
        """Components under the lease of a remedy, until it is known whether it has helped; an empty list: all of them."""
        self._considered: set[str] | None = None
        """The alarms that were known when the next remedy was chosen last, until people are asked."""
        self._collected: set[str] = set()
        self._looked_at: set[str] = set()
        """The measuring points that were looked at last to see whether all is healthy."""
        self._instructing = Instructing(case, self._collect)
        self._another = AnotherFault(case, self._instructing)
        self._deciding = Deciding(case, leading, ask, Recovery(case, self._instructing, self._probes))

    async def run(self) -> IncidentEnd:
        """Confirm, collect, remedy, verify; hand over to people where that is not enough."""
        try:
            return await self._heal()
        except AlreadyRecoveredError as recovered:
            self._case.tell(EntryKind.PROBE, f"Recovery is proven: {recovered.verdict.reason}", recovered.verdict)
            return self._recovered(remedy=None)

    async def _heal(self) -> IncidentEnd:
        await self.prepare()
        verdict = await self._confirm()
        if verdict.healthy and self._refutable:
            return IncidentEnd.NOT_CONFIRMED
        self._leading.begin()
        while True:
            # Nothing is done about a fault that could not be looked at: a person decides whether to.
            end = await self._put_right(verdict) if verdict.certain and not verdict.healthy else None
            if end is None:
                end, verdict = await self._hand_over(verdict)
            if end is not None:
                return end

    async def prepare(self) -> None:
        """Enter the incident in the records, and learn what its dossier says."""
        case, order = self._case, self._case.order
        begun = await call(
            begin_incident,
            BeginIncident(
                plan=self._instructing.first_request(),
                record=case.draft(),
                impact=order.impact,
                urgency=order.urgency or urgency_of(case.memory.alarms.values()),
                now=workflow.now(),
            ),
            retry=WRITE,
            summary="Enter the incident in the records; look up what the dossier says of it",
        )
        self._instructing.began(begun.plan)
        if begun.fault:
            case.tell(EntryKind.NOTE, f"The dossier cannot be read, so people decide: {begun.fault}")
        self._leading.began(begun)
        case.prepared = True
        if order.reopening is not None and order.reopening.lost:
            self._leading.need_people(f"It was opened again by Driftvakt: {order.reopening.reason}.")
        if case.plan.plan is not None:
            self.steps = Steps(
                case.plan.plan,
                requester=order.opened_by,
                ask=self._deciding.within_a_step,
                heard=self._heard,
                waits=self._waits,
            )
            self.steps.heals = True

    def is_own_doing(self, alarm: Alarm) -> bool:
        """Whether an alarm is new, and of what a remedy is acting on, so that the remedy may have caused it."""
        covers, known = self._covers, alarm.fingerprint in self._case.memory.alarms
        return not known and covers is not None and (not covers or alarm.component in covers)

    def see_urgency(self, alarms: Iterable[Alarm]) -> None:
        """Raise the priority where one of these alarms makes it more urgent.

        What a person has decided stands, and what a remedy under way may have caused does not count.
        """
        case, order = self._case, self._case.order
        if case.memory.priority is None or order.urgency is not None or case.reclassified:
            return
        counted = [a for a in alarms if a.fingerprint not in case.memory.own_doing and not self.is_own_doing(a)]
        if not counted:
            return
        priority = case.plan.matrix.priority(order.impact or case.plan.impact, urgency_of(counted))
        if priority.value < case.memory.priority:
            self._leading.change_priority(priority, DRIFTVAKT, "an alarm that joined is more urgent")

    async def _confirm(self, probes: Sequence[SiteProbes] = ()) -> HealthVerdict:
        """Look whether the fault is there; at what the alarms named at first, unless `probes` are given."""
        probes = probes or self._case.plan.confirm
        if not probes:
            self._case.tell(EntryKind.PROBE, f"Not confirmed by a probe: {_NO_VERDICT.reason}")
            return _NO_VERDICT
        terms = self._case.terms
        self._looked_at = _points(self._case.plan.confirm)
        self._case.do("Confirm by further probes that the fault is there")
        verdict = await watch(
            probes,
            WatchHealth(
                targets=probes[0].targets,
                every=terms.confirm_every,
                failing_looks=terms.confirm_looks,
                give_up_after=terms.confirm_every * (terms.confirm_looks + 1) * 2 + timedelta(minutes=1),
            ),
            self._case.memory.doing,
        )
        if verdict.healthy:
            self._case.tell(EntryKind.PROBE, f"Not confirmed: {verdict.reason}", verdict)
        else:
            self._case.tell(EntryKind.PROBE, f"Confirmed: {verdict.reason}", verdict)
        return verdict

    async def _put_right(self, verdict: HealthVerdict) -> IncidentEnd | None:
        while (remedy := await self._next_remedy(verdict)) is not None:
            if remedy.approval is not None or remedy.stale:
                if not await self._approved(remedy):
                    continue
                verdict = await self._confirm()
                if verdict.healthy and self._refutable:
                    return self._recovered(remedy=None)
            waited = await self._take_lease(remedy.title, remedy.steps)
            if waited:  # for another operation, which may have put it right
                verdict = await self._confirm()
                if verdict.healthy and self._refutable:
                    return self._recovered(remedy=None)
            if waited is None:
                continue
            verdict = await self._carry_out(remedy)
            if verdict.healthy:
                return self._recovered(remedy.name)  # the watch takes the lease back when the incident ends
            await self._give_lease_back()
        return None

    async def _next_remedy(self, verdict: HealthVerdict) -> PlannedRemedy | None:
        self._considered = set(self._case.memory.alarms)
        return await self._instructing.next_remedy(verdict)

    async def _take_lease(self, title: str, steps: Sequence[Step]) -> bool | None:
        """Get the right to carry steps out; whether it had to be waited for. None: it is not to be had."""
        assert self.steps is not None
        plan, case = self.steps.plan, self._case
        scope = scope_of(plan, steps, self._first)
        if scope is None:
            return False
        reasons: list[str] = []

        def waits(reason: str) -> None:
            reasons.append(reason)
            case.blocked = reason
            case.tell(EntryKind.STATE, f"Waits to carry out {title}: {reason}")
            case.do(f"Wait until it may be carried out: {title}. {reason}")

        async def ask(question: Question) -> bool:
            reasons.append(question.text)
            return (
                await self._deciding.decide(question, "Whether more may be acted on than is agreed for an hour")
            ).approved

        try:
            answer = await self._holding.take_lease(
                case.order.application,
                OperationKind.REMEDY,
                title,
                case.id,
                components=scope,
                dossier=plan.dossier,
                lasts=case.terms.recovery_within,
                holds_alarms=False,  # what it causes joins the incident
                waits=waits,
                ask=ask,
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            case.tell(EntryKind.ACTION, f"Not carried out: {title}. {explain(error)}")
            return None
        finally:
            case.blocked = ""
        assert answer is not None
        self.steps.lease = HeldLease(holder=case.id, fences=answer.fences, rises=answer.rises)
        self._covers = answer.components
        return bool(reasons)

    async def _give_lease_back(self) -> None:
        """What was done has not helped: from now on its alarms count like any others."""
        await self._holding.give_lease_back()
        self._covers = None
        if self._case.memory.own_doing:
            self._case.memory.own_doing.clear()
            self.see_urgency(self._case.memory.alarms.values())

    async def _collect(self) -> None:
        """Collect the evidence of the instruction, once, before anything is changed that might destroy it."""
        if self.steps is None or not self._case.plan.collect or self._case.plan.instruction in self._collected:
            return
        self._collected.add(self._case.plan.instruction)
        self.steps.component = self._first
        self._case.enter(IncidentState.COLLECTING, f"Collect evidence: {self._case.plan.title}")
        await self.steps.run([s for s in self._case.plan.collect if isinstance(s, RunStep)])

    async def _approved(self, remedy: PlannedRemedy) -> bool:
        question = approval_question(
            f"May this be done: {remedy.title}?" + (f" It is asked because {remedy.stale}." if remedy.stale else ""),
            plan_text(remedy.steps),
            remedy.approval or _STALE,
            remedy.deciders,
            self._case.order.opened_by,
            ordered=False,
        )
        if why := question.nobody_may():
            self._case.tell(EntryKind.DECISION, f"Not asked whether to carry out {remedy.title}: {why}")
            return False
        outcome = await self._deciding.decide(question, f"Whether to carry out: {remedy.title}")
        return outcome.approved

    async def _carry_out(self, remedy: PlannedRemedy) -> HealthVerdict:
        """Carry a remedy out, prove whether it has helped, and keep how it fared."""
        assert self.steps is not None
        self.steps.component = self._first
        self._case.enter(IncidentState.REMEDYING, f"Carry out: {remedy.title}")
        before, instruction = len(self.steps.reports), self._case.plan.instruction
        with self._changing():
            outcome = await self.steps.carry_out(remedy.steps)
        self._case.tell(EntryKind.ACTION, f"Remedy {remedy.name}: {outcome.value}")
        done, ended_at = self.steps.reports[before:], self.steps.ended_at
        verdict = await self._verify(looks=self._looks_until_given_up(outcome, done, ended_at))
        if (use := how_it_fared(outcome, done, ended_at, healthy=verdict.healthy)) is not None:
            self._case.prove(remedy_name(instruction, remedy.name), use)
        return verdict

    def _looks_until_given_up(
        self, outcome: Outcome, done: Sequence[StepReport], ended_at: Step | None = None
    ) -> int | None:
        """After how many failed looks in a row what was done has not helped; None: recovery is waited for as agreed."""
        if needs_time(done, ended_at):
            return None
        return 1 if outcome is Outcome.FAILED else self._case.terms.confirm_looks

    async def _verify(self, *, looks: int | None = None) -> HealthVerdict:
        """Prove that health holds; given up after so many failed looks in a row, or when recovery has taken too long."""
        terms, probes = self._case.terms, self._probes()
        if not probes:
            return _CLEARED if self._case.subject and not self._case.firing.any else _NO_VERDICT
        self._case.enter(IncidentState.VERIFYING, f"Prove that health holds for {format_duration(terms.healthy_for)}")
        while True:
            self._looked_at = _points(probes)
            verdict = await watch(
                probes,
                WatchHealth(
                    targets=probes[0].targets,
                    every=min(terms.confirm_every, terms.healthy_for / 2),
                    healthy_for=terms.healthy_for,
                    failing_looks=looks,
                    give_up_after=terms.recovery_within + terms.healthy_for,
                ),
                self._case.memory.doing,
            )
            probes = self._probes()
            if not verdict.healthy or _points(probes) <= self._looked_at:
                break
            self._case.tell(EntryKind.PROBE, "Healthy, but other alarms joined meanwhile: their health is proven, too")
        said = "Recovery is proven" if verdict.healthy else "Not recovered"
        self._case.tell(EntryKind.PROBE, f"{said}: {verdict.reason}", verdict)
        return verdict

    async def _hand_over(self, verdict: HealthVerdict) -> tuple[IncidentEnd | None, HealthVerdict]:
        """Let people decide; return how it ended, or the verdict to go on from."""
        taken_back, known = self._case.taken_back, self._considered or set(self._case.memory.alarms)
        self._considered = None
        on = next(iter([*self._instructing.roots(verdict), *self._case.plan.affected]), "")
        question = handover_question(self._case.plan, tried=self._instructing.tried, reason=verdict.reason, on=on)
        outcome = await self._deciding.decide(
            question,
            "How to go on",
            moot=lambda: self._quiet(taken_back) or self._found_since(known),
            meanwhile=lambda: self._another.found(known),
        )
        by = ", ".join(a.by for a in outcome.answers)
        kind, _, name = outcome.option.partition("-")
        if outcome.option == MOOT and not self._quiet(taken_back):
            return None, await self._confirm(self._probes())
        if outcome.option == CLOSE:
            self._case.tell(EntryKind.STATE, f"Closed by {by}: {outcome.answers[-1].note}")
            return IncidentEnd.CLOSED_BY_HAND, verdict
        if outcome.option == RETRY:
            self._instructing.begin_again()
            self._collected.clear()
            return None, await self._confirm_again(verdict)
        # "verify" says that a person has put it right.
        self._acted = self._acted or outcome.option == VERIFY
        if kind == REMEDY:
            verdict = await self._take_remedy(name)
        elif kind == RUNBOOK and self.steps is not None:
            verdict = await self._take_runbook(name, on)
        else:
            verdict = await self._verify()
        remedy = name if kind in {REMEDY, RUNBOOK} else None
        await self._give_lease_back()
        return (self._recovered(remedy), verdict) if verdict.healthy else (None, verdict)

    async def _confirm_again(self, verdict: HealthVerdict) -> HealthVerdict:
        again = await self._confirm(self._probes())
        # "Retry" was asked for by a person: healthy probes that cannot refute this fault are no reason not to.
        return verdict.model_copy(update={"healthy": False}) if again.healthy and not self._refutable else again

    async def _take_remedy(self, name: str) -> HealthVerdict:
        for remedy in self._case.plan.remedies:
            if option(REMEDY, remedy.name) != option(REMEDY, name):
                continue
            if remedy.approval is not None and not await self._approved(remedy):
                continue
            if await self._take_lease(remedy.title, remedy.steps) is not None:
                return await self._carry_out(remedy)
        return await self._verify(looks=self._case.terms.confirm_looks)

    async def _take_runbook(self, name: str, component: str) -> HealthVerdict:
        assert self.steps is not None
        self._case.enter(IncidentState.REMEDYING, f"Runbook {name}")
        step = RunbookStep(runbook=name, inputs={"component": component})
        before = len(self.steps.reports)
        if await self._take_lease(f"Runbook {name}", [step]) is None:
            return await self._verify(looks=self._case.terms.confirm_looks)
        with self._changing():
            outcome = await self.steps.runbook(name, step.inputs, f"Runbook {name}")
        return await self._verify(looks=self._looks_until_given_up(outcome, self.steps.reports[before:]))

    def _recovered(self, remedy: str | None) -> IncidentEnd:
        case = self._case
        case.helped, case.restored_at = remedy, workflow.now()
        case.memory.cause = case.memory.cause or cause_of(case.plan, remedy)
        return IncidentEnd.RECOVERED if self._acted else IncidentEnd.RECOVERED_BY_ITSELF

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self.acting = True
        try:
            yield
        finally:
            self.acting = False

    def was_looked_at(self, alarm: Alarm) -> bool:
        """Whether the latest look says anything about an alarm; True where nothing shows the health of its component."""
        plan = self._case.plan.plan
        part = plan.components.get(alarm.component) if plan and alarm.component else None
        points = _points(part.health) if part else set()
        return not points or bool(points & self._looked_at)

    # --- what they share

    @property
    def _first(self) -> str:
        return self._case.plan.affected[0]

    @property
    def _refutable(self) -> bool:
        """Whether healthy probes can refute what the alarms say: each names a measuring point, and we can probe them all."""
        return self._case.plan.probeable and all(a.measuring_point for a in self._case.order.alarms)

    def _quiet(self, before: int) -> str:
        """All alarms were taken back since the question was asked: look whether it recovered by itself."""
        return _TAKEN_BACK if self._case.taken_back > before and not self._case.firing.any else ""

    def _found_since(self, known: Collection[str]) -> str:
        """A measuring point has found a fault since the question was asked, and nothing has been tried yet: look again.

        Otherwise one alarm that no probe confirms would keep agreed remedies from what fails while its question is open.
        """
        if self._instructing.tried:
            return ""
        found = [a.title for a in self._case.memory.alarms.values() if a.measuring_point and a.fingerprint not in known]
        return (
            f"The question is withdrawn: meanwhile a measuring point has found a fault ({found[0]})." if found else ""
        )

    def _probes(self) -> list[SiteProbes]:
        """What shows the fault, with the health of what has joined."""
        if self._case.subject:
            return []
        return [*self._case.plan.confirm, *self._joined_health()]

    def _joined_health(self) -> list[SiteProbes]:
        if self._case.plan.plan is None:
            return []
        components = self._case.plan.plan.components
        named = self._case.firing.components
        return [group for name in sorted(named & set(components)) for group in components[name].health]

    def _waits(self, reason: str) -> None:
        self._case.blocked = reason
        if reason:
            self._before_halt = self._case.memory.doing
            self._case.tell(EntryKind.NOTE, reason)
            self._case.do(reason)
        else:
            self._case.tell(EntryKind.NOTE, "The halt is lifted; it goes on")
            self._case.do(self._before_halt)

    def _heard(self, report: StepReport) -> None:
        kind = EntryKind.EVIDENCE if self._case.memory.state is IncidentState.COLLECTING else EntryKind.ACTION
        self._acted = self._acted or (report.changed and kind is EntryKind.ACTION)
        where = f" on {report.host}" if report.host else ""
        said = first_line(report.detail)
        self._case.tell(kind, f"{report.title}{where}: {report.outcome.value}. {said}", report)

    def left_behind(self) -> str:
        """What was done last on a host, for whoever finds it there."""
        last = self.steps.reports[-1] if self.steps and self.steps.reports else None
        if last is None:
            return "Nothing had been done on any host."
        where = f" on {last.host}" if last.host else ""
        return f"The last step was {last.title}{where}: {last.outcome.value}. {first_line(last.detail)}"


def _points(probes: Iterable[SiteProbes]) -> set[str]:
    return {target.point for group in probes for target in group.targets}


def first_line(text: str) -> str:
    """What a text begins with."""
    return text.strip().partition("\n")[0]


def urgency_of(alarms: Iterable[Alarm]) -> Level:
    """The highest urgency of some alarms; high where there is none."""
    return min((a.severity.urgency for a in alarms), key=list(Level).index, default=Level.HIGH)

"""Remediation: the technical side of an incident, from confirming the fault through the remedies to a proven recovery."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.stubs.incidents import begin_incident
from models.alarms import Alarm
from models.base import format_duration
from models.beginning import BeginIncident
from models.dossier.agreement import Level
from models.dossier.instructions import Approval, RunbookStep, RunStep, Step
from models.fences import HeldLease
from models.gates import WITHDRAWN, Question
from models.incident import IncidentEnd, IncidentState
from models.jobs import Outcome
from models.lease import REMEDY_HOLDER
from models.names import remedy_name
from models.people import DRIFTVAKT
from models.plans import STALE_ASKS, PlannedRemedy, SiteProbes
from models.probes import HealthVerdict, WatchHealth
from models.records import EntryKind
from models.runbooks import StepReport
from models.scope import Scope
from workflows.gates.gates import approval_question
from workflows.incident.another_fault import AnotherFault
from workflows.incident.context import IncidentContext
from workflows.incident.coordination import Coordination
from workflows.incident.handover import CLOSE, REMEDY, RETRY, RUNBOOK, VERIFY, cause_of, handover_question, option
from workflows.incident.instructions import InstructionChoice
from workflows.incident.next_step import AlreadyRecoveredError, Ask, NextStep
from workflows.incident.recovery import Recovery
from workflows.runtime.calls import call
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import WRITE
from workflows.steps.health import watch
from workflows.steps.lease import HoldsLease
from workflows.steps.proof import how_it_fared, needs_time
from workflows.steps.runner import Steps
from workflows.steps.scope import scope_of
from workflows.steps.text import first_line, last_step_text, plan_text, report_text

_NO_VERDICT = HealthVerdict(
    healthy=False, certain=False, checks=0, samples=[], reason="no measuring point of the dossier shows this fault"
)

_CLEARED = _NO_VERDICT.model_copy(update={"healthy": True, "reason": "all of its alarms are cleared"})
"""For an incident that is not about the health of the application: only its alarms show whether it is over."""

_CLEARED_MEANWHILE = "The question is withdrawn: all alarms cleared before anybody answered."

_STALE = Approval(roles=[STALE_ASKS], not_requester=False)
"""Asked about a remedy that needs no approval, and is not proven."""


class Remediation:
    """Carries out the remedies of the dossier, and asks people through `ask` when no remedy helps."""

    def __init__(self, context: IncidentContext, coordination: Coordination, ask: Ask, holding: HoldsLease) -> None:
        self._holding = holding
        self._context = context
        self._coordination = coordination
        self.steps: Steps | None = None
        self.acting = False
        """Whether a step is changing a host; only a cancellation interrupts such a step."""
        self._acted = False
        self._covers: Scope | None = None
        """Components under the lease of a remedy, until its result is known."""
        self._considered: set[str] | None = None
        """The alarms that were active when a remedy was chosen last; None after people were asked."""
        self._collected: set[str] = set()
        self._checked: set[str] = set()
        """The measuring points of the latest health check."""
        self._instructions = InstructionChoice(context, self._collect)
        self._another = AnotherFault(context, self._instructions)
        self._next_step = NextStep(context, coordination, ask, Recovery(context, self._instructions, self._probes))

    async def run(self) -> IncidentEnd:
        """Confirm, collect, remedy, verify; hand over to people when no remedy helps."""
        try:
            return await self._remediate()
        except AlreadyRecoveredError as recovered:
            self._context.log(EntryKind.PROBE, f"Recovery is proven: {recovered.verdict.reason}", recovered.verdict)
            return self._recovered(remedy=None)

    async def _remediate(self) -> IncidentEnd:
        await self.prepare()
        verdict = await self._confirm()
        if verdict.healthy and self._refutable:
            return IncidentEnd.NOT_CONFIRMED
        self._coordination.begin()
        while True:
            # No remedy runs for a fault that no probe could check: people decide.
            end = await self._try_remedies(verdict) if verdict.certain and not verdict.healthy else None
            if end is None:
                end, verdict = await self._hand_over(verdict)
            if end is not None:
                return end

    async def prepare(self) -> None:
        """Enter the incident in the records, and load its plan from the dossier."""
        context, order = self._context, self._context.order
        begun = await call(
            begin_incident,
            BeginIncident(
                plan=self._instructions.first_request(),
                record=context.draft(context.journal.timeline.take()),
                impact=order.impact,
                urgency=order.urgency or urgency_of(context.memory.alarms.values()),
                now=workflow.now(),
            ),
            retry=WRITE,
            summary="Enter the incident in the records, and load its plan from the dossier",
        )
        self._instructions.began(begun.plan)
        if begun.fault:
            context.log(EntryKind.NOTE, f"The dossier cannot be read, so people decide: {begun.fault}")
        self._coordination.began(begun)
        context.prepared = True
        if order.reopening is not None and order.reopening.lost:
            self._coordination.need_people(f"Driftvakt reopened it: {order.reopening.reason}.")
        if context.plan.plan is not None:
            self.steps = Steps(
                context.plan.plan,
                requester=order.opened_by,
                ask=self._next_step.within_a_step,
                on_report=self._on_step,
                on_wait=self._on_halt,
            )
            self.steps.heals = True

    def may_be_caused_by_remedy(self, alarm: Alarm) -> bool:
        """Whether an alarm is new and of a component that a remedy acts on, so that the remedy may have caused it."""
        covers, known = self._covers, alarm.fingerprint in self._context.memory.alarms
        return not known and covers is not None and covers.has(alarm.component)

    def see_urgency(self, alarms: Iterable[Alarm]) -> None:
        """Raise the priority if one of these alarms is more urgent.

        The priority that a person has set stays, and alarms that a running remedy may have caused do not count.
        """
        context, order = self._context, self._context.order
        if context.memory.priority is None or order.urgency is not None or context.reclassified:
            return
        counted = [
            a
            for a in alarms
            if a.fingerprint not in context.memory.caused_by_remedy and not self.may_be_caused_by_remedy(a)
        ]
        if not counted:
            return
        priority = context.plan.matrix.priority(order.impact or context.plan.impact, urgency_of(counted))
        if priority.value < context.memory.priority:
            self._coordination.change_priority(priority, DRIFTVAKT, "an alarm that joined is more urgent")

    async def _confirm(self, probes: Sequence[SiteProbes] = ()) -> HealthVerdict:
        """Confirm the fault by probes: those of the plan, unless `probes` are given."""
        probes = probes or self._context.plan.confirm
        if not probes:
            self._context.log(EntryKind.PROBE, f"Not confirmed by a probe: {_NO_VERDICT.reason}")
            return _NO_VERDICT
        terms = self._context.terms
        self._checked = _points(self._context.plan.confirm)
        self._context.enter(IncidentState.CONFIRMING, "Confirm the fault by further probes")
        verdict = await watch(
            probes,
            WatchHealth(
                targets=probes[0].targets,
                every=terms.confirm_every,
                failing_checks=terms.confirm_checks,
                give_up_after=terms.confirm_within,
            ),
            self._context.journal.doing,
        )
        if verdict.healthy:
            self._context.log(EntryKind.PROBE, f"Not confirmed: {verdict.reason}", verdict)
        else:
            self._context.log(EntryKind.PROBE, f"Confirmed: {verdict.reason}", verdict)
        return verdict

    async def _try_remedies(self, verdict: HealthVerdict) -> IncidentEnd | None:
        while (remedy := await self._next_remedy(verdict)) is not None:
            if remedy.approval is not None or remedy.stale:
                if not await self._approved(remedy):
                    continue
                verdict = await self._confirm()
                if verdict.healthy and self._refutable:
                    return self._recovered(remedy=None)
            waited = await self._take_lease(remedy.title, remedy.steps)
            if waited:  # for another operation, which may have fixed the fault
                verdict = await self._confirm()
                if verdict.healthy and self._refutable:
                    return self._recovered(remedy=None)
            if waited is None:
                continue
            verdict = await self._carry_out(remedy)
            if verdict.healthy:
                return self._recovered(remedy.name)  # the watch releases the lease when the incident ends
            await self._give_lease_back()
        return None

    async def _next_remedy(self, verdict: HealthVerdict) -> PlannedRemedy | None:
        self._considered = set(self._context.memory.alarms)
        return await self._instructions.next_remedy(verdict)

    async def _take_lease(self, title: str, steps: Sequence[Step]) -> bool | None:
        """Take the lease for some steps; return whether it had to wait. None: no lease is available."""
        assert self.steps is not None
        plan, context = self.steps.plan, self._context
        scope = scope_of(plan, steps, self._first)
        if scope is None:
            return False
        reasons: list[str] = []

        def on_wait(reason: str) -> None:
            reasons.append(reason)
            context.blocked = reason
            context.log(EntryKind.STATE, f"Waiting before {title}: {reason}")
            context.now(f"Waiting before {title}. {reason}")

        async def ask(question: Question) -> bool:
            reasons.append(question.text)
            return (
                await self._next_step.decide(question, "Waiting for approval: exceed the action rate limit")
            ).approved

        try:
            answer = await self._holding.take_lease(
                context.order.application,
                REMEDY_HOLDER,
                title,
                context.id,
                components=scope,
                dossier=plan.dossier,
                lasts=context.terms.recovery_within,
                holds_alarms=False,  # alarms that the remedy causes join the incident
                on_wait=on_wait,
                ask=ask,
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            context.log(EntryKind.ACTION, f"Not carried out: {title}. {explain(error)}")
            return None
        finally:
            context.blocked = ""
        assert answer is not None
        self.steps.lease = HeldLease(holder=context.id, fences=answer.fences, rises=answer.rises)
        self._covers = answer.components
        return bool(reasons)

    async def _give_lease_back(self) -> None:
        """Release the lease of a remedy that has not helped; from now on the alarms that it caused count like others."""
        await self._holding.give_lease_back()
        self._covers = None
        if self._context.memory.caused_by_remedy:
            self._context.memory.caused_by_remedy.clear()
            self.see_urgency(self._context.memory.alarms.values())

    async def _collect(self) -> None:
        """Collect the evidence of the instruction, once, before a change can destroy it."""
        if self.steps is None or not self._context.plan.collect or self._context.plan.instruction in self._collected:
            return
        self._collected.add(self._context.plan.instruction)
        self.steps.component = self._first
        self._context.enter(IncidentState.COLLECTING, f"Collect evidence: {self._context.plan.title}")
        await self.steps.run([s for s in self._context.plan.collect if isinstance(s, RunStep)])

    async def _approved(self, remedy: PlannedRemedy) -> bool:
        question = approval_question(
            f"Carry out: {remedy.title}?" + (f" Approval is needed: {remedy.stale}." if remedy.stale else ""),
            plan_text(remedy.steps),
            remedy.approval or _STALE,
            remedy.deciders,
            self._context.order.opened_by,
            ordered=False,
        )
        if why := question.nobody_may():
            self._context.log(EntryKind.DECISION, f"No approval was asked for {remedy.title}: {why}")
            return False
        outcome = await self._next_step.decide(question, f"Waiting for approval: {remedy.title}")
        return outcome.approved

    async def _carry_out(self, remedy: PlannedRemedy) -> HealthVerdict:
        """Carry out a remedy, check whether it has helped, and keep the result as proof."""
        assert self.steps is not None
        self.steps.component = self._first
        self._context.enter(IncidentState.REMEDYING, f"Carry out: {remedy.title}")
        before, instruction = len(self.steps.reports), self._context.plan.instruction
        with self._changing():
            outcome = await self.steps.carry_out(remedy.steps)
        self._context.log(EntryKind.ACTION, f"Remedy {remedy.name}: {outcome.value}")
        done, ended_at = self.steps.reports[before:], self.steps.ended_at
        verdict = await self._verify(checks=self._checks_until_given_up(outcome, done, ended_at))
        if (use := how_it_fared(outcome, done, ended_at, healthy=verdict.healthy)) is not None:
            self._context.prove(remedy_name(instruction, remedy.name), use)
        return verdict

    def _checks_until_given_up(
        self, outcome: Outcome, done: Sequence[StepReport], ended_at: Step | None = None
    ) -> int | None:
        """Failed checks in a row after which a remedy has not helped; None: wait for the agreed time of recovery."""
        if needs_time(done, ended_at):
            return None
        return 1 if outcome is Outcome.FAILED else self._context.terms.confirm_checks

    async def _verify(self, *, checks: int | None = None) -> HealthVerdict:
        """Prove that health holds; give up after `looks` failed checks in a row, or after the agreed time of recovery."""
        terms, probes = self._context.terms, self._probes()
        if not probes:
            return _CLEARED if self._context.subject and not self._context.firing.any else _NO_VERDICT
        self._context.enter(
            IncidentState.VERIFYING, f"Prove that health holds for {format_duration(terms.healthy_for)}"
        )
        while True:
            self._checked = _points(probes)
            verdict = await watch(
                probes,
                WatchHealth(
                    targets=probes[0].targets,
                    every=min(terms.confirm_every, terms.healthy_for / 2),
                    healthy_for=terms.healthy_for,
                    failing_checks=checks,
                    give_up_after=terms.recovery_within + terms.healthy_for,
                ),
                self._context.journal.doing,
            )
            probes = self._probes()
            if not verdict.healthy or _points(probes) <= self._checked:
                break
            self._context.log(
                EntryKind.PROBE, "Healthy, but other alarms joined meanwhile: their components must be healthy, too"
            )
        said = "Recovery is proven" if verdict.healthy else "Not recovered"
        self._context.log(EntryKind.PROBE, f"{said}: {verdict.reason}", verdict)
        return verdict

    async def _hand_over(self, verdict: HealthVerdict) -> tuple[IncidentEnd | None, HealthVerdict]:
        """Ask people for the next step; return how the incident ended, or None and the verdict to go on from."""
        cleared, known = self._context.cleared, self._considered or set(self._context.memory.alarms)
        self._considered = None
        on = next(iter([*self._instructions.roots(verdict), *self._context.plan.affected]), "")
        question = handover_question(self._context.plan, tried=self._instructions.tried, reason=verdict.reason, on=on)
        outcome = await self._next_step.decide(
            question,
            "Waiting for a decision about the next step",
            withdrawn=lambda: self._quiet(cleared) or self._found_since(known),
            meanwhile=lambda: self._another.found(known),
        )
        by = ", ".join(a.by for a in outcome.answers)
        kind, _, name = outcome.option.partition("-")
        if outcome.option == WITHDRAWN and not self._quiet(cleared):
            return None, await self._confirm(self._probes())
        if outcome.option == CLOSE:
            self._context.log(EntryKind.STATE, f"Closed by {by}: {outcome.answers[-1].note}")
            return IncidentEnd.CLOSED_BY_HAND, verdict
        if outcome.option == RETRY:
            self._instructions.begin_again()
            self._collected.clear()
            return None, await self._confirm_again(verdict)
        # "verify" says that a person has fixed it.
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
        # A person chose "retry": healthy probes that cannot refute this fault do not prevent it.
        return verdict.model_copy(update={"healthy": False}) if again.healthy and not self._refutable else again

    async def _take_remedy(self, name: str) -> HealthVerdict:
        for remedy in self._context.plan.remedies:
            if option(REMEDY, remedy.name) != option(REMEDY, name):
                continue
            if remedy.approval is not None and not await self._approved(remedy):
                continue
            if await self._take_lease(remedy.title, remedy.steps) is not None:
                return await self._carry_out(remedy)
        return await self._verify(checks=self._context.terms.confirm_checks)

    async def _take_runbook(self, name: str, component: str) -> HealthVerdict:
        assert self.steps is not None
        self._context.enter(IncidentState.REMEDYING, f"Runbook {name}")
        step = RunbookStep(runbook=name, inputs={"component": component})
        before = len(self.steps.reports)
        if await self._take_lease(f"Runbook {name}", [step]) is None:
            return await self._verify(checks=self._context.terms.confirm_checks)
        with self._changing():
            outcome = await self.steps.runbook(name, step.inputs, f"Runbook {name}")
        return await self._verify(checks=self._checks_until_given_up(outcome, self.steps.reports[before:]))

    def _recovered(self, remedy: str | None) -> IncidentEnd:
        context = self._context
        context.helped, context.restored_at = remedy, workflow.now()
        context.memory.cause = context.memory.cause or cause_of(context.plan, remedy)
        return IncidentEnd.RECOVERED if self._acted else IncidentEnd.RECOVERED_BY_ITSELF

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self.acting = True
        try:
            yield
        finally:
            self.acting = False

    def was_checked(self, alarm: Alarm) -> bool:
        """Whether the latest health check covered an alarm; True if no measuring point shows the health of its component."""
        plan = self._context.plan.plan
        part = plan.components.get(alarm.component) if plan and alarm.component else None
        points = _points(part.health) if part else set()
        return not points or bool(points & self._checked)

    # --- shared by the steps above

    @property
    def _first(self) -> str:
        return self._context.plan.affected[0]

    @property
    def _refutable(self) -> bool:
        """Whether healthy probes can refute the alarms: each alarm names a measuring point, and we can probe all of them."""
        return self._context.plan.probeable and all(a.measuring_point for a in self._context.order.alarms)

    def _quiet(self, before: int) -> str:
        """Why the question is withdrawn when all alarms have cleared since it was asked; empty while one is active."""
        return _CLEARED_MEANWHILE if self._context.cleared > before and not self._context.firing.any else ""

    def _found_since(self, known: Collection[str]) -> str:
        """Why the question is withdrawn when a measuring point has found a fault since, and no remedy was tried yet.

        Otherwise one alarm that no probe confirms would block the remedies of other faults while its question is open.
        """
        if self._instructions.tried:
            return ""
        found = [
            a.title for a in self._context.memory.alarms.values() if a.measuring_point and a.fingerprint not in known
        ]
        return (
            f"The question is withdrawn: a measuring point has found a fault meanwhile ({found[0]})." if found else ""
        )

    def _probes(self) -> list[SiteProbes]:
        """The probes that show the fault, with those for the components of alarms that have joined."""
        if self._context.subject:
            return []
        return [*self._context.plan.confirm, *self._joined_health()]

    def _joined_health(self) -> list[SiteProbes]:
        if self._context.plan.plan is None:
            return []
        components = self._context.plan.plan.components
        named = self._context.firing.components
        return [group for name in sorted(named & set(components)) for group in components[name].health]

    def _on_halt(self, reason: str) -> None:
        self._context.blocked = reason
        self._context.journal.halted(reason, EntryKind.NOTE)

    def _on_step(self, report: StepReport) -> None:
        kind = EntryKind.EVIDENCE if self._context.journal.state is IncidentState.COLLECTING else EntryKind.ACTION
        self._acted = self._acted or (report.changed and kind is EntryKind.ACTION)
        self._context.log(kind, f"{report_text(report)}. {first_line(report.detail)}", report)

    def left_behind(self) -> str:
        """The last step and its result, for the people who take over the host."""
        reports = self.steps.reports if self.steps else []
        return last_step_text(reports) + (f" {first_line(reports[-1].detail)}" if reports else "")


def _points(probes: Iterable[SiteProbes]) -> set[str]:
    return {target.point for group in probes for target in group.targets}


def urgency_of(alarms: Iterable[Alarm]) -> Level:
    """The highest urgency of some alarms; high without alarms."""
    return min((a.severity.urgency for a in alarms), key=list(Level).index, default=Level.HIGH)

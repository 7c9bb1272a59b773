"""The choice of an instruction in the dossier, and of its next remedy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator

from activities.stubs.records import load_incident_plan
from models.plans import ApplicationPlan, IncidentPlan, InstructionMatch, PlannedRemedy, PlanRequest
from models.probes import HealthVerdict, Seen
from models.records import EntryKind
from workflows.incident.context import IncidentContext
from workflows.runtime.calls import look_up


class InstructionChoice:
    """Chooses the instruction by what fails, goes through its remedies, then on to the next instruction that matches."""

    def __init__(self, context: IncidentContext, collect: Callable[[], Awaitable[None]]) -> None:
        """`collect` collects the evidence of the instruction that `context.plan` holds, once."""
        self._context = context
        self._collect = collect
        self._tried: set[str] = set()
        """Remedies, as `INSTRUCTION/REMEDY`."""
        self._asked: PlanRequest | None = None
        """The request that the plan of the incident answers."""
        self._best: IncidentPlan | None = None
        """The plan of the first instruction that matches."""
        self._ended: list[str] = []
        """Matching instructions that ended without success."""
        self._logged: list[InstructionMatch] = []

    @property
    def tried(self) -> bool:
        """Whether any remedy was tried."""
        return bool(self._tried)

    @property
    def named_points(self) -> list[str]:
        """The measuring points that alarms named when the plan was chosen; the plan confirms them by all thresholds."""
        return self._asked.measuring_points if self._asked else []

    def begin_again(self) -> None:
        """Forget the tried remedies, so that all of them can run again."""
        self._tried.clear()
        self._ended.clear()

    def first_request(self) -> PlanRequest:
        """The request for the first plan, before any probe."""
        self._asked = self._request(None)
        return self._asked

    def began(self, plan: IncidentPlan) -> None:
        """Use the first plan."""
        self._context.plan = self._best = plan

    async def next_remedy(self, verdict: HealthVerdict) -> PlannedRemedy | None:
        """The next remedy for the failing components; None when no matching instruction has one left.

        Afterwards, `context.plan` is the plan of its instruction; in the end, of the first instruction.
        """
        await self._choose(verdict)
        while True:
            await self._collect()
            if (remedy := next(self._untried(self._context.plan), None)) is not None:
                self._tried.add(f"{self._context.plan.instruction}/{remedy.name}")
                return remedy
            self._ended.append(self._context.plan.instruction)
            following = next((m for m in self._context.plan.matches if m.name not in self._ended), None)
            if following is None or self._asked is None:
                self._context.plan = self._best or self._context.plan
                return None
            await self._use_next(following)

    async def untried_for(self, points: Collection[str]) -> str:
        """Name of the instruction that matches if these measuring points fail, too, and has a remedy that was not tried yet.

        Empty without one; `context.plan` stays as it is.
        """
        if self._asked is None or self._context.plan.plan is None:
            return ""
        request = self._request(None).model_copy(
            update={
                "failing": sorted({*self._asked.failing, *points}),
                "healthy": [point for point in self._asked.healthy if point not in points],
            }
        )
        ended = list(self._ended)
        while True:
            plan = await self._load(request.model_copy(update={"tried": ended}))
            if not plan.instruction or next(self._untried(plan), None) is not None:
                return plan.instruction
            ended.append(plan.instruction)

    def roots(self, verdict: HealthVerdict) -> list[str]:
        """The root components: those that fail although no component that they need fails."""
        plan = self._context.plan.plan
        return [] if plan is None else plan.dependencies.roots(failing(plan, verdict))

    async def _choose(self, verdict: HealthVerdict) -> None:
        """Choose the instruction that fits best to what fails now."""
        context = self._context
        if context.plan.plan is None:
            return
        request = self._request(verdict)
        context.roots = request.roots
        if request != self._asked:
            self._asked = request
            context.plan = self._best = await self._load(request)
            self._ended.clear()
        self._log_matches()

    async def _use_next(self, following: InstructionMatch) -> None:
        assert self._asked is not None
        self._context.log(EntryKind.STATE, f"Using the next instruction, {following.name}: {following.why}")
        self._context.plan = await self._load(self._asked.model_copy(update={"tried": list(self._ended)}))

    def _untried(self, plan: IncidentPlan) -> Iterator[PlannedRemedy]:
        return (remedy for remedy in plan.remedies if f"{plan.instruction}/{remedy.name}" not in self._tried)

    def _request(self, verdict: HealthVerdict | None) -> PlanRequest:
        context = self._context
        alarms = context.memory.alarms.values()
        samples = verdict.samples if verdict else []
        failing = sorted(short_name(s.point) for s in samples if s.seen is Seen.FAILED)
        healthy = sorted(short_name(s.point) for s in samples if s.seen is Seen.OK)
        claimed = {a.component for a in alarms if a.component and a.measuring_point not in healthy}
        return PlanRequest(
            application=context.order.application,
            # One version of the dossier throughout, even if another is published meanwhile.
            dossier=context.order.dossier or (context.plan.plan.dossier if context.plan.plan else ""),
            components=sorted(claimed | {name for name in context.memory.further if name}),
            measuring_points=sorted({a.measuring_point for a in alarms if a.measuring_point}),
            failing=failing,
            healthy=healthy,
            roots=self.roots(verdict) if verdict else [],
            subject=context.subject,
            only_instruction=context.plan.plan is not None,
        )

    async def _load(self, request: PlanRequest) -> IncidentPlan:
        before = self._context.plan
        loaded: IncidentPlan = await look_up(
            load_incident_plan,
            request,
            summary="Look up the instruction for this fault in the dossier",
        )
        if not request.only_instruction:
            return loaded
        return loaded.model_copy(update={"plan": before.plan})

    def _log_matches(self) -> None:
        """Log the instructions that match, and why this one comes first; again only when they have changed."""
        matches = self._context.plan.matches
        if matches == self._logged:
            return
        self._logged = matches
        self._context.log(EntryKind.STATE, matches_text(matches))


def matches_text(matches: list[InstructionMatch]) -> str:
    """The instructions in their order, with the reasons."""
    if not matches:
        return "No instruction of the dossier matches this fault."
    first, *others = matches
    text = f"Using instruction {first.name}: {first.why}."
    if not others:
        return f"{text} No other instruction matches."
    return f"{text} Next, if it does not help: {'; '.join(f'{m.name} ({m.why})' for m in others)}."


def failing(plan: ApplicationPlan, verdict: HealthVerdict) -> set[str]:
    """Names of the components that have a measuring point which is not healthy."""
    failed = {s.point for s in verdict.samples if s.seen is not Seen.OK}
    return {
        name
        for name, part in plan.components.items()
        for group in part.health
        for t in group.targets
        if t.point in failed
    }


def short_name(point: str) -> str:
    """The name of a measuring point in its dossier."""
    return point.rpartition(".")[2]

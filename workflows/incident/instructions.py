"""Which instruction of the dossier an incident takes, and which of its remedies comes next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator

from activities.stubs.records import load_incident_plan
from models.probes import HealthVerdict, Seen
from models.records import EntryKind
from models.slices import ApplicationPlan, IncidentPlan, InstructionMatch, PlannedRemedy, PlanRequest
from workflows.incident.context import Case
from workflows.runtime.calls import look_up
from workflows.steps.dependencies import begins_in


class Instructing:
    """Chooses by what is ill, goes through the remedies of an instruction, and on to the next instruction that matches."""

    def __init__(self, case: Case, collect: Callable[[], Awaitable[None]]) -> None:
        """`collect` collects the evidence of the instruction that `case.plan` holds, once."""
        self._case = case
        self._collect = collect
        self._tried: set[str] = set()
        """Remedies, as `INSTRUCTION/REMEDY`."""
        self._asked: PlanRequest | None = None
        """What the plan of the case was chosen by."""
        self._best: IncidentPlan | None = None
        """The plan of the instruction that comes first for what is ill."""
        self._ended: list[str] = []
        """Instructions that ended without success, for what is ill."""
        self._told: list[InstructionMatch] = []

    @property
    def tried(self) -> bool:
        """Whether any remedy was taken."""
        return bool(self._tried)

    @property
    def named_points(self) -> list[str]:
        """The measuring points that alarms named when the plan of the case was chosen; it confirms them by all thresholds."""
        return self._asked.measuring_points if self._asked else []

    def begin_again(self) -> None:
        """Forget what was tried: all of it may be taken again."""
        self._tried.clear()
        self._ended.clear()

    def first_request(self) -> PlanRequest:
        """What the dossier is asked before anything was probed."""
        self._asked = self._request(None)
        return self._asked

    def began(self, plan: IncidentPlan) -> None:
        """Take in what the dossier says to that."""
        self._case.plan = self._best = plan

    async def next_remedy(self, verdict: HealthVerdict) -> PlannedRemedy | None:
        """The next remedy to take for what is ill; None: no instruction that matches has any left.

        Afterwards, the plan of the case is that of the instruction; in the end, of the one that came first.
        """
        await self._choose(verdict)
        while True:
            await self._collect()
            if (remedy := next(self._untried(self._case.plan), None)) is not None:
                self._tried.add(f"{self._case.plan.instruction}/{remedy.name}")
                return remedy
            self._ended.append(self._case.plan.instruction)
            following = next((m for m in self._case.plan.matches if m.name not in self._ended), None)
            if following is None or self._asked is None:
                self._case.plan = self._best or self._case.plan
                return None
            await self._go_on(following)

    async def untried_for(self, points: Collection[str]) -> str:
        """The instruction that matches where these measuring points are ill besides, and has a remedy that was not taken yet.

        Empty where there is none; the plan of the case stays.
        """
        if self._asked is None or self._case.plan.plan is None:
            return ""
        request = self._request(None).model_copy(
            update={
                "ill": sorted({*self._asked.ill, *points}),
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
        """The failing components that need no other failing one: where the fault begins."""
        plan = self._case.plan.plan
        if plan is None:
            return []
        graph = {name: part.depends_on for name, part in plan.components.items()}
        return begins_in(graph, failing(plan, verdict))

    async def _choose(self, verdict: HealthVerdict) -> None:
        """Take the instruction that fits best what is ill now."""
        case = self._case
        if case.plan.plan is None:
            return
        request = self._request(verdict)
        case.roots = request.roots
        if request != self._asked:
            self._asked = request
            case.plan = self._best = await self._load(request)
            self._ended.clear()
        self._tell_matches()

    async def _go_on(self, following: InstructionMatch) -> None:
        assert self._asked is not None
        self._case.tell(
            EntryKind.STATE, f"Goes on with {following.name}, the next instruction that matches: {following.why}"
        )
        self._case.plan = await self._load(self._asked.model_copy(update={"tried": list(self._ended)}))

    def _untried(self, plan: IncidentPlan) -> Iterator[PlannedRemedy]:
        return (remedy for remedy in plan.remedies if f"{plan.instruction}/{remedy.name}" not in self._tried)

    def _request(self, verdict: HealthVerdict | None) -> PlanRequest:
        case = self._case
        alarms = case.memory.alarms.values()
        samples = verdict.samples if verdict else []
        ill = sorted(short_name(s.point) for s in samples if s.seen is Seen.FAILED)
        healthy = sorted(short_name(s.point) for s in samples if s.seen is Seen.OK)
        claimed = {a.component for a in alarms if a.component and a.measuring_point not in healthy}
        return PlanRequest(
            application=case.order.application,
            # One version throughout, whatever is published meanwhile.
            dossier=case.order.dossier or (case.plan.plan.dossier if case.plan.plan else ""),
            components=sorted(claimed | {name for name in case.memory.further if name}),
            measuring_points=sorted({a.measuring_point for a in alarms if a.measuring_point}),
            ill=ill,
            healthy=healthy,
            roots=self.roots(verdict) if verdict else [],
            subject=case.subject,
            only_instruction=case.plan.plan is not None,
        )

    async def _load(self, request: PlanRequest) -> IncidentPlan:
        before = self._case.plan
        loaded: IncidentPlan = await look_up(
            load_incident_plan,
            request,
            summary="Look up what the dossier says of this fault",
        )
        if not request.only_instruction:
            return loaded
        return loaded.model_copy(update={"plan": before.plan})

    def _tell_matches(self) -> None:
        """Say which instructions match, and why this one comes first; again only when that has changed."""
        matches = self._case.plan.matches
        if matches == self._told:
            return
        self._told = matches
        self._case.tell(EntryKind.STATE, matches_text(matches))


def matches_text(matches: list[InstructionMatch]) -> str:
    """Which instructions are taken, in which order and why."""
    if not matches:
        return "No instruction of the dossier matches what is ill."
    first, *others = matches
    said = f"Instruction {first.name} is taken: {first.why}."
    if not others:
        return f"{said} No other instruction matches."
    return f"{said} If it does not help: {'; '.join(f'{m.name} ({m.why})' for m in others)}."


def failing(plan: ApplicationPlan, verdict: HealthVerdict) -> set[str]:
    """The components of which a point that shows their health is not healthy."""
    ill = {s.point for s in verdict.samples if s.seen is not Seen.OK}
    return {
        name for name, part in plan.components.items() for group in part.health for t in group.targets if t.point in ill
    }


def short_name(point: str) -> str:
    """A measuring point's name in its dossier."""
    return point.rpartition(".")[2]

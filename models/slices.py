"""Slices of a dossier: what one workflow needs of it, resolved, so that no workflow carries the whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from models.alarms import Subject
from models.base import ApplicationId, Model, PositiveDuration
from models.dossier.agreement import CauseCode, IncidentTerms, Level, Matrix, Priority
from models.dossier.instructions import Approval, Restore, StartStop, Step
from models.dossier.monitoring import Flapping
from models.dossier.parties import Language, PartyKind
from models.freezes import Freeze
from models.hosts import Control, HostTarget
from models.people import Person
from models.probes import ProbeTarget


class WatchSliceRequest(Model):
    """Of which application."""

    application: ApplicationId
    incidents: list[str] = []
    """Closed incidents that must be told of, however long ago they were closed."""


class KnownIncident(Model):
    """An incident that the records know."""

    id: str
    number: int
    components: list[str]
    opened_at: datetime
    title: str = ""
    closed_at: datetime | None = None
    """None: it is open."""
    end: str | None = None
    """How it ended."""
    reopened: int = 0
    """How often it was opened again."""
    lead: str | None = None
    subject: Subject | None = None
    """What it is about, where that is not the health of the application."""


class OpenSpan(Model):
    """A span of time (UTC) in which alarms are handled."""

    since: datetime
    until: datetime


class WatchSlice(Model):
    """What a watch needs: what belongs together, and where to go on counting."""

    application: ApplicationId
    known: bool
    """Whether a dossier has been published; without one, alarms still open incidents, handed straight to people."""
    dossier: str = ""
    """Digest."""
    name: str = ""
    depends_on: dict[str, list[str]] = {}
    """Component to the components it needs."""
    next_number: Annotated[int, Field(ge=1)] = 1
    """Highest incident number in the records, plus one."""
    next_alarm: Annotated[int, Field(ge=1)] = 1
    """Highest alarm sequence in the records, plus one."""
    incidents: list[KnownIncident] = []
    """Open ones."""
    closed: list[KnownIncident] = []
    """The latest that were closed, and those asked for."""
    open_spans: list[OpenSpan] | None = None
    """When alarms are handled, worked out ahead because workflow code looks up no time zones; None: round the clock."""
    spans_until: datetime | None = None
    """Until when the spans are known."""
    around_the_clock: list[Priority] = []
    """Priorities that are handled at any hour, because their service levels run on 24x7 hours."""
    matrix: Matrix = Matrix()
    impacts: dict[str, Level] = {}
    """By component."""
    impact: Level = Level.HIGH
    """Of an alarm without a component."""
    measuring_points: list[str] = []
    flapping: Flapping = Flapping()
    reopen_within: timedelta = timedelta(0)
    """A fault that comes back so soon after its incident was closed opens the same incident again; nothing: never."""
    freezes: list[Freeze] = []
    startable: dict[str, list[str]] = {}
    """Workflow that people start with a name of the dossier, to these names: `drill` to `database`."""
    contacts: list[Person] = []
    """Everybody in the dossier; none: anybody."""
    people: list[str] = []
    """Who may silence alarms, and merge, split and reopen incidents; none: anybody."""


class Placement(Model):
    """A component on one host, ready to be acted on."""

    host: HostTarget
    queue: str
    """Task queue of the host's site."""


class SiteProbes(Model):
    """Measuring points and the queue of the site that probes them."""

    queue: str
    targets: list[ProbeTarget]


class ComponentPlan(Model):
    """A component, resolved."""

    name: str
    """Its identifier in the dossier."""
    title: str
    placements: list[Placement] = []
    control: Control | None = None
    depends_on: list[str] = []
    impact: Level = Level.MEDIUM
    start_timeout: PositiveDuration = timedelta(minutes=2)
    stop_timeout: PositiveDuration = timedelta(minutes=2)
    health: list[SiteProbes] = []
    """Measuring points that show its health, by the site to probe from."""
    points_of_hosts: dict[str, str] = {}
    """Measuring point, with its full name, to the one host that it shows; where it runs on several."""


STALE_ASKS = "operator"
"""Role that is asked before a stale instruction is used unattended."""


class PlannedRemedy(Model):
    """A remedy of the dossier."""

    name: str
    title: str
    steps: list[Step]
    approval: Approval | None = None
    deciders: list[str] = []
    """Who may approve it; who may say that it is used although it is stale, where it needs no approval."""
    stale: str = ""
    """Why it asks before it is used unattended."""


class RunbookOffer(Model):
    """A runbook that a person may take when the agreed remedies did not help."""

    name: str
    title: str


class ApplicationPlan(Model):
    """An application as instructions and runbooks act on it: one version of its dossier, resolved."""

    application: ApplicationId
    dossier: str
    """Digest."""
    name: str
    components: dict[str, ComponentPlan]
    hosts: dict[str, Placement] = {}
    """Every host of the dossier."""
    points: dict[str, SiteProbes] = {}
    """Every measuring point of the dossier, each by itself."""
    terms: IncidentTerms = IncidentTerms()
    freezes: list[Freeze] = []
    contacts: list[Person] = []
    """Everybody in the dossier; none: anybody."""
    people: dict[str, list[str]] = {}
    """Role to those who hold it."""
    operates: list[str] = []
    """Who may order operations and runbooks: the supplier's and the customer's people, and operators; none: anybody."""
    remedies: dict[str, PlannedRemedy] = {}
    """Every remedy of the dossier, by `INSTRUCTION/REMEDY`."""
    start_up: StartStop = StartStop()
    shut_down: StartStop = StartStop()
    stale: dict[str, str] = {}
    """Instruction, as in `maintenance/patches`, to why it asks before it is used unattended; without those that are proven."""
    restores: dict[str, Restore] = {}
    """By name."""

    def dependants(self, component: str) -> list[str]:
        """The components that need this one, directly or through others; the nearest first."""
        found: list[str] = []
        frontier = [component]
        while frontier:
            frontier = [
                name
                for name, plan in self.components.items()
                if name != component and name not in found and set(plan.depends_on) & set(frontier)
            ]
            found += frontier
        return found


def may_not_operate(who: str, plan: ApplicationPlan) -> str:
    """What to say of a third party's contact who orders an operation."""
    may = ", ".join(plan.operates[:20])
    return (
        f"{who} may not order this of {plan.application}: a third party answers and writes notes; those who may: {may}"
    )


class PlanRequest(Model):
    """Which incident asks: the symptom decides the instruction."""

    application: ApplicationId
    dossier: str = ""
    """Digest; the version that holds now unless given."""
    components: list[str] = []
    """Those that alarms name, but for alarms of points that were seen healthy."""
    measuring_points: list[str] = []
    """Those that alarms name."""
    ill: list[str] = []
    """Measuring points that our probes saw failing."""
    healthy: list[str] = []
    """Measuring points that our probes saw healthy. An alarm that names one of them is not taken as a sign of a fault."""
    roots: list[str] = []
    """Components where the fault begins: they fail, and need no other component that fails."""
    tried: list[str] = []
    """Instructions that were taken already and ended without success: the next one that matches is taken."""
    subject: Subject | None = None
    """What the incident is about, where that is not the health of the application: no probe and no instruction concerns it."""
    only_instruction: bool = False
    """Leave out the application itself, which whoever asks has already."""


class PartyBrief(Model):
    """A party of the agreement, as an incident needs it."""

    name: str
    kind: PartyKind
    language: Language
    support: str = ""


class InstructionMatch(Model):
    """A troubleshooting instruction whose symptom matches what is ill."""

    name: str
    title: str
    component: str | None = None
    """The ill component that it is for: what a run step is about that names neither component nor host."""
    why: str
    """Why it matches, as a clause for people."""


class IncidentPlan(Model):
    """How to handle one incident, from one version of the dossier."""

    plan: ApplicationPlan | None
    """The slice: components of the symptom with what they need and what needs them; None when no dossier is published."""
    instruction: str = ""
    """Troubleshooting instruction that is taken, by name; empty when none matches, or all that match have been tried."""
    title: str = ""
    matches: list[InstructionMatch] = []
    """All that match, in the order in which they are taken."""
    matrix: Matrix = Matrix()
    impact: Level = Level.MEDIUM
    """The highest of the affected components and of the flows through them."""
    affected: list[str] = []
    """Components that the symptom names and the dossier knows; all of them when it names none."""
    probeable: bool = False
    """Whether every measuring point that the symptom names, and at least one point, can be probed by us: only then can
    healthy probes refute the alarm."""
    confirm: list[SiteProbes] = []
    """What shows the fault, and that it is gone: the points named, and the health of the affected components and of all
    that they need."""
    collect: list[Step] = []
    remedies: list[PlannedRemedy] = []
    runbooks: list[RunbookOffer] = []
    """Runbooks that need to know no more than the component."""
    handover: Approval
    handover_deciders: list[str] = []
    parties: dict[str, PartyBrief] = {}
    leaders: list[str] = []
    """Who may lead it: the supplier's people, and whoever holds the role operator; none: anybody."""
    contacts: list[Person] = []
    """Everybody in the dossier; none: anybody."""
    causes: dict[str, CauseCode] = {}
    """Remedy to what the incident came from, if it helps."""

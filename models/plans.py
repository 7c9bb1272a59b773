"""The plans that activities make from a dossier: each has the part that one workflow needs, with all references resolved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from models.alarms import Subject
from models.base import ApplicationId, Model, PositiveDuration
from models.dependencies import Dependencies
from models.dossier.agreement import CauseCode, IncidentTerms, Level, Matrix, Priority
from models.dossier.instructions import Approval, Restore, StartStop, Step
from models.dossier.monitoring import Flapping
from models.dossier.parties import Language, PartyKind
from models.freezes import Freeze
from models.hosts import Control, HostTarget
from models.people import ANYBODY, NOBODY, People, Person
from models.probes import ProbeTarget


class WatchPlanRequest(Model):
    """Ask for the plan of a watch."""

    application: ApplicationId
    incidents: list[str] = []
    """Closed incidents that the answer must contain, however long ago they were closed."""


class KnownIncident(Model):
    """An incident in the records."""

    id: str
    number: int
    components: list[str]
    opened_at: datetime
    title: str = ""
    closed_at: datetime | None = None
    """None: the incident is open."""
    end: str | None = None
    """How the incident ended."""
    reopened: int = 0
    """How often the incident was opened again."""
    lead: str | None = None
    subject: Subject | None = None
    """The subject, if the incident is not about the application's health."""


class OpenSpan(Model):
    """A span of time (UTC) in which alarms are handled."""

    since: datetime
    until: datetime


class WatchPlan(Model):
    """The plan of a watch: dependencies, service hours, and the incidents in the records."""

    application: ApplicationId
    known: bool
    """Whether a dossier is published. Without one, an alarm opens an incident that people handle."""
    dossier: str = ""
    """Digest of the dossier."""
    name: str = ""
    depends_on: dict[str, list[str]] = {}
    """Component to the components that it needs."""
    next_number: Annotated[int, Field(ge=1)] = 1
    """The highest incident number in the records, plus one."""
    next_alarm: Annotated[int, Field(ge=1)] = 1
    """The highest alarm number in the records, plus one."""
    incidents: list[KnownIncident] = []
    """Open incidents."""
    closed: list[KnownIncident] = []
    """The latest closed incidents, and those that the request named."""
    open_spans: list[OpenSpan] | None = None
    """The service hours, as spans of time. Workflow code reads no time zones, so an activity computes them. None: 24x7."""
    spans_until: datetime | None = None
    """The end of the time for which the spans are computed."""
    around_the_clock: list[Priority] = []
    """Priorities that are handled at any hour, because their service level has 24x7 service hours."""
    matrix: Matrix = Matrix()
    impacts: dict[str, Level] = {}
    """Impact of an alarm, by component."""
    impact: Level = Level.HIGH
    """Impact of an alarm without a component."""
    measuring_points: list[str] = []
    flapping: Flapping = Flapping()
    reopen_within: timedelta = timedelta(0)
    """A fault that comes back within this time after its incident was closed opens the same incident again; zero:
    never."""
    freezes: list[Freeze] = []
    startable: dict[str, list[str]] = {}
    """Workflow types that people can start, to the names in the dossier that they can start them for: `drill` to
    `database`."""
    contacts: list[Person] | None = []
    """All contacts of the dossier; None without a dossier."""
    people: People = People()
    """The people who may silence alarms, and merge, split and reopen incidents."""

    @classmethod
    def without_dossier(cls, application: str, next_number: int = 1, next_alarm: int = 1) -> WatchPlan:
        """Return the plan for an application of which no dossier can be read: anybody may give its watch orders."""
        return cls(
            application=application,
            known=False,
            next_number=next_number,
            next_alarm=next_alarm,
            contacts=None,
            people=ANYBODY,
        )

    @property
    def dependencies(self) -> Dependencies:
        """The dependencies of the components."""
        return Dependencies(self.depends_on)


class RoutedHost(Model):
    """A component on one host, with all that is needed to act on it."""

    host: HostTarget
    queue: str
    """Task queue of the host's site."""


class SiteProbes(Model):
    """Measuring points and the queue of the site that probes them."""

    queue: str
    targets: list[ProbeTarget]


class ComponentPlan(Model):
    """A component with its hosts, control and measuring points."""

    name: str
    """The identifier in the dossier."""
    title: str
    routed_hosts: list[RoutedHost] = []
    control: Control | None = None
    depends_on: list[str] = []
    impact: Level = Level.MEDIUM
    start_timeout: PositiveDuration = timedelta(minutes=2)
    stop_timeout: PositiveDuration = timedelta(minutes=2)
    health: list[SiteProbes] = []
    """Measuring points that show the health of the component, by the site that probes them."""
    points_of_hosts: dict[str, str] = {}
    """Full name of a measuring point to the only host that it shows, for a component on several hosts."""


STALE_ASKS = "operator"
"""The role that must approve a stale instruction before it runs automatically."""


class PlannedRemedy(Model):
    """A remedy of the dossier, with the people who may approve it."""

    name: str
    title: str
    steps: list[Step]
    approval: Approval | None = None
    deciders: list[str] = []
    """The people who may approve the remedy, or its use while it is stale; empty: nobody may."""
    stale: str = ""
    """Why a person must approve the remedy although the dossier does not require it; empty if nobody must."""


class RunbookOffer(Model):
    """A runbook that a person may choose if the agreed remedies did not help."""

    name: str
    title: str


class ApplicationPlan(Model):
    """An application for instructions and runbooks: one version of its dossier, with all references resolved."""

    application: ApplicationId
    dossier: str
    """Digest of the dossier."""
    name: str
    components: dict[str, ComponentPlan]
    hosts: dict[str, RoutedHost] = {}
    """Every host of the dossier."""
    points: dict[str, SiteProbes] = {}
    """Every measuring point of the dossier, by its name."""
    terms: IncidentTerms = IncidentTerms()
    freezes: list[Freeze] = []
    contacts: list[Person] = []
    """All contacts of the dossier."""
    people: dict[str, list[str]] = {}
    """Role to the people who have it."""
    operates: list[str] = []
    """The people who may order operations and runbooks: those of the supplier and the customer, and operators."""
    remedies: dict[str, PlannedRemedy] = {}
    """Every remedy of the dossier, by `INSTRUCTION/REMEDY`."""
    start_up: StartStop = StartStop()
    shut_down: StartStop = StartStop()
    stale: dict[str, str] = {}
    """Stale instructions, as in `maintenance/patches`, to why a person must approve them before they run automatically."""
    restores: dict[str, Restore] = {}
    """Restore instructions, by name."""

    @property
    def dependencies(self) -> Dependencies:
        """The dependencies of the components."""
        return Dependencies({name: part.depends_on for name, part in self.components.items()})

    def holders(self, roles: Iterable[str]) -> list[str]:
        """Return the people who hold any of the roles, sorted by name."""
        return sorted({person for role in roles for person in self.people.get(role, [])})


def may_not_operate(who: str, plan: ApplicationPlan) -> str:
    """Return the refusal for a third party's contact who orders an operation."""
    may = ", ".join(plan.operates[:20]) or NOBODY
    return (
        f"{who} may not order this of {plan.application}: a third party answers and writes notes; those who may: {may}"
    )


class PlanRequest(Model):
    """Ask how to handle an incident; its symptom selects the instruction."""

    application: ApplicationId
    dossier: str = ""
    """Digest of the dossier; by default the current version."""
    components: list[str] = []
    """Components that alarms name. Alarms of points that our probes saw healthy do not count."""
    measuring_points: list[str] = []
    """Measuring points that alarms name."""
    failing: list[str] = []
    """Measuring points that our probes saw failing."""
    healthy: list[str] = []
    """Measuring points that our probes saw healthy. Alarms that name one of them are not evidence of a fault."""
    roots: list[str] = []
    """Root components: they fail, and need no other failing component."""
    tried: list[str] = []
    """Instructions that ended without success. The next one that matches is selected."""
    subject: Subject | None = None
    """The subject, if the incident is not about the application's health. Then no probe and no instruction is selected."""
    only_instruction: bool = False
    """Leave `plan` out of the answer, because the incident has it already."""


class PartyBrief(Model):
    """A party of the agreement, with what an incident needs to know about it."""

    name: str
    kind: PartyKind
    language: Language
    support: str = ""


class InstructionMatch(Model):
    """A troubleshooting instruction whose symptom matches the failing components or measuring points."""

    name: str
    title: str
    component: str | None = None
    """The failing component that the instruction is for. Run steps that name neither component nor host act on it."""
    why: str
    """Why the instruction matches, as a clause."""


class IncidentPlan(Model):
    """How to handle one incident, from one version of the dossier."""

    plan: ApplicationPlan | None
    """The components of the symptom, with those that they need and those that need them; None if no dossier is
    published."""
    instruction: str = ""
    """Name of the selected troubleshooting instruction; empty if none matches, or all that match have been tried."""
    title: str = ""
    matches: list[InstructionMatch] = []
    """All instructions that match, in the order in which they are tried."""
    matrix: Matrix = Matrix()
    impact: Level = Level.MEDIUM
    """The highest impact of the affected components and of the flows through them."""
    affected: list[str] = []
    """Components that the symptom names and the dossier contains; all components if the symptom names none."""
    probeable: bool = False
    """Whether our probes can measure every measuring point that the symptom names, and at least one. Only then can
    healthy probes refute the alarm."""
    confirm: list[SiteProbes] = []
    """Measuring points that show the fault and, later, the recovery: those that alarms name, and those of the affected
    components and of all that they need."""
    collect: list[Step] = []
    remedies: list[PlannedRemedy] = []
    runbooks: list[RunbookOffer] = []
    """Runbooks that need only a component as their input."""
    handover: Approval
    handover_deciders: People = People()
    """The people who decide if no remedy helped."""
    parties: dict[str, PartyBrief] = {}
    leaders: People = People()
    """The people who may lead the incident: the supplier's, and those with the role operator."""
    contacts: list[Person] | None = []
    """All contacts of the dossier; None without a dossier."""
    causes: dict[str, CauseCode] = {}
    """Remedy to the cause that the incident gets if the remedy helps."""

    @classmethod
    def without_dossier(cls, handover: Approval) -> IncidentPlan:
        """Return the plan for an application of which no dossier can be read: no remedy exists, and anybody may lead.

        Somebody must be able to close such an incident, and no decision about it acts on a host.
        """
        return cls(plan=None, handover=handover, handover_deciders=ANYBODY, leaders=ANYBODY, contacts=None)

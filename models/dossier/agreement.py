"""The agreement: undertakings, service hours, service levels, and the people who signed."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from models.base import Duration, Identifier, Model, PositiveDuration
from models.dossier.availability import AvailabilityTarget
from models.dossier.changes import ChangeTerms
from models.dossier.priorities import Priority as Priority
from models.dossier.problems import ProblemTerms
from models.dossier.service_time import ServiceTime
from models.errors import ClockError
from models.scope import WHOLE, Scope


class Undertaking(StrEnum):
    """A service that the customer has bought; each one requires certain parts of the dossier."""

    DOCUMENTATION = "documentation"
    MONITORING = "monitoring"
    INCIDENT = "incident"
    PROBLEM = "problem"
    CAPACITY = "capacity"
    CHANGE = "change"
    MAINTENANCE = "maintenance"
    RESTORE = "restore"
    ROUTINES = "routines"
    REPORTS = "reports"


class Level(StrEnum):
    """Impact or urgency, as in ITIL."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown; not a relative path; a directory
        raise ValueError(f"there is no time zone {name!r}; use an IANA name such as Europe/Stockholm") from None
    return name


def _in_our_time(day: date) -> date:
    if not 1900 <= day.year < 2200:
        raise ValueError(f"{day.year:04} is outside the supported years; write a day from 1900 to 2199")
    return day


def _written_out(day: object) -> object:
    # Otherwise a number would be taken for seconds since 1970.
    if isinstance(day, date) or (isinstance(day, str) and len(day) == len("2026-01-31")):
        return day
    raise ValueError("this is not a date; write it as 2026-01-31")


Day = Annotated[date, BeforeValidator(_written_out, json_schema_input_type=date), AfterValidator(_in_our_time)]
"""A date, written as `2026-01-31`."""


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""An IANA time zone, such as `Europe/Stockholm`."""

HOURS_SPAN = r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$"

HoursSpan = Annotated[str, Field(pattern=HOURS_SPAN)]
"""A span of hours, such as `08:00-17:00`. A span whose end is not after its start runs over midnight."""


Spans = Annotated[list[HoursSpan], Field(max_length=24)]
"""The service hours of one day."""


def minutes_of(span: str) -> tuple[int, int]:
    """Return both ends of a span in minutes after midnight; the second is above 1440 if the span runs over midnight."""
    since, until = (int(text[:2]) * 60 + int(text[3:]) for text in span.split("-"))
    return since, until if until > since else until + 1440


class Weekly(Model):
    """The hours of each weekday; a weekday that is left out has none."""

    monday: Spans = []
    tuesday: Spans = []
    wednesday: Spans = []
    thursday: Spans = []
    friday: Spans = []
    saturday: Spans = []
    sunday: Spans = []


class HoursException(Model):
    """A date with other hours than usual."""

    day: Day
    hours: Spans = []
    """Empty: closed on that day."""
    reason: str


Country = Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]{2}$", "examples": ["SE"]})]
"""A country (ISO 3166, two capital letters) whose public holidays the `holidays` package knows."""


class HalfDays(Model):
    """Named days of every year on which the service has shorter hours."""

    days: Annotated[list[str], Field(min_length=1, max_length=100)]
    """Names of the country's days, in English or its own language, whole-day holidays or not: `Maundy Thursday`,
    `Valborgsmässoafton`, or `day before Epiphany`."""
    hours: Spans
    """These hours replace the weekly ones if the weekday has any. Empty: closed."""


class Holidays(Model):
    """The holidays of a country, as the agreement names them; `holidays: SE` is short for `{country: SE}`."""

    country: Country
    subdivision: str | None = None
    """A part of the country with holidays of its own: `BY` (Bavaria)."""
    also: list[str] = []
    """Kinds of holiday that are closed besides the public ones: `de_facto` (in Sweden the eves of Midsummer, Christmas
    and New Year)."""
    not_closed: list[str] = []
    """Names of holidays on which the usual hours apply."""
    half_days: list[HalfDays] = []


class ServiceHours(Model):
    """The times in which a service is given: weekly hours, less holidays, with exceptions by date.

    A span over midnight belongs to the day on which it begins, even if the next day is a holiday.
    """

    time_zone: TimeZone
    weekly: Weekly
    holidays: Country | Holidays | None = None
    """The country whose public holidays are closed, or a mapping with more details."""
    exceptions: list[HoursException] = []
    """Exceptions take precedence over holidays and weekly hours."""

    @property
    def weekdays(self) -> dict[str, list[HoursSpan]]:
        """The hours of each weekday by its name, Monday first."""
        return {name: getattr(self.weekly, name) for name in Weekly.model_fields}

    @property
    def lengths(self) -> dict[str, timedelta]:
        """The total service time of each weekday that has hours."""
        return {
            name: timedelta(minutes=sum(until - since for since, until in map(minutes_of, spans)))
            for name, spans in self.weekdays.items()
            if spans
        }

    @property
    def round_the_clock(self) -> bool:
        """Whether the service is given 24 hours on every weekday, so that a service day equals a calendar day."""
        return all(self.lengths.get(name) == timedelta(days=1) for name in self.weekdays)

    def holiday_terms(self) -> Holidays | None:
        """Return the holidays in their long form; None if the agreement names none."""
        return Holidays(country=self.holidays) if isinstance(self.holidays, str) else self.holidays


WALL_CLOCK = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])( ([01]\d|2[0-3]):[0-5]\d)?$"


def _real_day(text: str) -> str:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise ValueError(f"the day {text[:10]} does not exist; write a day of the calendar: 2026-01-31") from None
    _in_our_time(day)
    return text


WallClock = Annotated[str, Field(pattern=WALL_CLOCK), AfterValidator(_real_day)]
"""A day, or a time of a day: `2026-12-18` or `2026-12-18 18:00`."""


class Freezable(StrEnum):
    """Work that a freeze forbids, unless the freeze lists it in `passes`. Incidents and restores are never
    forbidden.
    """

    EMERGENCY = "emergency"
    """Emergency changes."""
    STANDARD = "standard"
    """Standard changes."""
    NORMAL = "normal"
    """All other changes."""
    MAINTENANCE = "maintenance"
    ROUTINE = "routine"
    """Extended routines that people ordered."""
    DRILL = "drill"


class FreezePeriod(Model):
    """A time in which planned work on the application is forbidden."""

    since: WallClock
    """The start; a day without a time means its first moment."""
    until: WallClock
    """The end; a day without a time means its last moment."""
    time_zone: TimeZone
    reason: Annotated[str, Field(min_length=1)]
    components: Scope = WHOLE
    """The whole application by default."""
    passes: list[Freezable] = [Freezable.EMERGENCY]
    """Work that is allowed during the freeze."""


AlwaysOpen = Literal["24x7"]
"""Service round the clock, every day."""


class Target(Model):
    """A service time that the agreement promises."""

    within: ServiceTime
    hours: Identifier
    """The name of the service hours in which this clock runs."""


class ServiceLevel(Model):
    """The targets for one priority."""

    respond: Target
    """The time until somebody acknowledges the incident."""
    restore: Target
    """The time until the service is proven healthy again."""
    update: Target | None = None
    """The longest time between two updates to the customer."""

    def target(self, kind: TargetKind) -> Target | None:
        """Return the target of one kind; None if the service level has none."""
        found: Target | None = getattr(self, kind.value)
        return found


class Matrix(Model):
    """The priority for each impact (row) and urgency (in the order high, medium, low)."""

    high: tuple[Priority, Priority, Priority] = (Priority.P1, Priority.P2, Priority.P3)
    medium: tuple[Priority, Priority, Priority] = (Priority.P2, Priority.P3, Priority.P4)
    low: tuple[Priority, Priority, Priority] = (Priority.P3, Priority.P4, Priority.P5)

    def priority(self, impact: Level, urgency: Level) -> Priority:
        """Return the priority for an impact and an urgency."""
        row: tuple[Priority, Priority, Priority] = getattr(self, impact.value)
        return row[list(Level).index(urgency)]


class CauseCode(StrEnum):
    """The cause of an incident, recorded when the incident is closed."""

    APPLICATION = "application"
    """A fault in the application itself."""
    CAPACITY = "capacity"
    CHANGE = "change"
    """A change shortly before the incident."""
    CONFIGURATION = "configuration"
    DATA = "data"
    HARDWARE = "hardware"
    HUMAN_ERROR = "human-error"
    NETWORK = "network"
    PLATFORM = "platform"
    """The layer under the application: operating system, database, container runtime."""
    SECURITY = "security"
    THIRD_PARTY = "third-party"
    NO_FAULT = "no-fault"
    """Nothing was wrong, or the behaviour was intended."""
    DUPLICATE = "duplicate"
    """Another incident covers the same fault."""
    UNKNOWN = "unknown"


class TargetKind(StrEnum):
    """The kinds of target in a service level; each kind has its own clock."""

    RESPOND = "respond"
    RESTORE = "restore"
    UPDATE = "update"
    """The time between two updates to the customer."""


class Pause(StrEnum):
    """A reason for which a service-level clock pauses."""

    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    WAITING_FOR_THIRD_PARTY = "waiting_for_third_party"


def _clocks_named(pauses: object) -> object:
    """Refuse reasons without clocks: the parties have to agree whether customer updates stop during a wait."""
    if isinstance(pauses, list):
        reason = next((p for p in pauses if p in set(Pause)), Pause.WAITING_FOR_CUSTOMER)
        raise ValueError(f"name the clocks that each reason pauses, for example `{reason}: [respond, restore]`")
    return pauses


Pauses = Annotated[
    dict[Pause, Annotated[list[TargetKind], Field(min_length=1)]],
    BeforeValidator(
        _clocks_named, json_schema_input_type=dict[Pause, Annotated[list[TargetKind], Field(min_length=1)]]
    ),
]
"""The clocks that each reason pauses."""


class CustomerUpdates(StrEnum):
    """How the customer receives updates about an incident."""

    DRAFTED = "drafted"
    """Driftvakt drafts a text; a person sends it, edited or not."""
    AUTOMATIC = "automatic"
    """Driftvakt sends its draft if nobody has sent an update in time."""


class IncidentTerms(Model):
    """The terms for handling incidents."""

    confirm_checks: Annotated[int, Field(ge=1, le=20)] = 3
    """The number of failed probes in a row that confirm an alarm; fewer count as a blip."""
    confirm_every: PositiveDuration = timedelta(seconds=5)
    healthy_for: PositiveDuration = timedelta(minutes=2)
    """How long all points must stay healthy before recovery counts as proven."""
    recovery_within: PositiveDuration = timedelta(minutes=10)
    """How long Driftvakt waits for health after a remedy."""
    alert_after: Duration = timedelta(minutes=5)
    """How long the remedies may work before people are alerted. A question alerts people at once."""
    forgotten_after: PositiveDuration = timedelta(minutes=30)
    """If the lead of an incident is inactive for this long, Driftvakt asks them again."""
    reopen_within: Duration = timedelta(minutes=30)
    """A fault that returns within this time after its incident was closed reopens the same incident."""
    customer_updates: CustomerUpdates = CustomerUpdates.DRAFTED

    @property
    def confirm_within(self) -> timedelta:
        """The longest time to confirm a fault: twice the probes that are needed, and a minute for slow ones."""
        return self.confirm_every * (self.confirm_checks + 1) * 2 + timedelta(minutes=1)


class Agreement(Model):
    """The contract under which the application is operated."""

    number: str
    version: Annotated[int, Field(ge=1)] = 1
    """The number of the latest amendment. Clocks are computed against the version that was valid at the time."""
    signed: Day
    signed_by: Annotated[list[str], Field(min_length=1)]
    """The people who signed for each party, as `NAME, PARTY`."""
    undertakings: Annotated[list[Undertaking], Field(min_length=1)]
    service_hours: Annotated[dict[Identifier, ServiceHours | AlwaysOpen], Field(min_length=1)]
    service_levels: dict[Priority, ServiceLevel] = {}
    availability: dict[Identifier, AvailabilityTarget] = {}
    """The availability targets by name. A target whose name is that of a flow is about this flow."""
    monitored_in: Identifier | None = None
    """The service hours in which alarms are handled; round the clock by default."""
    priorities: Matrix = Matrix()
    pauses: Pauses = {}
    """The clocks that pause during a wait, for each reason."""
    incidents: IncidentTerms = IncidentTerms()
    changes: ChangeTerms = ChangeTerms()
    problems: ProblemTerms | None = None
    """Which incidents need their cause found; None: not agreed."""
    freezes: list[FreezePeriod] = []
    """Times in which planned work is forbidden."""

    def hours_of(self, target: Target) -> ServiceHours | AlwaysOpen:
        """Return the service hours in which a target runs; raise `ClockError` if no service hours have that name."""
        hours = self.service_hours.get(target.hours)
        if hours is None:
            known = ", ".join(self.service_hours)
            raise ClockError(f"the agreement {self.number} has no service hours {target.hours!r}; it has {known}")
        return hours

    def named_hours(self, name: str | None) -> ServiceHours | AlwaysOpen:
        """Return the service hours with this name, which must be defined; None stands for round the clock."""
        return "24x7" if name is None else self.service_hours[name]

    def time_zone_of(self, hours: str | None = None) -> str:
        """Return the time zone of service hours by name; without a zone of their own, that of the first service hours that
        have one, or UTC.
        """
        of_all = [one.time_zone for one in self.service_hours.values() if isinstance(one, ServiceHours)]
        named = self.named_hours(hours)
        return named.time_zone if isinstance(named, ServiceHours) else of_all[0] if of_all else "UTC"

    def working_days(self, named: str | None) -> ServiceHours | None:
        """Return the service hours that define working days: those named, otherwise the only ones that are not 24x7.

        None if no service hours qualify, or several do.
        """
        own = {name: hours for name, hours in self.service_hours.items() if isinstance(hours, ServiceHours)}
        return own.get(named) if named is not None else next(iter(own.values())) if len(own) == 1 else None

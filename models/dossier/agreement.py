"""What was agreed: undertakings, service hours, service levels, and who signed."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from models.base import Duration, Identifier, Model, PositiveDuration
from models.dossier.changes import ChangeTerms
from models.dossier.service_time import ServiceTime
from models.errors import ClockError


class Undertaking(StrEnum):
    """A service that the customer has bought; each asks for certain parts of the dossier."""

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
    """Impact and urgency."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Priority(StrEnum):
    """Order of treatment; P1 first."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown; not a relative path; a directory
        raise ValueError(f"there is no time zone {name!r}; use an IANA name such as Europe/Stockholm") from None
    return name


def _in_our_time(day: date) -> date:
    if not 1900 <= day.year < 2200:
        raise ValueError(f"{day.year:04} is no year that can be meant; write a day from 1900 to 2199")
    return day


def _written_out(day: object) -> object:
    # Otherwise a number would be taken for seconds since 1970.
    if isinstance(day, date) or (isinstance(day, str) and len(day) == len("2026-01-31")):
        return day
    raise ValueError("this is no date; write it as 2026-01-31")


Day = Annotated[date, BeforeValidator(_written_out, json_schema_input_type=date), AfterValidator(_in_our_time)]
"""A date, written 2026-01-31."""


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""An IANA time zone, such as `Europe/Stockholm`."""

HOURS_SPAN = r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$"

HoursSpan = Annotated[str, Field(pattern=HOURS_SPAN)]
"""`08:00-17:00`; a span whose end is not after its start runs over midnight."""


Spans = Annotated[list[HoursSpan], Field(max_length=24)]
"""The hours of a day."""


def minutes_of(span: str) -> tuple[int, int]:
    """A span's ends in minutes after midnight; the second is above 1440 when it runs over midnight."""
    since, until = (int(text[:2]) * 60 + int(text[3:]) for text in span.split("-"))
    return since, until if until > since else until + 1440


class Weekly(Model):
    """Hours a weekday; a day that is left out has none."""

    monday: Spans = []
    tuesday: Spans = []
    wednesday: Spans = []
    thursday: Spans = []
    friday: Spans = []
    saturday: Spans = []
    sunday: Spans = []


class HoursException(Model):
    """A date on which other hours hold."""

    day: Day
    hours: Spans = []
    """None: closed that day."""
    reason: str


Country = Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]{2}$", "examples": ["SE"]})]
"""A country (ISO 3166, two capital letters) whose public holidays are known."""


class HalfDays(Model):
    """Days by name on which a service is given for fewer hours, every year."""

    days: Annotated[list[str], Field(min_length=1, max_length=100)]
    """Names of the country's days, in English or its own language, whole-day holidays or not: `Maundy Thursday`,
    `Valborgsmässoafton`, or `day before Epiphany`."""
    hours: Spans
    """Hours that hold instead of the weekly ones, where the weekday has any at all; none: closed."""


class Holidays(Model):
    """The holidays of a country as the agreement names them; `holidays: SE` is short for `{country: SE}`."""

    country: Country
    subdivision: str | None = None
    """Part of the country that has holidays of its own: `BY` (Bavaria)."""
    also: list[str] = []
    """Kinds of holiday that are closed besides the public ones: `de_facto` (in Sweden the eves of Midsummer, Christmas
    and New Year)."""
    not_closed: list[str] = []
    """Names of holidays on which the service is given as on any other day."""
    half_days: list[HalfDays] = []


class ServiceHours(Model):
    """When a service is given: weekly hours, less public holidays, with dated exceptions.

    A span over midnight belongs to the day on which it begins, whatever the next day is.
    """

    time_zone: TimeZone
    weekly: Weekly
    holidays: Country | Holidays | None = None
    """Country whose public holidays are closed, or a mapping that says more."""
    exceptions: list[HoursException] = []
    """They win over holidays and weekly hours."""

    @property
    def weekdays(self) -> dict[str, list[HoursSpan]]:
        """The hours of each weekday by its name, Monday first."""
        return {name: getattr(self.weekly, name) for name in Weekly.model_fields}

    @property
    def lengths(self) -> dict[str, timedelta]:
        """How much service each weekday with hours has."""
        return {
            name: timedelta(minutes=sum(until - since for since, until in map(minutes_of, spans)))
            for name, spans in self.weekdays.items()
            if spans
        }

    @property
    def round_the_clock(self) -> bool:
        """Whether every weekday has all of its hours, so that a day of service is one of the calendar."""
        return all(self.lengths.get(name) == timedelta(days=1) for name in self.weekdays)

    def holiday_terms(self) -> Holidays | None:
        """The holidays in their long form."""
        return Holidays(country=self.holidays) if isinstance(self.holidays, str) else self.holidays


WALL_CLOCK = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])( ([01]\d|2[0-3]):[0-5]\d)?$"


def _real_day(text: str) -> str:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise ValueError(f"there is no day {text[:10]}; write one that is in the calendar: 2026-01-31") from None
    _in_our_time(day)
    return text


WallClock = Annotated[str, Field(pattern=WALL_CLOCK), AfterValidator(_real_day)]
"""A day, or a time of a day: `2026-12-18` or `2026-12-18 18:00`."""


class Freezable(StrEnum):
    """Work that a freeze keeps back, unless it says that it passes. What heals or restores is never kept back."""

    EMERGENCY = "emergency"
    """Emergency changes."""
    STANDARD = "standard"
    """Standard changes."""
    NORMAL = "normal"
    """All other changes."""
    MAINTENANCE = "maintenance"
    ROUTINE = "routine"
    """Extended routines that were ordered."""
    DRILL = "drill"


class FreezePeriod(Model):
    """A time in which the application is left as it is."""

    since: WallClock
    """From when; a day alone: from its first moment."""
    until: WallClock
    """Until when; a day alone: to its last moment."""
    time_zone: TimeZone
    reason: Annotated[str, Field(min_length=1)]
    components: list[Identifier] = []
    """None: the whole application."""
    passes: list[Freezable] = [Freezable.EMERGENCY]
    """What may be done nevertheless."""


AlwaysOpen = Literal["24x7"]
"""Service round the clock, every day."""


class Target(Model):
    """A time within which something is promised."""

    within: ServiceTime
    hours: Identifier
    """Name of the service hours in which this clock runs."""


class ServiceLevel(Model):
    """What is promised for one priority."""

    respond: Target
    """Until somebody has taken the incident up."""
    restore: Target
    """Until the service is proven healthy again."""
    update: Target | None = None
    """Longest time between two updates to the customer."""

    def target(self, promise: Promise) -> Target | None:
        """What is promised of one kind."""
        found: Target | None = getattr(self, promise.value)
        return found


class Matrix(Model):
    """Priority by impact (row) and urgency (high, medium, low)."""

    high: tuple[Priority, Priority, Priority] = (Priority.P1, Priority.P2, Priority.P3)
    medium: tuple[Priority, Priority, Priority] = (Priority.P2, Priority.P3, Priority.P4)
    low: tuple[Priority, Priority, Priority] = (Priority.P3, Priority.P4, Priority.P5)

    def priority(self, impact: Level, urgency: Level) -> Priority:
        """Look the priority up."""
        row: tuple[Priority, Priority, Priority] = getattr(self, impact.value)
        return row[list(Level).index(urgency)]


class CauseCode(StrEnum):
    """What an incident came from, as far as is known when it is closed."""

    APPLICATION = "application"
    """A fault in the application itself."""
    CAPACITY = "capacity"
    CHANGE = "change"
    """Something was changed shortly before."""
    CONFIGURATION = "configuration"
    DATA = "data"
    HARDWARE = "hardware"
    HUMAN_ERROR = "human-error"
    NETWORK = "network"
    PLATFORM = "platform"
    """Operating system, database, container runtime: what the application stands on."""
    SECURITY = "security"
    THIRD_PARTY = "third-party"
    NO_FAULT = "no-fault"
    """Nothing was wrong, or as intended."""
    DUPLICATE = "duplicate"
    """The same matter as another incident."""
    UNKNOWN = "unknown"


class Promise(StrEnum):
    """What a service level promises; each has a clock of its own."""

    RESPOND = "respond"
    RESTORE = "restore"
    UPDATE = "update"
    """From one word to the customer to the next."""


class Pause(StrEnum):
    """Why a service-level clock may stand still."""

    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    WAITING_FOR_THIRD_PARTY = "waiting_for_third_party"


def _clocks_named(pauses: object) -> object:
    """Refuse reasons without clocks: people have to agree whether the customer goes without word during a wait."""
    if isinstance(pauses, list):
        reason = next((p for p in pauses if p in set(Pause)), Pause.WAITING_FOR_CUSTOMER)
        raise ValueError(f"name the clocks that each reason pauses, for example `{reason}: [respond, restore]`")
    return pauses


Pauses = Annotated[
    dict[Pause, Annotated[list[Promise], Field(min_length=1)]],
    BeforeValidator(_clocks_named, json_schema_input_type=dict[Pause, Annotated[list[Promise], Field(min_length=1)]]),
]
"""Which clocks stand still for which reason."""


class CustomerUpdates(StrEnum):
    """How the customer is kept informed."""

    DRAFTED = "drafted"
    """A text is drafted; a person sends it, changed or not."""
    AUTOMATIC = "automatic"
    """The draft goes out by itself when nobody has sent one in time."""


class IncidentTerms(Model):
    """How incidents are handled, as agreed."""

    confirm_looks: Annotated[int, Field(ge=1, le=20)] = 3
    """Failed probes in a row before an alarm counts as a fault; one blip does nothing."""
    confirm_every: PositiveDuration = timedelta(seconds=5)
    healthy_for: PositiveDuration = timedelta(minutes=2)
    """How long health must hold before recovery counts as proven."""
    recovery_within: PositiveDuration = timedelta(minutes=10)
    """How long a remedy is given to bring health back."""
    alert_after: Duration = timedelta(minutes=5)
    """How long the agreed remedies may work before people are alerted; a question to people alerts them at once."""
    forgotten_after: PositiveDuration = timedelta(minutes=30)
    """An incident that somebody has acknowledged is theirs; after so long without a word from them they are asked again."""
    reopen_within: Duration = timedelta(minutes=30)
    """A fault that comes back so soon after its incident was closed opens the same incident again."""
    customer_updates: CustomerUpdates = CustomerUpdates.DRAFTED


class Agreement(Model):
    """The agreement under which the application is operated."""

    number: str
    version: Annotated[int, Field(ge=1)] = 1
    """Counts the agreed amendments; clocks are recomputed against the version that held."""
    signed: Day
    signed_by: Annotated[list[str], Field(min_length=1)]
    """Who agreed for each party, as `NAME, PARTY`."""
    undertakings: Annotated[list[Undertaking], Field(min_length=1)]
    service_hours: Annotated[dict[Identifier, ServiceHours | AlwaysOpen], Field(min_length=1)]
    service_levels: dict[Priority, ServiceLevel] = {}
    monitored_in: Identifier | None = None
    """Service hours in which alarms are handled; round the clock unless given."""
    priorities: Matrix = Matrix()
    pauses: Pauses = {}
    """Clocks that stand still while somebody is waited for, by the reason."""
    incidents: IncidentTerms = IncidentTerms()
    changes: ChangeTerms = ChangeTerms()
    freezes: list[FreezePeriod] = []
    """Times in which nothing is changed."""

    def hours_of(self, target: Target) -> ServiceHours | AlwaysOpen:
        """The service hours in which a promise runs; `ClockError` where there are none of that name."""
        hours = self.service_hours.get(target.hours)
        if hours is None:
            known = ", ".join(self.service_hours)
            raise ClockError(f"the agreement {self.number} has no service hours {target.hours!r}; it has {known}")
        return hours

    def working_days(self, named: str | None) -> ServiceHours | None:
        """The service hours that say which days are working days: those named, else the only ones that are not 24x7."""
        own = {name: hours for name, hours in self.service_hours.items() if isinstance(hours, ServiceHours)}
        return own.get(named) if named is not None else next(iter(own.values())) if len(own) == 1 else None

"""Alarms: what a monitoring source says of an application, and what the watch made of it."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from models.base import ApplicationId, Identifier, Model, Moment
from models.dossier.monitoring import Severity

_LONGEST_FINGERPRINT: Final = 128

DIGEST_CHARACTERS: Final = 16

Fingerprint = Annotated[str, Field(min_length=1, max_length=_LONGEST_FINGERPRINT)]
"""Identifies a fault within its application: the same for every message about it. `SOURCE/NAME`, see `fingerprint_of`."""


def fingerprint_of(source: str, name: str) -> str:
    """Return the fingerprint of a fault that a source calls `name`.

    It begins with the source, so that no source can clear or repeat the alarm of another. A name that is too long, or that
    holds characters which cannot be stored, is replaced by its digest.
    """
    found = f"{source}/{name}"
    if len(found) <= _LONGEST_FINGERPRINT and found.isprintable():
        return found
    digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:32]
    return f"{source[: _LONGEST_FINGERPRINT - 33]}/{digest}"


BY_HAND: Final = "by-hand/"
"""How fingerprints of what people report begin; it is never kept back."""

MERGED: Final = "merged/"
"""How the fingerprint begins under which an incident takes over what people reported to another."""


def is_remembered(fingerprint: str) -> bool:
    """Whether a watch remembers such an alarm; what people report is known to its incident alone."""
    return not fingerprint.startswith((BY_HAND, MERGED))


def digest_of(fingerprint: str) -> str:
    """Return 16 characters that stand for a fingerprint where only its identity is remembered.

    They hold 96 bits, so that nobody can find a name of their own that hits the alarm of another source.
    """
    digest = hashlib.sha256(fingerprint.encode("utf-8", "backslashreplace")).digest()
    return urlsafe_b64encode(digest[: DIGEST_CHARACTERS * 3 // 4]).decode()


class Subject(StrEnum):
    """What an alarm is about that says nothing of the health of a component. Each subject has incidents of its own."""

    MESSAGES = "messages"
    """Messages that the intake did not understand."""
    SOURCES = "sources"
    """Sources of alarms that are silent."""
    DRILLS = "drills"
    """Drills of restores that are overdue."""


class AlarmState(StrEnum):
    """Whether the fault is there."""

    FIRING = "firing"
    CLEARED = "cleared"


class Alarm(Model):
    """One message of a source about one fault."""

    application: ApplicationId
    fingerprint: Fingerprint
    state: AlarmState = AlarmState.FIRING
    severity: Severity = Severity.CRITICAL
    title: Annotated[str, Field(min_length=1, max_length=300, examples=["Disk full"])]
    subject: Subject | None = None
    """None: the alarm is about the health of the application. Only Driftvakt itself raises others."""
    component: Identifier | None = None
    """None, or one that the dossier does not know: the alarm is about the application as a whole."""
    measuring_point: Identifier | None = None
    source: Annotated[str, Field(min_length=1, max_length=80, examples=["anna"])]
    """`embedded`, the name of an intake source, or who raised it by hand."""
    since: Moment
    """When the fault began, as the source has it."""
    since_known: bool = True
    """False: the source does not say when the fault began, and `since` is when we heard of it."""
    by_person: bool = False
    """A person says so, on the command line; what a person clears is cleared."""
    seen_at: Moment
    """When the source said so."""
    detail: Annotated[str, Field(max_length=1000)] = ""
    link: Annotated[str, Field(max_length=500)] | None = None


HANDS_ON: Final = "HandsOnError"
"""Type of the error by which a watch refuses alarms until it has gone on in a new run: the sender tries again at once."""


def subject_of(alarms: Iterable[Alarm]) -> Subject | None:
    """The subject that all of these alarms have; None where one has none, where they differ, and where there is no alarm."""
    subjects = {alarm.subject for alarm in alarms}
    return subjects.pop() if len(subjects) == 1 else None


class AlarmBatch(Model):
    """Alarms of one application, handed to its watch in one update."""

    application: ApplicationId
    alarms: Annotated[list[Alarm], Field(min_length=1, max_length=500)]


class Disposition(StrEnum):
    """What became of an alarm message."""

    OPENED = "opened"
    """It opened an incident."""
    JOINED = "joined"
    """It belongs to an incident that is open."""
    DUPLICATE = "duplicate"
    """It was known already."""
    CLEARED = "cleared"
    """The fault is gone; the incident it belongs to was told."""
    HELD = "held"
    """Outside service hours; looked at when they begin, if it still fires then."""
    SUPPRESSED = "suppressed"
    """A silence or an operation covers it; raised at its end, if it still fires then."""
    FLAPPING = "flapping"
    """It comes and goes so often that each coming is no news: kept as one open alarm until it calms down."""
    NOTED = "noted"
    """Nothing to do; the reason says why."""


class AlarmReceipt(Model):
    """What became of one alarm message."""

    fingerprint: str
    disposition: Disposition
    incident: str | None = None
    """Workflow id of the incident it belongs to."""
    reason: str


class BatchReceipt(Model):
    """One receipt an alarm, in the order given."""

    receipts: list[AlarmReceipt]

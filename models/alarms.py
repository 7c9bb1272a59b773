"""Alarms: the messages of monitoring sources about an application, and the watch's receipts."""

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
"""Identifies a fault within its application; the same in every message about the fault. `SOURCE/NAME`, see
`fingerprint_of`."""


def fingerprint_of(source: str, name: str) -> str:
    """Return the fingerprint of a fault that a source calls `name`.

    It begins with the source, so no source can clear or repeat the alarm of another. A name that is too long, or that
    contains characters which cannot be stored, is replaced by its digest.
    """
    found = f"{source}/{name}"
    if len(found) <= _LONGEST_FINGERPRINT and found.isprintable():
        return found
    digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:32]
    return f"{source[: _LONGEST_FINGERPRINT - 33]}/{digest}"


BY_HAND: Final = "by-hand/"
"""The prefix of fingerprints for faults that people report; these alarms are never suppressed."""

MERGED: Final = "merged/"
"""The prefix of fingerprints under which an incident takes over faults that people reported to another incident."""


def is_remembered(fingerprint: str) -> bool:
    """Return whether a watch remembers such an alarm; only its incident knows a fault that people reported."""
    return not fingerprint.startswith((BY_HAND, MERGED))


def digest_of(fingerprint: str) -> str:
    """Return 16 characters that identify a fingerprint in less memory.

    They contain 96 bits, so nobody can construct a name that collides with the alarm of another source.
    """
    digest = hashlib.sha256(fingerprint.encode("utf-8", "backslashreplace")).digest()
    return urlsafe_b64encode(digest[: DIGEST_CHARACTERS * 3 // 4]).decode()


class Subject(StrEnum):
    """The topic of an alarm that is not about the health of a component. Each subject has its own incidents."""

    MESSAGES = "messages"
    """Messages that the intake could not read."""
    SOURCES = "sources"
    """Sources of alarms that are silent."""
    DRILLS = "drills"
    """Restore drills that are overdue."""


class AlarmState(StrEnum):
    """Whether the fault exists."""

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
    """None: the alarm is about the health of the application. Only Driftvakt itself sets a subject."""
    component: Identifier | None = None
    """None, or a name that the dossier does not contain: the alarm is about the whole application."""
    measuring_point: Identifier | None = None
    source: Annotated[str, Field(min_length=1, max_length=80, examples=["anna"])]
    """`embedded`, the name of an intake source, or the person who raised the alarm by hand."""
    since: Moment
    """The beginning of the fault according to the source."""
    since_known: bool = True
    """False: the source does not give the beginning of the fault, and `since` is the time of the first message."""
    by_person: bool = False
    """A person sent the message on the command line. If a person clears an alarm, it is cleared without a probe."""
    seen_at: Moment
    """The time at which the source sent the message."""
    detail: Annotated[str, Field(max_length=1000)] = ""
    link: Annotated[str, Field(max_length=500)] | None = None


def subject_of(alarms: Iterable[Alarm]) -> Subject | None:
    """Return the subject that all of these alarms share; None if one has none, if they differ, and if there are no
    alarms.
    """
    subjects = {alarm.subject for alarm in alarms}
    return subjects.pop() if len(subjects) == 1 else None


class AlarmBatch(Model):
    """Alarms of one application, sent to its watch in one update."""

    application: ApplicationId
    alarms: Annotated[list[Alarm], Field(min_length=1, max_length=500)]


class Disposition(StrEnum):
    """The decision of the watch on an alarm message."""

    OPENED = "opened"
    """The alarm opened an incident."""
    JOINED = "joined"
    """The alarm belongs to an open incident."""
    DUPLICATE = "duplicate"
    """The watch knew the alarm already."""
    CLEARED = "cleared"
    """The fault is gone; the watch has notified the alarm's incident."""
    DEFERRED = "deferred"
    """Outside service hours: handled when they begin, if the alarm is still active then."""
    SUPPRESSED = "suppressed"
    """A silence or an operation covers the alarm: raised when that ends, if the alarm is still active then."""
    FLAPPING = "flapping"
    """The alarm starts and clears so often that it counts as one active alarm until it starts less often."""
    NOTED = "noted"
    """No action is needed; the reason says why."""


class AlarmReceipt(Model):
    """The decision on one alarm message."""

    fingerprint: str
    disposition: Disposition
    incident: str | None = None
    """The workflow id of the incident to which the alarm belongs."""
    reason: str


class BatchReceipt(Model):
    """One receipt for each alarm, in the given order."""

    receipts: list[AlarmReceipt]

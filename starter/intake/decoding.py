"""The result of decoding a body: alarms, and messages that could not be understood."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from models.alarms import Alarm
from models.base import OUR_TIME
from models.dossier.monitoring import Severity
from models.errors import DriftvaktError
from models.inputs import fault_text

BODY_LIMIT: Final = 5 * 1024 * 1024
"""The number of bytes that the quarantine keeps of an unreadable message or body."""

MOST_MARKS: Final = 100_000
"""The limit for commas and opening brackets in one message. Each may mean a value, with 50 times the memory of its text."""

_MOMENT: Final = TypeAdapter(datetime)
_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_APPLICATION: Final = re.compile(r'"application"\s*:\s*"([^"\\\s]{1,100})"')
_CUSTOMER: Final = re.compile(r'"customer"\s*:\s*"([^"\\\s]{1,100})"')
_MOST_APPLICATIONS: Final = 20
_SEVERITIES: Final = {
    "warning": Severity.WARNING,
    "warn": Severity.WARNING,
    "minor": Severity.WARNING,
    "info": Severity.INFO,
    "information": Severity.INFO,
    "none": Severity.INFO,
}
"""The severities by the names that sources use. Any other name counts as critical, because it may mean the worst."""


class NotUnderstoodError(DriftvaktError):
    """A message is not a valid alarm. The text is one sentence, without values from the message."""


@dataclass(frozen=True, slots=True)
class UnreadableMessage:
    """A message of an authenticated source that the intake cannot read; the quarantine keeps it."""

    kind: str
    """The kind of fault, such as `shape`, `encoding` or `application`. Messages of one source and kind share one alarm."""
    reason: str
    """The reason, as one sentence for people."""
    body: bytes
    applications: tuple[str, ...] = ()
    """The applications that the message seems to be about."""

    def about(self, body: bytes, applications: tuple[str, ...]) -> UnreadableMessage:
        """Return this error with the original bytes, and with the applications that they name."""
        return replace(self, body=body, applications=applications)


@dataclass(slots=True)
class Decoded:
    """The alarms and the unreadable messages of a body, or of a part of it."""

    alarms: list[Alarm] = field(default_factory=list)
    unreadable: list[UnreadableMessage] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)
    """Hints for the sender about how its alarm was read, by fingerprint."""


def read_json(text: str) -> Any:
    """Return the data of a JSON text; control characters in its strings are allowed. Raise `NotUnderstoodError`."""
    if len(text) > MOST_MARKS and sum(map(text.count, ",[{")) > MOST_MARKS:
        raise NotUnderstoodError(f"the message has more than {MOST_MARKS:,} commas and brackets")
    try:
        return json.loads(text.lstrip("\ufeff"), strict=False)
    except RecursionError:
        raise NotUnderstoodError("the message is nested too deeply") from None
    except ValueError as error:
        position = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise NotUnderstoodError(f"the message is not JSON{position}") from None


def kept(item: Any) -> bytes:
    """Return the bytes that the quarantine keeps of one message; the order of its keys makes no difference."""
    return json.dumps(item, sort_keys=True).encode()


def alarm_from(values: dict[str, Any]) -> Alarm:
    """Return an alarm with these values. Raise `NotUnderstoodError` with the names of the invalid fields."""
    try:
        return Alarm.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        text = "; ".join(fault_text(fault, Alarm)[:180] for fault in faults[:5])
        raise NotUnderstoodError(words(f"this is not an alarm: {text}", 600)) from None


def application_from(values: Mapping[str, str]) -> str:
    """Return the application from labels: either one label with `CUSTOMER.APPLICATION`, or a label for each of the two."""
    customer, application = (values.get(name, "").strip().lower() for name in ("customer", "application"))
    if not application or not (customer or "." in application):
        raise NotUnderstoodError("an alert has no labels customer and application, so its application is unknown")
    return application if "." in application else f"{customer}.{application}"


def applications_in(text: str) -> tuple[str, ...]:
    """Return the applications that an unreadable text seems to name; their people get the alarm about it."""
    found: dict[str, None] = {}
    for match in _APPLICATION.finditer(text):
        name = match[1].lower()
        if "." not in name:
            near = [*_CUSTOMER.finditer(text, max(match.start() - 500, 0), match.end() + 500)]
            if not near:
                continue
            name = f"{min(near, key=lambda c: abs(c.start() - match.start()))[1].lower()}.{name}"
        found[name] = None
        if len(found) >= _MOST_APPLICATIONS:
            break
    return tuple(found)


def severity_from(value: Any) -> Severity:
    """Return the severity for a source's name of it."""
    return _SEVERITIES.get(words(value, 40).lower(), Severity.CRITICAL)


def identifier(value: Any) -> str | None:
    """Return a valid name of a component or measuring point, else None; the alarm then names only its application."""
    text = words(value, 100)
    return text if _IDENTIFIER.fullmatch(text) else None


NO_ZONE: Final = "its times have no time zone and were read as UTC"
"""A hint for the sender."""


def lacks_zone(*values: Any) -> bool:
    """Return whether one of these values is a time without a time zone."""
    found = [_moment(value) for value in values if isinstance(value, str)]
    return any(moment is not None and moment.tzinfo is None for moment in found)


def _moment(value: Any) -> datetime | None:
    try:
        return _MOMENT.validate_python(value)
    except (ValidationError, OverflowError):
        return None


def stated(value: Any) -> datetime | None:
    """Return a source's time in UTC; without a time zone, it is read as UTC. None if it is missing or impossible."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = _moment(value)
    try:
        found = found and (found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC))
    except OverflowError:
        return None
    return found if found is not None and found.year in OUR_TIME else None


def link_from(value: Any) -> str | None:
    """Return an HTTP address that people can open, else None."""
    text = words(value, 501)
    return text if len(text) <= 500 and text.startswith(("http://", "https://")) else None


def words(value: Any, limit: int) -> str:
    """Return a value as text on one line, at most `limit` characters; empty if the value has no text."""
    return cut(" ".join(clean(value).split()), limit)


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of a text; a mark at the end shows that it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean(value: Any) -> str:
    """Return a value as text that can be stored and sent; empty for None."""
    if value is None:
        return ""
    if not isinstance(value, str):
        try:
            value = json.dumps(value, ensure_ascii=False)
        except RecursionError:
            return ""
    # Half of a surrogate pair cannot be encoded as UTF-8.
    return str(value).replace("\x00", "\ufffd").encode("utf-8", "replace").decode()

"""What decoding a body comes to: alarms, and what could not be understood."""

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

BODY_LIMIT: Final = 5 * 1024 * 1024
"""Bytes that are kept of one message, or of one body, that is not understood."""

MOST_MARKS: Final = 100_000
"""Commas and opening brackets of one message. Each may stand for a value, which takes up to 50 times the memory of its text."""

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
"""What sources call them; anything else counts as critical, for a word that we do not know may be the worst."""


class NotUnderstoodError(DriftvaktError):
    """A message that cannot be made into an alarm; the text is one sentence without the message's own values."""


@dataclass(frozen=True, slots=True)
class UnreadableMessage:
    """Something an authenticated source said that we do not understand; it is kept."""

    kind: str
    """A class of reasons (`shape`, `encoding`, `application`): all of one kind from one source are one fault."""
    reason: str
    """One sentence for people."""
    body: bytes
    applications: tuple[str, ...] = ()
    """Which applications it seems to be about."""

    def about(self, body: bytes, applications: tuple[str, ...]) -> UnreadableMessage:
        """The same with the bytes as they came, and with what they name."""
        return replace(self, body=body, applications=applications)


@dataclass(slots=True)
class Decoded:
    """A body, taken apart."""

    alarms: list[Alarm] = field(default_factory=list)
    unreadable: list[UnreadableMessage] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)
    """By fingerprint: what the sender should know of how its message was read."""


def read_json(text: str) -> Any:
    """Read JSON, also with control characters in its texts; raise `NotUnderstoodError`."""
    if len(text) > MOST_MARKS and sum(map(text.count, ",[{")) > MOST_MARKS:
        raise NotUnderstoodError(f"the message has more than {MOST_MARKS:,} commas and brackets")
    try:
        return json.loads(text.lstrip("\ufeff"), strict=False)
    except RecursionError:
        raise NotUnderstoodError("the message is nested too deeply") from None
    except ValueError as error:
        position = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise NotUnderstoodError(f"the message is no JSON{position}") from None


def kept(item: Any) -> bytes:
    """The bytes by which one message of a body is kept; the same for any order of keys."""
    return json.dumps(item, sort_keys=True).encode()


def alarm_from(values: dict[str, Any]) -> Alarm:
    """Check the values of an alarm; raise `NotUnderstoodError` that names the fields that do not fit."""
    try:
        return Alarm.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        text = "; ".join(f"{'.'.join(map(str, f['loc']))[:60]}: {f['msg'][:120]}" for f in faults[:5])
        raise NotUnderstoodError(words(f"this is no alarm: {text}", 600)) from None


def application_from(values: Mapping[str, str]) -> str:
    """The application that labels name: `CUSTOMER.APPLICATION` as one, or the two apart."""
    customer, application = (values.get(name, "").strip().lower() for name in ("customer", "application"))
    if not application or not (customer or "." in application):
        raise NotUnderstoodError("an alert lacks customer and application, by which its application is found")
    return application if "." in application else f"{customer}.{application}"


def applications_in(text: str) -> tuple[str, ...]:
    """The applications that a text names which cannot be read as JSON, or not as an alarm; a guess for whom to tell."""
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
    """The severity that a source means."""
    return _SEVERITIES.get(words(value, 40).lower(), Severity.CRITICAL)


def identifier(value: Any) -> str | None:
    """The name of a component or measuring point; None where it can be none: the alarm is still one of its application."""
    text = words(value, 100)
    return text if _IDENTIFIER.fullmatch(text) else None


NO_ZONE: Final = "its times have no time zone and were read as UTC"
"""A remark for the sender."""


def lacks_zone(*values: Any) -> bool:
    """Whether one of these is a time that names no zone."""
    found = [_moment(value) for value in values if isinstance(value, str)]
    return any(moment is not None and moment.tzinfo is None for moment in found)


def _moment(value: Any) -> datetime | None:
    try:
        return _MOMENT.validate_python(value)
    except (ValidationError, OverflowError):
        return None


def stated(value: Any) -> datetime | None:
    """A moment as a source has it, in UTC (also where it names no zone); None where it states none that makes sense."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = _moment(value)
    try:
        found = found and (found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC))
    except OverflowError:
        return None
    return found if found is not None and found.year in OUR_TIME else None


def link_from(value: Any) -> str | None:
    """An address that people can follow."""
    text = words(value, 501)
    return text if len(text) <= 500 and text.startswith(("http://", "https://")) else None


def words(value: Any, limit: int) -> str:
    """A text of at most so many characters, on one line; empty where there is nothing to read."""
    return cut(" ".join(clean(value).split()), limit)


def cut(text: str, limit: int) -> str:
    """At most so many characters, with a mark where there were more."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean(value: Any) -> str:
    """A value as text that can be stored and sent; empty for none."""
    if value is None:
        return ""
    if not isinstance(value, str):
        try:
            value = json.dumps(value, ensure_ascii=False)
        except RecursionError:
            return ""
    # Half a surrogate pair cannot leave this process.
    return str(value).replace("\x00", "\ufffd").encode("utf-8", "replace").decode()

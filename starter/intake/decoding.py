"""What decoding a body comes to: alarms, and what could not be understood."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from models.alarms import Alarm
from models.errors import DriftvaktError

BODY_LIMIT: Final = 5 * 1024 * 1024
"""Bytes of a body that are looked at, and kept."""

_MOMENT: Final = TypeAdapter(datetime)


class NotUnderstoodError(DriftvaktError):
    """A message that cannot be made into an alarm; the text is one sentence without the message's own values."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something an authenticated source said that we do not understand; it is kept."""

    kind: str
    """A class of reasons (`shape`, `encoding`, `application`): all of one kind from one source are one fault."""
    reason: str
    """One sentence for people."""
    body: bytes


@dataclass(slots=True)
class Decoded:
    """A body, taken apart."""

    alarms: list[Alarm] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def read_json(body: bytes) -> Any:
    """Read JSON in any of its encodings; raise `NotUnderstoodError`."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        position = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise NotUnderstoodError(f"the body is no JSON{position}") from None


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


def moment(value: Any, otherwise: datetime) -> datetime:
    """A moment as a source has it, in UTC (also where it names no zone); the other one where it makes no sense."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return otherwise
    try:
        found = _MOMENT.validate_python(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValidationError, OverflowError):
        return otherwise


def words(value: Any, limit: int) -> str:
    """A text of at most so many characters, on one line; empty for anything but a text."""
    if not isinstance(value, str):
        return ""
    # Half a surrogate pair cannot leave this process.
    line = " ".join(value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode().split())
    return line if len(line) <= limit else line[: limit - 1] + "…"

"""Our own JSON: one alarm or a list of them, with the fields of `models.alarms.Alarm`, most of which may be left out."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

from models.alarms import Alarm
from starter.intake.decoding import Decoded, NotUnderstoodError, Unreadable, alarm_from, kept, moment

_FINGERPRINT_OF: Final = ("application", "component", "measuring_point", "title")


def decode(body: Any, source: str, now: datetime) -> Decoded:
    """Make alarms of a body; raise `NotUnderstoodError` when it is neither an object nor a list."""
    if not isinstance(body, dict | list):
        raise NotUnderstoodError("the body is neither an alarm nor a list of alarms")
    decoded = Decoded()
    for item in body if isinstance(body, list) else [body]:
        try:
            decoded.alarms.append(_alarm(item, source, now))
        except NotUnderstoodError as error:
            decoded.unreadable.append(Unreadable("shape", str(error), kept(item)))
    return decoded


def _alarm(item: Any, source: str, now: datetime) -> Alarm:
    if not isinstance(item, dict):
        raise NotUnderstoodError("an alarm is no object")
    values = {"title": f"Alarm of {source}", **item}
    # Whoever sends it is known by its token and not by what it says of itself.
    values["source"] = source
    values["seen_at"] = moment(item.get("seen_at"), now)
    values["since"] = moment(item.get("since"), values["seen_at"])
    values.setdefault("fingerprint", default_fingerprint(values))
    alarm = alarm_from(values)
    if any("\x00" in text for text in (alarm.title, alarm.detail, alarm.fingerprint, alarm.link or "")):
        raise NotUnderstoodError("an alarm holds a NUL character")
    return alarm


def default_fingerprint(values: dict[str, Any]) -> str:
    """The same for every message about one title at one place."""
    return hashlib.sha256(kept([values.get(name) for name in _FINGERPRINT_OF])).hexdigest()[:32]

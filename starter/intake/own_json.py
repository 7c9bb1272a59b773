"""Driftvakt's own JSON format: one alarm, or a list of alarms. Only the application is required."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

from models.alarms import Alarm, AlarmState, fingerprint_of
from starter.intake.bodies import Format
from starter.intake.decoding import (
    NO_ZONE,
    Decoded,
    NotUnderstoodError,
    UnreadableMessage,
    alarm_from,
    application_from,
    clean,
    cut,
    identifier,
    kept,
    lacks_zone,
    link_from,
    severity_from,
    stated,
    words,
)
from starter.terminal.messages import build_message

_FIELDS: Final = frozenset(
    {
        "application",
        "customer",
        "component",
        "measuring_point",
        "state",
        "severity",
        "title",
        "detail",
        "link",
        "fingerprint",
        "since",
        "seen_at",
        "source",
    }
)

_PLACES: Final = ("host", "hostname", "instance", "node", "server", "device", "service", "check", "resource")
"""Fields in which other systems name the place of a fault. The same title at two places means two alarms."""

_STATES: Final = {
    **dict.fromkeys(("", "firing", "alerting", "problem", "down", "critical", "warning"), AlarmState.FIRING),
    **dict.fromkeys(("cleared", "resolved", "ok", "recovery", "recovered", "up", "normal"), AlarmState.CLEARED),
}

_MOST_EXTRA: Final = 20


def decode(body: Any, source: str, now: datetime) -> Decoded:
    """Return the alarms of a body. Raise `NotUnderstoodError` when it is neither an object nor a list."""
    if not isinstance(body, dict | list):
        raise NotUnderstoodError("the body is neither an alarm nor a list of alarms")
    decoded = Decoded()
    for item in body if isinstance(body, list) else [body]:
        try:
            alarm = _alarm(item, source, now)
            decoded.alarms.append(alarm)
            if lacks_zone(item.get("since"), item.get("seen_at")):
                decoded.remarks[alarm.fingerprint] = NO_ZONE
        except NotUnderstoodError as error:
            decoded.unreadable.append(UnreadableMessage("shape", str(error), kept(item)))
    return decoded


def by_person(values: dict[str, Any], who: str, now: datetime) -> Alarm:
    """Return an alarm that a person raises or clears. Raise `UserError` with the name of a wrong option."""
    named = {"title": "Raised by hand", **values}
    values = {
        "fingerprint": fingerprint_of("hand", _digest(named)),
        **named,
        "source": who,
        "since": now,
        "since_known": False,
        "seen_at": now,
        "by_person": True,
    }
    return build_message(Alarm, values, {"application": "APPLICATION"})


def _alarm(item: Any, source: str, now: datetime) -> Alarm:
    if not isinstance(item, dict):
        raise NotUnderstoodError("an alarm is not a JSON object")
    state = _STATES.get(words(item.get("state"), 40).lower())
    if state is None:
        raise NotUnderstoodError("an alarm has a state that is neither firing nor cleared")
    seen_at = stated(item.get("seen_at")) or now
    since = stated(item.get("since"))
    return alarm_from(
        {
            "application": application_from({k: words(item.get(k), 200) for k in ("customer", "application")}),
            # The token proves the source; a name in the body proves nothing.
            "fingerprint": fingerprint_of(source, clean(item.get("fingerprint")) or _digest(item)),
            "state": state,
            "severity": severity_from(item.get("severity", "critical")),
            "title": words(item.get("title"), 300) or f"Alarm of {source}",
            "component": identifier(item.get("component")),
            "measuring_point": identifier(item.get("measuring_point")),
            "source": source,
            "since": since or seen_at,
            "since_known": since is not None,
            "seen_at": seen_at,
            "detail": _detail(item),
            "link": link_from(item.get("link")),
        }
    )


def _detail(item: dict[str, Any]) -> str:
    """Return the detail, followed by unknown fields, because people may need them."""
    extra = {k: v for k, v in item.items() if k not in _FIELDS}
    for name in ("component", "measuring_point"):
        if clean(item.get(name)) and identifier(item.get(name)) is None:
            extra[name] = item[name]
    others = [f"{words(k, 40)}: {words(v, 200)}" for k, v in list(extra.items())[:_MOST_EXTRA] if clean(v)]
    return cut("\n".join([part for part in (clean(item.get("detail")).strip(), *others) if part]), 1000)


def _digest(item: dict[str, Any]) -> str:
    """Return a fingerprint from title and place, for an alarm whose source gives none."""
    parts = [clean(item.get(k)) for k in ("application", "component", "measuring_point", "title")]
    places = {k: clean(item[k]) for k in _PLACES if clean(item.get(k))}
    return hashlib.sha256(kept([*parts, places])).hexdigest()[:32]


OWN_JSON: Final = Format(decode, list_key=None)
"""The format of `POST /alarms`."""

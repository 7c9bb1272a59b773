"""Our own JSON: one alarm or a list of them; only the application is needed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

from models.alarms import Alarm, AlarmState, fingerprint_of
from starter.incident.messages import message
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
"""Fields of other systems that say where a fault is, so that the same title at two places is two alarms."""

_STATES: Final = {
    **dict.fromkeys(("", "firing", "alerting", "problem", "down", "critical", "warning"), AlarmState.FIRING),
    **dict.fromkeys(("cleared", "resolved", "ok", "recovery", "recovered", "up", "normal"), AlarmState.CLEARED),
}

_MOST_EXTRA: Final = 20


def decode(body: Any, source: str, now: datetime) -> Decoded:
    """Make alarms of a body; raise `NotUnderstoodError` when it is neither an object nor a list."""
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
    """An alarm that a person raises or clears; `UserError` names the option that does not fit."""
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
    return message(Alarm, values, {"application": "APPLICATION"})


def _alarm(item: Any, source: str, now: datetime) -> Alarm:
    if not isinstance(item, dict):
        raise NotUnderstoodError("an alarm is no object")
    state = _STATES.get(words(item.get("state"), 40).lower())
    if state is None:
        raise NotUnderstoodError("an alarm has a state that is neither firing nor cleared")
    seen_at = stated(item.get("seen_at")) or now
    since = stated(item.get("since"))
    return alarm_from(
        {
            "application": application_from({k: words(item.get(k), 200) for k in ("customer", "application")}),
            # Whoever sends it is known by its token and not by what it says of itself.
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
    """The detail, and after it what stands in fields of other names: it may be what people need."""
    extra = {k: v for k, v in item.items() if k not in _FIELDS}
    for name in ("component", "measuring_point"):
        if clean(item.get(name)) and identifier(item.get(name)) is None:
            extra[name] = item[name]
    told = [f"{words(k, 40)}: {words(v, 200)}" for k, v in list(extra.items())[:_MOST_EXTRA] if clean(v)]
    return cut("\n".join([part for part in (clean(item.get("detail")).strip(), *told) if part]), 1000)


def _digest(item: dict[str, Any]) -> str:
    """What names a fault whose source gives no fingerprint: its title and its place."""
    parts = [clean(item.get(k)) for k in ("application", "component", "measuring_point", "title")]
    places = {k: clean(item[k]) for k in _PLACES if clean(item.get(k))}
    return hashlib.sha256(kept([*parts, places])).hexdigest()[:32]


OWN_JSON: Final = Format(decode, list_key=None)
"""`POST /alarms`."""

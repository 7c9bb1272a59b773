"""Alertmanager's webhook, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config)."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Any, Final

from models.alarms import Alarm, AlarmState
from models.dossier.monitoring import Severity
from starter.intake.decoding import Decoded, NotUnderstoodError, Unreadable, alarm_from, kept, moment, words

_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")

_SEVERITIES: Final = {
    "warning": Severity.WARNING,
    "warn": Severity.WARNING,
    "minor": Severity.WARNING,
    "info": Severity.INFO,
    "information": Severity.INFO,
    "none": Severity.INFO,
}
"""What sources call them; anything else counts as critical, for a word that we do not know may be the worst."""


def decode(body: Any, source: str, now: datetime) -> Decoded:
    """Make alarms of a webhook's body; raise `NotUnderstoodError` when it is none at all."""
    if not isinstance(body, dict) or not isinstance(body.get("alerts"), list):
        raise NotUnderstoodError("the body is no webhook of Alertmanager: it has no list of alerts")
    decoded = Decoded()
    for alert in body["alerts"]:
        if _is_sign_of_life(alert):
            continue
        try:
            decoded.alarms.append(_alarm(alert, source, now))
        except NotUnderstoodError as error:
            decoded.unreadable.append(Unreadable("shape", str(error), kept(alert)))
    cut = body.get("truncatedAlerts")
    if isinstance(cut, int) and cut > 0:
        reason = "Alertmanager left alerts out of this message; remove max_alerts from its webhook_config"
        rest = {key: value for key, value in body.items() if key != "alerts"}
        decoded.unreadable.append(Unreadable("truncated", reason, kept(rest)))
    return decoded


def _is_sign_of_life(alert: Any) -> bool:
    """An alert that always fires, to show that its source lives; that the message came is all it says."""
    labels = _texts(alert.get("labels")) if isinstance(alert, dict) else {}
    return labels.get("alertname") == "Watchdog" or labels.get("driftvakt") == "heartbeat"


def _alarm(alert: Any, source: str, now: datetime) -> Alarm:
    if not isinstance(alert, dict):
        raise NotUnderstoodError("an alert is no object")
    labels, annotations = _texts(alert.get("labels")), _texts(alert.get("annotations"))
    status = alert.get("status")
    if status not in ("firing", "resolved"):
        raise NotUnderstoodError("an alert has a status that is neither firing nor resolved")
    title = words(annotations.get("summary"), 300) or words(labels.get("alertname"), 300)
    return alarm_from(
        {
            "application": _application(labels),
            "fingerprint": _fingerprint(alert, labels),
            "state": AlarmState.FIRING if status == "firing" else AlarmState.CLEARED,
            "severity": _SEVERITIES.get(labels.get("severity", "").strip().lower(), Severity.CRITICAL),
            "title": title or f"Alert of {source}",
            "component": _identifier(labels.get("component")),
            "measuring_point": _identifier(labels.get("measuring_point")),
            "source": source,
            "since": moment(alert.get("startsAt"), now),
            "seen_at": now if status == "firing" else moment(alert.get("endsAt"), now),
            "detail": words(annotations.get("description"), 1000),
            "link": _link(alert.get("generatorURL")),
        }
    )


def _texts(value: Any) -> dict[str, str]:
    return {k: v for k, v in value.items() if isinstance(v, str)} if isinstance(value, dict) else {}


def _application(labels: dict[str, str]) -> str:
    customer, application = labels.get("customer", ""), labels.get("application", "")
    if not application or not (customer or "." in application):
        raise NotUnderstoodError(
            "an alert lacks the labels customer and application, by which its application is found"
        )
    return application if "." in application else f"{customer}.{application}"


def _identifier(text: str | None) -> str | None:
    # An alarm whose component makes no sense is still one of its application.
    return text if text is not None and _IDENTIFIER.fullmatch(text) else None


def _fingerprint(alert: dict[str, Any], labels: dict[str, str]) -> str:
    """Alertmanager's own, which all members of a cluster share; made from the labels where it is missing."""
    given = words(alert.get("fingerprint"), 200)
    return given if 0 < len(given) <= 128 else hashlib.sha256(kept(labels)).hexdigest()[:32]


def _link(value: Any) -> str | None:
    text = words(value, 501)
    return text if len(text) <= 500 and text.startswith(("http://", "https://")) else None

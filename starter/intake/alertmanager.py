"""Alertmanager's webhook, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

from models.alarms import Alarm, AlarmState, fingerprint_of
from starter.intake.bodies import Format
from starter.intake.decoding import (
    Decoded,
    NotUnderstoodError,
    UnreadableMessage,
    alarm_from,
    application_from,
    clean,
    identifier,
    kept,
    link_from,
    severity_from,
    stated,
    words,
)


def decode(body: Any, source: str, now: datetime) -> Decoded:
    """Return the alarms of a webhook's body. Raise `NotUnderstoodError` when the body is not a webhook of Alertmanager."""
    if not isinstance(body, dict) or not isinstance(body.get("alerts"), list):
        raise NotUnderstoodError("the body is not a message of Alertmanager: it has no list of alerts")
    decoded = Decoded()
    for alert in body["alerts"]:
        if _is_heartbeat(alert):
            continue
        try:
            decoded.alarms.append(_alarm(alert, source, now))
        except NotUnderstoodError as error:
            decoded.unreadable.append(UnreadableMessage("shape", str(error), kept(alert)))
    cut = body.get("truncatedAlerts")
    if isinstance(cut, int) and cut > 0:
        reason = "Alertmanager left alerts out of this message; remove max_alerts from its webhook_config"
        rest = {key: value for key, value in body.items() if key != "alerts"}
        decoded.unreadable.append(UnreadableMessage("truncated", reason, kept(rest)))
    return decoded


def _is_heartbeat(alert: Any) -> bool:
    """Return whether an alert is a heartbeat: it always fires, and only shows that its source runs."""
    labels = _texts(alert.get("labels")) if isinstance(alert, dict) else {}
    return labels.get("alertname") == "Watchdog" or labels.get("driftvakt") == "heartbeat"


def _alarm(alert: Any, source: str, now: datetime) -> Alarm:
    if not isinstance(alert, dict):
        raise NotUnderstoodError("an alert is not a JSON object")
    labels, annotations = _texts(alert.get("labels")), _texts(alert.get("annotations"))
    status = alert.get("status")
    if status not in ("firing", "resolved"):
        raise NotUnderstoodError("an alert has a status that is neither firing nor resolved")
    since, ended = stated(alert.get("startsAt")), stated(alert.get("endsAt"))
    title = words(annotations.get("summary"), 300) or words(labels.get("alertname"), 300)
    return alarm_from(
        {
            "application": application_from(labels),
            "fingerprint": fingerprint_of(source, _fingerprint(alert, labels)),
            "state": AlarmState.FIRING if status == "firing" else AlarmState.CLEARED,
            "severity": severity_from(labels.get("severity")),
            "title": title or f"Alert of {source}",
            "component": identifier(labels.get("component")),
            "measuring_point": identifier(labels.get("measuring_point")),
            "source": source,
            "since": since or now,
            "since_known": since is not None,
            "seen_at": now if status == "firing" else ended or now,
            "detail": words(annotations.get("description"), 1000),
            "link": link_from(alert.get("generatorURL")),
        }
    )


def _texts(value: Any) -> dict[str, str]:
    return {k: clean(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _fingerprint(alert: dict[str, Any], labels: dict[str, str]) -> str:
    """Return Alertmanager's fingerprint, which all members of a cluster share. If it is missing, compute one from the labels."""
    given = words(alert.get("fingerprint"), 200)
    return given or hashlib.sha256(kept(labels)).hexdigest()[:32]


WEBHOOK: Final = Format(decode, list_key="alerts")
"""The format of `POST /alarms/alertmanager`."""

"""A dossier for the tests of notices: who is there when, and who stands in for whom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from models.dossier import Dossier
from models.dossier.agreement import Priority
from models.notices import Audience, Facts, Occasion, SendNotice
from tests.records.dossiers import SHOP

OFFICE = {
    "time_zone": "Europe/Stockholm",
    "weekly": {key: ["08:00-17:00"] for key in ["monday", "tuesday", "wednesday", "thursday", "friday"]},
}

PARTIES: dict[str, Any] = {
    "us": {"name": "Driftbolaget", "kind": "supplier", "language": "sv"},
    "acme": {"name": "Acme", "kind": "customer", "language": "sv"},
    "payer": {"name": "Payer", "kind": "third_party", "support": "+46 8 1"},
}

CONTACTS: dict[str, Any] = {
    "ann": {
        "name": "Ann Ek",
        "party": "us",
        "function": "on call",
        "roles": ["operator"],
        "email": "ann@us.example",
        "phone": "+46 70 111",
        "deputy": "bo",
    },
    "bo": {
        "name": "Bo Dahl",
        "party": "us",
        "function": "manager",
        "roles": ["operator"],
        "email": "bo@us.example",
        "hours": "office",
        "deputy": "ann",
        "language": "en",
    },
    "cia": {"name": "Cia Berg", "party": "us", "function": "expert", "hours": "office", "chat": "file:keys/cia"},
    "karin": {
        "name": "Karin Holm",
        "party": "acme",
        "function": "owner",
        "roles": ["system-owner"],
        "email": "karin@acme.example",
        "deputy": "oskar",
    },
    "oskar": {
        "name": "Oskar Lind",
        "party": "acme",
        "function": "commerce",
        "email": "oskar@acme.example",
        "deputy": "karin",
    },
    "pay": {"name": "Payer support", "party": "payer", "function": "support", "email": "help@payer.example"},
}

POLICY: list[dict[str, Any]] = [
    {"contacts": ["ann"], "channel": "email", "acknowledge_within": "10m"},
    {"contacts": ["bo", "cia"], "channel": "email", "acknowledge_within": "15m"},
    {"contacts": ["karin"], "channel": "email", "acknowledge_within": "30m"},
]

NOON = datetime(2026, 6, 17, 10, 0, tzinfo=UTC)
"""A Wednesday, twelve o'clock in Stockholm."""

NIGHT = datetime(2026, 6, 17, 1, 0, tzinfo=UTC)


def dossier(
    contacts: dict[str, Any] | None = None, escalation: dict[str, Any] | None = None, **changes: Any
) -> Dossier:
    """The dossier, with other fields of contacts, or other escalation policies."""
    people = {name: fields | (contacts or {}).get(name, {}) for name, fields in CONTACTS.items()}
    agreement = SHOP["agreement"] | {
        "service_hours": {"always": "24x7", "office": OFFICE, "never": OFFICE | {"weekly": {}}}
    }
    data = SHOP | {
        "agreement": agreement,
        "parties": PARTIES,
        "contacts": people,
        "escalation": {"P1": POLICY} if escalation is None else escalation,
    }
    return Dossier.model_validate(data | changes)


def notice(occasion: Occasion = Occasion.ALERT, key: str = "inc.acme.shop.17/run/1", **changes: Any) -> SendNotice:
    """An order to write to Ann."""
    fields: dict[str, Any] = {
        "key": key,
        "incident": "inc.acme.shop.17",
        "application": "acme.shop",
        "occasion": occasion,
        "audience": Audience(contacts=["ann"]),
        "priority": Priority.P1,
        "facts": facts(),
    }
    return SendNotice(**fields | changes)


def facts(**changes: Any) -> Facts:
    """What there is to tell."""
    fields: dict[str, Any] = {
        "title": "front-page is down on web1",
        "state": "taking the remedy restart",
        "opened_at": NIGHT,
        "components": ["Webb", "Betalningar"],
        "link": "/namespaces/default/workflows/inc.acme.shop.17",
    }
    return Facts(**fields | changes)

"""A dossier for the tests of the records: three components on two hosts and at a third party."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from models.dossier import Dossier

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

SHOP: dict[str, Any] = {
    "customer": "acme",
    "application": "shop",
    "name": "Shop",
    "agreement": {
        "number": "A-1",
        "signed": "2026-01-15",
        "signed_by": ["Ann, Acme"],
        "undertakings": ["incident"],
        "service_hours": {"always": "24x7"},
        "incidents": {"confirm_checks": 2, "healthy_for": "10s"},
    },
    "parties": {
        "us": {"name": "Us", "kind": "supplier"},
        "payer": {"name": "Payer", "kind": "third_party"},
    },
    "contacts": {
        "ann": {"name": "Ann", "party": "us", "function": "on call", "roles": ["operator"], "email": "ann@example.com"},
        "anna": {"name": "Anna", "party": "payer", "function": "desk", "email": "anna@supplier.example"},
        "bo": {"name": "Bo", "party": "us", "function": "owner", "roles": ["operator", "data-owner"]},
    },
    "architecture": {
        "sites": {"north": {"name": "North", "operated_by": "us"}, "south": {"name": "South", "operated_by": "us"}},
        "hosts": {
            "gate": {"site": "north", "address": "10.0.0.1", "host_keys": [KEY], "credential": "file:/k"},
            "web1": {
                "site": "north",
                "address": "10.0.0.2",
                "host_keys": [KEY],
                "credential": "file:/k",
                "jump": "gate",
            },
            "db1": {"site": "south", "address": "10.0.1.2", "host_keys": [KEY], "credential": "agent:", "sudo": True},
        },
        "components": {
            "web": {
                "name": "Web",
                "hosts": ["web1"],
                "depends_on": ["db", "pay"],
                "control": {"type": "systemd", "unit": "web"},
            },
            "db": {"name": "Database", "hosts": ["db1"], "impact": "low", "start_timeout": "5m"},
            "pay": {"name": "Payments", "operated_by": "payer", "impact": "low"},
        },
        "flows": {"buy": {"name": "Buy", "through": ["web", "pay"], "impact": "high"}},
    },
    "monitoring": {
        "measuring_points": {
            "front-page": {
                "component": "web",
                "probe": {"type": "http", "url": "http://10.0.0.2/"},
                "thresholds": {
                    "down": {},
                    "slow": {"when": "latency_ms > 900", "severity": "warning"},
                    "stuck": {"when": "latency_ms > 9000"},
                },
            },
            "web-disk": {
                "component": "web",
                "probe": {"type": "ssh_command", "host": "web1", "command": "df"},
                "health": False,
                "thresholds": {"full": {"when": "value > 90", "severity": "warning"}},
            },
            "db-answers": {"component": "db", "probe": {"type": "tcp", "host": "10.0.1.2", "port": 5432}},
            "pay-answers": {"component": "pay", "probe": {"type": "tcp", "host": "pay.example", "port": 443}},
        }
    },
    "instructions": {
        "troubleshooting": {
            "anything": {
                "title": "Anything else",
                "handover": {"roles": ["data-owner"], "count": 1, "within": "1h"},
            },
            "web-down": {
                "title": "The web is down",
                "symptom": {"components": ["web"]},
                "collect": [{"type": "run", "component": "web", "command": "uptime", "read_only": True}],
                "remedies": {
                    "restart": {"title": "Restart", "steps": [{"type": "restart", "component": "web"}]},
                    "wipe": {
                        "title": "Wipe the cache",
                        "steps": [{"type": "run", "component": "web", "command": "wipe"}],
                        "approval": {"roles": ["data-owner"]},
                    },
                },
            },
            "web-down-too": {"title": "Comes second", "symptom": {"components": ["web"]}},
            "disk-full": {"title": "The disk is full", "symptom": {"measuring_points": ["web-disk"]}},
            "db-down": {
                "title": "The database is down",
                "symptom": {"components": ["db"], "measuring_points": ["db-answers"]},
            },
        }
    },
}


def shop(**changes: Any) -> Dossier:
    """The dossier of acme.shop, with other values at the top."""
    return Dossier.model_validate(deepcopy(SHOP) | changes)

"""Names that another part of the dossier must define."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from models.dossier.faults import Place, shown, where
from models.dossier.rules.places import APPROVALS, STEPS
from models.dossier.rules.registry import RuleFinding, plain_error
from models.dossier.source import walk
from models.probe_kinds import kind_written

DEFINED: dict[str, tuple[str, ...]] = {
    "component": ("architecture.components",),
    "host": ("architecture.hosts",),
    "site": ("architecture.sites",),
    "contact": ("contacts",),
    "party": ("parties",),
    "component or party": ("architecture.components", "parties"),
    "service hours": ("agreement.service_hours",),
    "measuring point": ("monitoring.measuring_points",),
    "maintenance routine": ("routines.maintenance",),
    "extended routine": ("routines.extended",),
    "restore": ("instructions.restore",),
    "resource": ("capacity.resources",),
    "availability target": ("agreement.availability",),
}
"""The places that define names of each kind."""

REFERENCES: dict[str, str] = {
    "agreement.monitored_in": "service hours",
    "agreement.availability.*.hours": "service hours",
    "agreement.freezes.*.components.*": "component",
    "agreement.service_levels.*.respond.hours": "service hours",
    "agreement.service_levels.*.restore.hours": "service hours",
    "agreement.service_levels.*.update.hours": "service hours",
    "contacts.*.party": "party",
    "contacts.*.hours": "service hours",
    "contacts.*.deputy": "contact",
    "contacts.*.away.*.deputy": "contact",
    "escalation.*.*.contacts.*": "contact",
    "escalation.*.*.hours": "service hours",
    "parties.*.answers_within.hours": "service hours",
    "architecture.sites.*.operated_by": "party",
    "architecture.hosts.*.site": "site",
    "architecture.hosts.*.jump": "host",
    "architecture.components.*.hosts.*": "host",
    "architecture.components.*.operated_by": "party",
    "architecture.components.*.depends_on.*": "component",
    "architecture.integrations.*.source": "component",
    "architecture.integrations.*.target": "component or party",
    "architecture.integrations.*.contact": "contact",
    "architecture.flows.*.through.*": "component",
    "monitoring.measuring_points.*.component": "component",
    "monitoring.measuring_points.*.host": "host",
    "monitoring.measuring_points.*.site": "site",
    "instructions.start_up.order.*.*": "component",
    "instructions.shut_down.order.*.*": "component",
    "instructions.troubleshooting.*.symptom.components.*": "component",
    "instructions.troubleshooting.*.symptom.measuring_points.*": "measuring point",
    "instructions.restore.*.component": "component",
    "instructions.restore.*.host": "host",
    "instructions.restore.*.stop.*.*": "component",
    "instructions.restore.*.drill.host": "host",
    "routines.maintenance.*.components.*": "component",
    "routines.maintenance.*.hosts.*": "host",
    "routines.maintenance.*.working_days": "service hours",
    "reports.*.receivers.*": "contact",
    "reports.*.blocks.*.availability.targets.*": "availability target",
    "reports.*.blocks.*.maintenance.routines.*": "maintenance routine",
    "reports.*.blocks.*.restore_drills.restores.*": "restore",
    "reports.*.blocks.*.metrics.points.*": "measuring point",
    "reports.*.blocks.*.capacity.resources.*": "resource",
    "reports.*.blocks.*.entitlements.routines.*": "extended routine",
    "capacity.resources.*.measuring_point": "measuring point",
    "capacity.participants.*": "contact",
    **{f"{step}.component": "component" for step in STEPS},
    **{f"{step}.host": "host" for step in STEPS},
    **{f"{step}.measuring_points.*": "measuring point" for step in STEPS},
    **{f"{step}.contacts.*": "contact" for step in STEPS},
    **{f"{step}.check.component": "component" for step in STEPS},
    **{f"{step}.check.host": "host" for step in STEPS},
}
"""The places that name something, with the kind of the name."""

ROLES: tuple[str, ...] = (
    *(f"{approval}.roles.*" for approval in APPROVALS),
    *(f"{step}.roles.*" for step in STEPS),
    "routines.extended.*.ordered_by.*",
    "agreement.changes.reviewed_by.*",
)
"""The places that name a role which somebody must hold."""


@plain_error("unknown-name")
def names_are_defined(data: dict[str, Any]) -> Iterator[RuleFinding]:
    """Every named component, host, site, contact, party, measuring point and set of service hours is defined."""
    known = {
        kind: dict.fromkeys(n for place in places for n in _names(data, place)) for kind, places in DEFINED.items()
    }
    for pattern, kind in REFERENCES.items():
        for place, name in walk(data, tuple(pattern.split("."))):
            if isinstance(name, str) and name not in known[kind]:
                yield _unknown(place, name, kind, list(known[kind]))
    for place, probe in walk(data, ("monitoring", "measuring_points", "*", "probe")):
        written = kind_written(probe)
        host = probe.get("host") if written is not None and written.on_host else None
        if isinstance(host, str) and host not in known["host"]:
            yield _unknown((*place, "host"), host, "host", list(known["host"]))


@plain_error("unheld-role")
def roles_are_held(data: dict[str, Any]) -> Iterator[RuleFinding]:
    """Every role that may approve or order something is held by at least one contact."""
    held = list(dict.fromkeys(r for _, r in walk(data, ("contacts", "*", "roles", "*")) if isinstance(r, str)))
    for pattern in ROLES:
        for place, role in walk(data, tuple(pattern.split("."))):
            if isinstance(role, str) and role not in held:
                what = f"{where(place)} asks for the role {shown(role)}, which nobody holds"
                yield RuleFinding(place, what, _suggest(role, held, "give it to a contact under `roles`"))


def _names(data: dict[str, Any], place: str) -> list[str]:
    return [n for _, found in walk(data, tuple(place.split("."))) if isinstance(found, dict) for n in found]


def _unknown(place: Place, name: str, kind: str, known: list[str]) -> RuleFinding:
    defined = " or ".join(DEFINED[kind])
    what = f"{where(place)} names the {kind} {shown(name)}, which is not defined"
    return RuleFinding(place, what, _suggest(name, known, f"define it under {defined}"))


def _suggest(name: str, known: list[str], otherwise: str) -> str:
    close = get_close_matches(name[:60], known, n=1, cutoff=0.7) if len(known) <= 500 else []
    return f"did you mean '{close[0]}'? Or {otherwise}" if close else otherwise

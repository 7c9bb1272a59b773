"""The application that most tests of workflows are about: its agreement, its people and its plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from models.dependencies import Dependencies
from models.dossier.agreement import Agreement, IncidentTerms, Target
from models.dossier.parties import Language, Party, PartyKind
from models.hosts import Commands, HostTarget
from models.names import site_queue
from models.people import Person
from models.plans import (
    ApplicationPlan,
    ComponentPlan,
    RoutedHost,
    SiteProbes,
)
from models.probes import ProbeTarget, TcpProbe

APPLICATION = "acme.shop"
OPERATOR = "anna@supplier.example"
SECOND_LINE = "bo@supplier.example"
DEPENDS_ON = {"web": ["app"], "app": ["db"], "db": [], "mail": []}
DEPENDENCIES = Dependencies(DEPENDS_ON)
QUEUE = site_queue("dc")
HOST = HostTarget(name="host1", address="127.0.0.1", user="ops", host_keys=["ssh-ed25519 AAAA"], credential="agent:")


def probes_of(name: str) -> SiteProbes:
    return SiteProbes(
        queue=QUEUE, targets=[ProbeTarget(point=f"{APPLICATION}.{name}-up", probe=TcpProbe(host="127.0.0.1", port=1))]
    )


def agreement(**fields: Any) -> Agreement:
    """Round the clock, as most tests want it: P1 in fifteen minutes and four hours, a word to the customer every hour."""
    level = {"within": "15m", "hours": "always"}
    usual: dict[str, Any] = {
        "number": "T-1",
        "signed": "2026-01-01",
        "signed_by": ["Ann, supplier"],
        "undertakings": ["incident"],
        "service_hours": {"always": "24x7"},
        "service_levels": {
            "P1": {
                "respond": level,
                "restore": level | {"within": "4h"},
                "update": level | {"within": "1h"},
            },
            "P3": {"respond": level | {"within": "2h"}, "restore": level | {"within": "2d"}},
        },
        "pauses": {"waiting_for_customer": ["respond", "restore"], "waiting_for_third_party": ["restore"]},
    }
    return Agreement.model_validate(usual | fields)


def parties() -> dict[str, Party]:
    """Supplier, customer, third party."""
    return {
        "supplier": Party(name="Supplier", kind=PartyKind.SUPPLIER),
        "acme": Party(name="Acme", kind=PartyKind.CUSTOMER, language=Language.SWEDISH),
        "betalt": Party(
            name="Betalt",
            kind=PartyKind.THIRD_PARTY,
            answers_within=Target(within=timedelta(hours=2), hours="always"),
            support="+46 8 465 004 00",
        ),
    }


CONTACTS = [
    Person(name=name, also=[name.partition("@")[0]])
    for name in (OPERATOR, SECOND_LINE, "boss@supplier.example", "cio@acme.example", "desk@betalt.example")
]

OPERATES = [OPERATOR, SECOND_LINE, "boss@supplier.example", "cio@acme.example"]
"""The people who may order operations: all but the third party's."""


def application_plan(**terms: Any) -> ApplicationPlan:
    """The plan of an application: web needs app needs db; mail stands alone."""
    place = RoutedHost(host=HOST, queue=QUEUE)
    usual = {
        "confirm_checks": 3,
        "confirm_every": timedelta(seconds=5),
        "healthy_for": timedelta(minutes=2),
        "recovery_within": timedelta(minutes=5),
    }
    return ApplicationPlan(
        application=APPLICATION,
        dossier="d1",
        name="Shop",
        hosts={"host1": place},
        components={
            name: ComponentPlan(
                name=name,
                title=name,
                routed_hosts=[place],
                control=Commands(start="start", stop="stop", status="status"),
                depends_on=needed,
                health=[probes_of(name)],
            )
            for name, needed in DEPENDS_ON.items()
        },
        terms=IncidentTerms(**(usual | terms)),
        contacts=CONTACTS,
        people={"operator": [OPERATOR], "approver": ["boss@supplier.example", "cio@acme.example"]},
        operates=OPERATES,
    )

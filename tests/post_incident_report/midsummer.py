"""An incident that has seen much: a night alarm on Midsummer Eve, a raised priority, a wait for the customer, an approval."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from activities.records import Records
from models.alarms import AlarmReceipt, Disposition
from models.clock import ClockEvent
from models.dossier import Dossier
from models.post_incident_report import WriteReport
from models.records import AlarmRecord, EntryKind, IncidentRecord, TimelineEntry, UseDecision, WriteRecords
from models.tables import Notice, NoticeDelivery
from tests.records.dossiers import SHOP

ID = "inc.acme.shop.17"
START = datetime(2026, 6, 19, 0, 47, 12, tzinfo=UTC)
END = START + timedelta(hours=9, minutes=30)

CANARIES = {
    "host": "db1",
    "address": "10.0.1.2",
    "command": "pg_ctlcluster-canary",
    "output": "output-canary",
    "internal note": "internal-note-canary",
    "internal notice": "alert-canary",
    "third party's notice": "payer-notice-canary",
    "wait's note": "wait-note-canary",
    "lead": "ann@example.com",
    "alarm": "alarm-canary",
    "remedy": "remedy-canary",
    "supplier's answer": "supplier-answer-canary",
    "gate": "gate-canary",
}
"""What must not stand in the customer's copy, by where it comes from."""


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def dossier(**changes: Any) -> Dossier:
    """The shop, with a customer, service levels and hours in Sweden."""
    data = deepcopy(SHOP) | {"customer": "acme"}
    data["parties"]["acme"] = {"name": "Acme Trädgård AB", "kind": "customer", "language": "sv"}
    data["contacts"]["eva"] = {
        "name": "Eva Lind",
        "party": "acme",
        "function": "system owner",
        "roles": ["data-owner"],
        "email": "eva@acme.example",
    }
    data["contacts"]["pia"] = {"name": "Pia Pay", "party": "payer", "function": "support", "email": "pia@payer.example"}
    week = {d: ["08:00-17:00"] for d in ("monday", "tuesday", "wednesday", "thursday", "friday")}
    data["agreement"]["service_hours"]["office"] = {
        "time_zone": "Europe/Stockholm",
        "weekly": week,
        "holidays": "SE",
    }
    target = {"hours": "always"}
    data["agreement"]["service_levels"] = {
        "P1": {
            "respond": {"within": "15m", **target},
            "restore": {"within": "4h", **target},
            "update": {"within": "2h", **target},
        },
        "P2": {"respond": {"within": "30m", **target}, "restore": {"within": "8h", "hours": "office"}},
    }
    data["agreement"]["pauses"] = {"waiting_for_customer": ["respond", "restore", "update"]}
    return Dossier.model_validate(data | changes)


def events() -> list[ClockEvent]:
    told: list[dict[str, Any]] = [
        {"at": at(0), "kind": "opened", "priority": "P2"},
        {"at": at(9), "kind": "responded", "by": "ann@example.com"},
        {"at": at(40), "kind": "priority", "priority": "P1", "by": "ann@example.com", "note": "the whole shop"},
        {
            "at": at(75),
            "kind": "waiting",
            "reason": "waiting_for_customer",
            "party": "acme",
            "by": "ann@example.com",
            "note": "needs a word on db1; wait-note-canary",
        },
        {"at": at(200), "kind": "resumed", "by": "ann@example.com"},
        {"at": at(230), "kind": "updated", "by": "ann@example.com"},
        {"at": at(520), "kind": "restored"},
        {"at": END, "kind": "closed"},
    ]
    return [ClockEvent.model_validate(event) for event in told]


def timeline() -> list[TimelineEntry]:
    answers = [
        {"option": "approve", "by": "eva@acme.example", "via": "update", "note": "go on", "at": at(200).isoformat()},
        {
            "option": "approve",
            "by": "ann@example.com",
            "via": "update",
            "note": "supplier-answer-canary",
            "at": at(199).isoformat(),
        },
    ]
    told: list[tuple[float, EntryKind, str, dict[str, Any]]] = [
        (0, EntryKind.ALARM, "critical alarm from embedded: alarm-canary | no | answer", {}),
        (1, EntryKind.PROBE, "Confirmed: 3 checks in a row failed: acme.shop.db-answers: connection refused", {"x": 1}),
        (2, EntryKind.EVIDENCE, "Last log lines on db1: ok. exit status 0", step("Last log lines", "tail -n 5 pg.log")),
        (9, EntryKind.LEAD, "ann@example.com took it up", {}),
        (20, EntryKind.NOTE, "ann@example.com: internal-note-canary", {"audience": "internal"}),
        (41, EntryKind.NOTE, "The shop takes no orders; db1 is being looked at.", {"audience": "customer"}),
        (75, EntryKind.CLOCK, "Waiting for Acme Trädgård AB: wait-note-canary", {}),
        (
            200,
            EntryKind.DECISION,
            "May the orders of last night be read in again on db1? approve by eva@acme.example",
            {
                "question": "May the orders of last night be read in again on db1?",
                "option": "approve",
                "answers": answers,
            },
        ),
        (
            205,
            EntryKind.DECISION,
            "Carry out: Restart, gate-canary? approve by ann@example.com (update)",
            {},
        ),
        (
            210,
            EntryKind.ACTION,
            "Start db on db1: ok. acme.shop.db was started",
            step("Start db", "pg_ctlcluster-canary 15 main start", changed=True),
        ),
        (280, EntryKind.CLOCK, "The time to restore was over", {}),
        (520, EntryKind.PROBE, "Recovery is proven: all 3 points were OK for 2m without a break", {}),
        (570, EntryKind.STATE, "Closed: recovered", {}),
    ]
    return [
        TimelineEntry(sequence=n, at=at(minutes), kind=kind, text=text, data=data)
        for n, (minutes, kind, text, data) in enumerate(told)
    ]


def step(title: str, command: str, *, changed: bool = False) -> dict[str, Any]:
    return {
        "title": title,
        "host": "db1",
        "command": command,
        "outcome": "ok",
        "changed": changed,
        "detail": "the command ended with exit status 0 after 0.2 s\n"
        "2026-06-19 02:46:58 FATAL:  could not write lock file: No space left on device\noutput-canary",
    }


def incident(**changes: Any) -> IncidentRecord:
    values: dict[str, Any] = {
        "id": ID,
        "application": "acme.shop",
        "number": 17,
        "title": "The shop's database does not answer",
        "state": "closed",
        "priority": "P1",
        "components": ["db", "web"],
        "dossier": dossier().digest,
        "opened_at": START,
        "opened_by": "embedded",
        "closed_at": END,
        "outcome": "recovered",
        "summary": "The shop's database does not answer: recovered after remedy-canary, 9h30m after it was opened.",
        "clock": events(),
        "cause": "capacity",
        "lead": "ann@example.com",
        "run": "run-1",
        "timeline": timeline(),
    }
    return IncidentRecord.model_validate(values | changes)


def notices() -> list[Notice | NoticeDelivery]:
    def notice(key: str, minutes: float, occasion: str, subject: str, text: str, receiver: str, state: str) -> Any:
        deliveries = [
            {
                "to": {"eva": "Eva Lind", "ann": "Ann", "pia": "Pia Pay"}[receiver],
                "email": {"eva": "eva@acme.example", "ann": "ann@example.com", "pia": "pia@payer.example"}[receiver],
                "channel": "email",
                "state": state,
                "detail": "",
                "at": at(minutes).isoformat(),
            }
        ]
        return (
            Notice(
                key=key,
                incident=ID,
                application="acme.shop",
                occasion=occasion,
                language="sv",
                subject=subject,
                text=text,
                at=at(minutes),
                receipt={"key": key, "deliveries": deliveries},
            ),
            NoticeDelivery(notice=key, receiver=f"{receiver} email", state=state, attempts=1, at=at(minutes)),
        )

    made = [
        notice("k1", 3, "alert", "P2: database down", "alert-canary on db1", "ann", "sent"),
        notice("k2", 10, "opened", "Vi arbetar med ett fel i Shop", "Butiken tar inte emot order.", "eva", "sent"),
        notice("k3", 80, "waiting", "Your turn", "payer-notice-canary", "pia", "failed"),
        notice("k4", 230, "update", "Läget i Shop", "Databasen är på väg tillbaka.", "eva", "sent"),
        notice("k5", 520, "restored", "Shop fungerar igen", "Allt fungerar sedan 11:27.", "eva", "sent"),
    ]
    return [row for pair in made for row in pair]


def alarm(sequence: int = 1, **changes: Any) -> AlarmRecord:
    receipt = AlarmReceipt(fingerprint=f"f{sequence}", disposition=Disposition.OPENED, incident=ID, reason="it is new")
    values: dict[str, Any] = {
        "application": "acme.shop",
        "sequence": sequence,
        "at": at(0),
        "title": "db-answers: alarm-canary",
        "state": "firing",
        "severity": "critical",
        "component": "db",
        "source": "embedded",
        "receipt": receipt,
    }
    return AlarmRecord.model_validate(values | changes)


def keep(records: Records, **changes: Any) -> None:
    """Put it into the records."""
    records.write(WriteRecords(incidents=[incident(**changes)], alarms=[alarm()]))
    records.use_decision(
        UseDecision(gate=f"{ID}/g1/abc", run="run-1", option="approve", by=["eva@acme.example"], at=at(201))
    )
    with records.database.writing() as session:
        for row in notices():
            session.add(row)


def order(run: str = "run-1", minutes: float = 571) -> WriteReport:
    return WriteReport(incident=ID, run=run, now=at(minutes))

"""An installation whose every text is hostile: what hosts, senders and people may write, at its worst.

Texts of models are replaced wherever the models let them in, so a new field of a status or of a record joins by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import RawValue, SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.notices.store import NoticeStore
from activities.records import Records
from activities.records.database import Database
from activities.records.halts import Halts
from models.alarms import AlarmReceipt, Disposition
from models.clock import ClockEvent, ClockEventKind
from models.dossier import Dossier
from models.dossier.agreement import Priority
from models.gates import GateOption, GateState, Question
from models.halts import BeginHalt, EndHalt
from models.jobs import Outcome
from models.lease import REMEDY_HOLDER, RUNBOOK_HOLDER, RequestLease
from models.names import APPLICATION as OF_APPLICATION
from models.names import STATE, WORKFLOW_QUEUE, watch_id
from models.notices import Audience, Facts, Occasion, SendNotice
from models.operation import OperationState, OperationStatus
from models.operation_kinds import CHANGE, operation_kinds
from models.people import ANYBODY
from models.records import AlarmRecord, EntryKind, IncidentRecord, OperationRecord, TimelineEntry, WriteRecords
from models.runbooks import RunbookReport, StepReport
from models.watch import SilenceOrder
from tests.cli.scripted import ANNA, AT, INCIDENT, MAJOR, incident_status, major_outcome, major_status
from tests.workflows.shop import APPLICATION
from tests.workflows.test_alarm_handler import Desk
from tests.workflows.world import alarm
from workflows.runtime.serving import BoundedWorker
from workflows.watch.state import status_of

MARK = "Zq7"
"""Stands in every hostile text, so that a test sees whether it was shown."""

HOSTILE = (
    f"{MARK}東京 \u202e\x1b[2J\x1b]0;owned\x07\x9b31m [bold]x[/bold] [/nope] **Å** `code` [a](http://evil.example) {{workflowId}}"
    "\r\nFORGED line\tend\x00\x7f\U0001f600"
)
LONG = (HOSTILE * 100)[:10_000]

ON_CALL = "on-call@driftbolaget.example"

KEPT = {"id", "application", "type", "run", "dossier", "fingerprint"}
"""Fields by which a thing is found; they are ours, or checked where they come in."""

EXAMPLE = Path(__file__).parents[2] / "examples" / "acme" / "shop.yaml"
WORDS = {"name", "title", "function", "label", "reason", "purpose", "text", "description", "note"}
"""Fields of a dossier that are meant for people."""

M = TypeVar("M", bound=BaseModel)


def poisoned(model: M) -> M:
    """The same with a hostile text wherever one is let in, as long as one may be."""
    data = model.model_dump(mode="json")
    before = {path: _at(data, path) for path in _texts(data)}
    for path in before:
        _put(data, path, LONG if path[-1] in {"title", "summary", "doing"} else HOSTILE)
    for _ in range(20):
        try:
            return type(model).model_validate(data)
        except ValidationError as error:
            for fault in error.errors():
                for path in [p for p in before if p[: len(fault["loc"])] == fault["loc"] or _same(p, fault["loc"])]:
                    longest = fault.get("ctx", {}).get("max_length")
                    fits = fault["type"] == "string_too_long" and longest >= len(MARK)
                    _put(data, path, LONG[:longest] if fits else before[path])
    raise AssertionError(f"{type(model).__name__} takes no hostile text")


def _same(path: tuple[Any, ...], loc: tuple[Any, ...]) -> bool:
    """Whether a fault is about this path; pydantic adds the names of the alternatives of a union."""
    rest = iter(loc)
    return all(any(part == found for found in rest) for part in path)


def _texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in KEPT:
                yield from _texts(part, (*path, key))
    elif isinstance(value, list):
        for n, part in enumerate(value):
            yield from _texts(part, (*path, n))
    elif isinstance(value, str):
        yield path


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        data = data[part]
    return data


def _put(data: Any, path: tuple[Any, ...], value: Any) -> None:
    _at(data, path[:-1])[path[-1]] = value


def hostile_dossier() -> dict[str, Any]:
    """The example of acme.shop, with hostile words."""
    data = json.loads(json.dumps(yaml.safe_load(EXAMPLE.read_text("utf-8")), default=str))  # days as they are written
    for path in _texts(data):
        if path[-1] in WORDS:
            _put(data, path, HOSTILE)
    return dict(data)


_KINDS = [*operation_kinds(), RUNBOOK_HOLDER, REMEDY_HOLDER]
OPERATIONS = {kind: f"{kind}.{APPLICATION}.4" for kind in _KINDS}
GATE = GateState(
    id="g1",
    question=Question(
        text="May it be done?",
        options=[GateOption(name="approve", means="Yes"), GateOption(name="refuse", means="No", needs_reason=True)],
        plan="$ rm -rf /",
        deciders=ANYBODY,
    ),
    digest="a" * 64,
    opened_at=AT,
)
STEP = StepReport(title="t", host="h", command="c", outcome=Outcome.FAILED, changed=True, detail="d")


def _timeline() -> list[TimelineEntry]:
    data = {"command": "c", "detail": "d", "text": "x", "by": "b", **STEP.model_dump(mode="json")}
    return [TimelineEntry(sequence=n, at=AT, kind=kind, text="t", data=data) for n, kind in enumerate(EntryKind)]


def fill(records: Records) -> str:
    """Write hostile records; the id of what stands in quarantine."""
    dossier = Dossier.model_validate(hostile_dossier())
    records.publish_dossier(dossier, HOSTILE)
    digest = records.current_digest(APPLICATION) or ""
    about: dict[str, Any] = {
        "application": APPLICATION,
        "title": "t",
        "dossier": digest,
        "opened_at": AT,
        "opened_by": "b",
        "summary": "s",
        "run": "r",
        "timeline": _timeline(),
    }
    clock = [ClockEvent(at=AT, kind=ClockEventKind.OPENED, priority=Priority.P1, by="b")]
    ended = {"closed_at": AT + timedelta(hours=1), "outcome": "o"}
    incidents = [
        IncidentRecord(
            id=f"inc.{APPLICATION}.{n}", number=n, state="s", priority="P1", lead="l", clock=clock, **about, **end
        )
        for n, end in ((1, {}), (2, ended), (3, {}))
    ]
    operations = [
        OperationRecord(id=f"{kind}.{APPLICATION}.{n}", kind=kind, name="database", state="s", **about, **end)
        for kind in _KINDS
        for n, end in ((4, {}), (5, ended), (6, {}))
    ]
    receipt = AlarmReceipt(fingerprint="f", disposition=Disposition.OPENED, incident=INCIDENT, reason="r")
    told = AlarmRecord(
        application=APPLICATION, sequence=1, at=AT, title="t", state="s", severity="s", source="s", receipt=receipt
    )
    records.write(
        WriteRecords(
            incidents=[poisoned(i) for i in incidents],
            operations=[poisoned(o).model_copy(update={"kind": o.kind, "name": o.name}) for o in operations],
            alarms=[poisoned(told)],
        )
    )
    for key, customer in (("k1", ""), ("k2", "acme")):
        Halts(records).begin(BeginHalt(key=key, customer=customer, by=ON_CALL, reason=HOSTILE, workflow="halt"))
    Halts(records).end(EndHalt(key="k2", by=ON_CALL, reason=HOSTILE))
    return records.quarantine.add(HOSTILE, LONG.encode(), HOSTILE)


def fill_notices(url: str) -> None:
    """Write hostile notices."""
    database = Database(url)
    request = SendNotice(
        key="n1",
        incident=INCIDENT,
        application=APPLICATION,
        occasion=Occasion.ALERT,
        audience=Audience(contacts=[HOSTILE]),
        facts=Facts(title=HOSTILE, opened_at=AT),
    )
    store = NoticeStore(database)
    store.begin(request, AT)
    store.word("n1", "en", HOSTILE, LONG)
    database.close()


def watch_status() -> Any:
    """Of a watch in which everything there can be is there."""
    desk = Desk()
    until = desk.now + timedelta(hours=1)
    for holder in ("change.acme.shop.4", "change.acme.shop.5"):
        desk.leases.ask(
            RequestLease(
                application=APPLICATION,
                holder=holder,
                key="k",
                kind=CHANGE.name,
                title="t",
                by="b",
                until=until,
                components=["db"],
            )
        )
    desk.orders.silence(SilenceOrder(by="anna", reason="r", until=until, components=["mail"]))
    desk.take(alarm("web", detail="d", link="l"), alarm("mail"), alarm(None, fingerprint="whole"))
    return status_of(APPLICATION, desk.memory, desk.leases.queue())


@workflow.defn(dynamic=True)
class Anything:
    """A workflow of any type; it answers `status` with what it is given, or ends as it is given."""

    def __init__(self) -> None:
        self.said: Any = {}

    @workflow.query(name="status")
    def status(self) -> Any:
        return self.said

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> Any:
        given = json.loads(args[0].payload.data)
        self.said = given.get("status")
        if "outcome" in given:
            return given["outcome"]
        await workflow.wait_condition(lambda: False)
        return None


async def start_all(client: Client) -> None:
    """Start a workflow of every type that a command reads, each with hostile answers."""
    attributes = TypedSearchAttributes(
        [
            SearchAttributePair(SearchAttributeKey.for_keyword(OF_APPLICATION), APPLICATION),
            SearchAttributePair(SearchAttributeKey.for_keyword(STATE), HOSTILE),
        ]
    )
    incident = incident_status(gates=[GATE], alarms=[alarm("web", detail="d")], timeline=_timeline())
    kinds: list[tuple[str, str, BaseModel | None, BaseModel | None]] = [
        ("incident", INCIDENT, incident, None),
        ("watch", watch_id(APPLICATION), watch_status(), None),
        ("major", MAJOR, major_status(), None),
        ("major", "major.2026-03-01.2", None, major_outcome()),
        ("runbook.wait-for-health", "runbook.wait-for-health.1", None, _report()),
    ]
    kinds += [
        (kind, id, operation_status(kind, id), None) for kind, id in OPERATIONS.items() if kind in operation_kinds()
    ]
    for kind, id, status, outcome in kinds:
        given: dict[str, Any] = {"requested_by": HOSTILE, "application": APPLICATION}
        given |= {"status": poisoned(status).model_dump(mode="json")} if status else {}
        given |= {"outcome": poisoned(outcome).model_dump(mode="json")} if outcome else {}
        await client.start_workflow(
            kind, given, id=id, task_queue=WORKFLOW_QUEUE, search_attributes=attributes, static_summary=HOSTILE
        )


def _report() -> RunbookReport:
    return RunbookReport(runbook="r", rehearsed=False, outcome=Outcome.OK, steps=[STEP], summary="s")


def operation_status(kind: str, id: str) -> OperationStatus:
    return OperationStatus(
        id=id,
        kind=kind,
        application=APPLICATION,
        title="t",
        state=OperationState.DECIDING,
        doing="d",
        by=ANNA,
        rehearsed=False,
        opened_at=AT,
        components=["web"],
        lease="l",
        gates=[GATE],
        steps=[STEP],
        timeline=_timeline(),
        progress="p",
    )


def answering(client: Client) -> Worker:
    """A worker for all of them."""
    return BoundedWorker(
        client, task_queue=WORKFLOW_QUEUE, workflows=[Anything], workflow_runner=UnsandboxedWorkflowRunner()
    )

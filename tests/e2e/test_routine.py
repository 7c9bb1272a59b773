"""Routines on order, on a real host: what was typed arrives as it is, what is wrong is named, what is beyond is asked about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError

from activities.records import Records, upgrade
from activities.routine.activities import RoutineActivities
from models.names import WORKFLOW_QUEUE
from models.operation import OperationEnd, OperationOutcome
from models.routine import CheckOrder, RoutineOrder
from starter.dossier.freshness import freshness
from starter.dossier.publishing import publish, read_all
from starter.routine.service import catalogue
from tests.chaos.fleet import Fleet
from tests.hosts import AsyncsshHost, Host
from tests.servers import real_server
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide
from worker import running

NASTY = 'it\'s $HOME; `touch /tmp/never` "x"'


def dossier(host: Host, fleet: Fleet, log: Path, **fields: Any) -> dict[str, Any]:
    data = fleet._dossier(0)
    data["contacts"]["kim"] = {
        "name": "Kim", "party": "supplier", "function": "owner", "roles": ["owner"], "email": "kim@acme.example",
    }  # fmt: skip
    routine = {
        "title": "Write it down",
        "ordered_by": ["owner"],
        "inputs": {
            "note": {"type": "text", "label": "What to write"},
            "times": {"type": "integer", "label": "How often"},
        },
        "per_month": 1,
        "steps": [
            {"type": "run", "component": "c0", "command": f'printf "%s\\n" "$DRIFTVAKT_INPUT_NOTE" >>{log}'},
            {"type": "run", "component": "c0", "command": ["sh", "-c", f'echo "$1" >>{log}', "sh", "{times}"]},
        ],
    }
    data["routines"] = {"extended": {"write": routine | fields}}
    return data


@asynccontextmanager
async def installation(home: Path, **fields: Any) -> AsyncIterator[tuple[Client, Records, Path]]:
    log = home / "log"
    with AsyncsshHost() as host, real_server(home / "home") as server:
        fleet = Fleet(host, applications=1, components=1)
        file = home / "app0.yaml"
        file.write_text(yaml.safe_dump(dossier(host, fleet, log, **fields)))
        upgrade(server.settings.records_url)
        client, records = await server.client(), Records(server.settings.records_url)
        async with running(server.settings, client):
            await publish(client, records, read_all([file]), "test")
            yield client, records, log
        records.close()
        fleet.close()


async def order(client: Client, key: str, **fields: Any) -> WorkflowHandle[Any, OperationOutcome]:
    values: dict[str, Any] = {"by": "kim@acme.example", "inputs": {"note": NASTY, "times": 3}} | fields
    return await client.start_workflow(
        "routine",
        RoutineOrder(application="acme.app0", routine="write", **values),
        id=f"routine.acme.app0.write.{key}",
        task_queue=WORKFLOW_QUEUE,
        result_type=OperationOutcome,
    )


async def test_an_order_is_carried_out_as_typed_and_one_too_many_asks(tmp_path: Path) -> None:
    async with installation(tmp_path) as (client, records, log):
        rehearsed = await (await order(client, "0", rehearse=True)).result()
        assert not log.exists()
        done = await (await order(client, "1")).result()
        [entry] = catalogue(records, "acme.app0")
        second = await order(client, "2")
        gate = await until_asked(second)
        await decide(second, "refuse", by="ann", note="Once is enough")
        refused = await second.result()
        with pytest.raises(WorkflowFailureError) as wrong:
            await (await order(client, "3", by="ann", inputs={"times": "often", "color": "red"})).result()
        timeline = [e.text for e in records.operation_timeline(done.id)]
        proof = {f.instruction: f for f in freshness(records, "acme.app0")}["routine/write"]
    assert (rehearsed.end, done.end, refused.end) == (
        OperationEnd.REHEARSED,
        OperationEnd.DONE,
        OperationEnd.REFUSED,
    )
    assert log.read_text() == f"{NASTY}\n3\n"
    assert (entry.ordered_this_month, entry.per_month) == (1, 1)
    assert "1 a month are agreed, and this is number 2 of" in gate.question.text
    assert gate.question.deciders.names == ["ann"]
    assert isinstance(wrong.value.cause, ApplicationError)
    assert wrong.value.cause.message == (
        "ann may not order write; kim@acme.example may; there is no input 'color'; it takes note, times; note is missing: "
        "What to write (text of one line, 500 characters at most, that begins with no dash); times: 'often' does not fit; "
        "How often is a whole number, 0 at least and eighteen digits at most"
    )
    assert [text.split(":")[0] for text in timeline if text.startswith("Receipt")] == [
        "Receipt (ordered)",
        "Receipt (order-done)",
    ]
    assert proof.carried_out is not None
    assert proof.rehearsed is not None
    assert proof.failed is None  # what was ordered wrongly was not tried


async def test_it_waits_until_its_lead_time_is_over(tmp_path: Path) -> None:
    async with installation(tmp_path, lead_time="4s") as (client, _, log):
        begun = datetime.now(UTC)
        handle = await order(client, "1")
        outcome = await handle.result()
    assert outcome.end is OperationEnd.DONE
    assert outcome.closed_at - begun >= timedelta(seconds=4)
    assert log.exists()


def test_a_time_that_is_too_soon_is_refused_and_a_later_one_is_kept(tmp_path: Path) -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with AsyncsshHost() as host:
        fleet = Fleet(host, applications=1, components=1)
        file = tmp_path / "app0.yaml"
        file.write_text(yaml.safe_dump(dossier(host, fleet, tmp_path / "log", lead_time="2d")))
        fleet.close()
        [made] = read_all([file])
    upgrade(f"sqlite:///{tmp_path}/r.db")
    records = Records(f"sqlite:///{tmp_path}/r.db")
    records.publish_dossier(made, "ann")

    def look(at: datetime | None) -> tuple[list[str], datetime | None]:
        checked = RoutineActivities(records).check_order(
            CheckOrder(
                application=made.id,
                dossier=made.digest,
                operation="r",
                routine="write",
                by="kim",
                inputs={"note": "x", "times": 1},
                ordered_at=now,
                at=at,
                rehearse=False,
            )
        )
        return [f for f in checked.faults if "may not order" not in f], checked.not_before

    soon, _ = look(now + timedelta(days=1))
    assert soon == ["it must be ordered 2d before; the earliest is now 2026-06-03 12:00 UTC"]
    records.close()

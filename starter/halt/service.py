"""Halts, as the commands see and make them: in the records first, so that they act also where Temporal is away."""

from __future__ import annotations

import uuid

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from activities.records import Records
from activities.records.halts import Halts
from models.base import Model
from models.errors import NotFoundError, TemporalUnavailableError
from models.halts import BeginHalt, EndHalt, Halt, HaltOrder, LiftHalt
from models.names import WORKFLOW_QUEUE, halt_id
from models.settings import Settings
from starter.desk import made, reading_records
from starter.installation.temporal import connected
from starter.runbook.catalogue import workflow_url
from workflows.runtime.markdown import summary_line


class HaltAnswer(Model):
    """What became of a wish to halt."""

    halt: Halt
    fresh: bool
    """False: it was halted already."""
    url: str
    """Its page in the Temporal UI."""
    shown: bool
    """Whether the UI shows it; it acts in any case."""
    trouble: str = ""
    """Why the UI does not show it."""


class LiftAnswer(Model):
    """What became of a wish to lift."""

    lifted: list[Halt]


class HaltList(Model):
    """The halts that hold, and those that were lifted last."""

    standing: list[Halt]
    past: list[Halt]


async def halt(settings: Settings, customer: str, by: str, reason: str) -> HaltAnswer:
    """Halt a customer, or all (no name), and show it in the UI; `UserError` when there is no such customer."""
    order = made(HaltOrder, customer=customer, by=by, reason=reason)
    with reading_records(settings) as records:
        halts = Halts(records)
        same = [h for h in halts.standing() if h.customer == customer]
        now = same[0] if same else _begin(halts, order)
    try:
        async with connected(settings) as client:
            await _show(client, order, now)
    except (TemporalUnavailableError, RPCError) as error:
        return HaltAnswer(halt=now, fresh=not same, url=_url(settings, now), shown=False, trouble=str(error))
    return HaltAnswer(halt=now, fresh=not same, url=_url(settings, now), shown=True)


def _begin(halts: Halts, order: HaltOrder) -> Halt:
    key = uuid.uuid4().hex
    return halts.begin(
        BeginHalt(key=key, workflow=halt_id(order.customer), **order.model_dump(include={"customer", "by", "reason"}))
    )


async def _show(client: Client, order: HaltOrder, now: Halt) -> None:
    await client.start_workflow(
        "halt",
        order.model_copy(update={"key": now.key, "by": now.by, "reason": now.reason}),
        id=now.workflow,
        task_queue=WORKFLOW_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=summary_line(f"Halt of {now.scope}: {now.reason}"),
    )


def lift(settings: Settings, customer: str, by: str, reason: str) -> LiftAnswer:
    """Lift all halts of a customer, or all of everything (no name); its pages in the UI end within seconds."""
    order = made(LiftHalt, by=by, reason=reason)
    with reading_records(settings) as records:
        halts = Halts(records)
        standing = halts.standing()
        mine = [h for h in standing if h.customer == customer]
        if not mine:
            others = "; ".join(h.text for h in standing) or "nothing is halted"
            what = f"customer {customer} is" if customer else "all customers are"
            raise NotFoundError(f"no halt says that {what} halted; {others}")
        return LiftAnswer(
            lifted=[halts.end(EndHalt(key=h.key, by=order.by, reason=order.reason)) for h in mine],
        )


def list_halts(records: Records, limit: int) -> HaltList:
    """Those that hold, and the last that were lifted."""
    halts = Halts(records)
    return HaltList(standing=halts.standing(), past=halts.past(limit))


def _url(settings: Settings, halt: Halt) -> str:
    return workflow_url(halt.workflow, settings)

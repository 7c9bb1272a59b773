"""Functions for halts. A halt is written to the records first, so that it works without Temporal, too."""

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
from starter.connection.links import workflow_url
from starter.connection.temporal import connected
from starter.terminal.messages import build_message
from starter.terminal.session import open_records
from workflows.runtime.markdown import summary_line


class HaltAnswer(Model):
    """The result of `driftvakt halt`."""

    halt: Halt
    started: bool
    """Whether this command started the halt; False: it was active already."""
    url: str
    """The address of its page in the Temporal UI."""
    in_ui: bool
    """Whether the UI shows the halt; the halt is active in any case."""
    ui_error: str = ""
    """The reason why the UI does not show the halt."""


class LiftAnswer(Model):
    """The result of `driftvakt halt lift`."""

    lifted: list[Halt]


class HaltList(Model):
    """The active halts, and the last ones that were lifted."""

    active: list[Halt]
    past: list[Halt]


async def halt(settings: Settings, customer: str, by: str, reason: str) -> HaltAnswer:
    """Start a halt of one customer, or of all (empty name), and show it in the UI. Raise `UserError` for an unknown customer."""
    order = build_message(HaltOrder, {"customer": customer, "by": by, "reason": reason})
    with open_records(settings) as records:
        halts = Halts(records)
        same = [h for h in halts.active() if h.customer == customer]
        now = same[0] if same else _begin(halts, order)
    try:
        async with connected(settings) as client:
            await _show(client, order, now)
    except (TemporalUnavailableError, RPCError) as error:
        return HaltAnswer(halt=now, started=not same, url=_url(settings, now), in_ui=False, ui_error=str(error))
    return HaltAnswer(halt=now, started=not same, url=_url(settings, now), in_ui=True)


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
        static_details="No new command starts on the hosts in its scope until somebody lifts the halt. *Current Details* show "
        "how to lift it.",
    )


def lift(settings: Settings, customer: str, by: str, reason: str) -> LiftAnswer:
    """Lift the halts of one customer, or those of all (empty name). Raise `NotFoundError` if none is active.

    The workflows that show the halts in the UI end within seconds.
    """
    order = build_message(LiftHalt, {"by": by, "reason": reason})
    with open_records(settings) as records:
        halts = Halts(records)
        active = halts.active()
        mine = [h for h in active if h.customer == customer]
        if not mine:
            others = "; ".join(h.text for h in active) or "nothing is halted"
            what = f"customer {customer}" if customer else "all customers"
            raise NotFoundError(f"there is no halt of {what} to lift; {others}")
        return LiftAnswer(
            lifted=[halts.end(EndHalt(key=h.key, by=order.by, reason=order.reason)) for h in mine],
        )


def list_halts(records: Records, limit: int) -> HaltList:
    """Return the active halts, and the last ones that were lifted."""
    halts = Halts(records)
    return HaltList(active=halts.active(), past=halts.past(limit))


def _url(settings: Settings, halt: Halt) -> str:
    return workflow_url(halt.workflow, settings)

"""The page that an operator reads in the UI while an incident runs: what stands, what it waits for, what to press."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow

from models.clock import PromiseReading, Standing
from models.incident import Acknowledge, IncidentState
from models.names import watch_id
from workflows.case import Case
from workflows.text import code, page, plain, sample, table

_SHOWN = 10
"""Lines of the timeline that the page shows; the records have them all."""

_PROMISED = {"respond": "taken up", "restore": "restored", "update": "next word to the customer"}


def incident_page(case: Case, gates: str, draft: str) -> str:
    """The incident as short Markdown."""
    order, memory = case.order, case.memory
    watch = f"/namespaces/{{namespace}}/workflows/{watch_id(order.application)}"
    return page(
        f"### {plain(order.title)}",
        f"**{memory.priority or '-'}** · **{memory.state.value}** · {plain(memory.doing)}",
        _led(case),
        _clocks(case),
        gates,
        _alarms(case),
        _draft(case, draft),
        _happened(case),
        f"[Watch of {order.application}]({watch}) · *Send an Update*: `add_note`, `hand_over`, `wait_for`, `reclassify`, "
        "`update_customer`, `close_incident`",
    )


def _led(case: Case) -> str:
    memory = case.memory
    if memory.state is IncidentState.CLOSED:
        return ""
    lead = memory.lead
    parts = []
    if memory.major is not None and memory.major.major:
        link = f"/namespaces/{{namespace}}/workflows/{memory.major.major}"
        parts.append(f"Part of a **major incident**: [{plain(memory.major.title or memory.major.major)}]({link}).")
    if memory.waiting is not None:
        due = f", who must answer until {_when(memory.waiting.answer_due)}" if memory.waiting.answer_due else ""
        ticket = f" ({plain(memory.waiting.reference)})" if memory.waiting.reference else ""
        parts.append(
            f"**Waits for {plain(memory.waiting.name)}**{ticket}{due}: {plain(memory.waiting.note)}. Over: `resume`."
        )
    if lead.acknowledged and lead.who:
        parts.append(f"Led by **{plain(lead.who)}**.")
    elif lead.alerted:
        asked = ", ".join(lead.asked) or "nobody yet"
        until = f", the next at {_when(lead.due)}" if lead.due and lead.due > workflow.now() else ""
        by = lead.asked[0] if lead.asked else "you@example.com"
        parts.append(f"**Nobody has taken it up**: asked {plain(asked)}{until}. Press *Send an Update*, `acknowledge`:")
        parts.append("\n\n" + code(sample(Acknowledge(by=by))))
    return " ".join(parts)


def _clocks(case: Case) -> str:
    reading = case.memory.reading
    if reading is None or not reading.promises or case.memory.state is IncidentState.CLOSED:
        return ""
    return table(
        ["promised", "until (UTC)", "stands"],
        [(_PROMISED[p.promise.value], _when(p.deadline), _standing(p)) for p in reading.promises],
    )


def _standing(promise: PromiseReading) -> str:
    late = promise.deadline is not None and promise.done_at is None and promise.deadline <= workflow.now()
    if promise.standing is Standing.OVERDUE or (promise.standing is Standing.RUNNING and late):
        return "**overdue**"
    return promise.standing.value.replace("-", " ")


def _alarms(case: Case) -> str:
    memory = case.memory
    alarms = table(
        ["alarm", "severity", "component", "since (UTC)"],
        [
            (
                plain(a.title, 80) + (" (symptom)" if a.fingerprint in memory.symptoms else ""),
                a.severity.value,
                plain(a.component or "-"),
                f"{a.since:%m-%d %H:%M:%S}",
            )
            for a in list(memory.alarms.values())[:8]
        ],
    )
    return f"**Alarms that still fire**\n\n{alarms}" if alarms else "No alarm fires any more."


def _draft(case: Case, draft: str) -> str:
    reading = case.memory.reading
    promised = reading is not None and any(p.promise.value == "update" for p in reading.promises)
    if not promised or not case.memory.lead.alerted or case.memory.state is IncidentState.CLOSED:
        return ""
    return f"**To the customer, if nobody finds better words** (`update_customer`): {plain(draft)}"


def _happened(case: Case) -> str:
    happened = table(
        ["UTC", "what", ""],
        [(f"{e.at:%H:%M:%S}", e.kind.value, plain(e.text, 180)) for e in reversed(case.memory.timeline[-_SHOWN:])],
    )
    return f"**What happened, newest first**\n\n{happened}" if happened else ""


def _when(moment: datetime | None) -> str:
    return f"{moment:%m-%d %H:%M}" if moment else "-"

"""The page that an operator reads in the UI while an incident runs: what is asked of them, what was promised, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from temporalio import workflow

from models.clock import PromiseReading, Standing
from models.gates import GateState
from models.incident import Acknowledge, IncidentState, Resume, Waiting
from models.names import watch_id
from models.people import NOBODY, is_among
from models.records import EntryKind
from workflows.incident.context import Case
from workflows.incident.status_line import PROMISED, is_late, left, status_line
from workflows.runtime.markdown import DETAILS_LIMIT, block, link, linked, page, paste, plain, stamp, table

_SHOWN = (10, 6, 3, 0)
"""Lines of the timeline: as many as the page has room for; the records have them all."""

_ALARMS = 8
"""Alarms that are shown."""

_DONE = {Standing.KEPT, Standing.BROKEN}

_EVIDENCE = 6
"""Lines of the evidence that are shown, the last ones."""

_TELEPHONES = 6
"""People whose numbers are shown."""

_SAID = 500
"""Characters of them."""


def incident_page(case: Case, asked: Sequence[GateState], gates: str, draft: str) -> str:
    """The incident as short Markdown: what is asked of people first, then what was promised, then the rest.

    `gates` is what the open questions (`asked`) look like.
    """
    order, memory = case.order, case.memory
    before = [
        f"### {plain(order.title)}",
        status_line(case, asked, workflow.now()),
        _stands(case),
        _ended(case),
        _unanswered(case, asked),
        gates,
        _waits(case),
        _telephones(case),
        _clocks(case),
        _found(case),
        _instruction(case),
        _alarms(case),
        _draft(case, draft),
    ]
    tells = (
        "`add_note`, `hand_over`, `wait_for`, `update_customer`, `reclassify`, `set_cause`, `close_incident`, "
        "`cancel_incident`"
    )
    more = "" if memory.state is IncidentState.CLOSED else f" · *Send an Update* also takes {tells}."
    last = f"{link(watch_id(order.application))}{more}"
    texts = ("\n\n".join(part for part in (*before, _happened(case, shown), last) if part) for shown in _SHOWN)
    return page(next((text for text in texts if len(text) <= DETAILS_LIMIT), "\n\n".join([*before, last])))


def _stands(case: Case) -> str:
    memory = case.memory
    stands = [f"**{memory.state.value.replace('-', ' ')}**"]
    if memory.state is not IncidentState.CLOSED:
        lead = memory.lead
        leads = lead.who if lead.acknowledged or lead.handed_to else None
        stands.append(f"led by **{plain(leads)}**" if leads else "**nobody leads it**")
    said = memory.doing.lower() == memory.state.value or memory.doing == case.blocked  # which the status line says
    lines = [" · ".join(stands), "" if said else linked(memory.doing)]
    if memory.cancellation and memory.state is not IncidentState.CLOSED:
        lines.append(
            f"**Request Cancellation was refused** ({plain(memory.cancellation)}): it says neither who nor why. To end the "
            "incident, send the update `close_incident`; where no alarm fires any more, `cancel_incident`"
        )
    if memory.major is not None and memory.major.major:
        lines.append(f"Part of a **major incident**: {plain(memory.major.title)} {link(memory.major.major)}")
    return "  \n".join(line for line in lines if line)


def _unanswered(case: Case, asked_for: Sequence[GateState]) -> str:
    """That somebody must take it up, until when, and what to press."""
    lead = case.memory.lead
    if case.memory.state is IncidentState.CLOSED or lead.acknowledged or not lead.alerted:
        return ""
    late = lead.due is None or lead.due <= workflow.now()
    until = "" if late else f" until {_when(lead.due)} UTC"
    if lead.handed_to and lead.asked == [lead.handed_to]:
        asked = f"It was handed over to {plain(lead.handed_to)}"
    else:
        asked = f"Asked: {plain(', '.join(lead.asked) or 'nobody yet')}" + (f" (rung {lead.rung})" if lead.rung else "")
    if lead.rung >= lead.rungs > 0:
        then = "; they are the last of the ladder, which is climbed again" + ("" if late else " then")
    else:
        then = "; the next are being asked" if late else "; then the next are asked"
    by = lead.asked[0] if lead.asked else _somebody(case)
    too = " If you may lead it, answering the question below takes it up, too." if asked_for else ""
    return f"**Take it up{until}.** {asked}{then}.{too} To take it up, " + paste("acknowledge", Acknowledge(by=by))


def _waits(case: Case) -> str:
    waiting = case.memory.waiting
    if waiting is None or case.memory.state is IncidentState.CLOSED:
        return ""
    ticket = f" ({plain(waiting.reference)})" if waiting.reference else ""
    due = f" They must answer until **{_when(waiting.answer_due)} UTC**." if waiting.answer_due else ""
    by = case.memory.lead.who or _somebody(case)
    call = ""
    if waiting.reached is False:
        told = Waiting(party=waiting.party, by=by, note=waiting.note, reference=waiting.reference, already_told=True)
        call = "**Nobody there was reached, so no clock is paused.** Tell them by telephone, then "
        call += f"{paste('wait_for', told)}\n\n"
    return (
        f"**Waits for {plain(waiting.name)}**{ticket} since {_when(waiting.since)}: {plain(waiting.note.rstrip('. '))}.{due} "
        f"{call}When they have answered, " + paste("resume", Resume(by=by, note="What they said"))
    )


def _somebody(case: Case) -> str:
    """Somebody who may answer, for what the page offers to paste."""
    known = [*case.leaders, *(one.name for one in case.plan.contacts)]
    return known[0] if known else "on-call@driftbolaget.example"


def _telephones(case: Case) -> str:
    """The numbers of whom one may have to ring: who was asked or leads, and who is waited for."""
    lead, waiting = case.memory.lead, case.memory.waiting
    if case.memory.state is IncidentState.CLOSED or not lead.alerted:
        return ""
    wanted = [*lead.asked, *([lead.who] if lead.who else [])]
    people = [one for one in case.plan.contacts if one.phone and is_among(one.name, wanted or [NOBODY])]
    if waiting is not None:
        people += [one for one in case.plan.contacts if one.phone and one.party == waiting.party and one not in people]
    numbers = ", ".join(f"{plain(one.name, 60)} {plain(one.phone)}" for one in people[:_TELEPHONES])
    return f"**By telephone** {numbers}" if numbers else ""


def _clocks(case: Case) -> str:
    reading = case.memory.reading
    if reading is None or not reading.promises or case.memory.state is IncidentState.CLOSED:
        return ""
    now = workflow.now()
    return table(
        ["promised", "until (UTC)", "stands", f"at {now:%H:%M}"],
        [(PROMISED[p.promise.value], _when(p.deadline), _standing(p), left(p, now)) for p in reading.promises],
    )


def _standing(promise: PromiseReading) -> str:
    if is_late(promise, workflow.now()):
        return "**overdue**"
    before = ", broken before" if promise.breached_at is not None and promise.standing not in _DONE else ""
    return promise.standing.value.replace("-", " ") + before


def _found(case: Case) -> str:
    """What the probes found, and the end of the evidence that was collected last."""
    if case.memory.state is IncidentState.CLOSED:
        return ""
    lines = case.memory.timeline.lines
    looked = next((e for e in reversed(lines) if e.kind is EntryKind.PROBE), None)
    evidence = next((e for e in reversed(lines) if e.kind is EntryKind.EVIDENCE and e.data.get("detail")), None)
    roots = ", ".join(plain(case.title_of(one), 60) for one in case.roots)
    begins = f" The fault begins in **{roots}**." if roots else ""
    parts = [f"**Finding** {plain(looked.text.rstrip('. '), 240)}.{begins}"] if looked else []
    if evidence:
        tail = "\n".join(str(evidence.data["detail"]).rstrip().splitlines()[-_EVIDENCE:])
        parts.append(f"**Evidence**, its end: {plain(evidence.text.splitlines()[0], 120)}\n\n{block(tail, _SAID)[0]}")
    return "\n\n".join(parts)


def _ended(case: Case) -> str:
    """How it ended, what was promised and kept, and where the whole account is."""
    memory = case.memory
    if memory.state is not IncidentState.CLOSED or case.end is None:
        return ""
    cause = f" Cause: {memory.cause.value}." if memory.cause else ""
    promises = memory.reading.promises if memory.reading else []
    kept = ", ".join(f"{PROMISED[p.promise.value]}: {p.standing.value.replace('-', ' ')}" for p in promises)
    told = f"{linked(case.summary())}{cause}" + (f" {kept[0].upper()}{kept[1:]}." if kept else "")
    name = case.id.removeprefix("inc.")
    return f"{told}\n\nThe account: `driftvakt incident report {name}`; not over after all: `driftvakt incident reopen {name}`."


def _alarms(case: Case) -> str:
    memory, now = case.memory, workflow.now()
    alarms = table(
        ["since (UTC)", "alarm", "component"],
        [
            (
                stamp(a.since, now),
                f"{a.severity.value}: {plain(a.title, 80)}"
                + (" (symptom)" if a.fingerprint in memory.symptoms else ""),
                plain(a.component or "-"),
            )
            for a in islice(memory.alarms.values(), _ALARMS)
        ],
    )
    more = max(len(memory.alarms) - _ALARMS, 0) + case.firing.further
    further = f"\n\n… and {more} more; the records list them." if more else ""
    return f"**Alarms that still fire**\n\n{alarms}{further}" if alarms or more else "No alarm fires any more."


def _instruction(case: Case) -> str:
    """Which instruction is taken and why, and which ones follow if it does not help."""
    if case.memory.state is IncidentState.CLOSED:
        return ""
    matches, taken = case.plan.matches, case.plan.instruction
    found = next((n for n, m in enumerate(matches) if m.name == taken), None)
    if found is None:
        return ""
    then = ", ".join(plain(m.name) for m in matches[found + 1 :])
    follow = f" If it does not help: {then}." if then else ""
    match = matches[found]
    return f"**Instruction** {plain(match.name)} ({plain(match.title, 80)}), because {plain(match.why)}.{follow}"


def _draft(case: Case, draft: str) -> str:
    reading = case.memory.reading
    promise = next((p for p in reading.promises if p.promise.value == "update"), None) if reading else None
    if promise is None or not case.memory.lead.alerted or case.memory.state is IncidentState.CLOSED:
        return ""
    until = f", until {_when(promise.deadline)} UTC" if promise.deadline and promise.standing not in _DONE else ""
    return f"**Next word to the customer**{until} (`update_customer`; without a text this is sent): {plain(draft)}"


def _happened(case: Case, shown: int) -> str:
    now = workflow.now()
    entries = reversed(case.memory.timeline.lines[-shown:] if shown else [])
    happened = table(["UTC", "what", ""], [(stamp(e.at, now), e.kind.value, linked(e.text, 180)) for e in entries])
    return f"**What happened, newest first**\n\n{happened}" if happened else ""


def _when(moment: datetime | None) -> str:
    return f"{moment:%m-%d %H:%M}" if moment else "-"

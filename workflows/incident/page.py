"""The page of an incident in the UI: what people must do, the service levels, the findings and the timeline."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from models.clock import ClockedTarget, TargetState
from models.incident import Acknowledge, Resume, Waiting
from models.names import watch_id
from models.people import is_among
from models.records import EntryKind
from workflows.incident.shown import ShownIncident
from workflows.incident.status_line import TARGET_NAMES, is_late, left, status_line
from workflows.runtime.markdown import DETAILS_LIMIT, block, link, linked, page, paste, plain, stamp, table

_SHOWN = (10, 6, 3, 0)
"""Lines of the timeline, the first number that fits on the page; the records have all lines."""

_ALARMS = 8
"""Alarms in the table."""

_DONE = {TargetState.MET, TargetState.MISSED}

_EVIDENCE = 6
"""The last lines of the evidence that the page shows."""

_TELEPHONES = 6
"""People whose telephone numbers the page shows."""

_SAID = 500
"""Characters of the evidence that the page shows."""


def incident_page(view: ShownIncident) -> str:
    """The incident as short Markdown: first what people must do, then the service levels, then the rest."""
    before = [
        f"### {plain(view.order.title)}",
        status_line(view),
        _status(view),
        _ended(view),
        _unanswered(view),
        view.gates,
        _waiting(view),
        _telephones(view),
        _clocks(view),
        _found(view),
        _instruction(view),
        _alarms(view),
        _draft(view),
    ]
    updates = (
        "`add_note`, `hand_over`, `wait_for`, `update_customer`, `reclassify`, `set_cause`, `close_incident`, "
        "`cancel_incident`"
    )
    more = "" if view.closed else f" · *Send an Update* also takes {updates}."
    last = f"{link(watch_id(view.order.application))}{more}"
    texts = ("\n\n".join(part for part in (*before, _timeline(view, shown), last) if part) for shown in _SHOWN)
    return page(next((text for text in texts if len(text) <= DETAILS_LIMIT), "\n\n".join([*before, last])))


def _status(view: ShownIncident) -> str:
    """State, lead and current step; also a refused cancellation and the major incident that leads this one."""
    memory, doing = view.memory, view.doing
    first = [f"**{view.state.value.replace('-', ' ')}**"]
    if not view.closed:
        lead = memory.lead
        leads = lead.who if lead.acknowledged or lead.handed_to else None
        first.append(f"led by **{plain(leads)}**" if leads else "**unassigned**")
    known = doing.lower() == view.state.value or doing == view.blocked  # the status line shows both
    lines = [" · ".join(first), "" if known else linked(doing)]
    if memory.cancellation and not view.closed:
        lines.append(
            f"**Request Cancellation was refused** ({plain(memory.cancellation)}): it names no person. To end the "
            "incident, send the update `close_incident`, or `cancel_incident` once no alarm is active"
        )
    if memory.major is not None and memory.major.major:
        lines.append(f"Part of a **major incident**: {plain(memory.major.title)} {link(memory.major.major)}")
    return "  \n".join(line for line in lines if line)


def _unanswered(view: ShownIncident) -> str:
    """Who was called, until when somebody must acknowledge, and the update to send; empty once somebody has acknowledged."""
    lead = view.memory.lead
    if view.closed or lead.acknowledged or not lead.alerted:
        return ""
    late = lead.due is None or lead.due <= view.now
    by_when = "now" if late else f"by {_when(lead.due)} UTC"
    if lead.handed_to and lead.called_last == [lead.handed_to]:
        called = f"Handed over to {plain(lead.handed_to)}"
    else:
        level = f" (level {lead.level} of {lead.levels})" if lead.level else ""
        called = f"Called: {plain(', '.join(lead.called_last) or 'nobody yet')}{level}"
    if lead.level >= lead.levels > 0:
        then = "The escalation policy starts again" if late else "Then the escalation policy starts again"
    else:
        then = "The next level is being called" if late else "Then the next level is called"
    by = lead.called_last[0] if lead.called_last else _somebody(view)
    too = " If you may lead it, an answer to the question below acknowledges it, too." if view.asked else ""
    return f"**Acknowledge {by_when}.** {called}. {then}.{too} To acknowledge, " + paste(
        "acknowledge", Acknowledge(by=by)
    )


def _waiting(view: ShownIncident) -> str:
    """The party that the incident waits for, and the update to send when it has answered; empty without one."""
    waiting = view.memory.waiting
    if waiting is None or view.closed:
        return ""
    ticket = f" ({plain(waiting.reference)})" if waiting.reference else ""
    due = f" Answer due by **{_when(waiting.answer_due)} UTC**." if waiting.answer_due else ""
    by = view.memory.lead.who or _somebody(view)
    call = ""
    if waiting.reached is False:
        again = Waiting(
            party=waiting.party, by=by, note=waiting.note, reference=waiting.reference, already_informed=True
        )
        call = "**The notice reached nobody, so no clock is paused.** Telephone them, then "
        call += f"{paste('wait_for', again)}\n\n"
    return (
        f"**Waiting for {plain(waiting.name)}**{ticket} since {_when(waiting.since)}: {plain(waiting.note.rstrip('. '))}.{due} "
        f"{call}When they have answered, " + paste("resume", Resume(by=by, note="Their answer"))
    )


def _somebody(view: ShownIncident) -> str:
    """Name of a person who may answer, for the updates that the page offers to paste."""
    known = [*view.leaders.names, *(one.name for one in view.plan.contacts or ())]
    return known[0] if known else "on-call@driftbolaget.example"


def _telephones(view: ShownIncident) -> str:
    """Telephone numbers of the lead, of the people who were called, and of the party that the incident waits for."""
    lead, waiting = view.memory.lead, view.memory.waiting
    if view.closed or not lead.alerted:
        return ""
    wanted = [*lead.called_last, *([lead.who] if lead.who else [])]
    numbered = [one for one in view.plan.contacts or () if one.phone]
    people = [one for one in numbered if is_among(one.name, wanted)]
    if waiting is not None:
        people += [one for one in numbered if one.party == waiting.party and one not in people]
    numbers = ", ".join(f"{plain(one.name, 60)} {plain(one.phone)}" for one in people[:_TELEPHONES])
    return f"**By telephone** {numbers}" if numbers else ""


def _clocks(view: ShownIncident) -> str:
    """The table of service levels; empty where none is agreed, and once the incident is closed."""
    if not view.targets or view.closed:
        return ""
    now = view.now
    return table(
        ["target", "due (UTC)", "status", f"at {now:%H:%M}"],
        [(TARGET_NAMES[p.kind.value], _when(p.deadline), _outcome(p, now), left(p, now)) for p in view.targets],
    )


def _outcome(target: ClockedTarget, now: datetime) -> str:
    if is_late(target, now):
        return "**overdue**"
    before = ", missed before" if target.breached_at is not None and target.state not in _DONE else ""
    return target.state.value.replace("-", " ") + before


def _found(view: ShownIncident) -> str:
    """The latest finding of the probes, the root component, and the last lines of the evidence."""
    if view.closed:
        return ""
    lines = view.timeline
    probed = next((e for e in reversed(lines) if e.kind is EntryKind.PROBE), None)
    evidence = next((e for e in reversed(lines) if e.kind is EntryKind.EVIDENCE and e.data.get("detail")), None)
    roots = ", ".join(plain(one, 60) for one in view.roots)
    root = f" Root component: **{roots}**." if roots else ""
    parts = [f"**Finding** {plain(probed.text.rstrip('. '), 240)}.{root}"] if probed else []
    if evidence:
        tail = "\n".join(str(evidence.data["detail"]).rstrip().splitlines()[-_EVIDENCE:])
        parts.append(
            f"**Evidence**, last lines: {plain(evidence.text.splitlines()[0], 120)}\n\n{block(tail, _SAID)[0]}"
        )
    return "\n\n".join(parts)


def _ended(view: ShownIncident) -> str:
    """How it ended, the result of each service level, and the command for the post-incident report; empty while it is open."""
    memory = view.memory
    if not view.closed or view.end is None:
        return ""
    cause = f" Cause: {memory.cause.value}." if memory.cause else ""
    results = ", ".join(f"{TARGET_NAMES[p.kind.value]}: {p.state.value.replace('-', ' ')}" for p in view.targets)
    text = f"{linked(view.summary)}{cause}" + (f" {results[0].upper()}{results[1:]}." if results else "")
    name = view.id.removeprefix("inc.")
    again = f"to reopen it: `driftvakt incident reopen {name}`"
    return f"{text}\n\nThe post-incident report: `driftvakt incident report {name}`; {again}."


def _alarms(view: ShownIncident) -> str:
    memory, now = view.memory, view.now
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
    more = max(len(memory.alarms) - _ALARMS, 0) + view.further_alarms
    further = f"\n\n… and {more} more; the records list all of them." if more else ""
    return f"**Active alarms**\n\n{alarms}{further}" if alarms or more else "No alarm is active."


def _instruction(view: ShownIncident) -> str:
    """The instruction in use, why it was chosen, and the instructions that follow it."""
    if view.closed:
        return ""
    matches, taken = view.plan.matches, view.plan.instruction
    found = next((n for n, m in enumerate(matches) if m.name == taken), None)
    if found is None:
        return ""
    then = ", ".join(plain(m.name) for m in matches[found + 1 :])
    follow = f" Next, if it does not help: {then}." if then else ""
    match = matches[found]
    return f"**Instruction** {plain(match.name)} ({plain(match.title, 80)}): {plain(match.why)}.{follow}"


def _draft(view: ShownIncident) -> str:
    """The draft of the next customer update, with the time by which it is due; empty where no updates are agreed."""
    target = next((p for p in view.targets if p.kind.value == "update"), None)
    if target is None or not view.memory.lead.alerted or view.closed:
        return ""
    due = f", due by {_when(target.deadline)} UTC" if target.deadline and target.state not in _DONE else ""
    return f"**Next customer update**{due} (`update_customer` without a text sends this draft): {plain(view.draft)}"


def _timeline(view: ShownIncident, shown: int) -> str:
    """The latest lines of the timeline, the newest first."""
    now = view.now
    entries = reversed(view.timeline[-shown:] if shown else [])
    happened = table(["UTC", "what", ""], [(stamp(e.at, now), e.kind.value, linked(e.text, 180)) for e in entries])
    return f"**Timeline, newest first**\n\n{happened}" if happened else ""


def _when(moment: datetime | None) -> str:
    return f"{moment:%m-%d %H:%M}" if moment else "-"

"""The sections of an account, in the order in which they are read; empty ones are left out."""

from __future__ import annotations

from activities.accounts.clock import DrawClocks
from activities.accounts.clock_sections import clock_section, promises_section, waiting_section
from activities.accounts.evidence_sections import commands_section, evidence_section
from activities.accounts.words import Translation
from activities.documents.blocks import Block, Cell, Document, Grid, Pairs, Said, Section, Tone
from models.account import Account, AccountDecision, AccountNotice, Excerpt, Standpoint
from models.clock import ClockEvent, ClockEventKind


def document(account: Account, draw: DrawClocks | None = None, page_digest: str = "") -> Document:
    """Lay an account out; `draw` makes the clock's picture, `page_digest` is what the Markdown says of the page."""
    say = Translation(account.language, account.zone)
    made = [
        Section(say("summary"), [_head(account, say)]),
        promises_section(account, say),
        clock_section(account, say, draw),
        waiting_section(account, say),
        _timeline(account, say),
        _decisions(account, say),
        commands_section(account, say),
        _notices(account, say),
        _alarms(account, say),
        evidence_section(account, say),
    ]
    return Document(
        title=say("account", account.head.incident.removeprefix("inc.")),
        language=account.language.value,
        banner=_banner(account, say),
        sections=[section for section in made if section is not None],
        closing=_closing(account, say, page_digest),
    )


def _banner(account: Account, say: Translation) -> str:
    at = say.moment(account.at)
    standing = {Standpoint.PRELIMINARY: say("preliminary", at), Standpoint.NOT_WRITTEN: say("not_written", at)}
    said = [say("copy", account.head.customer, at)] if account.for_customer else []
    if not account.for_customer or account.standpoint is Standpoint.PRELIMINARY:
        said += [standing[account.standpoint]] if account.standpoint in standing else []
    return " ".join(said)


def _closing(account: Account, say: Translation, page_digest: str) -> list[str]:
    if account.for_customer:
        if account.internal_digest:
            return [say("copy_of", account.internal_digest)]
        why = "is_open" if account.standpoint is Standpoint.PRELIMINARY else "none_written"
        return [say("copy_of_none", say(why))]
    if account.standpoint is not Standpoint.FINAL:
        return []
    sealed = say("sealed", account.head.incident.removeprefix("inc."), account.version)
    return [*([say("page_digest", page_digest)] if page_digest else []), sealed]


def _head(account: Account, say: Translation) -> Pairs:
    head = account.head
    closed = head.closed_at is not None
    rows: list[tuple[str, Cell]] = [
        (say("what"), Cell(head.title)),
        (say("application"), Cell(f"{head.application_name} ({head.application})")),
        (say("customer"), Cell(head.customer)),
    ]
    if head.components:
        rows.append((say("components"), Cell(", ".join(head.components))))
    rows.append((say("priority"), Cell(_priority(account, say))))
    state = "closed" if closed else "open" if account.for_customer else head.state
    rows.append((say("state"), Cell(say.name("state", state), Tone.PLAIN if closed else Tone.WAITING)))
    moments = (("opened", head.opened_at), ("responded", head.responded_at), ("restored", head.restored_at))
    for key, moment in (*moments, ("closed", head.closed_at)):
        missing = say("never") if closed else say("not_yet")
        rows.append((say(key), Cell(say.moment(moment) if moment else missing)))
    if head.opened_by:
        rows.append((say("opened_by"), Cell(head.opened_by)))
    if closed:
        rows.append((say("outcome"), Cell(say.name("outcome", head.outcome) or say("never"))))
        rows.append((say("cause"), Cell(say.name("cause", head.cause) or say("no_cause"))))
    if head.lead:
        rows.append((say("lead"), Cell(head.lead)))
    if head.reopened:
        rows.append((say("reopened"), Cell(say("once") if head.reopened == 1 else say("times", head.reopened))))
    if head.summary:
        rows.append((say("in_short"), Cell(head.summary)))
    return Pairs(rows)


def _priority(account: Account, say: Translation) -> str:
    steps = [e for e in account.events if e.kind in {ClockEventKind.OPENED, ClockEventKind.PRIORITY} and e.priority]
    told: list[str] = []
    last = None
    for event in steps:
        if event.priority is not None and event.priority is not last:
            told.append(event.priority.value if last is None else f"{event.priority.value} ({say.utc(event.at)} UTC)")
            last = event.priority
    return " → ".join(told) or account.head.priority or say("none")


# --- what happened


def excerpt(text: Excerpt, say: Translation) -> str:
    """A text with what was cut off it."""
    return f"{text.text} … [{say('cut', text.left_out)}]" if text.left_out else text.text


def _timeline(account: Account, say: Translation) -> Section | None:
    rows = _customer_rows(account, say) if account.for_customer else _rows(account, say)
    if not rows:
        return None
    blocks: list[Block] = [Grid(say("timeline"), [*say.both_heads(), say("kind"), say("happened")], rows, wide=[-1])]
    return Section(say("timeline"), [*blocks, *left_out(account, "entries", say)])


def left_out(account: Account, part: str, say: Translation) -> list[Block]:
    """Says how many lines of a part are missing."""
    count = account.left_out.get(part, 0)
    return [Said(say("lines_left_out", count))] if count else []


def _rows(account: Account, say: Translation) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    run = 1
    for entry in account.entries:
        if entry.run > run:
            run = entry.run
            rows.append([*map(Cell, say.both(entry.at)), Cell(""), Cell(say("run", run), Tone.WAITING)])
        text = Cell(excerpt(entry.text, say))
        rows.append([*map(Cell, say.both(entry.at)), Cell(say.name("kind", entry.kind.value)), text])
    return rows


def _customer_rows(account: Account, say: Translation) -> list[list[Cell]]:
    """Made from the clock's events, what was promised, notes and notices: the internal timeline's words stay inside."""
    begun = {wait.since for wait in account.waits}
    events = [
        e for e in account.events if e.kind is not ClockEventKind.WAITING or e.at in begun
    ]  # not: was reached, too
    told = [(e.at, "kind.clock" if _of_clock(e) else "kind.state", _event(account, e, say)) for e in events]
    told += [(n.at, "kind.note", excerpt(n.text, say)) for n in account.entries]
    told += [(n.at, "kind.notice", n.subject) for n in account.notices]
    for promise in account.clock.promises if account.clock else []:
        if promise.breached_at is not None:
            what = say.name("promise", promise.promise.value)
            told.append((promise.breached_at, "kind.clock", say("ev.breach", what)))
    told.sort(key=lambda t: t[0])
    return [
        [*map(Cell, say.both(at)), Cell(say.name("kind", kind.removeprefix("kind."))), Cell(text)]
        for at, kind, text in told
    ]


def _of_clock(event: ClockEvent) -> bool:
    return event.kind in {ClockEventKind.WAITING, ClockEventKind.RESUMED, ClockEventKind.UPDATED}


def _event(account: Account, event: ClockEvent, say: Translation) -> str:
    names = {party.id: party.name for party in account.parties}
    value = event.priority.value if event.priority else names.get(event.party or "", event.party or "")
    return say(f"ev.{event.kind.value}", value)


def _decisions(account: Account, say: Translation) -> Section | None:
    if not account.decisions:
        return None
    head = [*say.both_heads(), say("question"), say("decided"), say("by")]
    rows = [
        [
            *map(Cell, say.both(d.at)),
            Cell(excerpt(d.text, say)),
            Cell(say.name("option", d.option or (d.answers[-1].option if d.answers else ""))),
            Cell(_answers(d, say)),
        ]
        for d in account.decisions
    ]
    return Section(
        say("decisions"),
        [Grid(say("decisions"), head, rows, wide=[-3, -1]), *left_out(account, "decisions", say)],
    )


def _answers(decision: AccountDecision, say: Translation) -> str:
    told = []
    for answer in decision.answers:
        of = ", ".join(
            part for part in (say.name("turn", answer.party), answer.via.value if answer.via else "") if part
        )
        note = f": {answer.note}" if answer.note else ""
        told.append(f"{answer.by}{f' ({of})' if of else ''}{note}")
    return "; ".join(told)


# --- who was told, and what was heard


def _notices(account: Account, say: Translation) -> Section | None:
    if not account.notices:
        return None
    head = [*say.both_heads(), say("occasion"), say("wrote"), say("became")]
    rows = [
        [
            *map(Cell, say.both(n.at)),
            Cell(say.name("occasion", n.occasion.value if n.occasion else "")),
            Cell(f"{n.subject}\n{excerpt(n.text, say)}".strip()),
            _deliveries(n, say),
        ]
        for n in account.notices
    ]
    return Section(
        say("notices"), [Grid(say("notices"), head, rows, wide=[-2, -1]), *left_out(account, "notices", say)]
    )


def _deliveries(notice: AccountNotice, say: Translation) -> Cell:
    told = []
    for d in notice.deliveries:
        tries = f", {say('attempts', d.attempts)}" if d.attempts > 1 else ""
        detail = f": {d.detail}" if d.detail else ""
        channel = f" ({d.channel})" if d.channel else ""
        told.append(f"{d.to}{channel} – {say.name('delivery', d.state)}{tries}{detail}")
    bad = bool(notice.deliveries) and not any(d.state == "sent" for d in notice.deliveries)
    return Cell("\n".join(told) or say("no_delivery"), Tone.BAD if bad else Tone.PLAIN)


def _alarms(account: Account, say: Translation) -> Section | None:
    if not account.alarms:
        return None
    head = [*say.both_heads(), say("severity"), say("alarm"), say("source"), say("became")]
    rows = [
        [
            *map(Cell, say.both(a.at)),
            Cell(a.severity),
            Cell(f"{a.title} ({', '.join(part for part in (a.component, a.state) if part)})"),
            Cell(a.source),
            Cell(f"{a.disposition}: {a.reason}" if a.reason else a.disposition),
        ]
        for a in account.alarms
    ]
    return Section(say("alarms"), [Grid(say("alarms"), head, rows, wide=[-3, -1]), *left_out(account, "alarms", say)])

"""Commands with what came of them, and what an account rests on."""

from __future__ import annotations

from typing import Final

from activities.accounts.words import Translation
from activities.documents.blocks import Block, Cell, Grid, Item, MachineData, Pairs, Said, Section, Tone
from models.account import Account, AccountCommand, ClockEvidence
from models.jobs import Outcome

_TONES: Final = {Outcome.OK: Tone.GOOD, Outcome.FAILED: Tone.BAD, Outcome.UNKNOWN: Tone.WAITING}

_MOST_EVENTS: Final = 1000


def commands_section(account: Account, say: Translation) -> Section | None:
    """Every step that was carried out: where, what, and what it said."""
    if not account.commands:
        return None
    blocks: list[Block] = [_item(n, command, say) for n, command in enumerate(account.commands, 1)]
    count = account.left_out.get("commands", 0)
    if count:
        blocks.append(Said(say("lines_left_out", count)))
    return Section(say("commands"), blocks)


def _item(number: int, command: AccountCommand, say: Translation) -> Item:
    where = f" on {command.host}" if command.host else ""
    verbatim = []
    if command.command.text:
        left = command.command.left_out
        verbatim.append((say("command"), command.command.text, say("cut", left) if left else ""))
    if command.output.text:
        left = command.output.left_out
        verbatim.append((say("output"), command.output.text, say("cut_before", left) if left else ""))
    changed = "changed something" if command.changed else "changed nothing"
    return Item(
        title=f"Step {number}: {command.title}{where}: {command.outcome.value}",
        tone=_TONES[command.outcome],
        facts=[
            f"{say.moment(command.at)} · {command.kind.value} · {changed}",
            *([command.detail] if command.detail else []),
        ],
        verbatim=verbatim,
    )


def evidence_section(account: Account, say: Translation) -> Section:
    """By which agreement, dossier and calendar; and, internally, the clock's events for whoever computes again."""
    rows = [(say("agreed_by"), Cell(account.agreement or say("never")))]
    if account.clock is not None:
        rows.append((say("calendar"), Cell(account.clock.calendar)))
    rows.append((say("dossier"), Cell(account.dossier or say("none"))))
    rows.append((say("zone"), Cell(account.zone)))
    if account.parties:
        told = ", ".join(f"{p.name} ({say.name('turn', p.kind.value)})" for p in account.parties)
        rows.append((say("parties"), Cell(told)))
    rows.append((say("made_at"), Cell(say.moment(account.at))))
    if account.version is not None:
        rows.append((say("version"), Cell(str(account.version))))
    rows += [(say("earlier", e.version, say.moment(e.at)), Cell(e.digest)) for e in account.earlier]
    blocks: list[Block] = [Pairs(rows)]
    if account.events and not account.for_customer:
        blocks += [_events(account, say), *_machine(account, say)]
    return Section(say("evidence"), blocks)


def _events(account: Account, say: Translation) -> Grid:
    rows = [
        [
            *map(Cell, say.both(e.at)),
            Cell(e.kind.value),
            Cell(", ".join(part for part in (e.priority, e.reason, e.party) if part)),
            Cell(e.by),
            Cell(e.note),
        ]
        for e in account.events[:_MOST_EVENTS]
    ]
    head = [*say.both_heads(), say("kind"), say("about"), say("by"), say("note")]
    return Grid(say("events"), head, rows, wide=[-1])


def _machine(account: Account, say: Translation) -> list[MachineData]:
    if account.clock is None or len(account.events) > _MOST_EVENTS:
        return []
    evidence = ClockEvidence(
        dossier=account.dossier,
        agreement=account.clock.agreement,
        calendar=account.clock.calendar,
        as_of=account.clock.as_of,
        events=account.events,
        promises=[p.model_dump(mode="json", exclude={"stretches"}) for p in account.clock.promises],
    )
    return [MachineData(say("recompute"), evidence.model_dump_json(indent=1))]

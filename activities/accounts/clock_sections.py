"""What was promised and kept, minute by minute, and whose turn it was."""

from __future__ import annotations

from typing import Final

from activities.accounts.clock import DrawClocks
from activities.accounts.words import Translation, service_time, span
from activities.documents.blocks import Block, Cell, Grid, Picture, Said, Section, Tone
from models.account import Account
from models.clock import PromiseReading, Standing, Stretch
from models.dossier.parties import PartyKind
from models.dossier.service_time import working_days

_TONES: Final = {
    Standing.KEPT: Tone.GOOD,
    Standing.BROKEN: Tone.BAD,
    Standing.OVERDUE: Tone.BAD,
    Standing.PAUSED: Tone.WAITING,
}

_MOST_STRETCHES: Final = 400
"""Of one promise."""


def promises_section(account: Account, say: Translation) -> Section | None:
    """Each promise: within what, until when, kept or broken."""
    if account.clock is None:
        said = say("no_clock", account.clock_missing.rstrip(".")) if account.clock_missing else ""
        return Section(say("promises"), [Said(said)]) if said else None
    if not account.clock.promises:
        return Section(say("promises"), [Said(say("no_promises"))])
    keys = ("promise", "within", "standing", "deadline", "done", "elapsed", "paused_for")
    held = account.clock.priority
    rows = [_promise(p, say, other=p.priority is not held) for p in account.clock.promises]
    return Section(say("promises"), [Grid(say("promises"), [say(k) for k in keys], rows)])


def _promise(promise: PromiseReading, say: Translation, *, other: bool) -> list[Cell]:
    """A row; `other`: it is judged by another priority than the one that holds now."""
    tone = _TONES.get(promise.standing, Tone.PLAIN)
    standing = say.name("standing", promise.standing.value)
    if promise.breaches > 1:
        standing += f" ({say('times', promise.breaches)})"
    if promise.breached_at is not None and promise.standing not in {Standing.BROKEN, Standing.OVERDUE}:
        standing = say("broken_before", standing)
    return [
        Cell(
            say.name("promise", promise.promise.value)
            + (f" ({promise.priority.value})" if other and promise.priority else "")
        ),
        Cell(_within(promise, say)),
        Cell(standing, tone),
        Cell(say.stacked(promise.deadline) if promise.deadline else say("no_deadline")),
        Cell(say.stacked(promise.done_at) if promise.done_at else say("not_yet")),
        Cell(service_time(promise.elapsed_seconds)),
        Cell(service_time(promise.paused_seconds)),
    ]


def _within(promise: PromiseReading, say: Translation) -> str:
    """Within how much service time, in hours also where it is promised in working days."""
    days = working_days(promise.within)
    key = "in_hours" if days is None else "in_days" if days > 1 else "in_a_day"
    values = [service_time(promise.within_seconds), *([] if days is None else [days])]
    return say(key, *values, say.name("hours", promise.hours))


def clock_section(account: Account, say: Translation, draw: DrawClocks | None) -> Section | None:
    """The picture of the clocks, and every stretch of each as a table."""
    reading = account.clock
    if reading is None or not any(p.stretches for p in reading.promises):
        return None
    blocks: list[Block] = []
    if draw is not None and (svg := draw(reading, account.zone)):
        blocks.append(Picture(svg, say("picture_says")))
    head = [say("from"), say("until"), say("clock_did"), say("why"), say("counted")]
    for promise in reading.promises:
        if promise.stretches:
            shown = promise.stretches[:_MOST_STRETCHES]
            rows = [_stretch(s, say) for s in shown]
            blocks.append(Grid(say.name("promise", promise.promise.value), head, rows, wide=[3]))
            if len(promise.stretches) > len(shown):
                blocks.append(Said(say("lines_left_out", len(promise.stretches) - len(shown))))
    return Section(say("clock"), blocks)


def _stretch(stretch: Stretch, say: Translation) -> list[Cell]:
    at = say.local if say.zone != "UTC" else say.utc
    return [
        Cell(at(stretch.since)),
        Cell(at(stretch.until)),
        Cell(say.name("stretch", stretch.kind.value)),
        Cell(stretch.why),
        Cell(service_time(stretch.seconds) if stretch.seconds else ""),
    ]


def waiting_section(account: Account, say: Translation) -> Section | None:
    """Whose turn it was, in all and each time."""
    blocks: list[Block] = []
    if account.clock is not None and account.clock.waited_seconds:
        turns = sorted(account.clock.waited_seconds.items(), key=lambda t: [k.value for k in PartyKind].index(t[0]))
        rows = [[Cell(_turn(account, turn, say)), Cell(span(seconds))] for turn, seconds in turns]
        blocks.append(Grid(say("whose_turn"), [say("whose_turn"), say("time")], rows, wide=[0]))
    if account.waits:
        notes = not account.for_customer
        head = [say("from"), say("until"), say("waited_for"), *([say("what_for")] if notes else []), say("time")]
        rows = [
            [
                Cell(say.stacked(w.since)),
                Cell(say.stacked(w.until) if w.ended else say("still"), Tone.PLAIN if w.ended else Tone.WAITING),
                Cell(w.party),
                *([Cell(w.note)] if notes else []),
                Cell(span(w.seconds)),
            ]
            for w in account.waits[:_MOST_STRETCHES]
        ]
        blocks.append(Grid(say("waiting"), head, rows, wide=[3] if notes else [2]))
        if len(account.waits) > _MOST_STRETCHES:
            blocks.append(Said(say("lines_left_out", len(account.waits) - _MOST_STRETCHES)))
    else:
        blocks.append(Said(say("no_waits")))
    return Section(say("waiting"), blocks)


def _turn(account: Account, turn: str, say: Translation) -> str:
    names = sorted({w.party for w in account.waits if w.kind is not None and w.kind.value == turn and w.party})
    if not names:
        names = [p.name for p in account.parties if p.kind.value == turn and turn == PartyKind.SUPPLIER.value]
    told = f" ({', '.join(names)})" if names else ""
    return say.name("turn", turn) + told

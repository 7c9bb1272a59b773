"""Whoever may decide a question is written to: when it opens, before its time is over, and when no answer is needed any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import workflow

from models.gates import MOOT, GateState, Via
from models.notices import Occasion
from models.people import same

Write = Callable[..., Awaitable[None]]
"""Writes to people: an occasion, their names, a text, and further facts of the notice."""

_BEFORE_IT_ENDS: Final = 0.25
"""The part of a question's time that is left when people are reminded."""

_LONGEST_PAUSE: Final = timedelta(days=1)
"""A question that is asked again and again is reminded of after pauses that double, up to this one."""


class Asked:
    """Tells the people of the questions of one workflow, beside the work, one notice after the other for each question."""

    def __init__(self, write: Write, *, withdrawals: bool = True) -> None:
        """`withdrawals`: whether people hear of a question that is withdrawn; else whoever asks tells them by other words."""
        self._write = write
        self._withdrawals = withdrawals
        self._told: set[str] = set()
        """Questions of which people were told."""
        self._people: dict[str, list[str]] = {}
        """Question to whoever was told of it."""
        self._later: dict[str, list[str]] = {}
        """Question to whoever asked for it themselves, and may answer only once nobody else has for long."""
        self._due: dict[str, datetime | None] = {}
        """Question to when people are reminded of it."""
        self._pause: dict[str, timedelta] = {}
        self._notices: dict[str, asyncio.Task[None]] = {}
        """Question to its latest notice."""

    def opened(self, gate: GateState) -> None:
        """A question waits for people."""
        self._people[gate.id] = gate.question.able()
        if gate.alone_from() is not None:
            self._later[gate.id] = [who for who in gate.question.deciders if who not in self._people[gate.id]]
        within = _LONGEST_PAUSE if gate.deadline is None else gate.deadline - gate.opened_at
        self._pause[gate.id] = min(within, _LONGEST_PAUSE)
        self._due[gate.id] = gate.opened_at + within * (1 - _BEFORE_IT_ENDS)
        self._tell(gate, Occasion.DECISION, self._people[gate.id], _options(gate))

    def due(self, gate: GateState) -> datetime | None:
        """When people are reminded of a question next; None: not any more."""
        return self._due.get(gate.id) if self._people.get(gate.id) else None

    def admitted_at(self, gate: GateState) -> datetime | None:
        """When whoever asked for it themselves may answer alone and is to be told so; None: not, or they were."""
        return gate.alone_from() if self._later.get(gate.id) else None

    def admit(self, gate: GateState) -> None:
        """Write to whoever asked for it themselves: from now on they may answer alone."""
        people, now = self._later.pop(gate.id), workflow.now()
        self._people[gate.id] += people
        if (due := self._due[gate.id]) is not None and due <= now:
            self._due[gate.id] = None  # it was to be reminded of before they could answer
        alone = f"Nobody else has answered since {gate.opened_at:%Y-%m-%d %H:%M} UTC, so you may answer alone; say why."
        self._tell(gate, Occasion.DECISION, people, f"{_options(gate)}\n{alone}")

    def remind(self, gate: GateState) -> None:
        """Remind whoever has not answered."""
        now = workflow.now()
        self._pause[gate.id] = min(2 * self._pause[gate.id], _LONGEST_PAUSE)
        self._due[gate.id] = now + self._pause[gate.id] if _asks_again(gate) else None
        waiting = [who for who in self._people[gate.id] if not any(same(a.by, who) for a in gate.answers)]
        self._tell(gate, Occasion.DECISION_REMINDER, waiting, _options(gate))

    def decided(self, gate: GateState) -> None:
        """Nobody needs to answer any more: who was told and has not decided it hears of that."""
        answered = [a for a in gate.answers if a.option == gate.decided and a.via is not Via.SILENCE]
        others = [who for who in self._people.pop(gate.id, []) if not any(same(a.by, who) for a in answered)]
        self._due.pop(gate.id, None)
        self._later.pop(gate.id, None)
        if gate.decided != MOOT or self._withdrawals:
            self._tell(gate, Occasion.DECIDED, others, _outcome(gate))

    async def all_told(self) -> None:
        """Wait until all notices have gone out, or were given up."""
        while running := [task for task in self._notices.values() if not task.done()]:
            await workflow.wait(running)

    def _tell(self, gate: GateState, occasion: Occasion, people: list[str], text: str) -> None:
        if people:
            before = self._notices.get(gate.id)
            self._notices[gate.id] = asyncio.create_task(self._after(before, gate, occasion, people, text))

    async def _after(
        self, before: asyncio.Task[None] | None, gate: GateState, occasion: Occasion, people: list[str], text: str
    ) -> None:
        if before is not None:
            await workflow.wait([before])
        if (gate.id not in self._told) if occasion is Occasion.DECIDED else gate.decided is not None:
            return  # it was decided before anybody could be told of it
        self._told.add(gate.id)
        facts: dict[str, Any] = {"question": gate.question.text[:1000]}
        if occasion is not Occasion.DECIDED:
            facts |= {"deadline": gate.deadline, "silence": gate.question.on_silence.value}
        await self._write(occasion, people, text, **facts)


def _asks_again(gate: GateState) -> bool:
    return gate.deadline is None or gate.question.on_silence.value == "ask_again"


def _options(gate: GateState) -> str:
    lines = [
        f"{option.name}: {option.means}" + (" (say why)" if option.needs_reason else "")
        for option in gate.question.options
    ]
    return f"{gate.id}\n" + "\n".join(lines)[:3900]


def _outcome(gate: GateState) -> str:
    if gate.decided == MOOT:
        return "The question was withdrawn."
    if gate.answers and gate.answers[-1].via is Via.SILENCE:
        return f"Nobody has answered in time, which counts as: {gate.decided}."
    said = [f"{a.option} by {a.by}" + (f": {a.note}" if a.note else "") for a in gate.answers]
    return "; ".join(said)[:3900]

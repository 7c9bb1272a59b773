"""Notices about questions: when one opens, before its deadline, and when no answer is needed any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import workflow

from models.dossier.approvals import OnSilence
from models.gates import WITHDRAWN, GateState, Via
from models.notices import Occasion
from models.people import same

Write = Callable[..., Awaitable[None]]
"""Sends a notice: the occasion, the names of the people, a text, and further facts."""

_BEFORE_IT_ENDS: Final = 0.25
"""The part of a question's time that is left when people are reminded."""

_LONGEST_PAUSE: Final = timedelta(days=1)
"""The longest pause between two reminders of a question without a deadline; the pauses double."""


class GateNotices:
    """Sends the notices about the questions of one workflow, beside its work and in order for each question."""

    def __init__(self, write: Write, *, withdrawals: bool = True) -> None:
        """`withdrawals`: whether people get a notice when a question is withdrawn; otherwise the workflow sends its own."""
        self._write = write
        self._withdrawals = withdrawals
        self._notified: set[str] = set()
        """Questions about which people were notified."""
        self._people: dict[str, list[str]] = {}
        """Question to the people who were notified."""
        self._later: dict[str, list[str]] = {}
        """Question to requesters, who may answer alone if nobody else answers for some time."""
        self._due: dict[str, datetime | None] = {}
        """Question to the time of its next reminder."""
        self._pause: dict[str, timedelta] = {}
        self._notices: dict[str, asyncio.Task[None]] = {}
        """Question to its latest notice."""

    def opened(self, gate: GateState) -> None:
        """Notify the deciders of a new question."""
        self._people[gate.id] = gate.question.able()
        if gate.alone_from() is not None:
            self._later[gate.id] = [who for who in gate.question.deciders.names if who not in self._people[gate.id]]
        within = _LONGEST_PAUSE if gate.deadline is None else gate.deadline - gate.opened_at
        self._pause[gate.id] = min(within, _LONGEST_PAUSE)
        self._due[gate.id] = gate.opened_at + within * (1 - _BEFORE_IT_ENDS)
        self._send(gate, Occasion.DECISION, self._people[gate.id], _options(gate))

    def due(self, gate: GateState) -> datetime | None:
        """Return the time of a question's next reminder; None: no further reminder."""
        return self._due.get(gate.id) if self._people.get(gate.id) else None

    def admitted_at(self, gate: GateState) -> datetime | None:
        """Return when the requesters may answer alone and must be notified; None if they may not, or were notified."""
        return gate.alone_from() if self._later.get(gate.id) else None

    def admit(self, gate: GateState) -> None:
        """Notify the requesters that they may answer alone from now on."""
        people, now = self._later.pop(gate.id), workflow.now()
        self._people[gate.id] += people
        if (due := self._due[gate.id]) is not None and due <= now:
            self._due[gate.id] = None  # the reminder was due before they could answer
        alone = f"Nobody else has answered since {gate.opened_at:%Y-%m-%d %H:%M} UTC, so you may answer alone; say why."
        self._send(gate, Occasion.DECISION, people, f"{_options(gate)}\n{alone}")

    def remind(self, gate: GateState) -> None:
        """Remind the people who have not answered."""
        now = workflow.now()
        self._pause[gate.id] = min(2 * self._pause[gate.id], _LONGEST_PAUSE)
        self._due[gate.id] = now + self._pause[gate.id] if _asks_again(gate) else None
        waiting = [who for who in self._people[gate.id] if not any(same(a.by, who) for a in gate.answers)]
        self._send(gate, Occasion.DECISION_REMINDER, waiting, _options(gate))

    def decided(self, gate: GateState) -> None:
        """Notify all who were asked and did not decide that no answer is needed any more."""
        answered = [a for a in gate.answers if a.option == gate.decided and a.via is not Via.SILENCE]
        others = [who for who in self._people.pop(gate.id, []) if not any(same(a.by, who) for a in answered)]
        self._due.pop(gate.id, None)
        self._later.pop(gate.id, None)
        if gate.decided != WITHDRAWN or self._withdrawals:
            self._send(gate, Occasion.DECIDED, others, _outcome(gate))

    async def all_notified(self) -> None:
        """Wait until all notices are sent, or were given up."""
        while running := [task for task in self._notices.values() if not task.done()]:
            await workflow.wait(running)

    def _send(self, gate: GateState, occasion: Occasion, people: list[str], text: str) -> None:
        if people:
            before = self._notices.get(gate.id)
            self._notices[gate.id] = asyncio.create_task(self._after(before, gate, occasion, people, text))

    async def _after(
        self, before: asyncio.Task[None] | None, gate: GateState, occasion: Occasion, people: list[str], text: str
    ) -> None:
        if before is not None:
            await workflow.wait([before])
        if (gate.id not in self._notified) if occasion is Occasion.DECIDED else gate.decided is not None:
            return  # it was decided before the first notice went out
        self._notified.add(gate.id)
        facts: dict[str, Any] = {"question": gate.question.text[:1000]}
        if occasion is not Occasion.DECIDED:
            facts |= {"deadline": gate.deadline, "silence": gate.question.on_silence.value}
        await self._write(occasion, people, text, **facts)


def _asks_again(gate: GateState) -> bool:
    return gate.deadline is None or gate.question.on_silence is OnSilence.ASK_AGAIN


def _options(gate: GateState) -> str:
    lines = [
        f"{option.name}: {option.means}" + (" (say why)" if option.needs_reason else "")
        for option in gate.question.options
    ]
    return f"{gate.id}\n" + "\n".join(lines)[:3900]


def _outcome(gate: GateState) -> str:
    if gate.decided == WITHDRAWN:
        return "The question was withdrawn."
    if gate.answers and gate.answers[-1].via is Via.SILENCE:
        return f"Nobody answered in time, so {gate.decided} counts as the answer."
    said = [f"{a.option} by {a.by}" + (f": {a.note}" if a.note else "") for a in gate.answers]
    return "; ".join(said)[:3900]

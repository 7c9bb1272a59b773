"""Workflows that do nothing but keep a journal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import workflow

from models.gates import GateOption, GateOutcome, Question
from models.operation import OperationState
from models.people import ANYBODY
from models.records import EntryKind, OperationRecord, TimelineEntry, WriteRecords
from workflows.gates.gates import OnWaiting
from workflows.journal.journal import Journal

QUESTION = Question(text="Go on?", options=[GateOption(name="yes", means="It goes on.")], deciders=ANYBODY)


class KeepsAJournal:
    """Base of the workflows below: what the page showed, and what was seen of the journal meanwhile, are their results."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.seen: list[str] = []
        self.journal = Journal(OperationState.ACTING, self._page, what="journal", records=self._records)

    def _page(self) -> str:
        self.pages.append(f"{self.journal.doing} {len(self.journal.timeline.lines)}")
        return self.pages[-1]

    def _records(self, timeline: list[TimelineEntry]) -> WriteRecords:
        return WriteRecords(
            operations=[
                OperationRecord(
                    id=workflow.info().workflow_id,
                    kind="change",
                    application="acme.shop",
                    title="A journal",
                    state=self.journal.state.value,
                    dossier="",
                    opened_at=workflow.now(),
                    opened_by="anna",
                    timeline=timeline,
                )
            ]
        )

    def see(self) -> None:
        """Note how the journal stands."""
        self.seen.append(f"{self.journal.state.value}: {self.journal.doing}")


@workflow.defn(name="logs-much")
class LogsMuch(KeepsAJournal):
    """Logs many long lines, and more while they are written."""

    @workflow.run
    async def run(self, lines: int) -> list[str]:
        """What the page showed."""
        for number in range(lines):
            self.journal.log(EntryKind.NOTE, f"{number} " + "x" * 1900)
        await self.journal.record()
        self.journal.log(EntryKind.NOTE, "after it")
        await self.journal.record()
        return self.pages


@workflow.defn(name="decides")
class Decides(KeepsAJournal):
    """Asks twice: the first time it returns to its step, the second time it names the step that follows."""

    @workflow.run
    async def run(self) -> list[str]:
        """How the journal stood before, while and after it was asked."""
        self.journal.now("Working")
        for afterwards in ("", "Goes on"):
            self.see()
            await self.journal.decide(
                QUESTION,
                self._answered(answered=not afterwards),
                OperationState.DECIDING,
                unanswered=lambda: "All is well again",
                afterwards=afterwards,
            )
            self.see()
        return [*self.seen, *(line.text for line in self.journal.timeline.lines)]

    def _answered(self, *, answered: bool) -> Callable[[OnWaiting], Awaitable[GateOutcome]]:
        async def ask(on_waiting: OnWaiting) -> GateOutcome:
            on_waiting(True)
            self.see()
            self.seen += ["not on record"] * self.journal.timeline.untaken
            if answered:
                self.journal.log(EntryKind.NOTE, "Somebody thinks about it")
            on_waiting(False)
            self.see()
            return GateOutcome(gate="g1", option="yes", answers=[])

        return ask


@workflow.defn(name="decides-twice-at-once")
class DecidesTwiceAtOnce(KeepsAJournal):
    """Asks two questions at the same time; people answer the first one first."""

    @workflow.run
    async def run(self) -> list[str]:
        """How the journal stood when the questions were open, when one was answered, and when both were."""
        self.journal.now("Working")
        first = asyncio.create_task(self._ask("First?"))
        second = asyncio.create_task(self._ask("Second?"))
        self._open = {"First?", "Second?"}
        await workflow.wait_condition(lambda: self.journal.doing.endswith("Second?"))
        for question, task in (("First?", first), ("Second?", second)):
            self.see()
            self._open.remove(question)
            await task
        self.see()
        return self.seen

    async def _ask(self, text: str) -> None:
        question = QUESTION.model_copy(update={"text": text})

        async def ask(on_waiting: OnWaiting) -> GateOutcome:
            await workflow.wait_condition(lambda: text not in self._open)
            on_waiting(False)
            return GateOutcome(gate="g1", option="yes", answers=[])

        await self.journal.decide(question, ask, OperationState.DECIDING)


@workflow.defn(name="is-halted")
class IsHalted(KeepsAJournal):
    """Is halted while it works."""

    @workflow.run
    async def run(self) -> list[str]:
        """How the journal stood before, during and after the halt."""
        self.journal.now("Step 2 of 3")
        self.journal.progress = "half"
        self.journal.halted("Halted by anna")
        self.see()
        self.journal.halted("")
        self.see()
        return [*self.seen, *(line.text for line in self.journal.timeline.lines)]

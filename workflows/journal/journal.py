"""The journal of a workflow: one mechanism for its log, its state, its page, its records, and the questions it asks people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey

from activities.stubs.records import write_records
from models.base import Model
from models.gates import GateOutcome, Question
from models.names import STATE
from models.records import EntryKind, TimelineEntry, WriteRecords
from models.timeline import Timeline
from workflows.gates.gates import OnWaiting, decision_line
from workflows.runtime.calls import call
from workflows.runtime.details import Details
from workflows.runtime.policies import WRITE

_STATE = SearchAttributeKey.for_keyword(STATE)
_State = TypeVar("_State", bound="StrEnum | None")

NOT_NEEDED = "An answer is no longer needed"


class Journal(Generic[_State]):
    """Log, state and current work of one workflow.

    Whatever changes here is shown on the workflow's page. Only `record` and `decide` write to the records, so a workflow
    decides when the records must have what it has done so far.
    """

    def __init__(
        self,
        state: _State,
        page: Callable[[], str],
        *,
        what: str = "",
        records: Callable[[list[TimelineEntry]], WriteRecords] | None = None,
        timeline: Timeline | None = None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin a journal in a state; None for a workflow that shows no state.

        `page` renders the page, and `on_change` is called before each rendering. `records` makes the record of `what` with the
        new lines of its log; without it, the journal writes nothing and keeps the latest lines. `timeline` is the log of an
        earlier run. The search attribute of the first state is set by the workflow, together with its others.
        """
        self.timeline = timeline or Timeline(recorded=records is not None)
        self.state = state
        self.doing = "Starting"
        self.progress = ""
        """How far a long piece of work has come."""
        self._before_halt = ""
        self._questions: dict[int, tuple[_State, str]] = {}
        """The state and the step of each open question, the oldest first."""
        self._questions_asked = 0
        self._before_questions = state, ""
        self._what = what
        self._records = records
        self._on_change = on_change
        self._page = Details(page)

    # --- what people see

    def refresh_page(self) -> None:
        """Render the page again."""
        self._page.changed()

    def changed(self) -> None:
        """Call `on_change` and refresh the page."""
        self._on_change()
        self.refresh_page()

    def enter(self, state: _State, doing: str) -> None:
        """Enter a state, and show the current step."""
        if state is not self.state and state is not None:
            self.state = state
            workflow.upsert_search_attributes([_STATE.value_set(state.value)])
        self.now(doing)

    def now(self, doing: str) -> None:
        """Show the current step."""
        self.doing, self.progress = doing, ""
        self.changed()

    def halted(self, reason: str, kind: EntryKind = EntryKind.STATE) -> None:
        """Show why a halt stops it; an empty reason means that the halt is lifted, and shows the step before the halt again."""
        self.log(kind, reason or "The halt is lifted; work continues")
        if reason:
            self._before_halt = self.doing
        self.now(reason or self._before_halt)

    def log(
        self,
        kind: EntryKind,
        text: str,
        data: Model | dict[str, Any] | None = None,
        *,
        instead_of: int | None = None,
    ) -> int:
        """Add a line to the log, or replace the text of its latest line; return the sequence of the line."""
        line = self.timeline.log(workflow.now(), kind, text, data, instead_of=instead_of)
        self.changed()
        return line

    # --- the records

    async def record(self) -> None:
        """Write all new lines to the records, in as many parts as needed."""
        await self._write(await self.last_part())

    async def last_part(self) -> list[TimelineEntry]:
        """Write all new lines except the last part, which is returned: the caller writes it.

        Each line is given once, so lines that the caller does not write are in no record.
        """
        new = self.timeline.count
        part = self.timeline.take()
        while self.timeline.taken < new:
            await self._write(part)
            part = self.timeline.take()
        return part

    async def _write(self, part: list[TimelineEntry]) -> None:
        if self._records is not None:
            await call(
                write_records, self._records(part), retry=WRITE, summary=f"Write the {self._what} to the records"
            )

    # --- questions

    async def decide(
        self,
        question: Question,
        ask: Callable[[OnWaiting], Awaitable[GateOutcome]],
        state: _State,
        doing: str = "",
        *,
        unanswered: Callable[[], str] = lambda: NOT_NEEDED,
        afterwards: str = "",
    ) -> GateOutcome:
        """Ask people, and log the answer. The records have all that happened before, and the state, by the time of the question.

        `ask` waits for the answer; meanwhile the workflow is in `state`. `unanswered` says why no answer is needed.
        As soon as people have answered the last open question, the workflow returns to the state before the first one, and to
        its step, or to the step `afterwards`.
        """
        self._questions_asked += 1
        number, asked = self._questions_asked, (state, doing or f"Waiting for a decision: {question.text}")

        def on_waiting(waits: bool) -> None:
            if waits:
                self._wait_for_people(number, *asked)
            else:
                self._need_no_answer(number, afterwards)

        on_waiting(True)
        await self.record()
        try:
            outcome = await ask(on_waiting)
        except BaseException:
            self._questions.pop(number, None)  # cancelled: what follows enters a state
            raise
        on_waiting(False)
        self.log(EntryKind.DECISION, *decision_line(question, outcome, unanswered()))
        return outcome

    def _wait_for_people(self, number: int, state: _State, doing: str) -> None:
        if number in self._questions:
            return
        if not self._questions:
            self._before_questions = self.state, self.doing
        self._questions[number] = state, doing
        self.enter(state, doing)

    def _need_no_answer(self, number: int, afterwards: str) -> None:
        if self._questions.pop(number, None) is None:
            return
        if self._questions:
            self.enter(*next(iter(self._questions.values())))
            return
        state, doing = self._before_questions
        self.enter(state, afterwards or doing)

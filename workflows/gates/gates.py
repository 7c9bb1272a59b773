"""Gates: how a workflow asks people and waits for their answer.

A workflow that asks inherits from `HasGates`. The answer comes by the update `decide`, or by the signal
`decide_by_signal` from people who cannot send an update; both make the same checks. A validator refuses a malformed
answer, which leaves no trace. The handler refuses an answer that is not allowed, so that the history shows the attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar, cast

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError

from activities.stubs.records import open_gate, use_decision
from models.dossier.instructions import Approval, OnSilence
from models.dossier.parties import OPERATOR
from models.errors import DECISION_REFUSED
from models.gates import (
    APPROVE,
    REFUSE,
    WITHDRAWN,
    Answer,
    Decision,
    DecisionReceipt,
    GateOption,
    GateOutcome,
    GateState,
    Question,
    Via,
)
from models.inputs import Unreadable, read_input
from models.names import AWAITS_DECISION_BY
from models.notices import Occasion
from models.people import NOBODY, People, Person, as_written, same, stranger, who_is
from models.records import OpenGate, UseDecision
from workflows.gates.notices import GateNotices
from workflows.runtime.calls import call
from workflows.runtime.markdown import block, linked, paste, plain, table
from workflows.runtime.refusals import Refusals, refusal
from workflows.runtime.waiting import in_turn, until

_AWAITS = SearchAttributeKey.for_keyword_list(AWAITS_DECISION_BY)
_SHOWN = 8
"""Digits of a plan's digest that the page shows and people type back."""

_PLAN_SHOWN = 1500
"""Characters of a plan on the page."""

_EXAMPLE = (
    '{"gate": "g1", "option": "approve", "by": "on-call@driftbolaget.example", "plan": "1a2b3c4d", "note": "why"}'
)


def approval_question(
    text: str, plan: str, approval: Approval, deciders: Sequence[str], requester: str | None, *, ordered: bool = True
) -> Question:
    """Return the question whether people approve something. Without `deciders`, nobody may, and `Question.nobody_may`
    says so; `ordered` is false if an incident needs it and no person ordered it.
    """
    return Question(
        text=text,
        options=[
            GateOption(name=APPROVE, means="It is carried out as shown."),
            GateOption(name=REFUSE, means="It is not carried out.", needs_reason=True),
        ],
        plan=plan,
        deciders=People.of(deciders),
        roles=approval.roles,
        count=approval.count,
        requester=approval.excluded(requester, ordered=ordered),
        alone_after_seconds=approval.alone_after.total_seconds() if approval.alone_after else None,
        within_seconds=approval.within.total_seconds(),
        on_silence=approval.on_silence,
    )


def decision_line(question: Question, outcome: GateOutcome, otherwise: str) -> tuple[str, dict[str, Any]]:
    """Return the timeline's line for a decision, and its data. The answer, or the reason why there is none, comes
    first, because pages cut long lines.
    """
    answers = "; ".join(
        f"{a.option} by {a.by} ({a.via.value})" + (f": {a.note}" if a.note else "") for a in outcome.answers
    )
    said = (answers or otherwise).rstrip(". ")
    return f"{said}. The question was: {question.text}", {
        "question": question.text,
        "option": outcome.option,
        "answers": [a.model_dump(mode="json") for a in outcome.answers],
    }


OnWaiting = Callable[[bool], None]
"""Called with True when a question waits for people, and with False as soon as it has an answer or is withdrawn."""


class HasGates:
    """Base of every workflow that asks people. It calls `refresh_page` when the page must be refreshed."""

    notifies_of_withdrawal: ClassVar[bool] = True
    """Whether deciders get a notice when a question is withdrawn."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = GateNotices(self.write_to, withdrawals=self.notifies_of_withdrawal)
        self._gates: dict[str, GateState] = {}
        self._refusals = Refusals()
        self._gates_opened = 0

    def refresh_page(self) -> None:
        """Called when a gate opened or closed, or an answer came."""

    def contacts(self) -> Sequence[Person] | None:
        """Return all contacts of the dossier; None in a workflow without a dossier."""
        return None

    def additional_deciders(self) -> Sequence[str]:
        """Return further people who may answer questions to operators: those that the escalation policy has called."""
        return []

    def admit_additional_deciders(self) -> None:
        """Let these people answer the open questions too; called when the escalation policy has called somebody."""
        for gate in self.open_gates:
            gate.question = self._with_additional_deciders(gate.question)
        self._show()

    def _with_additional_deciders(self, question: Question) -> Question:
        if OPERATOR not in question.roles:
            return question
        return question.model_copy(update={"deciders": question.deciders.joined_by(self.additional_deciders())})

    def strange(self, who: str) -> str:
        """Return why a person is unknown here; empty if they are known."""
        known = self.contacts()
        return "" if who_is(who, known) is not None else stranger(who, self.application(), known)

    def application(self) -> str:
        """Return the application whose dossier has the contacts; refusals name it."""
        return workflow.info().workflow_id

    async def write_to(self, occasion: Occasion, people: Sequence[str], text: str, **facts: Any) -> None:
        """Send a notice to people who may decide a question. Does nothing in a workflow without a dossier."""

    async def all_notified(self) -> None:
        """Wait until all notices about questions are sent."""
        await self._asked.all_notified()

    def on_decided(self, decision: Decision, receipt: DecisionReceipt) -> None:
        """Called when an answer was accepted."""

    def awaited(self) -> set[str]:
        """Return roles and people that the workflow waits for, besides those of open questions; people search for it by them."""
        return set()

    def withdraw(self) -> None:
        """Withdraw every open question."""
        for gate in self.open_gates:
            gate.decided = WITHDRAWN
            self._asked.decided(gate)
        self._show()

    @property
    def open_gates(self) -> list[GateState]:
        """The gates that wait for an answer, the oldest first."""
        # By number: of two questions opened at the same time, the second may get its digest first.
        waiting = [gate for gate in self._gates.values() if gate.decided is None]
        return sorted(waiting, key=lambda gate: int(gate.id.removeprefix("g")))

    def question_digest(self, gate: str) -> str:
        """Return the digest of a question that was asked; an answer to it contains its first digits."""
        return self._gates[gate].digest

    async def ask(
        self,
        question: Question,
        withdrawn: Callable[[], bool] = lambda: False,
        on_waiting: OnWaiting = lambda waits: None,
    ) -> GateOutcome:
        """Ask, and wait for a decision, for the default answer at the deadline, or until `withdrawn` returns that no
        answer is needed. `on_waiting` is called before the records have the answer.
        """
        requester = question.requester
        if requester is not None and (known := who_is(requester, self.contacts())) is not None:
            question = question.model_copy(update={"requester": known})
        while True:
            gate = await self._open(question)
            on_waiting(True)
            await self._wait(gate, withdrawn)
            on_waiting(False)
            if gate.decided == WITHDRAWN:
                return GateOutcome(gate=gate.id, option=WITHDRAWN, answers=gate.answers)
            outcome = GateOutcome(gate=gate.id, option=gate.decided or "", answers=gate.answers)
            if await self._use_up(gate, outcome):
                return outcome
            self._refusals.show(f"{gate.id}: an earlier answer was already used; please decide again")

    async def _open(self, question: Question) -> GateState:
        question = self._with_additional_deciders(question)
        self._gates_opened += 1  # before the first await, because several questions may be opened at the same time
        number = f"g{self._gates_opened}"
        # The digest comes from an activity, so that history records it: an answer that was given to the text of one release
        # must still fit when a later one replays it. The nonce makes every question unique: an answer to an earlier one with
        # the same text does not fit.
        named = OpenGate(
            workflow=workflow.info().workflow_id, gate=number, nonce=str(workflow.uuid4()), question=question
        )
        opened = await call(
            open_gate,
            named,
            summary=f"Compute the digest of {number}",
        )
        now = workflow.now()
        deadline = None if question.within_seconds is None else now + timedelta(seconds=question.within_seconds)
        gate = GateState(id=number, question=question, digest=opened.digest, opened_at=now, deadline=deadline)
        self._gates[number] = gate
        self._asked.opened(gate)
        self._show()
        return gate

    async def _wait(self, gate: GateState, withdrawn: Callable[[], bool]) -> None:
        while gate.decided is None:
            if withdrawn():
                gate.decided = WITHDRAWN
                break
            remind, admit = self._asked.due(gate), self._asked.admitted_at(gate)
            first = min((due for due in (remind, admit, gate.deadline) if due is not None), default=None)
            silence = gate.question.on_silence.value.replace("_", " ")
            summary = (
                f"{gate.id}: {silence} if nobody answers"
                if first == gate.deadline
                else f"{gate.id}: remind the deciders"
            )
            left = None if first is None else first - workflow.now()
            if await until(lambda: gate.decided is not None or withdrawn(), within=left, summary=summary):
                continue
            if admit is not None and admit <= workflow.now():
                self._asked.admit(gate)
                self._show()
            if remind is not None and remind <= workflow.now():
                self._asked.remind(gate)
            if gate.deadline is not None and gate.deadline <= workflow.now():
                self._silence(gate)
        self._asked.decided(gate)
        self._show()

    def _silence(self, gate: GateState) -> None:
        question = gate.question
        if question.on_silence is OnSilence.ASK_AGAIN:
            gate.deadline = workflow.now() + timedelta(seconds=question.within_seconds or 0)
            self._refusals.show(f"{gate.id}: no answer yet, asked again at {workflow.now():%H:%M} UTC")
            self._show()
            return
        approve = question.on_silence is OnSilence.APPROVE
        gate.decided = question.options[0].name if approve else question.options[-1].name
        gate.answers.append(
            Answer(
                option=gate.decided, by=NOBODY, via=Via.SILENCE, note="as agreed if nobody answers", at=workflow.now()
            )
        )

    async def _use_up(self, gate: GateState, outcome: GateOutcome) -> bool:
        use = await call(
            use_decision,
            UseDecision(
                gate=f"{workflow.info().workflow_id}/{gate.id}/{gate.digest}",
                run=workflow.info().run_id,
                option=outcome.option,
                by=[a.by for a in outcome.answers],
                at=workflow.now(),
            ),
            summary=f"Record who decided {gate.id}",
        )
        return use.accepted

    def _show(self) -> None:
        self.show_awaited()
        self.refresh_page()

    def show_awaited(self) -> None:
        """Set the search attribute to all whom the workflow waits for."""
        now = workflow.now()
        asked = {who for g in self.open_gates for who in (*g.question.roles, *g.able(now))}
        waiting = sorted(asked | self.awaited())
        if list(workflow.info().typed_search_attributes.get(_AWAITS) or []) != waiting:
            workflow.upsert_search_attributes([_AWAITS.value_set(waiting) if waiting else _AWAITS.value_unset()])

    @workflow.update(
        name="decide", description=f"Answer an open gate; the details page shows the text to paste. {_EXAMPLE}"
    )
    async def decide(self, decision: Decision) -> DecisionReceipt:
        """Answer a gate. An answer that is not allowed raises `DECISION_REFUSED`."""
        await in_turn()
        decision = self._identified(decision)
        receipt = self._take(decision, Via.UPDATE)
        self.on_decided(decision, receipt)
        return receipt

    @decide.validator
    def _decide_is_well_formed(self, decision: Decision) -> None:
        self._find(decision)

    @workflow.signal(
        name="decide_by_signal", description=f"The same as decide, where updates cannot be sent. {_EXAMPLE}"
    )
    def decide_by_signal(self, decision: Any) -> None:
        """Answer a gate. The page shows a refusal, because the sender of a signal gets no answer."""
        try:
            known = self._identified(_read(decision))
            self.on_decided(known, self._take(known, Via.SIGNAL))
        except ApplicationError as error:
            self.signal_refused(f"A signal was refused: {error.message}")
        self.refresh_page()

    def signal_refused(self, notice: str) -> None:
        """Show on the page why a signal was refused, because its sender gets no answer."""
        self._refusals.show(notice)
        self.refresh_page()

    @workflow.query(name="gates", description="The open questions, with who may decide")
    def gates(self) -> list[GateState]:
        """Return the open gates."""
        return self.open_gates

    def _identified(self, decision: Decision) -> Decision:
        """Return the decision with the person's name as the dossier has it."""
        gate, _ = self._find(decision)
        deciders = gate.question.deciders.names
        who = who_is(decision.by, self.contacts()) or next((d for d in deciders if same(d, decision.by)), None)
        if who is None:
            raise _refuse(stranger(decision.by, self.application(), self.contacts(), deciders))
        return decision.model_copy(update={"by": as_written(who, deciders)})

    def _find(self, decision: Decision) -> tuple[GateState, GateOption]:
        gate = self._gates.get(decision.gate)
        if gate is None:
            known = ", ".join(g.id for g in self.open_gates) or "none"
            raise _refuse(f"there is no gate {decision.gate!r}; open gates: {known}")
        for option in gate.question.options:
            if option.name == decision.option:
                return gate, option
        names = ", ".join(o.name for o in gate.question.options)
        raise _refuse(f"gate {gate.id} has no option {decision.option!r}; choose one of {names}")

    def _take(self, decision: Decision, via: Via) -> DecisionReceipt:
        gate, option = self._find(decision)
        self._check(gate, option, decision)
        answer = Answer(option=option.name, by=decision.by, via=via, note=decision.note, at=workflow.now())
        gate.answers.append(answer)
        self._refusals.remove()
        agreed = [a for a in gate.answers if a.option == option.name]
        needed = gate.needed(option.name, workflow.now())
        if len(agreed) < needed:
            self._show()
            missing = needed - len(agreed)
            return DecisionReceipt(gate=gate.id, decided=False, message=f"Noted; {missing} more must agree.")
        gate.decided = option.name
        return DecisionReceipt(gate=gate.id, decided=True, message=f"Decided: {option.name}. {option.means}")

    def _check(self, gate: GateState, option: GateOption, decision: Decision) -> None:
        question = gate.question
        if gate.decided is not None:
            raise _refuse(f"gate {gate.id} was decided already: {gate.decided}")
        asks_again = question.on_silence is OnSilence.ASK_AGAIN
        if gate.deadline is not None and workflow.now() >= gate.deadline and not asks_again:
            raise _refuse(f"the time to answer gate {gate.id} ran out at {gate.deadline:%Y-%m-%d %H:%M} UTC")
        if why := gate.why_not(decision.by, decision.note, workflow.now()):
            raise _refuse(why)
        if len(decision.plan) < _SHOWN or not gate.digest.startswith(decision.plan):
            # The message does not contain the right digits: people must read them with the plan.
            raise _refuse(
                f"plan {decision.plan or '(none)'} is not the one that gate {gate.id} asks about; read the plan in the details "
                "of this workflow and answer with the digits that you find there"
            )
        if option.needs_reason and not decision.note.strip():
            raise _refuse(f"{option.name} needs a reason; say why in note")

    def gates_markdown(self) -> str:
        """Return the open questions for the page: the question, its deciders, its deadline, and the text to paste."""
        parts, shown = [], set()
        if len(self.open_gates) > 1:
            asked = "; ".join(f"{gate.id}: by {plain(gate.who(workflow.now()))}" for gate in self.open_gates)
            parts.append(f"**{len(self.open_gates)} questions are open.** {asked}.")
        contacts = [one.name for one in self.contacts() or ()]
        for gate in self.open_gates:
            parts.append(_gate_markdown(gate, contacts, repeated=gate.question.plan in shown))
            shown.add(gate.question.plan)
        return "\n\n".join([*parts, *filter(None, [self._refusals.markdown()])])


def _read(decision: object) -> Decision:
    read = read_input(Decision, decision)
    if isinstance(read, Unreadable):
        raise _refuse(read.why)
    return cast(Decision, read)


def _refuse(message: str) -> ApplicationError:
    return refusal(message, DECISION_REFUSED)


def _gate_markdown(gate: GateState, contacts: Sequence[str], *, repeated: bool) -> str:
    question = gate.question
    until = ""
    if gate.deadline is not None:
        until = f" If nobody answers by {gate.deadline:%Y-%m-%d %H:%M} UTC, {question.on_silence_text()}."
    more = f" {question.count} people must agree." if question.count > 1 else ""
    if since := gate.alone_from():
        more += f" From {since:%Y-%m-%d %H:%M} UTC on, one of {question.deciders} may answer alone and say why."
    given = "".join(f" {plain(a.by)} answered {a.option}." for a in gate.answers)
    return "\n\n".join(
        [
            f"**Decision {gate.id}: {linked(question.text)}**",
            f"By {plain(gate.who(workflow.now()))}.{until}{more}{given}",
            _answer_markdown(gate, contacts),
            table(["option", "what happens"], [(f"`{o.name}`", _means(o)) for o in question.options]),
            _plan_markdown(gate, repeated=repeated),
        ]
    )


def _answer_markdown(gate: GateState, contacts: Sequence[str]) -> str:
    """Return how to answer, with a text that is accepted as it is; empty if nobody may answer."""
    question, first, now = gate.question, gate.question.options[0], workflow.now()
    able = gate.able(now)
    # Nobody may answer yet. From the time that the page names on, the requester may answer alone.
    alone = question.able([a.by for a in gate.answers], alone=True) if not able and gate.alone_from() else []
    may = [*contacts, "on-call@driftbolaget.example"] if question.deciders.anybody else [*able, *alone]
    if not may:
        return ""
    by = may[0]
    why = alone or first.needs_reason or gate.why_not(by, "", now)
    answer = Decision(gate=gate.id, option=first.name, by=by, plan=gate.digest[:_SHOWN], note="why" if why else "")
    begin = "Read the plan below, then " if question.plan else "To answer, "
    return (f"From then on: {begin[0].lower()}{begin[1:]}" if alone else begin) + paste("decide", answer)


def _plan_markdown(gate: GateState, *, repeated: bool) -> str:
    """Return the plan, once on each page; it says how many lines are missing."""
    plan, name = gate.question.plan, f"The plan, `{gate.digest[:_SHOWN]}`"
    if not plan:
        return ""
    if repeated:
        return f"{name}, is the same as above."
    shown, hidden = block(plan, _PLAN_SHOWN)
    unit = "line" if hidden == 1 else "lines"
    more = (
        f"\n\n**{hidden} more {unit}:** read all of it by the query `gates`, or at the command line." if hidden else ""
    )
    return f"{name}:\n\n{shown}{more}"


def _means(option: GateOption) -> str:
    return plain(option.means) + (" Say why in `note`." if option.needs_reason else "")

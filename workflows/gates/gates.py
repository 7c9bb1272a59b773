"""Gates: the one mechanism by which a workflow asks people and waits for their answer.

A workflow that asks inherits from `Asking`. The answer comes by the update `decide`, or by the signal `decide_by_signal` for
whoever cannot send an update; both go through the same checks. What is only malformed is refused before it leaves a trace;
what somebody may not do is refused in the handler, so that history shows the attempt.
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
from models.gates import (
    APPROVE,
    MOOT,
    REFUSE,
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
from models.people import NOBODY, Person, as_written, is_among, same, stranger, who_is
from models.records import OpenGate, UseDecision
from workflows.gates.asked import Asked
from workflows.runtime.calls import call
from workflows.runtime.markdown import block, linked, paste, plain, table
from workflows.runtime.refusals import Refusals
from workflows.runtime.waiting import in_turn, until

_AWAITS = SearchAttributeKey.for_keyword_list(AWAITS_DECISION_BY)
_SHOWN = 8
"""Digits of a plan's digest that people are shown and type back."""

_PLAN_SHOWN = 1500
"""Characters of a plan on the page."""

_EXAMPLE = (
    '{"gate": "g1", "option": "approve", "by": "on-call@driftbolaget.example", "plan": "1a2b3c4d", "note": "why"}'
)


def approval_question(
    text: str, plan: str, approval: Approval, deciders: list[str], requester: str | None, *, ordered: bool = True
) -> Question:
    """The question whether something agreed to need approval may be done; not `ordered`: an incident needs it."""
    return Question(
        text=text,
        options=[
            GateOption(name=APPROVE, means="It is carried out as shown."),
            GateOption(name=REFUSE, means="It is not carried out.", needs_reason=True),
        ],
        plan=plan,
        deciders=deciders,
        roles=approval.roles,
        count=approval.count,
        requester=approval.excluded(requester, ordered=ordered),
        alone_after_seconds=approval.alone_after.total_seconds() if approval.alone_after else None,
        within_seconds=approval.within.total_seconds(),
        on_silence=approval.on_silence,
    )


def decision_line(question: Question, outcome: GateOutcome, otherwise: str) -> tuple[str, dict[str, Any]]:
    """What a timeline says of a decision, and its data: the answer, or why there is none, comes first, where no page cuts it."""
    answers = "; ".join(
        f"{a.option} by {a.by} ({a.via.value})" + (f": {a.note}" if a.note else "") for a in outcome.answers
    )
    said = (answers or otherwise).rstrip(". ")
    return f"{said}. Asked was: {question.text}", {
        "question": question.text,
        "option": outcome.option,
        "answers": [a.model_dump(mode="json") for a in outcome.answers],
    }


class Asking:
    """Base of every workflow that asks people; `on_gates_changed` is called whenever what it shows should be shown anew."""

    tells_of_withdrawal: ClassVar[bool] = True
    """Whether whoever may decide a question hears by a notice of its own that it is withdrawn."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = Asked(self.write_to, withdrawals=self.tells_of_withdrawal)
        self._gates: dict[str, GateState] = {}
        self._refusals = Refusals()
        self._gates_opened = 0

    def on_gates_changed(self) -> None:
        """Called when a gate opened, closed, or an answer came."""

    def contacts(self) -> Sequence[Person]:
        """Everybody whom the dossier knows; none: anybody may answer whom the question does not exclude."""
        return []

    def stand_ins(self) -> Sequence[str]:
        """Who may answer questions to operators besides them: whoever the escalation ladder has asked."""
        return []

    def admit_stand_ins(self) -> None:
        """Let them answer what is open, too; called when the ladder has asked somebody."""
        for gate in self.open_gates:
            gate.question = self._with_stand_ins(gate.question)
        self._show()

    def _with_stand_ins(self, question: Question) -> Question:
        more = [who for who in self.stand_ins() if not is_among(who, question.deciders)]
        if not more or OPERATOR not in question.roles or not question.deciders:
            return question
        return question.model_copy(update={"deciders": [*question.deciders, *more]})

    def strange(self, who: str) -> str:
        """Why somebody is not known here; empty: they are."""
        known = self.contacts()
        return "" if who_is(who, known) is not None else stranger(who, self.application(), known)

    def application(self) -> str:
        """Whose dossier names these contacts, as a refusal says it."""
        return workflow.info().workflow_id

    async def write_to(self, occasion: Occasion, people: Sequence[str], text: str, **facts: Any) -> None:
        """Write to whoever may decide, or might have; whoever knows no dossier knows nobody to write to."""

    async def all_told(self) -> None:
        """Wait until everybody was written to who has to be."""
        await self._asked.all_told()

    def on_decided(self, decision: Decision, receipt: DecisionReceipt) -> None:
        """Called when an answer counted."""

    def awaited(self) -> set[str]:
        """Roles and people whom the workflow waits for besides its open questions; people search for it by them."""
        return set()

    def withdraw(self) -> None:
        """Take back every open question: nobody needs to answer any more."""
        for gate in self.open_gates:
            gate.decided = MOOT
            self._asked.decided(gate)
        self._show()

    @property
    def open_gates(self) -> list[GateState]:
        """The gates that wait for an answer, oldest first."""
        # By number: of two questions asked at once, the later one may have its plan named first.
        waiting = [gate for gate in self._gates.values() if gate.decided is None]
        return sorted(waiting, key=lambda gate: int(gate.id.removeprefix("g")))

    async def ask(self, question: Question, moot: Callable[[], bool] = lambda: False) -> GateOutcome:
        """Ask, and wait until people or their silence have decided, or until `moot` says that the answer no longer matters."""
        requester = question.requester
        if requester is not None and (known := who_is(requester, self.contacts())) is not None:
            question = question.model_copy(update={"requester": known})
        while True:
            gate = await self._open(question)
            await self._wait(gate, moot)
            if gate.decided == MOOT:
                return GateOutcome(gate=gate.id, option=MOOT, answers=gate.answers)
            outcome = GateOutcome(gate=gate.id, option=gate.decided or "", answers=gate.answers)
            if await self._use_up(gate, outcome):
                return outcome
            self._refusals.say(f"{gate.id}: an answer to it was used before; please decide again")

    async def _open(self, question: Question) -> GateState:
        question = self._with_stand_ins(question)
        self._gates_opened += 1  # before anything is awaited: several may be asked at the same time
        number = f"g{self._gates_opened}"
        # The digest comes out of history and not out of this code: an answer that was given under the wording of one release
        # must still fit when a later one replays it. The nonce makes every asking another one: an answer to an earlier one,
        # word for word the same, does not fit.
        named = OpenGate(
            workflow=workflow.info().workflow_id, gate=number, nonce=str(workflow.uuid4()), question=question
        )
        opened = await call(
            open_gate,
            named,
            summary=f"Name the plan of {number}",
        )
        now = workflow.now()
        deadline = None if question.within_seconds is None else now + timedelta(seconds=question.within_seconds)
        gate = GateState(id=number, question=question, digest=opened.digest, opened_at=now, deadline=deadline)
        self._gates[number] = gate
        self._asked.opened(gate)
        self._show()
        return gate

    async def _wait(self, gate: GateState, moot: Callable[[], bool]) -> None:
        while gate.decided is None:
            if moot():
                gate.decided = MOOT
                break
            remind, admit = self._asked.due(gate), self._asked.admitted_at(gate)
            first = min((due for due in (remind, admit, gate.deadline) if due is not None), default=None)
            silence = gate.question.on_silence.value.replace("_", " ")
            summary = (
                f"{gate.id}: {silence} on silence" if first == gate.deadline else f"{gate.id}: write to people again"
            )
            left = None if first is None else first - workflow.now()
            if await until(lambda: gate.decided is not None or moot(), within=left, summary=summary):
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
            self._refusals.say(f"{gate.id}: no answer yet, asked again at {workflow.now():%H:%M} UTC")
            self._show()
            return
        approve = question.on_silence is OnSilence.APPROVE
        gate.decided = question.options[0].name if approve else question.options[-1].name
        gate.answers.append(
            Answer(option=gate.decided, by=NOBODY, via=Via.SILENCE, note="as agreed for silence", at=workflow.now())
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
            summary=f"Note who decided {gate.id}",
        )
        return use.accepted

    def _show(self) -> None:
        self.show_awaited()
        self.on_gates_changed()

    def show_awaited(self) -> None:
        """Let everybody whom it waits for find it."""
        asked = {who for g in self.open_gates for who in (*g.question.roles, *g.question.deciders)}
        waiting = sorted(asked | self.awaited())
        if list(workflow.info().typed_search_attributes.get(_AWAITS) or []) != waiting:
            workflow.upsert_search_attributes([_AWAITS.value_set(waiting) if waiting else _AWAITS.value_unset()])

    @workflow.update(
        name="decide", description=f"Answer an open gate; the details page shows the text to paste. {_EXAMPLE}"
    )
    async def decide(self, decision: Decision) -> DecisionReceipt:
        """Answer a gate; `DecisionRefused` says what is not allowed."""
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
        """Answer a gate; what is refused, even for its form, shows in the details: a signal has no other way to say so."""
        try:
            known = self._identified(_read(decision))
            self.on_decided(known, self._take(known, Via.SIGNAL))
        except ApplicationError as error:
            self.signal_refused(f"A signal was refused: {error.message}")
        self.on_gates_changed()

    def signal_refused(self, notice: str) -> None:
        """Show on the page why a signal was not taken: its sender hears no answer."""
        self._refusals.say(notice)
        self.on_gates_changed()

    @workflow.query(name="gates", description="The open questions, with who may decide")
    def gates(self) -> list[GateState]:
        """The open gates."""
        return self.open_gates

    def _identified(self, decision: Decision) -> Decision:
        """The decision under the one name of whoever gives it."""
        gate, _ = self._find(decision)
        deciders = gate.question.deciders
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
        self._refusals.forget()
        agreed = [a for a in gate.answers if a.option == option.name]
        needed = gate.needed(option.name, workflow.now())
        if len(agreed) < needed:
            self.on_gates_changed()
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
            # The right digits are not told: they are read where the plan stands.
            raise _refuse(
                f"plan {decision.plan or '(none)'} is not the one that gate {gate.id} asks about; read the plan in the details "
                "of this workflow and answer with the digits that stand there"
            )
        if option.needs_reason and not decision.note.strip():
            raise _refuse(f"{option.name} needs a reason; say why in note")

    def gates_markdown(self) -> str:
        """The open questions as the details page shows them: what, who, until when, and the text to paste."""
        parts, shown = [], set()
        if len(self.open_gates) > 1:
            asked = "; ".join(f"{gate.id}: by {plain(gate.who(workflow.now()))}" for gate in self.open_gates)
            parts.append(f"**{len(self.open_gates)} questions are open.** {asked}.")
        contacts = [one.name for one in self.contacts()]
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
    return ApplicationError(message, type="DecisionRefused", non_retryable=True)


def _gate_markdown(gate: GateState, contacts: Sequence[str], *, repeated: bool) -> str:
    question = gate.question
    until = ""
    if gate.deadline is not None:
        until = f" If nobody answers by {gate.deadline:%Y-%m-%d %H:%M} UTC, {question.on_silence_text()}."
    more = f" {question.count} people must agree." if question.count > 1 else ""
    if since := gate.alone_from():
        more += (
            f" From {since:%Y-%m-%d %H:%M} UTC on, one of {', '.join(question.deciders)} may answer alone and say why."
        )
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
    """How to answer, with an answer that is taken if it is sent as it stands; empty where nobody may answer."""
    question, first, now = gate.question, gate.question.options[0], workflow.now()
    able = gate.able(now)
    # Nobody may yet; from a moment on that the page names, whoever asked for it may answer alone.
    alone = question.able([a.by for a in gate.answers], alone=True) if not able and gate.alone_from() else []
    may = [*able, *alone] if question.deciders else [*contacts, "on-call@driftbolaget.example"]
    if not may:
        return ""
    by = may[0]
    why = alone or first.needs_reason or gate.why_not(by, "", now)
    answer = Decision(gate=gate.id, option=first.name, by=by, plan=gate.digest[:_SHOWN], note="why" if why else "")
    begin = "Read the plan below, then " if question.plan else "To answer, "
    return (f"From then on: {begin[0].lower()}{begin[1:]}" if alone else begin) + paste("decide", answer)


def _plan_markdown(gate: GateState, *, repeated: bool) -> str:
    """The plan that is asked about: once on a page, and said to be cut where it is."""
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

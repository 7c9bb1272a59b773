"""The incidents of a major incident: their state, their lead, and the messages that they get."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

from activities.stubs.workflows import query_incidents, send_to_incidents
from models.base import counted
from models.errors import UserError
from models.incident import LeadSilent, LedByMajor
from models.major import (
    IncidentAnswer,
    IncidentSnapshot,
    MajorMemory,
    MajorState,
    Member,
    QueryIncidents,
    SendToIncidents,
)
from models.records import EntryKind
from workflows.journal.journal import Journal
from workflows.major.page import state_of
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import RECORD
from workflows.runtime.refusals import refusal

_Order = TypeVar("_Order")
_Answer = TypeVar("_Answer")

_QUERY_WITHIN = timedelta(minutes=2)
_SEND_WITHIN = timedelta(minutes=5)


class Members:
    """The incidents of one major incident. It calls `show` when their state has changed."""

    def __init__(self, title: str, memory: MajorMemory, journal: Journal[MajorState], show: Callable[[], None]) -> None:
        self._title = title
        self._memory = memory
        self._journal = journal
        self._show = show

    def seen(self) -> list[IncidentSnapshot]:
        """All of them, as in the latest query."""
        return [member.seen for member in self._memory.members.values()]

    def open(self) -> list[str]:
        """Workflow ids of those that were open in the latest query."""
        return [id for id, member in self._memory.members.items() if member.seen.runs]

    async def take(self, seen: Sequence[IncidentSnapshot]) -> None:
        """Take in incidents, and send them their lead."""
        for one in seen:
            self._memory.members[one.id] = Member(seen=one, joined_at=workflow.now())
            self._journal.log(EntryKind.LEAD, f"Added: {short(one.id)}, {one.title}")
        await self.led_by(workflow.info().workflow_id, self._memory.lead, [s.id for s in seen])
        self._show()

    async def led_by(self, major: str | None, by: str, ids: Sequence[str]) -> None:
        """Send incidents their lead; an incident that has ended in the meantime needs none. `major` None returns the lead."""
        message = LedByMajor(major=major, by=by, title=self._title if major else "")
        await asyncio.gather(*(self.signal("led_by_major", message, id) for id in ids))

    async def signal(self, name: str, message: LedByMajor | LeadSilent, id: str) -> None:
        """Send an incident a signal; the timeline says which incident could not get it."""
        try:
            await workflow.get_external_workflow_handle(id).signal(name, message)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            self._journal.log(EntryKind.LEAD, f"{short(id)} did not get its lead: {explain(error)}")

    async def query_open(self) -> None:
        """Read the state of all incidents that were open before."""
        try:
            seen = await self.query(self.open())
        except ApplicationError as error:
            self._journal.log(EntryKind.STATE, f"Its incidents could not be queried: {error.message}")
            return
        for one in seen:
            self._note(one)
        self._memory.seen_at = workflow.now()
        self._show()

    def _note(self, one: IncidentSnapshot) -> None:
        member = self._memory.members.get(one.id)
        if member is None:
            return
        if not one.runs:
            self._journal.log(EntryKind.STATE, f"{short(one.id)} has ended: {state_of(one)}")
            one = one.model_copy(update={"lead": member.seen.lead, "title": one.title or member.seen.title})
        elif one.major is not None:  # both took it in before either had sent its lead
            del self._memory.members[one.id]
            self._journal.log(EntryKind.LEAD, f"Moved to {one.major}: {short(one.id)}")
            return
        leaders = member.seen.leaders if one.leaders is None else one.leaders
        member.seen = one.model_copy(update={"leaders": leaders, "active_at": one.active_at or member.seen.active_at})

    async def query(self, ids: Sequence[str]) -> list[IncidentSnapshot]:
        """Read the state of incidents, of this major incident or not."""
        if not ids:
            return []
        order = QueryIncidents(ids=list(ids), major=workflow.info().workflow_id)
        found = await _call(query_incidents, order, _QUERY_WITHIN, f"Query {counted(len(ids), 'incident')}")
        return found.incidents

    async def send(self, order: SendToIncidents) -> list[IncidentAnswer]:
        """Send an update to incidents; return their answers. The timeline says which incidents refused it."""
        if not order.ids:
            return []
        found = await _call(
            send_to_incidents, order, _SEND_WITHIN, f"Send an update to {counted(len(order.ids), 'incident')}"
        )
        for answer in found.answers:
            if not answer.taken:
                self._journal.log(EntryKind.NOTICE, f"{short(answer.id)} refused the update: {answer.message}")
        self._show()
        return found.answers


async def _call(
    activity: Callable[[_Order], Coroutine[Any, Any, _Answer]], order: _Order, within: timedelta, summary: str
) -> _Answer:
    """Carry out an activity that reaches other workflows. If it fails, the person who asked for it gets one sentence."""
    try:
        return await workflow.execute_activity(
            activity,
            order,
            start_to_close_timeout=within,
            schedule_to_close_timeout=within * 2,
            retry_policy=RECORD,
            summary=summary_line(summary),
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        raise refused(explain(error)) from error


def refused(text: str) -> ApplicationError:
    """The error for a request that is not possible; the major incident goes on."""
    return refusal(text, UserError)


def short(id: str) -> str:
    """An incident as people write it: `acme.shop.17`."""
    return id.removeprefix("inc.")

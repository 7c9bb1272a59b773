"""The status of an incident, for people: the answer of its query `status`, and the data of its page."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio import workflow

from models.gates import GateState
from models.incident import IncidentStatus
from models.sizes import ANSWER, first_that_fit
from workflows.incident.context import IncidentContext
from workflows.incident.shown import ShownIncident


def incident_status(context: IncidentContext, asked: Sequence[GateState], draft: str) -> IncidentStatus:
    """Return its status, with as many alarms and lines as fit into an answer.

    `asked` are the open questions, and `draft` is the text of the next customer update.
    """
    memory, journal = context.memory, context.journal
    alarms = list(memory.alarms.values())
    alarms = alarms[: first_that_fit(alarms, ANSWER // 2)]
    return IncidentStatus(
        id=context.id,
        title=context.order.title,
        state=journal.state,
        priority=memory.priority,
        components=context.plan.affected,
        doing=journal.doing,
        gates=list(asked),
        alarms=alarms,
        further_alarms=len(memory.alarms) - len(alarms) + context.firing.further,
        timeline=journal.timeline.shown(ANSWER // 2),
        opened_at=context.opened_at,
        lead=memory.lead.who,
        waiting=f"{memory.waiting.name}: {memory.waiting.note}" if memory.waiting else None,
        clock=memory.reading,
        draft=draft,
        cause=memory.cause,
        major=memory.major.major if memory.major else None,
        leaders=context.leaders,
        active_at=memory.lead.active_at,
    )


def incident_view(context: IncidentContext, asked: Sequence[GateState], gates: str, draft: str) -> ShownIncident:
    """Return the data of its page. `gates` is the Markdown of the open questions `asked`."""
    journal = context.journal
    return ShownIncident(
        id=context.id,
        order=context.order,
        plan=context.plan,
        memory=context.memory,
        state=journal.state,
        doing=journal.doing,
        blocked=context.blocked,
        affected=[context.title_of(one) for one in context.plan.affected],
        roots=[context.title_of(one) for one in context.roots],
        leaders=context.leaders,
        further_alarms=context.firing.further,
        timeline=journal.timeline.lines,
        asked=asked,
        gates=gates,
        draft=draft,
        end=context.end,
        summary=context.summary(),
        now=workflow.now(),
    )

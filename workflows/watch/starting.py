"""Starts the workflow of an incident, which outlives the run of the watch that opened it."""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from models.incident import IncidentOrder, IncidentOutcome, IncidentState
from models.names import APPLICATION, CUSTOMER, STATE, TITLE
from workflows.runtime.markdown import summary_line


async def start_incident(
    application: str, incident: str, order: IncidentOrder
) -> workflow.ChildWorkflowHandle[Any, IncidentOutcome]:
    """Start an incident under its id and return its handle. `WorkflowAlreadyStartedError`: something runs under this id."""
    customer = application.partition(".")[0]
    return await workflow.start_child_workflow(
        "incident",
        order,
        id=incident,
        result_type=IncidentOutcome,
        parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        static_summary=summary_line(order.title),
        static_details=f"The watch of {application} opened this incident. *Current Details* show its state, its open question "
        "and how to answer it; press R to refresh.",
        search_attributes=TypedSearchAttributes(
            [
                SearchAttributePair(SearchAttributeKey.for_keyword(CUSTOMER), customer),
                SearchAttributePair(SearchAttributeKey.for_keyword(APPLICATION), application),
                SearchAttributePair(SearchAttributeKey.for_keyword(STATE), IncidentState.CONFIRMING.value),
                SearchAttributePair(SearchAttributeKey.for_keyword(TITLE), summary_line(order.title)),
            ]
        ),
    )

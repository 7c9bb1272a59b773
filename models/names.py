"""The names of task queues, workflows and search attributes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from urllib.parse import quote, urlencode

WORKFLOW_QUEUE: Final = "driftvakt"
"""The task queue of workflows, and of the activities on the records."""


def site_queue(site: str) -> str:
    """Return the task queue of the workers inside one site's network."""
    return f"site.{site}"


def watch_id(application: str) -> str:
    """Return the workflow id of an application's watch: `watch.acme.shop`."""
    return f"watch.{application}"


def incident_id(application: str, number: int) -> str:
    """Return the workflow id of an incident: `inc.acme.shop.17`."""
    return f"inc.{application}.{number}"


def monitor_id(site: str) -> str:
    """Return the workflow id of the embedded monitor of a site."""
    return f"monitor.{site}"


def workflow_path(namespace: str, id: str) -> str:
    """Return the path of a workflow in the Temporal UI. On a page, the UI replaces `{namespace}` by its namespace."""
    return f"/namespaces/{quote(namespace, safe='{}')}/workflows/{quote(id, safe='')}"


def start_path(namespace: str, workflow: str, id: str) -> str:
    """Return the path of the start form in the Temporal UI for a workflow id; the form takes no input from the
    address.
    """
    query = urlencode({"taskQueue": WORKFLOW_QUEUE, "workflowType": workflow, "workflowId": id})
    return f"/namespaces/{quote(namespace, safe='{}')}/workflows/start-workflow?{query}"


def day_key(moment: datetime) -> str:
    """Return the end of a suggested id: `2026-11-30-1712`, in UTC."""
    return f"{moment:%Y-%m-%d-%H%M}"


SCHEDULED_BY: Final = "TemporalScheduledById"
"""The search attribute in which the server stores the schedule that started a workflow."""

DEAD_MANS_SWITCH_ID: Final = "dead-mans-switch"
"""The workflow id of the dead-man's switch."""


HISTORY_ID: Final = "history"
"""The workflow id of the workflow that keeps the history of measuring points."""


def runbook_id(application: str, name: str, key: str) -> str:
    """Return the workflow id of a runbook that somebody started: `runbook.acme.shop.free-disk-space.KEY`."""
    return f"runbook.{application}.{name}.{key}"


def schedule_id(kind: str, application: str, name: str) -> str:
    """Return the id of a schedule, with which the ids of its workflows begin: `maintenance.acme.shop.patches`."""
    return f"{kind}.{application}.{name}"


def operation_id(kind: str, application: str, key: str | int) -> str:
    """Return the workflow id of an operation: `change.acme.shop.4`, `maintenance.acme.shop.patches.2026-12-06`."""
    return f"{kind}.{application}.{key}"


def major_id(day: date, number: int) -> str:
    """Return the workflow id of the n-th major incident of a day (UTC): `major.2026-03-01.1`."""
    return f"major.{day:%Y-%m-%d}.{number}"


def halt_id(customer: str) -> str:
    """Return the workflow id of a halt: `halt.acme`, or `halt` for all customers."""
    return f"halt.{customer}" if customer else "halt"


def remedy_name(instruction: str, remedy: str) -> str:
    """Return the name of a remedy in proofs: `remedy/web-down/restart`."""
    return f"remedy/{instruction}/{remedy}"


CUSTOMER: Final = "Customer"
APPLICATION: Final = "Application"
STATE: Final = "State"
PRIORITY: Final = "Priority"
AWAITS_DECISION_BY: Final = "AwaitsDecisionBy"
LEAD: Final = "Lead"
DEADLINE: Final = "Deadline"
TITLE: Final = "Title"

SEARCH_ATTRIBUTES: Final = {
    CUSTOMER: "Keyword",
    APPLICATION: "Keyword",
    STATE: "Keyword",
    PRIORITY: "Keyword",
    AWAITS_DECISION_BY: "KeywordList",
    LEAD: "Keyword",
    DEADLINE: "Datetime",
    TITLE: "Keyword",
}
"""Registered before any worker starts, because workflows hang if they use an unregistered one."""


def as_typed(name: str) -> str:
    """Return a name for a sentence that refuses it: in quotes if it is empty or contains control characters."""
    return name if name.strip() and name.isprintable() else repr(name)

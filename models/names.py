"""Task queues, workflow ids and search attributes: the names by which the parts find each other."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from urllib.parse import quote, urlencode

WORKFLOW_QUEUE: Final = "driftvakt"
"""Workflows, and the activities that keep records."""


def site_queue(site: str) -> str:
    """Task queue of the workers inside one site's network."""
    return f"site.{site}"


def watch_id(application: str) -> str:
    """Workflow id of an application's watch: `watch.acme.shop`."""
    return f"watch.{application}"


def incident_id(application: str, number: int) -> str:
    """Workflow id of an incident: `inc.acme.shop.17`."""
    return f"inc.{application}.{number}"


def monitor_id(site: str) -> str:
    """Workflow id of the embedded monitor of a site."""
    return f"monitor.{site}"


def workflow_path(namespace: str, id: str) -> str:
    """Where the Temporal UI shows a workflow, below its own address; on a page it puts its namespace for `{namespace}`."""
    return f"/namespaces/{quote(namespace, safe='{}')}/workflows/{quote(id, safe='')}"


def start_path(namespace: str, workflow: str, id: str) -> str:
    """Where the Temporal UI starts a workflow under an id, below its own address; the form takes no input from there."""
    query = urlencode({"taskQueue": WORKFLOW_QUEUE, "workflowType": workflow, "workflowId": id})
    return f"/namespaces/{quote(namespace, safe='{}')}/workflows/start-workflow?{query}"


def day_key(moment: datetime) -> str:
    """The end of an id that is proposed to people: `2026-11-30-1712`, in UTC."""
    return f"{moment:%Y-%m-%d-%H%M}"


SCHEDULED_BY: Final = "TemporalScheduledById"
"""The search attribute in which the server says which schedule started a workflow."""

VIGIL_ID: Final = "vigil"
"""Workflow id of the one that sees whether those that watch still live."""


def runbook_id(application: str, name: str, key: str) -> str:
    """Workflow id of a runbook that somebody started: `runbook.acme.shop.free-disk-space.KEY`."""
    return f"runbook.{application}.{name}.{key}"


def schedule_id(kind: str, application: str, name: str) -> str:
    """Id of the schedule of something that recurs, and the beginning of its workflows' ids: `maintenance.acme.shop.patches`."""
    return f"{kind}.{application}.{name}"


def operation_id(kind: str, application: str, key: str | int) -> str:
    """Workflow id of an operation: `change.acme.shop.4`, `maintenance.acme.shop.patches.2026-12-06`."""
    return f"{kind}.{application}.{key}"


def major_id(day: date, number: int) -> str:
    """Workflow id of a major incident, the so-many-th of a day (UTC): `major.2026-03-01.1`."""
    return f"major.{day:%Y-%m-%d}.{number}"


def halt_id(customer: str) -> str:
    """Workflow id of a halt: `halt.acme`, or `halt` for all customers."""
    return f"halt.{customer}" if customer else "halt"


def remedy_name(instruction: str, remedy: str) -> str:
    """Name of a remedy, as its proof is kept: `remedy/web-down/restart`."""
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
"""Registered before any worker starts: an unregistered one leaves workflows stuck."""


def as_typed(name: str) -> str:
    """A name that somebody typed, for a sentence that refuses it: in quotes where nothing or a control character would show."""
    return name if name.strip() and name.isprintable() else repr(name)

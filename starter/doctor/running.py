"""Checks of running parts: Temporal and its namespace, workers, watches, monitors, the intake."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
from collections.abc import AsyncIterator, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from models.base import counted
from models.dossier import Dossier
from models.monitor import Beat
from models.names import WORKFLOW_QUEUE, monitor_id, site_queue, watch_id
from models.settings import Settings
from starter.connection.pollers import somebody_polls
from starter.doctor.finding import Finding, named, note, ok, warning, wrong
from starter.dossier.publishing import monitored_sites
from starter.installation.search_attributes import missing_search_attributes

_STALE: Final = timedelta(seconds=60)
"""A monitor that has sent no heartbeat for this time is stale; it sends one every few seconds."""

_STARTING: Final = timedelta(seconds=30)
"""A worker must start to sample for a monitor within this time."""

_FIX_STUCK: Final = (
    "the Temporal UI shows the failure of each one; they continue by themselves when a corrected worker runs"
)

_PATIENCE: Final = timedelta(seconds=5)


async def namespace(client: Client) -> Finding:
    """Check that the namespace exists."""
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace), timeout=_PATIENCE
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        fix = "create it (temporal operator namespace create), or set temporal_namespace"
        return wrong("namespace", f"Temporal has no namespace {client.namespace!r}", fix)
    return ok("namespace", f"{client.namespace!r} is there")


async def search_attributes(client: Client) -> Finding:
    """Check that the search attributes are registered; without them, workflows hang."""
    if missing := await missing_search_attributes(client):
        names = ", ".join(missing)
        return wrong("search", f"search attributes are missing: {names}", "`driftvakt up` registers them")
    return ok("search", "all search attributes are registered")


async def workers(client: Client, sites: Iterable[str]) -> AsyncIterator[Finding]:
    """Check that a worker runs workflows, and that a worker serves each site."""
    if await somebody_polls(client, WORKFLOW_QUEUE, workflows=True):
        yield ok("worker", "a worker runs workflows")
    else:
        fix = "`driftvakt worker` starts one; with `driftvakt up`, see logs/worker.log in the home for the reason"
        yield wrong("worker", "no worker runs workflows", fix)
    for site in sites:
        if await somebody_polls(client, site_queue(site), workflows=False):
            yield ok(f"site {site}", "a worker serves it")
        else:
            fix = f"start `driftvakt worker` inside that network, with DRIFTVAKT_SITES='[\"{site}\"]'"
            yield wrong(f"site {site}", "no worker serves it, so nobody monitors or repairs its hosts", fix)


async def watches(client: Client, applications: Iterable[str], stuck: Collection[str]) -> AsyncIterator[Finding]:
    """Check that every published application has a watch that runs and does not hang."""
    for name in applications:
        described = await _described(client, watch_id(name))
        if described is None or described.status is not WorkflowExecutionStatus.RUNNING:
            yield wrong(f"watch {name}", "no watch runs for it", "publish its dossier again")
        elif watch_id(name) in stuck:
            yield wrong(f"watch {name}", "its watch hangs, so it gets no alarms", _FIX_STUCK)
        else:
            yield ok(f"watch {name}", "it is watched")


async def monitors(client: Client, dossiers: Iterable[Dossier], stuck: Collection[str]) -> AsyncIterator[Finding]:
    """Check that the embedded monitor of each site samples, and does not hang."""
    for site in sorted({site for dossier in dossiers for site in monitored_sites(dossier)}):
        described = await _described(client, monitor_id(site))
        if described is None or described.status is not WorkflowExecutionStatus.RUNNING:
            yield wrong(f"monitor {site}", "the embedded monitor does not run", "publish a dossier of that site again")
        elif monitor_id(site) in stuck:
            yield wrong(f"monitor {site}", "it hangs, so it samples nothing", _FIX_STUCK)
        else:
            yield await _monitor(client, site, described)


async def _monitor(client: Client, site: str, described: WorkflowExecutionDescription) -> Finding:
    check = f"monitor {site}"
    pending = list(described.raw_description.pending_activities)
    fix = f"check that a worker serves the site ({site_queue(site)}), and read the worker's log"
    if not pending or not pending[0].HasField("last_heartbeat_time"):
        since = pending[0].scheduled_time.ToDatetime(UTC) if pending else described.start_time
        if datetime.now(UTC) - since < _STARTING:
            return note(check, "it is starting", "run this check again in half a minute")
        return wrong(check, "it waits for a worker of the site and samples nothing", fix)
    beat_at = pending[0].last_heartbeat_time.ToDatetime(UTC)
    if datetime.now(UTC) - beat_at > _STALE:
        return wrong(check, f"it has sent no heartbeat since {beat_at:%Y-%m-%d %H:%M:%S} UTC", fix)
    [beat] = await client.data_converter.decode(pending[0].heartbeat_details.payloads, [Beat]) or [None]
    if isinstance(beat, Beat) and beat.faults:
        more = f" (and {len(beat.faults) - 1} more)" if len(beat.faults) > 1 else ""
        return warning(check, f"it samples, and reports: {beat.faults[0]}{more}", "fix the faults that it names")
    points = f" {counted(beat.points, 'measuring point')}" if isinstance(beat, Beat) else ""
    return ok(check, f"it samples{points}")


async def stuck_workflows(client: Client) -> frozenset[str]:
    """Return the running workflows whose code fails; they wait for a corrected version."""
    query = "TemporalReportedProblems IS NOT NULL AND ExecutionStatus = 'Running'"
    return frozenset([execution.id async for execution in client.list_workflows(query)])


def stuck(ids: Collection[str]) -> Finding:
    """Check that no workflow hangs."""
    if ids:
        return wrong("stuck", f"{counted(len(ids), 'workflow')} cannot continue: {named(sorted(ids))}", _FIX_STUCK)
    return ok("stuck", "no workflow is stuck")


async def intake(settings: Settings) -> Finding:
    """Check that the intake receives alarms."""
    # The query comes from this machine, so 0.0.0.0 and :: include loopback.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.intake_host, settings.intake_host)  # noqa: S104  # not bound
    where = f"{host}:{settings.intake_port}"
    try:
        checks = (await asyncio.to_thread(_readiness, settings, host))["checks"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        fix = "`driftvakt intake` starts it; with `driftvakt up`, see logs/intake.log in the home for the reason"
        return wrong("intake", f"no intake answers at {where}", fix)
    away = [f"{name} {state}" for name, state in checks.items() if state != "ok"]
    if away:
        fix = "until then it answers 503, and senders must send their alarms again"
        return wrong("intake", f"it accepts no alarms now: {', '.join(away)}", fix)
    count = len(settings.alarm_sources)
    return ok(
        "intake",
        f"it accepts alarms at {where} from {count} {'source' if count == 1 else 'sources'}",
    )


def _readiness(settings: Settings, host: str) -> Any:
    address = (host, settings.intake_port)
    timeout = _PATIENCE.total_seconds()
    if settings.intake_tls_certificate is None:
        connection = http.client.HTTPConnection(*address, timeout=timeout)
    else:
        # The process runs on this machine, so it does not matter that its certificate names another host.
        unchecked = ssl._create_unverified_context()  # noqa: S323  # as said
        connection = http.client.HTTPSConnection(*address, timeout=timeout, context=unchecked)
    try:
        connection.request("GET", "/ready")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def no_intake_here() -> Finding:
    """Note that a machine that serves only sites has no intake."""
    return note("intake", "this machine serves sites only (workflow_worker is off)")


async def _described(client: Client, id: str) -> WorkflowExecutionDescription | None:
    try:
        return await client.get_workflow_handle(id).describe(rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise

"""Checks of what runs: Temporal and its namespace, workers, watches, monitors, the intake."""

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

from models.dossier import Dossier
from models.monitor import Beat
from models.names import WORKFLOW_QUEUE, monitor_id, site_queue, watch_id
from models.settings import Settings
from starter.doctor.finding import Finding, named, note, ok, warning, wrong
from starter.dossier.publishing import monitored_sites
from starter.installation.pollers import somebody_polls
from starter.installation.search_attributes import missing_search_attributes

_STALE: Final = timedelta(seconds=60)
"""A monitor tells of itself every few seconds."""

_STARTING: Final = timedelta(seconds=30)
"""What a monitor may take until a worker has begun to sample for it."""

_MEND_STUCK: Final = (
    "the Temporal UI shows each one's failure; they go on by themselves once a worker that can carries them out"
)

_PATIENCE: Final = timedelta(seconds=5)


async def namespace(client: Client) -> Finding:
    """The namespace that is worked in."""
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace), timeout=_PATIENCE
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        mend = "make it (temporal operator namespace create), or set temporal_namespace"
        return wrong("namespace", f"Temporal has no namespace {client.namespace!r}", mend)
    return ok("namespace", f"{client.namespace!r} is there")


async def search_attributes(client: Client) -> Finding:
    """Without them, workflows get stuck."""
    if missing := await missing_search_attributes(client):
        names = ", ".join(missing)
        return wrong("search", f"search attributes are missing: {names}", "`driftvakt up` registers them")
    return ok("search", "all search attributes are registered")


async def workers(client: Client, sites: Iterable[str]) -> AsyncIterator[Finding]:
    """Whether somebody carries out workflows, and what has to be done at each site."""
    if await somebody_polls(client, WORKFLOW_QUEUE, workflows=True):
        yield ok("worker", "a worker carries out workflows")
    else:
        mend = "`driftvakt worker` starts one; with `driftvakt up`, logs/worker.log in the home says why it is away"
        yield wrong("worker", "nobody carries out workflows", mend)
    for site in sites:
        if await somebody_polls(client, site_queue(site), workflows=False):
            yield ok(f"site {site}", "a worker serves it")
        else:
            mend = f"start `driftvakt worker` inside that network, with DRIFTVAKT_SITES='[\"{site}\"]'"
            yield wrong(f"site {site}", "no worker serves it, so its hosts are neither watched nor mended", mend)


async def watches(client: Client, applications: Iterable[str], stuck: Collection[str]) -> AsyncIterator[Finding]:
    """Whether every published application is watched; a watch that is stuck is not."""
    for name in applications:
        described = await _described(client, watch_id(name))
        if described is None or described.status is not WorkflowExecutionStatus.RUNNING:
            yield wrong(f"watch {name}", "no watch runs for it", "publish its dossier again")
        elif watch_id(name) in stuck:
            yield wrong(f"watch {name}", "nobody watches it: its watch cannot go on", _MEND_STUCK)
        else:
            yield ok(f"watch {name}", "it is watched")


async def monitors(client: Client, dossiers: Iterable[Dossier], stuck: Collection[str]) -> AsyncIterator[Finding]:
    """Whether the embedded monitor samples at every site that it should; one that is stuck does not."""
    for site in sorted({site for dossier in dossiers for site in monitored_sites(dossier)}):
        described = await _described(client, monitor_id(site))
        if described is None or described.status is not WorkflowExecutionStatus.RUNNING:
            yield wrong(f"monitor {site}", "the embedded monitor does not run", "publish a dossier of that site again")
        elif monitor_id(site) in stuck:
            yield wrong(f"monitor {site}", "it samples nothing: it cannot go on", _MEND_STUCK)
        else:
            yield await _monitor(client, site, described)


async def _monitor(client: Client, site: str, described: WorkflowExecutionDescription) -> Finding:
    check = f"monitor {site}"
    pending = list(described.raw_description.pending_activities)
    mend = f"see that a worker serves the site ({site_queue(site)}), and what its log says"
    if not pending or not pending[0].HasField("last_heartbeat_time"):
        since = pending[0].scheduled_time.ToDatetime(UTC) if pending else described.start_time
        if datetime.now(UTC) - since < _STARTING:
            return note(check, "it is starting", "look again in half a minute")
        return wrong(check, "it waits for a worker of the site and samples nothing", mend)
    beat_at = pending[0].last_heartbeat_time.ToDatetime(UTC)
    if datetime.now(UTC) - beat_at > _STALE:
        return wrong(check, f"it has not told of itself since {beat_at:%Y-%m-%d %H:%M:%S} UTC", mend)
    [beat] = await client.data_converter.decode(pending[0].heartbeat_details.payloads, [Beat]) or [None]
    if isinstance(beat, Beat) and beat.faults:
        more = f" (and {len(beat.faults) - 1} more)" if len(beat.faults) > 1 else ""
        return warning(check, f"it samples, and says: {beat.faults[0]}{more}", "mend what it names")
    points = f" {beat.points} measuring points" if isinstance(beat, Beat) else ""
    return ok(check, f"it samples{points}")


async def stuck_workflows(client: Client) -> frozenset[str]:
    """The running workflows whose code fails: they wait for a version that can go on."""
    query = "TemporalReportedProblems IS NOT NULL AND ExecutionStatus = 'Running'"
    return frozenset([execution.id async for execution in client.list_workflows(query)])


def stuck(ids: Collection[str]) -> Finding:
    """Whether there are any."""
    if ids:
        many = "1 workflow" if len(ids) == 1 else f"{len(ids):,} workflows"
        return wrong("stuck", f"{many} cannot go on: {named(sorted(ids))}", _MEND_STUCK)
    return ok("stuck", "no workflow is stuck")


async def intake(settings: Settings) -> Finding:
    """Whether alarms are taken."""
    # Asked about here, where 0.0.0.0 and :: stand for loopback too.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.intake_host, settings.intake_host)  # noqa: S104  # not bound
    where = f"{host}:{settings.intake_port}"
    try:
        checks = (await asyncio.to_thread(_readiness, settings, host))["checks"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        mend = "`driftvakt intake` starts it; with `driftvakt up`, logs/intake.log in the home says why it is away"
        return wrong("intake", f"no intake answers at {where}", mend)
    away = [f"{name} {standing}" for name, standing in checks.items() if standing != "ok"]
    if away:
        mend = "until then it answers 503, and senders keep their alarms"
        return wrong("intake", f"it takes no alarms now: {', '.join(away)}", mend)
    count = len(settings.alarm_sources)
    return ok(
        "intake",
        f"it takes alarms at {where} from {count} {'source' if count == 1 else 'sources'}",
    )


def _readiness(settings: Settings, host: str) -> Any:
    address = (host, settings.intake_port)
    timeout = _PATIENCE.total_seconds()
    if settings.intake_tls_certificate is None:
        connection = http.client.HTTPConnection(*address, timeout=timeout)
    else:
        # It is our own process on our own machine; that its certificate names another host is no concern here.
        unchecked = ssl._create_unverified_context()  # noqa: S323  # as said
        connection = http.client.HTTPSConnection(*address, timeout=timeout, context=unchecked)
    try:
        connection.request("GET", "/ready")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def no_intake_here() -> Finding:
    """A worker for sites has none."""
    return note("intake", "this machine serves sites only (workflow_worker is off)")


async def _described(client: Client, id: str) -> WorkflowExecutionDescription | None:
    try:
        return await client.get_workflow_handle(id).describe(rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise

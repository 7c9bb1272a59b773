"""All checks of the doctor, in the order of the dependencies between the parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing

from temporalio.client import Client
from temporalio.service import RPCError

from activities.records import Records
from models.dossier import Dossier
from models.errors import DossierError, SettingsError, StoreError, TemporalUnavailableError
from models.settings import Settings, load_settings
from starter.connection.temporal import connected
from starter.doctor import extensions, history, machine, notices, running, sources, store
from starter.doctor.finding import Diagnosis, Finding, Verdict, note, ok, wrong
from starter.doctor.schedules import schedules

Dossiers = dict[str, Dossier | DossierError]


async def examine() -> Diagnosis:
    """Run every check, except those that need a missing part."""
    findings = [finding async for finding in _all()]
    return Diagnosis(healthy=all(f.verdict is not Verdict.WRONG for f in findings), findings=findings)


async def _all() -> AsyncIterator[Finding]:
    yield machine.python()
    try:
        settings = load_settings()
    except SettingsError as error:
        yield wrong("settings", str(error), "docs/settings.md describes each setting and its values")
        return
    yield machine.settings_file()
    for finding in extensions.extensions():
        yield finding
    for finding in _machine(settings):
        yield finding
    answering = store.records(settings)
    yield answering
    dossiers: Dossiers = {}
    if answering.verdict is Verdict.OK:
        with closing(Records(settings.records_url)) as records:
            try:
                dossiers = store.published(records)
                findings = [*store.dossiers(settings, dossiers), *store.credentials(settings, dossiers)]
                findings.append(store.clock(records))
                findings += store.halts(records)
                findings += sources.sources(records, dossiers)
                findings.append(history.history(records))
                findings += notices.reachable(settings, dossiers)
            except StoreError as error:
                findings = [wrong("records", str(error), "see that the database runs")]
        for finding in findings:
            yield finding
    async for finding in _running(settings, dossiers):
        yield finding


def _machine(settings: Settings) -> list[Finding]:
    binary = machine.server_binary(settings)
    found = [machine.home(settings), machine.private(settings), machine.settings_in_use(settings)]
    found += [machine.disk(settings), *machine.tokens(settings)]
    return [finding for finding in (*found, *notices.channels(settings), binary) if finding is not None]


async def _running(settings: Settings, dossiers: Dossiers) -> AsyncIterator[Finding]:
    try:
        async with connected(settings) as client:
            yield ok("temporal", f"it answers at {settings.temporal_target}")
            async for finding in _in_temporal(client, settings, dossiers):
                yield finding
    except TemporalUnavailableError as error:
        yield _nothing_runs(settings, dossiers, error)
        return
    except SettingsError as error:
        yield wrong("temporal", str(error), "set temporal_address, or fix Temporal's own environment and profile")
        return
    except RPCError as error:
        yield wrong("temporal", f"it refuses the query: {error.message}", "see Temporal's own log")
        return
    yield await running.intake(settings) if settings.workflow_worker else running.no_intake_here()


async def _in_temporal(client: Client, settings: Settings, dossiers: Dossiers) -> AsyncIterator[Finding]:
    there = await running.namespace(client)
    yield there
    if there.verdict is not Verdict.OK:
        return
    readable = [dossier for dossier in dossiers.values() if isinstance(dossier, Dossier)]
    sites = {site for dossier in readable for site in dossier.architecture.sites} | set(settings.sites)
    yield await running.search_attributes(client)
    async for finding in running.workers(client, sorted(sites)):
        yield finding
    stuck = await running.stuck_workflows(client)
    async for finding in running.watches(client, dossiers, stuck):
        yield finding
    async for finding in running.monitors(client, readable, stuck):
        yield finding
    if dossiers:
        with closing(Records(settings.records_url)) as records:
            yield await schedules(client, records, settings)
    yield running.stuck(stuck)


def _nothing_runs(settings: Settings, dossiers: Dossiers, error: TemporalUnavailableError) -> Finding:
    if settings.temporal_address is not None:
        return wrong("temporal", str(error), "check that the cluster runs, and that this machine can reach it")
    if machine.up_runs(settings):
        log = settings.home / "logs" / "temporal.log"
        return wrong(
            "temporal", f"`driftvakt up` runs, and Temporal does not answer at {settings.temporal_target}", f"see {log}"
        )
    if not dossiers:
        return note("temporal", "Temporal does not run", "`driftvakt up` starts it")
    names = ", ".join(sorted(dossiers))
    return wrong("temporal", f"Temporal does not run, so nothing monitors {names}", "`driftvakt up` starts it")

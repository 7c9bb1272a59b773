"""`driftvakt demo`: two faults of an example customer's application and their incidents; then a change and a drill."""

from __future__ import annotations

import asyncio
import logging
import shlex
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
from temporalio.client import Client

from models.errors import DriftvaktError, UserError
from models.gates import APPROVE, Decision, DecisionReceipt, GateState
from models.incident import IncidentEnd, IncidentOutcome, IncidentStatus
from models.records import TimelineEntry
from models.settings import Settings
from models.watch import OpenIncidentState
from starter.demo.customer import APPLICATION, ON_CALL, SYSTEM_OWNER, Shop, make_shop
from starter.demo.following import Handle, HasState, follow, next_incident, until, watch_status
from starter.demo.home import default_ports, free_ports, make_home, remove_home
from starter.demo.json_lines import JsonScreen
from starter.demo.mailbox import mailbox
from starter.demo.screen import Screen
from starter.demo.second_act import SecondAct
from starter.dossier.freshness import can_rehearse, freshness, rehearse
from starter.dossier.publishing import read_all
from starter.installation.log_lines import keep_stdout_for_json
from starter.installation.supervisor import Supervisor
from starter.installation.up import Installation, installation

LONGEST: Final = 420.0
"""Seconds after which `--script` gives up: CI never hangs."""

_NOTICED_WITHIN: Final = 60.0
_INTERRUPTED: Final = 130


async def run(script: bool, keep_home: bool, as_json: bool) -> int:
    """Run the demo, and return the exit status: 0 for success, 1 for a failure, 130 when it was interrupted before its end."""
    settings = make_home()
    _log_to_file(settings.home)
    screen: Screen | JsonScreen = Screen()
    if as_json:
        keep_stdout_for_json()
        screen = JsonScreen()
    with screen:
        demo = Demo(settings, screen, script)
        playing = asyncio.create_task(demo.play())
        _cancel_on_signals(playing, screen)
        status = 1
        try:
            await asyncio.wait_for(playing, LONGEST if script else None)
            status = 0
        except asyncio.CancelledError:
            status = 0 if demo.all_shown else _INTERRUPTED
        except TimeoutError:
            screen.result(False, f"The demo did not end within {LONGEST:.0f} s.")
        except DriftvaktError as error:
            screen.result(False, f"{error}.")
        if keep_home or status == 1:
            screen.say(f"Kept for inspection: {_short(settings.home)} (logs, records, dossier)")
        else:
            remove_home(settings.home)
    # Without this pause for its threads, the SDK crashes the interpreter at exit (sdk-python #300).
    del demo, playing
    await asyncio.sleep(0.05)
    return status


class Demo:
    """Runs the demo once, and shows it on a screen."""

    def __init__(self, settings: Settings, screen: Screen | JsonScreen, script: bool) -> None:
        self.settings = settings
        self.screen = screen
        self.script = script
        self.all_shown = False
        """Whether all parts were shown; after that, the demo runs until the person at the terminal ends it."""
        self._known: set[str] = set()
        self._shop: Shop
        self._client: Client
        self._web: httpx.AsyncClient

    async def play(self) -> None:
        """Run all parts: setup, two faults, a change, a drill, clean-up. Raise `DriftvaktError` with the reason of a failure."""
        self.screen.title("Driftvakt", "an example customer's web shop on three hosts of this machine")
        self.screen.now("Starting…", {})
        async with AsyncExitStack() as stack:
            self._web = await stack.enter_async_context(httpx.AsyncClient(timeout=1))
            self._shop = await stack.enter_async_context(self._customer())
            box = stack.enter_context(mailbox(self.settings.home))
            running = await stack.enter_async_context(self._supplier())
            self._client = running.client
            self.screen.ready("Mailbox", f"{_short(box)}  calls and messages that people would get")
            await self._first_part()
            await self._second_part()
            act = SecondAct(running.client, running.records, self._shop, self.screen, self)
            await self._calm()
            await act.change()
            await self._calm()
            await act.drill()
            self.all_shown = True
            if not self.script:
                await self._on_your_own()
        self.screen.quiet()

    # --- setup

    @asynccontextmanager
    async def _customer(self) -> AsyncIterator[Shop]:
        home = self.settings.home
        shop = await asyncio.to_thread(make_shop, home, free_ports(6))
        hosts = Supervisor()
        try:
            for machine in shop.machines.values():
                await hosts.add(machine.part(home))
            self.screen.ready("Three SSH hosts", ", ".join(f"{m.name} port {m.port}" for m in shop.machines.values()))
            await shop.start()
            self.screen.ready("Acme's web shop", f"{shop.url('web')}  web → app → db, a process on each host")
            yield shop
        finally:
            await hosts.stop()
            shop.switch_off()

    @asynccontextmanager
    async def _supplier(self) -> AsyncIterator[Installation]:
        settings = self.settings
        dossier = settings.dossier_directory / "shop.yaml"
        dossier.parent.mkdir()
        dossier.write_text(self._shop.dossier(), encoding="utf-8")
        try:
            async with installation(settings) as running:
                usual = default_ports()
                other = [n for n, port in usual.items() if getattr(settings, n) != port]
                self.screen.ready("Temporal UI", self._workflows)
                self.screen.ready("Driftvakt", "worker, monitor and alarm intake" + _elsewhere(other))
                await running.publish(read_all([settings.dossier_directory]))
                self.screen.ready("Dossier", _short(dossier))
                self.screen.now("Rehearsing the remedies…", {})
                self.screen.ready("Rehearsed", await self._rehearse(running))
                yield running
                self.screen.now("Stopping…", {})
        finally:
            self.screen.now("Stopping…", {})

    async def _rehearse(self, running: Installation) -> str:
        """Rehearse the remedies, because an unproven remedy needs an approval. Return the text for the screen."""
        found = [f for f in freshness(running.records, APPLICATION) if f.stale and can_rehearse(f.instruction)]
        rehearsals = [await rehearse(running.client, one, ON_CALL, lambda: None) for one in found]
        if failed := [one for one in rehearsals if not one.well]:
            raise UserError(f"{failed[0].instruction} could not be rehearsed: {failed[0].said}")
        remedies = "1 remedy" if len(rehearsals) == 1 else f"{len(rehearsals)} remedies"
        return f"{remedies}, with every check on its hosts; an unproven remedy would need an approval"

    # --- the two parts

    async def _first_part(self) -> None:
        self.screen.part(
            "1  A fault with an agreed remedy",
            "The demo kills the shop's application. The dossier names the evidence to collect, and allows a restart at any time "
            "without an approval.",
        )
        await self._calm()
        broken_at = datetime.now(UTC)
        pid = self._shop.kill("app")
        self.screen.broke(broken_at, f"kill -9 {pid}, the process of the shop's application on app1")
        await self._prove(await self._lead(broken_at))

    async def _second_part(self) -> None:
        self.screen.part(
            "2  A fault that needs a decision",
            "The shop's database hangs: it keeps its port open and answers nothing. A restart of the database needs an approval: "
            "the dossier asks the customer's system owner or an operator.",
        )
        await self._calm()
        broken_at = datetime.now(UTC)
        pid = self._shop.freeze("db")
        self.screen.broke(broken_at, f"kill -STOP {pid}, the process of the shop's database on db1")
        await self._prove(await self._lead(broken_at))

    async def _on_your_own(self) -> None:
        """Show each new incident until Ctrl-C."""
        self.screen.say(
            "The demo is complete. Everything keeps running until Ctrl-C. Break something yourself:\n\n"
            f"  kill -9 $(cat {_short(self._shop.machines['web'].directory)}/run/web.pid)"
        )
        while True:
            incident = await self._next("Monitoring the shop; Ctrl-C ends the demo")
            self.screen.say("")
            await self._show(incident, None)

    async def _calm(self) -> None:
        """Wait until the shop is healthy, and no alarm and no incident is open."""

        async def calm() -> bool:
            health = await self._shop.health(self._web)
            self.screen.now("Waiting until everything is healthy", health)
            status = await watch_status(self._client, APPLICATION)
            return all(health.values()) and status is not None and not status.alarms and not status.incidents

        await until(calm, 60, "The shop did not become healthy, or its watch still has an open alarm or incident")

    async def _lead(self, broken_at: datetime) -> IncidentOutcome | None:
        try:
            async with asyncio.timeout(_NOTICED_WITHIN):
                incident = await self._next("Nobody has noticed yet")
        except TimeoutError:
            raise UserError(f"Nobody noticed the fault within {_NOTICED_WITHIN:.0f} s") from None
        return await self._show(incident, broken_at)

    async def _next(self, meanwhile: str) -> OpenIncidentState:
        while True:
            self.screen.now(meanwhile, await self._shop.health(self._web))
            incident = await next_incident(self._client, APPLICATION, self._known)
            if incident is not None:
                self._known.add(incident.id)
                return incident
            await asyncio.sleep(0.25)

    async def _show(self, incident: OpenIncidentState, broken_at: datetime | None) -> IncidentOutcome | None:
        handle: Handle = self._client.get_workflow_handle(incident.id, result_type=IncidentOutcome)
        self.screen.opened(incident, f"the watch of {APPLICATION} opened {incident.id}")
        outcome = await follow(handle, self, IncidentStatus)
        described = await handle.describe()
        since = broken_at or incident.opened_at
        if outcome is None or outcome.restored_at is None:
            end = outcome.end.value.replace("-", " ") if outcome else "without a post-incident report"
            self.screen.result(False, f"{incident.id} ended: {end}", outcome)
        else:
            took = (outcome.restored_at - since).total_seconds()
            what = "Healthy again, and proven" if outcome.end is IncidentEnd.RECOVERED else outcome.end.value
            self.screen.result(
                outcome.end.proven,
                f"{what}, after {took:.1f} s; {described.history_length} events in the incident's history",
                outcome,
            )
        return outcome

    async def _prove(self, outcome: IncidentOutcome | None) -> None:
        if outcome is None or outcome.end is not IncidentEnd.RECOVERED:
            end = outcome.end.value if outcome else "without a post-incident report"
            raise UserError(f"The incident ended {end}, not in proven recovery")
        if (status := await self._shop.page_status()) != 200:
            raise UserError(
                f"The incident says that the shop has recovered, but its page answers {status or 'nothing'}"
            )

    # --- the events of an incident or an operation

    def entries(self, entries: list[TimelineEntry]) -> None:
        """Show new lines of the timeline."""
        self.screen.entries(entries)

    async def show(self, status: HasState) -> None:
        """Show the current state and step, with the health of the shop."""
        self.screen.now(f"{status.state.value}: {status.doing}", await self._shop.health(self._web))

    async def asked(self, handle: Handle, gate: GateState) -> None:
        """Show a question with the ways to answer it; in a script, answer it."""
        question = gate.question
        run = (await handle.describe()).run_id
        page = f"{self._workflows}/{handle.id}/{run}/user-metadata"
        facts = [("who", ", ".join(question.roles) or str(question.deciders))]
        facts += [("plan", line) for line in question.plan.splitlines()]
        facts += [("in the UI", page), ("here", self._decide_command(handle.id, gate))]
        self.screen.question(question.text, facts)
        if self.script:
            decision = Decision(
                gate=gate.id,
                option=APPROVE,
                by=_decider(gate),
                plan=gate.digest[:8],
                note="Decided by the demo's script",
            )
            await handle.execute_update("decide", decision, result_type=DecisionReceipt)

    def _decide_command(self, id: str, gate: GateState) -> str:
        group = "incident" if id.startswith("inc.") else "operation"
        words = [_driftvakt(), group, "decide", id, gate.question.options[0].name, "--by", _decider(gate)]
        return f"DRIFTVAKT_HOME={shlex.quote(_short(self.settings.home))} {shlex.join(words)}"

    @property
    def _workflows(self) -> str:
        return f"{self.settings.ui_url}/namespaces/{self.settings.temporal_namespace}/workflows"


def _decider(gate: GateState) -> str:
    """Return a person who may answer: the customer's system owner if she may, else the first one."""
    question = gate.question
    able = question.able()
    return SYSTEM_OWNER if SYSTEM_OWNER in able or not able else able[0]


def _elsewhere(other: list[str]) -> str:
    """Return a text about the default ports that were in use; empty when all were free."""
    if not other:
        return ""
    return f" (other ports than usual for {', '.join(name.removesuffix('_port').replace('_', ' ') for name in other)})"


def _short(path: Path) -> str:
    """Return a path as a person would type it in this directory."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _driftvakt() -> str:
    """Return the command as a person would type it here: its name, if the name starts this installation."""
    here = Path(sys.executable).parent / "driftvakt"
    found = shutil.which("driftvakt")
    return "driftvakt" if found and Path(found).parent == here.parent else _short(here)


def _cancel_on_signals(playing: asyncio.Task[None], screen: Screen | JsonScreen) -> None:
    """End the demo at the first Ctrl-C, and ignore further ones, so that they do not disturb the clean-up."""

    def stop() -> None:
        loop = asyncio.get_running_loop()
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
        screen.now("Stopping…", {})
        playing.cancel()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _log_to_file(home: Path) -> None:
    """Write the supervisor's log to a file, because the terminal shows the demo."""
    path = home / "logs" / "demo.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=path, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

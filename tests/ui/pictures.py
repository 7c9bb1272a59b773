"""Takes pictures of every kind of page, to be looked at with fresh eyes: `python -m tests.ui.pictures DIRECTORY`.

Those that the documentation shows go to docs/pictures with `--docs`, in few colours.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHandle

from models.change import ChangeOrder
from models.gates import Decision
from models.maintenance import MaintenanceOrder
from models.names import TITLE, watch_id
from models.operation import ComponentsOrder, ShutDownOrder
from models.operation_kinds import CHANGE, DRILL, MAINTENANCE, RESTORE, ROUTINE, SHUT_DOWN, START_UP
from models.restores import DrillOrder, RestoreOrder
from models.routine import RoutineOrder
from starter.demo.customer import APPLICATION, ON_CALL
from starter.dossier.publishing import read_all
from starter.provisioning.server import make_schedule
from starter.provisioning.wanted import wanted_schedules
from tests.docs.pages import DOCS
from tests.ui.desk import Desk, desk
from tests.ui.exhibition import MANAGER, OWNER, Exhibition, exhibition
from tests.ui.saved_views import saved_views
from tests.ui.small_png import shrink
from tests.workflows.waiting import until_asked
from tests.workflows.world import gates

IN_DOCS = {
    "change-approval",
    "halt",
    "incident-details",
    "maintenance-run",
    "operation-gate",
    "refused-update",
    "restore",
    "routine-order",
    "schedule",
    "timeline",
    "waits-for-me",
    "watch",
    "watch-leases",
}
"""Those that the documentation shows."""

Handle = WorkflowHandle[Any, Any]


class Photographer:
    """Goes through an installation and takes a picture of each page."""

    def __init__(self, world: Exhibition, at_desk: Desk, into: Path) -> None:
        self.world = world
        self.desk = at_desk
        self.into = into

    async def page(self, name: str, handle: Handle | str, says: str) -> None:
        """The details of a workflow, once they say something."""
        await self.desk.open(f"workflows/{handle if isinstance(handle, str) else handle.id}")
        await self.desk.details(says)
        await self.shot(name)

    async def shot(self, name: str, height: int = 1500) -> None:
        """What the browser shows now, down to a height."""
        print(name, flush=True)
        await self.desk.picture(self.into / f"{name}.png", height)

    async def view(self, name: str, title: str) -> None:
        """A saved view, with the columns that docs/operating.md advises."""
        await self.desk.open(saved_views()[title])
        await self.desk.settle()
        await self.shot(name, 480)

    async def decide(self, handle: Handle, option: str, by: str, note: str = "") -> None:
        """Answer the newest question."""
        await until_asked(handle, option)
        gate = next(g for g in await gates(handle) if g.question.deciders.has(by))
        await handle.execute_update(
            "decide", Decision(gate=gate.id, option=option, by=by, plan=gate.digest[:8], note=note)
        )

    # --- what is shown

    async def incidents(self) -> None:
        """One that asks, nobody leads it, a halt blocks it, it heals and is closed."""
        world, at_desk = self.world, self.desk
        world.shop.kill("db")
        asking = await world.incident()
        await until_asked(asking)
        await self.page("incident-details", asking, "Acknowledge")
        await at_desk.open(f"workflows/{asking.id}")
        await at_desk.settle()
        await self.shot("timeline", 900)
        await self.view("waits-for-me", "Waits for me")
        await self.page("watch", watch_id(APPLICATION), "Open incidents")
        await at_desk.open(f"workflows/{asking.id}")
        await at_desk.details("Decision g")
        answer = await at_desk.to_paste()
        dialog = await at_desk.send("update", "decide", answer | {"plan": "00000000"})
        await dialog.get_by_text("is not the one that gate").first.wait_for()
        await dialog.screenshot(path=self.into / "refused-update.png")
        order = {"customer": "acme", "by": ON_CALL, "reason": "They see orders vanish"}
        await at_desk.fill_in("halt", "halt.acme", order)
        await self.shot("start-form", 900)
        halt = await world.start("halt", "halt.acme", order)
        await self.page("halt", halt, "They see orders vanish")
        await self.decide(asking, "approve", ON_CALL)
        await self.page("incident-blocked", asking, "blocked")
        await self.view("waits-for-an-operator", "Waits for an operator")
        await halt.execute_update("lift", {"by": ON_CALL, "reason": "It was their own script"})
        await halt.result()
        await self.page("halt-lifted", halt, "Halt lifted")
        await asking.result()
        await self.page("incident-closed", asking, "The post-incident report")

    async def led(self) -> None:
        """One that a person opened and leads, and a major incident over it."""
        world = self.world
        seen = await world.open_by_hand(title="Customers cannot pay", component="web")
        await until_asked(seen)
        await seen.execute_update("acknowledge", {"by": ON_CALL})
        await seen.execute_update("wait_for", {"by": ON_CALL, "party": "betalt", "note": "Card payments fail"})
        await self.page("incident-waiting", seen, "Waiting for Betalt")
        major = await world.start(
            "major", "major.2026-03-01.1", {"title": "Payments fail", "lead": ON_CALL, "incidents": [seen.id]}
        )
        await self.page("major", major, "Customers cannot pay")
        await seen.execute_update(
            "close_incident", {"by": ON_CALL, "cause": "third-party", "reason": "Betalt mended it"}
        )
        await seen.result()
        await self.page("incident-closed-by-hand", seen, "Closed")
        await major.execute_update("close_major", {"by": ON_CALL, "reason": "All can pay again"})
        await major.result()
        await self.page("major-closed", major, "Closed by")
        opened = await world.start(
            "open-incident", "open-incident.1", {"application": APPLICATION, "title": "Prices are wrong", "by": ON_CALL}
        )
        await opened.result()
        await self.page("form-done", opened, "Go to")
        await self.view("open-incidents", "Open incidents")
        await self.desk.open("workflows")
        await self.desk.settle()
        await self.shot("all", 900)

    async def operations(self) -> None:
        """A step that fails, who waits for it, and how they end."""
        world = self.world
        order = MaintenanceOrder(application=APPLICATION, routine="patches", by=ON_CALL, reason="The monthly updates")
        run = await world.operation(MAINTENANCE, order, "patches.1", "Security updates")
        await until_asked(run)
        await self.page("maintenance-run", run, "Decision g")
        down = ShutDownOrder(application=APPLICATION, by=MANAGER, reason="Power is cut at noon", components=["web"])
        world.stick("web")
        stop = await world.operation(SHUT_DOWN, down, "1", "Shut down web")
        await self.page("operation-waits", stop, "Waiting for the lease")
        await self.view("operations", "Operations")
        await self.page("watch-leases", watch_id(APPLICATION), "waits")
        await self.decide(run, "stop", ON_CALL, "The lock is held by the customer's own job")
        await run.result()
        await self.page("maintenance-ended", run, "operation show")
        await until_asked(stop)
        await self.page("operation-gate", stop, "Decision g")
        world.unstick("web")
        await self.decide(stop, "retry", ON_CALL)
        await stop.result()
        await self.page("shut-down-done", stop, "done")
        up = ComponentsOrder(application=APPLICATION, by=ON_CALL)
        start = await world.operation(START_UP, up, "1", "Start up the shop")
        await start.result()
        await self.page("start-up-done", start, "done")

    async def changes(self) -> None:
        """A change that two parties approve, and that is undone."""
        order = ChangeOrder(application=APPLICATION, by=MANAGER, routine="spring-catalogue", reason="The season begins")
        change = await self.world.operation(CHANGE, order, "4", "Put the spring catalogue in")
        await self.page("change-approval", change, "Decision g2")
        for who in (ON_CALL, OWNER):
            await self.decide(change, "approve", who)
        await change.result()
        await self.page("change-undone", change, "undone")

    async def restores(self) -> None:
        """A restore that the owner approves, and a drill."""
        world = self.world
        world.back_up()
        order = RestoreOrder(application=APPLICATION, by=ON_CALL, restore="stock", reason="Prices of today are wrong")
        restore = await world.operation(RESTORE, order, "stock.1", "Restore the stock")
        await until_asked(restore)
        await self.page("restore-point", restore, "Decision g")
        await self.decide(restore, "p1", ON_CALL)
        await until_asked(restore, "approve")
        await self.page("restore-approval", restore, "Decision g2")
        await self.decide(restore, "approve", OWNER)
        await restore.result()
        await self.page("restore", restore, "done")
        practise = DrillOrder(application=APPLICATION, by=ON_CALL, restore="stock", reason="To know that it works")
        drill = await world.operation(DRILL, practise, "stock.1", "Practise the restore of the stock")
        await drill.result()
        await self.page("drill", drill, "done")

    async def routines(self) -> None:
        """An order that waits for an operator, a schedule, a runbook, and a form that was filled in wrongly."""
        world = self.world
        inputs = {"campaign": "ABC12", "prices": "spring"}
        order = RoutineOrder(application=APPLICATION, routine="campaign", by=OWNER, inputs=inputs)
        routine = await world.operation(ROUTINE, order, "campaign.1", "Switch a campaign on")
        await until_asked(routine)
        await self.page("routine-order", routine, "Decision g")
        await self.decide(routine, "approve", ON_CALL)
        await routine.result()
        await self.page("routine-done", routine, "done")
        [dossier] = read_all([world.settings.dossier_directory])
        wanted = next(w for w in wanted_schedules(dossier, datetime.now(UTC)) if w.routine.kind == "maintenance")
        await make_schedule(world.client, wanted.routine.id, APPLICATION, wanted.shape)
        await self.desk.open(f"schedules/{wanted.routine.id}")
        await self.desk.page.get_by_text("Upcoming Runs").first.wait_for()
        await self.shot("schedule", 900)
        book = {"application": APPLICATION, "requested_by": ON_CALL, "reason": "web hangs", "component": "web"}
        run = await world.start("runbook.restart-with-dependants", "runbook.restart-web.1", book)
        await run.result()
        await self.page("runbook", run, "Done")
        wrong = await world.start("shut-down", "shut-down.acme.shop.2", {"aplication": APPLICATION, "by": ON_CALL})
        await self.desk.open(f"workflows/{wrong.id}")
        await self.desk.page.get_by_text("did you mean").first.wait_for()
        await self.shot("failed-form", 900)


async def main(into: Path, only: list[str]) -> None:
    """Take them all."""
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        async with exhibition(Path(home)) as world, desk(world.settings.ui_url) as at_desk:
            await at_desk.show_columns([TITLE, "Priority", "State", "Lead"])
            taking = Photographer(world, at_desk, into)
            parts: list[Callable[[], Awaitable[None]]] = [
                *(taking.changes, taking.restores, taking.operations, taking.routines, taking.incidents, taking.led)
            ]
            for part in parts:
                if not only or part.__name__ in only:
                    await part()


if __name__ == "__main__":
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("directory", type=Path)
    wanted.add_argument("--only", action="append", default=[], help="a part: incidents, led, operations, ...")
    wanted.add_argument("--docs", action="store_true", help="put those that the documentation shows there")
    given = wanted.parse_args()
    asyncio.run(main(given.directory, given.only))
    if given.docs:
        for name in IN_DOCS:
            shrink(given.directory / f"{name}.png", DOCS / "pictures" / f"{name}.png")

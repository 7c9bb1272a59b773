"""A remedy that nobody has tried asks first, on a real host; what proves it lets it go unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.incident import IncidentEnd
from starter.dossier.freshness import freshness, rehearse
from tests.chaos.fleet import Fleet
from tests.e2e.test_real_host import NAME, Site, fleet, site
from tests.servers import real_server
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import decide

__all__ = ["fleet"]
RESTART = "remedy/c0-down/restart"


def needs_proof(dossier: dict[str, Any]) -> None:
    del dossier["instructions"]["fresh_for"]


def stale(running_site: Site) -> str:
    return {f.instruction: f.stale for f in freshness(running_site.records, NAME[0])}[RESTART]


async def test_a_remedy_that_was_never_tried_asks_an_operator_and_is_proven_once_it_went_well(
    tmp_path: Path, fleet: Fleet
) -> None:
    with real_server(tmp_path / "home") as server:
        async with site(server, fleet, tmp_path, needs_proof) as running_site:
            fleet.break_it(NAME)
            await running_site.alarm()
            gate = await until_asked(running_site.incident)
            started = fleet.count(NAME, "start")
            await decide(running_site.incident, "approve", by="ann")
            first = await end_of(running_site.incident)
            after = stale(running_site)
    assert "never rehearsed, nor carried out" in gate.question.text
    assert gate.question.deciders.names == ["ann"]
    assert (started, first.end, fleet.count(NAME, "start")) == (0, IncidentEnd.RECOVERED, 1)
    assert after == ""


async def test_a_rehearsal_proves_a_remedy_and_changes_nothing(tmp_path: Path, fleet: Fleet) -> None:
    with real_server(tmp_path / "home") as server:
        async with site(server, fleet, tmp_path, needs_proof) as running_site:
            [found] = [f for f in freshness(running_site.records, NAME[0]) if f.instruction == RESTART]
            done = await rehearse(running_site.client, found, "ann", lambda: None)
            acted = fleet.count(NAME, "start") + fleet.count(NAME, "stop")
            after = stale(running_site)
            fleet.break_it(NAME)
            await running_site.alarm()
            outcome = await end_of(running_site.incident)
    assert (done.well, acted, found.stale != "", after) == (True, 0, True, "")
    assert outcome.end is IncidentEnd.RECOVERED

"""Leading an incident once for real: real server, real worker, real mail, and targets of seconds instead of hours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.clock import ClockReading, TargetKind, TargetState
from models.incident import Acknowledge, CustomerUpdate, IncidentEnd, IncidentReply, Resume, SetCause, Waiting
from models.records import EntryKind
from tests.chaos.fleet import Fleet
from tests.e2e.test_real_host import NAME, Site, site
from tests.hosts import AsyncsshHost
from tests.notices.servers import Mailbox, mail_server
from tests.servers import real_server
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import decide, status

ANN, BO, CIA = "ann@us.example", "bo@us.example", "cia@acme.example"


def _short_targets(dossier: dict[str, Any]) -> None:
    def target(within: str) -> dict[str, str]:
        return {"within": within, "hours": "always"}

    def contact(name: str, email: str, party: str = "supplier", **more: Any) -> dict[str, Any]:
        return {"name": name, "email": email, "party": party, "function": "on call"} | more

    dossier["parties"]["acme"] = {"name": "Acme", "kind": "customer", "language": "sv"}
    dossier["contacts"] = {
        "ann": contact("Ann", ANN, roles=["operator"], deputy="bo"),
        "bo": contact("Bo", BO, roles=["operator"], deputy="ann"),
        "cia": contact("Cia", CIA, "acme", roles=["system-owner"]),
    }
    dossier["escalation"] = {
        "P1": [
            {"contacts": ["ann"], "channel": "email", "acknowledge_within": "3s"},
            {"contacts": ["bo"], "channel": "email", "acknowledge_within": "60s"},
        ]
    }
    level = {"respond": target("1s"), "restore": target("15s"), "update": target("10m")}
    dossier["agreement"] |= {
        "service_levels": {"P1": level},
        "pauses": {"waiting_for_customer": ["respond", "restore"]},
    }
    dossier["agreement"]["priorities"] = {row: ["P1", "P1", "P1"] for row in ("high", "medium", "low")}
    dossier["instructions"]["troubleshooting"]["c0-down"]["remedies"] = {}


async def _until(wanted: Callable[[], bool], seconds: float = 90) -> None:
    async with asyncio.timeout(seconds):
        while not wanted():
            await asyncio.sleep(0.05)


async def _state(running: Site, kind: TargetKind, state: TargetState) -> ClockReading:
    async with asyncio.timeout(90):
        while True:
            reading = (await status(running.incident)).clock
            if reading is not None and any(p.kind is kind and p.state is state for p in reading.targets):
                return reading
            await asyncio.sleep(0.1)


async def test_an_incident_escalates_past_a_silent_first_level_and_ends_with_its_report(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "keys").mkdir(parents=True)
    with AsyncsshHost() as host, mail_server(Mailbox()) as mailbox, real_server(home) as server:
        (home / "keys" / "mail-url").write_text(mailbox.url())
        channels = {"notice_channels": {"email": "file:keys/mail-url"}}
        server.settings = server.settings.model_copy(update=channels)
        fleet = Fleet(host, applications=1, components=1)

        def receivers() -> list[str]:
            """Return the notices that the escalation policy sent; people who may decide get notices of their own."""
            asked = [
                m for m in mailbox.messages if not any(word in str(m["Subject"]) for word in ("decide", "decision"))
            ]
            return [str(m["To"]) for m in asked]

        async with site(server, fleet, tmp_path, _short_targets) as running:

            async def tell(update: str, message: Any) -> str:
                told: IncidentReply = await running.incident.execute_update(update, message, result_type=IncidentReply)
                return told.message

            fleet.break_it(NAME)
            await running.alarm()
            await until_asked(running.incident, "verify")
            await _until(lambda: any(BO in to for to in receivers()))
            first = [to for to in receivers() if ANN in to]
            led = await tell("acknowledge", Acknowledge(by=BO, note="On my way"))
            waits = await tell("wait_for", Waiting(party="acme", by=BO, note="They must say when it began"))
            paused = await _state(running, TargetKind.RESTORE, TargetState.PAUSED)
            await tell("resume", Resume(by=BO, note="Since the storm"))
            await _state(running, TargetKind.RESTORE, TargetState.OVERDUE)
            sent = await tell("update_customer", CustomerUpdate(by=BO, text="Vi byter disken"))
            await tell("set_cause", SetCause(by=BO, cause="hardware"))
            fleet.up(NAME).touch()
            await decide(running.incident, "verify", by=BO)
            outcome = await end_of(running.incident)
            clocks = running.timeline(EntryKind.CLOCK)
            leads = running.timeline(EntryKind.LEAD)
        fleet.close()
    subjects = mailbox.subjects()
    assert first
    assert led.startswith("You lead it.")
    assert waits == "Waiting for Acme: the clocks respond and restore are paused."
    assert paused.paused
    assert sent == "Sent to Cia."
    assert next(text for text in leads if text.startswith("Escalated to level")).startswith(
        "Escalated to level 1 of 2: "
    )
    assert any(text.startswith("The deadline for the response has passed") for text in clocks)
    assert len([text for text in clocks if text.startswith("The deadline for restoring the service has passed")]) == 1
    assert any("Vi byter disken" in mailbox.text(n) for n in range(len(subjects)))
    assert (outcome.end, outcome.cause, outcome.lead) == (IncidentEnd.RECOVERED, "hardware", BO)
    assert len(outcome.report) == 64

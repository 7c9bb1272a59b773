"""Every command that shows something survives hostile texts on a terminal without UTF-8, in plain words and as JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from activities.records import Records, upgrade
from models.operation_kinds import CHANGE, REPORT, START_UP
from tests.cli.hostile import (
    HOSTILE,
    MARK,
    ON_CALL,
    OPERATIONS,
    answering,
    fill,
    fill_notices,
    hostile_dossier,
    start_all,
)
from tests.cli.many import Said, give_all, in_c_locale
from tests.cli.test_reference import commands
from tests.servers import real_server

ACTING = {
    *(
        "abort",
        "ack",
        "add",
        "apply",
        "approve",
        "cancel",
        "cause",
        "clear",
        "close",
        "comment",
        "correct",
        "decide",
        "demo",
        "halt",
    ),
    *("handover",),
    *(
        "intake",
        "lift",
        "merge",
        "new",
        "note",
        "open",
        "order",
        "points",
        "preview",
        "publish",
        "raise",
        "reclassify",
        "rehearse",
    ),
    *(
        "reject",
        "remove",
        "reopen",
        "resend",
        "resume",
        "run",
        "shut-down",
        "silence",
        "split",
        "start",
        "start-up",
        "submit",
        "revoke",
    ),
    *("test", "up", "update", "wait", "worker"),
}
"""Last words of the commands that change something, run on, or ask hosts. Every other command is tried."""

GIVEN = {
    "dossier check": ["shop.yaml"],
    "dossier show": ["shop.yaml"],
    "dossier match": ["shop.yaml", "web-page"],
    "dossier digest": ["shop.yaml"],
    "dossier diff": ["shop.yaml", "shop.yaml"],
    "clock": ["shop.yaml", "--events", "events.json"],
    "availability": ["--dossier", "shop.yaml", "--events", "recorded.json", "--from", "2026-03"],
    "problem rank": ["measured.json"],
    "problem recurrence": ["acme.shop", "--at", "2026-03-02T12:00:00Z"],
    "capacity forecast": ["use.csv"],
    "capacity show": ["acme.shop"],
    "history": ["acme.shop"],
    "handbook": ["acme.shop"],
    "incident show": ["acme.shop.1"],
    "incident clock": ["acme.shop.1"],
    "incident report": ["acme.shop.2"],
    "major show": ["2026-03-01.1"],
    "operation show": [OPERATIONS[START_UP.name]],
    "change show": [OPERATIONS[CHANGE.name]],
    "restore show": ["acme.shop", "database"],
    "drill trend": ["acme.shop", "database"],
    "watch show": ["acme.shop"],
    "watch silences": ["acme.shop"],
    "notice list": ["acme.shop.1"],
    "routine show": ["campaign", "--application", "acme.shop"],
    "report verify": ["use.csv"],
    "report show": [OPERATIONS[REPORT.name]],
    "runbook show": ["wait-for-health"],
    "alarm quarantine show": ["QUARANTINE"],
}
"""What a command that needs arguments is given."""

READING = {name: command for name, command in commands() if name.split()[-1] not in ACTING}

CODE = {"report verify": 1, "doctor": 1, "dossier check": 1, "dossier freshness": 1}
"""Exit code where it is not 0.

A file is no report, nothing of this installation runs, its words are doubtful, and no instruction was rehearsed.
"""

WITHOUT_WORDS = {
    *(
        "capacity forecast",
        "clock",
        "dossier diff",
        "dossier digest",
        "dossier freshness",
        "dossier schema",
        "change schema",
        "incident clock",
    ),
    *("drill list", "history", "report verify", "runbook list", "runbook show", "watch list"),
}
"""Commands that show no words from outside, only names that the dossier checks."""

AS_SENT = {"alarm quarantine show"}
"""The body is shown below all else, with its own line breaks."""

AS_WRITTEN = {"incident report"}
"""Into a file or a pipe a post-incident report goes byte by byte, so that its digest can be checked."""

Tried = dict[tuple[str, str], Said]


def tries() -> Iterator[tuple[str, str]]:
    """Each command in plain words on a terminal that has Latin-1, and as JSON on one that has ASCII."""
    for name, command in READING.items():
        yield name, "latin-1"
        if any("--json" in parameter.opts for parameter in command.params):
            yield name, "ascii"


async def give_all_commands(directory: Path) -> Tried:
    """What every command said, all given in one process in the C locale."""
    (directory / "shop.yaml").write_text(yaml.safe_dump(hostile_dossier(), allow_unicode=True), "utf-8")
    (directory / "events.json").write_text(EVENTS)
    (directory / "recorded.json").write_text(json.dumps(RECORDED))
    (directory / "measured.json").write_text(json.dumps(MEASURED))
    (directory / "use.csv").write_text("day,value\n2026-11-29,41.5\n")
    with real_server(directory / "home") as server:
        settings = server.settings
        settings.home.chmod(0o700)
        upgrade(settings.records_url)
        records = Records(settings.records_url)
        quarantined = fill(records)
        fill_notices(settings.records_url)
        client = await server.client()
        async with answering(client):
            await start_all(client)
            wanted = list(tries())
            orders = [
                [encoding, [*name.split(), *_given(name, quarantined), *(["--json"] if encoding == "ascii" else [])]]
                for name, encoding in wanted
            ]
            answers = await asyncio.to_thread(give_all, directory, orders, in_c_locale(settings, ON_CALL))
        records.close()
    return dict(zip(wanted, answers, strict=True))


def _given(name: str, quarantined: str) -> list[str]:
    return [quarantined if word == "QUARANTINE" else word for word in GIVEN.get(name, [])]


RECORDED = {
    "application": "acme.shop",
    "maintenance": [
        {"id": HOSTILE, "title": HOSTILE, "since": "2026-03-01T01:00:00Z", "until": "2026-03-01T02:00:00Z"},
    ],
}
MEASURED = {
    "interval_seconds": 60,
    "needs": {HOSTILE: ["db"]},
    "series": [{"component": HOSTILE, "measure": HOSTILE, "quiet": [1.0] * 20, "incident": [9.0] * 8}],
    "logs": [{"component": "db", "incident": [HOSTILE]}],
}
EVENTS = json.dumps([{"at": "2026-03-01T12:00:00Z", "kind": "opened", "priority": "P1"}])


@pytest.mark.slow
def test_every_command_that_shows_something_survives_hostile_texts(tmp_path: Path) -> None:
    tried = asyncio.run(give_all_commands(tmp_path))
    # One test, because every process that runs tests would give all commands for its share.
    assert [fault for (name, encoding), said in tried.items() for fault in faults_of(name, encoding, said)] == []


def faults_of(name: str, encoding: str, said: Said) -> Iterator[str]:
    """What is wrong with what a command showed."""
    shown = (said.out + said.err).decode("utf-8" if name in AS_WRITTEN else encoding)
    forged = [line for line in shown.splitlines() if line.startswith("FORGED") and name not in AS_SENT]
    faults = {
        "a traceback": "Traceback" in shown,
        f"it ended with {said.code}": said.code != CODE.get(name, 0),
        "it printed control characters": any(c != "\n" and not c.isprintable() for c in shown),
        "the words from outside are not there": MARK.lower() not in shown.lower() and name not in WITHOUT_WORDS,
        "it printed no JSON": encoding == "ascii" and not _is_json(said.out),
        "a line begins with words from outside": encoding != "ascii" and forged != [],
    }
    return (f"{name} ({encoding}): {fault}: {shown[-2000:]!r}" for fault, found in faults.items() if found)


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def test_every_command_that_needs_an_argument_is_given_one() -> None:
    needy = {n for n, c in READING.items() if any(p.required and p.param_type_name == "argument" for p in c.params)}
    assert needy - set(GIVEN) == set()

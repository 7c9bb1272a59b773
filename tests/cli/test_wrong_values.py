"""Every option and argument of every command is given wrong values: each is refused in one sentence, and nothing is started."""

from __future__ import annotations

import asyncio
import gc
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import yaml
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner

from activities.records import Records, upgrade
from models.dossier import Dossier
from models.dossier.instructions import Approval
from models.names import WORKFLOW_QUEUE
from models.operation_kinds import CHANGE, REPORT, START_UP
from models.people import People
from tests.cli.hostile import EXAMPLE, GATE, OPERATIONS, Anything, operation_status
from tests.cli.many import Said, give_all, in_c_locale
from tests.cli.scripted import MAJOR, major_status
from tests.cli.test_reference import commands
from tests.servers import real_server
from tests.workflows.shop import APPLICATION, OPERATOR, QUEUE
from tests.workflows.waiting import until_asked
from tests.workflows.world import World, alarm, incident, report
from workflows.incident.workflow import Incident
from workflows.runtime.serving import BoundedWorker
from workflows.watch.workflow import Watch

UNCHECKED = {
    ("runbook new", "name"): "it takes any name that is sound",
    ("alarm quarantine list", "source"): "senders may be called anything",
    ("alarm raise", "fingerprint"): "whoever raises an alarm may call it anything",
    ("report run", "commentary"): "people write what they want",
    ("report correct", "commentary"): "people write what they want",
    ("dossier check", "paths"): "it prints what it finds, a line each",
}
"""What takes any text, and why."""

FLAGS = {"dossier freshness": ["--rehearse"]}
"""Flags without which a wrong value is not looked at."""

RUN_ON = {"up", "worker", "intake", "demo"}
"""They serve until they are stopped, and take files and nothing else."""

SOUND: dict[str, dict[str, list[str]]] = {
    "": {
        "application": [APPLICATION],
        "reason": ["Trying"],
        "note": ["Trying"],
        "title": ["Trying"],
        "text": ["Trying"],
        "major": [MAJOR.removeprefix("major.")],
        "incidents": ["acme.shop.1"],
        "to": [OPERATOR],
    },
    "incident": {"id": ["acme.shop.1"], "option": ["approve"], "code": ["unknown"], "into": ["acme.shop.7"]},
    "incident wait": {"party": ["acme"]},
    "incident reclassify": {"priority": ["P1"]},
    "incident split": {"component": ["web"]},
    "incident decide": {"by": ["boss@supplier.example"]},
    "halt": {"reason": ["Trying"]},
    "routine order": {"inputs": ["campaign=ABC12"], "by": ["karin.holm@acme.example"]},
    "runbook run": {"inputs": ["component=web"]},
    "runbook rehearse": {"name": ["wait-for-health"], "inputs": ["component=web"]},
    "incident close": {"cause": ["unknown"]},
    "major remove": {"incident": ["acme.shop.1"]},
    "operation": {"id": [OPERATIONS[START_UP.name]], "option": ["approve"], "holder": ["change.acme.shop.4"]},
    "operation start": {"kind": ["start-up"], "inputs": ["components=web"]},
    "operation shut-down": {"down_for": ["2h"]},
    "change": {"id": [OPERATIONS[CHANGE.name]]},
    "change submit": {"application": [APPLICATION], "routine": ["release"]},
    "change rehearse": {"application": [APPLICATION], "routine": ["release"]},
    "restore": {"name": ["database"]},
    "drill": {"name": ["database"]},
    "maintenance": {"routine": ["patches"]},
    "watch": {"span": ["2h"], "silence": ["s1"]},
    "notice": {"contact": ["on-call"], "id": ["acme.shop.1"]},
    "routine": {"name": ["campaign"]},
    "report": {"name": ["monthly"], "id": [OPERATIONS[REPORT.name]]},
    "report preview": {"output": ["preview"]},
    "report verify": {"file": ["use.csv"]},
    "runbook": {"name": ["wait-for-health"]},
    "runbook new": {"name": ["mend-it"]},
    "alarm": {"fingerprint": ["embedded/web"], "id": ["0123456789"]},
    "dossier": {"path": ["shop.yaml"], "paths": ["shop.yaml"], "points": ["web-page"]},
    "dossier diff": {"old": ["shop.yaml"], "new": ["shop.yaml"]},
    "availability": {"dossier": ["shop.yaml"], "events": ["recorded.json"], "since": ["2026-03"]},
    "handbook": {"dossier": ["shop.yaml"]},
    "problem rank": {"file": ["measured.json"]},
    "capacity forecast": {"samples": ["use.csv"], "horizon": ["90d"], "limit": ["500"]},
    "clock": {"dossier": ["shop.yaml"], "events": ["events.json"]},
}
"""What a command is given where it needs something, by the longest beginning of its name."""


@dataclass(frozen=True)
class Wrong:
    """A command line with one wrong value in it."""

    command: str
    spelled: str
    """The option, or the argument in capitals."""
    value: str
    line: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.command} {self.spelled} {self.value!r}"


NAMES = ("", "no-such-zq", "a\x1b[2Jq")
PEOPLE = ("",)
"""Whoever is a stranger is refused by the workflow, as tests/cli/test_strangers.py tries."""
NUMBERS = ("-1", "9" * 23, "many")
MOMENTS = ("", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "9999-99-99")
SPANS = ("", "9999w", "9" * 30 + "w", "-2h", "soon")
WORDS = ("", "  ")
FILES = ("no/such/file",)
"""Nothing is `.`, a directory; and every other text may be the name of a file."""

TIMES = {"at", "from_", "since", "not_before", "window_until", "point"}
PERSONS = {"by", "lead", "to"}
TEXTS = {"reason", "note", "title", "text", "detail", "summary", "reference"}
WHOLE_NUMBERS = {"limit", "past", "version"}
PATHS = {"output", "directory", "path", "paths", "file", "dossier", "events", "picture", "dossiers"}
DURATIONS = {"span", "down_for", "horizon"}
DECIMALS = {("capacity forecast", "limit"), ("capacity forecast", "headroom")}


def values(command: str, parameter: Any) -> tuple[str, ...]:
    """Wrong values of this parameter."""
    name = parameter.name
    if name in TIMES and (command, name) != ("watch silence", "point"):
        return MOMENTS
    if (command, name) in DECIMALS:
        return ("many", "nan")
    for names, wrong in (
        (PERSONS, PEOPLE),
        (WHOLE_NUMBERS, NUMBERS if command == "incident list" else NUMBERS[:1]),
        (PATHS, FILES),
        (DURATIONS, SPANS),
    ):
        if name in names:
            return wrong
    if name in TEXTS and not parameter.required:
        return ()
    if name == "plan" and not command.startswith("incident"):
        return ("",)  # the operations here are stand-ins, which compare no plans
    # One of them each, or the test would take minutes: together the commands are given them all.
    among = WORDS if name in TEXTS else NAMES
    return (among[crc32(f"{command} {name}".encode()) % len(among)],)


def wrong() -> Iterator[Wrong]:
    """Each parameter of each command with each wrong value, all others sound."""
    for name, command in commands():
        if name in RUN_ON:
            continue
        for parameter in command.params:
            if getattr(parameter, "is_flag", False) or parameter.name == "help" or (name, parameter.name) in UNCHECKED:
                continue
            is_option = parameter.param_type_name == "option"
            spelled = parameter.opts[0] if is_option else (parameter.metavar or parameter.name).upper()
            for value in values(name, parameter):
                yield Wrong(name, spelled, value, tuple(_line(name, command, parameter.name, value)))


def _line(name: str, command: Any, wrong: str, value: str) -> Iterator[str]:
    sound: dict[str, list[str]] = {}
    for beginning in sorted(SOUND, key=len):
        if f"{name} ".startswith(f"{beginning} ") or not beginning:
            sound |= SOUND[beginning]
    whole = SOUND.get(name, {})
    yield from name.split()
    arguments: list[str] = []
    for parameter in command.params:
        if parameter.name == wrong:
            words = [value]
        elif parameter.required or parameter.name in whole or (wrong, parameter.name) in TOGETHER:
            words = (sound | TOGETHER)[
                (wrong, parameter.name) if (wrong, parameter.name) in TOGETHER else parameter.name
            ]
        elif parameter.opts[-1] in {"--yes", "--no-wait"} or parameter.opts[0] in {"--yes", "--no-wait"}:
            yield parameter.opts[0]
            continue
        else:
            continue
        if parameter.param_type_name == "option":
            yield from (f"{parameter.opts[0]}={word}" if parameter.opts[0].startswith("--") else word for word in words)
        else:
            arguments += words
    yield from FLAGS.get(name, [])
    yield "--"
    yield from arguments


TOGETHER: dict[Any, list[str]] = {
    ("since", "until"): ["2026-12-06T02:00+01:00"],
    ("until", "since"): ["2026-12-06T02:00+01:00"],
}
"""What is refused without another."""

CASES = list(wrong())


@dataclass
class Tried:
    """What was said, and what ran before and after."""

    said: dict[Wrong, Said]
    before: set[str]
    after: set[str]
    told: list[str]
    """Lines that the incident's timeline gained."""


async def give_wrong_values(directory: Path) -> Tried:
    """All of them, given one after the other at an installation where an incident and every kind of operation wait."""
    dossier = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    for address in (OPERATOR, "boss@supplier.example"):
        person = {
            "name": address,
            "party": "driftbolaget",
            "function": "engineer",
            "roles": ["operator"],
            "email": address,
        }
        dossier["contacts"][address.partition("@")[0]] = person
    (directory / "shop.yaml").write_text(yaml.safe_dump(dossier, allow_unicode=True), "utf-8")
    (directory / "events.json").write_text('[{"at": "2026-03-01T12:00:00Z", "kind": "opened", "priority": "P1"}]')
    (directory / "recorded.json").write_text('{"application": "acme.shop"}')
    measured = {"component": "db", "measure": "cpu", "quiet": [1.0] * 20, "incident": [9.0]}
    (directory / "measured.json").write_text(json.dumps({"interval_seconds": 60, "series": [measured]}))
    (directory / "use.csv").write_text("day,value\n2026-11-29,41.5\n")
    with real_server(directory / "home") as server:
        server.settings.home.chmod(0o700)
        upgrade(server.settings.records_url)
        records = Records(server.settings.records_url)
        records.publish_dossier(Dossier.model_validate(json.loads(json.dumps(dossier, default=str))), OPERATOR)
        world = World(down={"web"}, approval=Approval(roles=["operator"]))
        client = await server.client()
        workers = (
            BoundedWorker(
                client,
                task_queue=WORKFLOW_QUEUE,
                workflows=[Watch, Incident, Anything],
                activities=world.activities,
                workflow_runner=UnsandboxedWorkflowRunner(),
            ),
            BoundedWorker(client, task_queue=QUEUE, activities=world.activities),
        )
        async with workers[0], workers[1]:
            await _begin(client)
            for batch in world.records:
                records.write(batch)
            before, lines = await _running(client), list(world.timeline)
            orders = [("utf-8", case.line) for case in CASES]
            answers = await asyncio.to_thread(give_all, directory, orders, in_c_locale(server.settings, OPERATOR))
            after, told = await _running(client), world.timeline[len(lines) :]
        gc.collect()
        records.close()
    return Tried(dict(zip(CASES, answers, strict=True)), before, after, told)


ASKED = GATE.model_copy(update={"question": GATE.question.model_copy(update={"deciders": People.of([OPERATOR])})})


async def _begin(client: Client) -> None:
    """An incident that asks, a major incident, and an operation of every kind that asks."""
    await report(client, alarm("web"))
    await until_asked(incident(client))
    statuses = {MAJOR: ("major", major_status())} | {
        id: (kind, operation_status(kind, id).model_copy(update={"gates": [ASKED]})) for kind, id in OPERATIONS.items()
    }
    for id, (kind, status) in statuses.items():
        given = {"application": APPLICATION, "status": status.model_dump(mode="json")}
        await client.start_workflow(kind, given, id=id, task_queue=WORKFLOW_QUEUE)
    async with asyncio.timeout(90):
        while not set(statuses) <= await _running(client):  # the server lists what was started a little later
            await asyncio.sleep(0.1)


async def _running(client: Client) -> set[str]:
    return {execution.id async for execution in client.list_workflows()}


FOREIGN = re.compile(
    r"Traceback|pydantic|validation error|[Ss]tring should|[Vv]alue should|Extra inputs|\bRPC\b|INVALID_ARGUMENT|"
    r"[Ii]nput should|value_error|NoneType|<class|Errno|"
    r"sqlalchemy|Temporal did not|Invalid isoformat|month must be|out of range|Expecting value|\bstr\b|utcoffset"
)
"""Words of libraries, not of ours."""


@pytest.mark.slow
def test_every_wrong_value_is_refused_in_one_sentence_that_names_it_and_nothing_is_started(tmp_path: Path) -> None:
    tried = asyncio.run(give_wrong_values(tmp_path))
    # One test, because every process that runs tests would give all of them for its share.
    assert [fault for case in CASES for fault in faults_of(case, tried.said[case])] == []
    assert tried.after == tried.before
    assert tried.told == []


def faults_of(case: Wrong, said: Said) -> Iterator[str]:
    """What is wrong with what was said to a wrong value."""
    shown = said.err.decode()
    sentence = shown.partition("Error: ")[2] if said.code == 2 and "Usage: " in shown else shown
    clauses = re.split(r"[;.:] ", sentence.strip())
    named = {
        case.spelled.strip("-"),
        case.spelled.lower().rstrip("s"),
        *([case.value.strip()] if case.value.strip() else []),
    }
    faults = {
        f"it ended with {said.code}": said.code not in {1, 2},
        "it printed a result": said.out != b"",
        "it said more or less than one line": len(sentence.splitlines()) != 1,
        "it spoke in the words of a library": FOREIGN.search(sentence) is not None,
        "it said the same twice": len(clauses) != len(set(clauses)),
        "it did not name what is wrong": repr(case.value) not in sentence
        and not any(word.lower() in sentence.lower() for word in named),
        "it printed control characters": any(c != "\n" and not c.isprintable() for c in shown),
    }
    return (f"{case}: {fault}: {shown!r}" for fault, found in faults.items() if found)

"""Every kind of step, backup, routine and hours of a dossier has its place in the handbook, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from activities.documents.elements import ProcedureStep
from activities.documents.markdown import markdown
from activities.documents.page import page
from models.dossier import Dossier
from models.dossier.parties import Language
from tests.handbook.samples import chapter, example, made

RUN = {"type": "run", "host": "db1", "command": ["echo", "a b"], "check": "test -e /x", "undo": "echo back"}
STEPS: list[dict[str, Any]] = [
    {**RUN, "tries": 3, "pause": "5s"},
    {"type": "run", "component": "web", "hosts": "failing", "command": "true"},
    {"type": "start", "component": "web", "check": {"component": "web", "command": "test -e /y"}},
    {"type": "stop", "component": "web", "undo": [{"type": "run", "component": "web", "command": "undo it"}]},
    {"type": "restart", "component": "web", "undo": []},
    {"type": "probe", "component": "web", "healthy_for": "1m"},
    {"type": "probe", "measuring_points": ["web-page"]},
    {"type": "ask", "question": "Sure?", "approval": {"roles": ["operator"], "count": 2, "alone_after": "10m"}},
    {"type": "wait", "duration": "1m", "reason": "it settles"},
    {"type": "notify", "contacts": ["karin"], "roles": ["operator"], "text": "Hello {x}"},
    {"type": "runbook", "runbook": "wait-for-health", "inputs": {"component": "web"}},
]


def everything(data: dict[str, Any]) -> None:
    window = {"time_zone": "UTC", "hours": "17:00-04:00", "weekdays": ["monday"]}
    instructions, routines, agreement = data["instructions"], data["routines"], data["agreement"]
    instructions["start_up"] = {"before": STEPS[:2], "after": STEPS[7:]}
    instructions["changes"]["release"]["steps"] = STEPS
    restores = instructions["restore"]
    terms = {key: restores["database"][key] for key in ("verify", "restore_point", "restore_time")}
    files = {"type": "files", "directory": "/b", "pattern": "c-*", "path": "/opt/x y", "inside": "opt/x", "marker": "m"}
    own = {
        "type": "other",
        "location": "Tape",
        "points": "list-tapes",
        "examine": ["read-tape", "a b"],
        "saved_to": "there",
    }
    own |= {"keep": STEPS[:1], "steps": STEPS[:2], "put_back": STEPS[:1]}
    restores["files"] = {"title": "Files", "component": "app", "source": files, **terms}
    restores["own"] = {"title": "Own", "component": "db", "source": own, "stop": [["web", "app"]], **terms}
    agreement["service_hours"]["odd"] = {
        "time_zone": "Europe/Berlin",
        "weekly": {"monday": ["22:00-06:00"]},
        "holidays": {"country": "DE", "subdivision": "BY", "not_closed": ["Good Friday"]},
    }
    agreement["availability"]["web"] = {"of": "component web", "target": "99.95 %", "per": "year"}
    agreement["availability"]["point"] = {"of": "point web-page", "target": "99 %"}
    for name, frequency in (
        ("cron", "cron: 0 18 * * 1"),
        ("day", "daily 18:00"),
        ("last", "monthly last working day 18:00"),
    ):
        routines["maintenance"][name] = {
            "title": name,
            "hosts": ["db1"],
            "frequency": frequency,
            "window": window,
            "working_days": "office",
            "steps": [{"type": "run", "command": "true"}],
        }
    inputs = {"n": {"type": "integer", "label": "N", "least": 1, "most": 9}, "b": {"type": "boolean", "label": "B"}}
    routines["extended"]["all"] = {"title": "All", "ordered_by": ["system-owner"], "inputs": inputs, "steps": STEPS[:1]}


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return example(everything)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("customer", [False, True], ids=["internal", "customer"])
def test_a_dossier_with_every_kind_has_a_handbook(dossier: Dossier, language: Language, customer: bool) -> None:
    document = made(dossier, language, customer=customer)
    assert page(document).count("<section") == 14
    assert ("echo back" in markdown(document)) is not customer


def test_each_kind_of_step_says_what_it_does(dossier: Dossier) -> None:
    steps: list[ProcedureStep] = [s for e in chapter(made(dossier), "Change routines") for s in getattr(e, "steps", [])]
    begin = next(n for n, step in enumerate(steps) if step.text == "Run a command on db1")
    found = {step.text: (step.facts, dict(step.verbatim)) for step in steps[begin : begin + len(STEPS)]}
    running = {"Check: exit 0 means running, 3 not running": "systemctl is-active nginx.service"}
    check = "Check: the step is not needed if this succeeds"
    assert found == {
        "Run a command on db1": (
            "with sudo · at most 5 min · up to 3 attempts, 5 s apart",
            {"Command": "echo 'a b'", check: "test -e /x", "Undo": "echo back"},
        ),
        "Run a command on Web server": (
            "on web1, web2 · only on servers where it fails · with sudo · at most 5 min",
            {"Command": "true"},
        ),
        "Start Web server": (
            "on web1, web2 · with sudo · at most 5 min",
            {
                "Command": "systemctl start nginx.service",
                **running,
                check: "test -e /y",
                "Undo": "Stop it again on the servers where this step started it",
            },
        ),
        "Stop Web server": (
            "on web1, web2 · with sudo · at most 5 min",
            {
                "Command": "systemctl stop nginx.service",
                **running,
                "Undo": "Run a command on Web server: undo it",
            },
        ),
        "Restart Web server": (
            "on web1, web2 · one server after the other · with sudo · at most 5 min",
            {
                "Command": "systemctl stop nginx.service\nsystemctl start nginx.service",
                **running,
                "Undo": "Nothing is rolled back",
            },
        ),
        "Wait until Web server is healthy": ("for 1 min without a break · at most 5 min", {}),
        "Wait until these points are healthy: web-page": ("at most 5 min", {}),
        "Ask: Sure?": (
            "2 people of: operator (Driftbolaget's on-call engineer, Jonas Berg), within 30 min; if nobody answers, it is "
            "refused; after 10 min one of them may decide alone",
            {},
        ),
        "Wait 1 min: it settles": ("", {}),
        "Notify Karin Holm, operator": ("", {"Text": "Hello {x}"}),
        "Run the runbook wait-for-health": ("at most 5 min", {"Inputs": '{\n  "component": "web"\n}'}),
    }


def test_a_restore_by_hand_has_commands_that_a_shell_runs(dossier: Dossier) -> None:
    text = markdown(made(dossier)).replace("\\", "")
    for line in (
        "sudo -u postgres createdb --template=template0 shop_new",
        "sudo -u postgres pg_restore --exit-on-error --jobs=2 --dbname=shop_new /var/backups/acme-shop/DUMP",
        "in this shell: sudo -u postgres env PGDATABASE=shop_new sh",
        "in this shell: env 'RESTORED_TO=/opt/x y.new' sh",
        "cp -a /b/COPY/opt/x '/opt/x y'.new",
        "mv '/opt/x y.kept' '/opt/x y'",
        "list-tapes",
        "read-tape 'a b'",
    ):
        assert line in text, line


def test_the_least_dossier_has_a_handbook() -> None:
    hours = {"always": "24x7"}
    agreement = {"number": "1", "signed": "2026-01-01", "signed_by": ["x"], "undertakings": ["incident"]}
    least = {
        "customer": "a",
        "application": "b",
        "name": "B",
        "agreement": {**agreement, "service_hours": hours},
        "parties": {},
        "contacts": {},
        "architecture": {"components": {"web": {"name": "W"}}},
    }
    document = made(Dossier.model_validate(least))
    assert [section.title for section in document.sections][:3] == [
        "At a glance",
        "Architecture",
        "Flows, and what breaks",
    ]
    assert "cannot start or stop any component" in markdown(document)

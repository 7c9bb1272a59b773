"""The steps of a rollback, their order and their hosts."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from models.dossier.instructions import Step
from models.jobs import Outcome
from models.runbooks import StepReport
from workflows.change.undo import done, to_undo

INSTALL = {"type": "run", "component": "app", "command": "install", "undo": "remove"}
MIGRATE = {"type": "run", "component": "db", "command": "migrate", "undo": "migrate back"}
LOOK = {"type": "run", "component": "app", "command": "look", "read_only": True}
RESTART = {"type": "restart", "component": "app"}
STOP, START = {"type": "stop", "component": "web"}, {"type": "start", "component": "web"}
TELL = {
    "type": "notify",
    "contacts": ["karin"],
    "text": "Closed.",
    "undo": [{"type": "notify", "contacts": ["karin"], "text": "Open."}],
}
WAIT = {"type": "wait", "duration": "1s", "reason": "settle"}

_STEP: TypeAdapter[Step] = TypeAdapter(Step)


def report(
    host: str | None = "h1", *, changed: bool = True, outcome: Outcome = Outcome.OK, precheck: bool = False
) -> StepReport:
    return StepReport(title="x", host=host, outcome=outcome, changed=changed, precheck=precheck, detail="")


def order(*steps: dict[str, Any]) -> list[str]:
    carried_out = [done(_STEP.validate_python(step), [report()]) for step in steps]
    return [
        getattr(one.step, "command", None) or f"{one.step.type} {getattr(one.step, 'component', '')}".strip()
        for one in to_undo(carried_out)
    ]


@pytest.mark.parametrize(
    ("steps", "undone"),
    [
        ([INSTALL, MIGRATE], ["migrate", "install"]),
        ([STOP, INSTALL, START], ["start web", "install", "stop web"]),
        ([INSTALL, RESTART], ["install", "restart app"]),
        ([STOP, INSTALL, RESTART, START], ["start web", "install", "stop web", "restart app"]),
        ([INSTALL, RESTART, MIGRATE, RESTART], ["migrate", "install", "restart app"]),
        ([LOOK, WAIT, TELL], ["notify"]),
        ([STOP | {"undo": []}, INSTALL], ["install"]),
        ([RESTART | {"undo": []}], []),
    ],
)
def test_steps_are_rolled_back_in_reverse_and_restarts_last(steps: list[dict[str, Any]], undone: list[str]) -> None:
    assert order(*steps) == undone


@pytest.mark.parametrize(
    ("step", "reports", "hosts"),
    [
        (INSTALL, [report("h1"), report("h2", changed=False)], ["h1"]),
        (INSTALL, [report("h1", outcome=Outcome.FAILED), report("h2", changed=False, outcome=Outcome.FAILED)], ["h1"]),
        (INSTALL, [report("h1", changed=False, outcome=Outcome.UNKNOWN)], ["h1"]),
        (INSTALL, [report("h1", changed=False)], None),
        (START, [report("h1", changed=False), report("h2")], ["h2"]),
        (TELL, [report(None, changed=False, precheck=True)], None),
    ],
    ids=["ran on one", "failed half-way on one", "not known", "nothing to do", "started on one", "passed over"],
)
def test_a_step_is_rolled_back_only_on_hosts_that_it_may_have_changed(
    step: dict[str, Any], reports: list[StepReport], hosts: list[str] | None
) -> None:
    left = to_undo([done(_STEP.validate_python(step), reports)])

    assert [one.hosts for one in left] == ([hosts] if hosts else [])


def test_a_restart_that_was_made_twice_is_repeated_once_on_every_host_of_both() -> None:
    restart = _STEP.validate_python(RESTART)

    [one] = to_undo([done(restart, [report("h1")]), done(restart, [report("h2")])])

    assert one.hosts is not None
    assert sorted(one.hosts) == ["h1", "h2"]

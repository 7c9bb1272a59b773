"""A plan reads on the terminal as it was written, wherever people approve it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.jobs import Outcome
from models.runbooks import StepReport
from starter.change_page import show_change
from starter.changes import ChangeView
from starter.incident_page import show_gate
from starter.incidents.views import OpenGate
from starter.operation_page import show_steps
from starter.operations.views import OperationView
from starter.terminal import terminal

SQL = """psql -c "update orders
    set state = 'open'
\u202e[bold]where[/] a = 1\""""
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_a_change_shows_its_plan_line_by_line_with_what_cannot_be_seen(capsys: pytest.CaptureFixture[str]) -> None:
    operation = OperationView(
        id="change.acme.shop.4",
        kind="change",
        application="acme.shop",
        title="Mend the orders",
        state="waiting",
        opened_at=NOW,
        opened_by="cid@sup.example",
        source="workflow",
        url="http://127.0.0.1",
    )

    show_change(ChangeView(operation=operation, change={"kind": "normal", "risk": "low", "plan": SQL}, follows=[]))

    assert (
        "  psql -c \"update orders\n      set state = 'open'\n  <U+202E>[bold]where[/] a = 1\"\n"
        in capsys.readouterr().out
    )


def test_a_question_shows_the_same_plan(capsys: pytest.CaptureFixture[str]) -> None:
    gate = OpenGate(
        id="g1",
        question="May it?",
        plan=SQL,
        digest="1a2b3c4d",
        options=[],
        deciders=[],
        roles=[],
        count=1,
        deadline=None,
        on_silence="refuse",
        answers=[],
        command="",
    )

    show_gate(gate, terminal())

    assert "\n        set state = 'open'\n    <U+202E>[bold]where[/] a = 1\"\n" in capsys.readouterr().out


def test_a_step_shows_the_first_lines_of_a_long_command_and_how_many_more_there_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    command = "psql -c '" + "\n".join(f"select {n};" for n in range(60)) + "'"
    step = StepReport(title=command, host="db-1", command=command, outcome=Outcome.OK, changed=True, detail="done")

    show_steps([step], terminal())

    shown = capsys.readouterr().out
    assert "select 5;" in shown
    assert "select 6;" not in shown
    assert "… 54 more lines" in shown

"""A plan reads on the terminal as it was written, wherever people approve it."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

import pytest

from models.dossier.backups import PostgresServer
from models.jobs import Outcome
from models.runbooks import StepReport
from starter.change.page import show_change
from starter.change.service import ChangeView
from starter.gate.page import show_gate
from starter.gate.views import OpenQuestion
from starter.operation.page import show_steps
from starter.operation.views import OperationView
from starter.terminal.screen import terminal
from workflows.restore.backups.commands import postgres

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
    gate = OpenQuestion(
        id="g1",
        question="May it?",
        plan=SQL,
        digest="1a2b3c4d",
        options=[],
        deciders=[],
        who="anybody",
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


def test_our_own_script_is_shown_in_a_rehearsal_and_not_in_a_result(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = postgres(PostgresServer(run_as="postgres"), 'createdb "$1"', "scratch")
    step = StepReport(
        title="Restore into scratch",
        host="db-1",
        command=shlex.join(words),
        outcome=Outcome.FAILED,
        changed=True,
        detail="the command ended with exit status 1 after 2s\ncreatedb: error: no room",
    )

    show_steps([step], terminal())
    carried_out = capsys.readouterr().out
    show_steps([step], terminal(), rehearsed=True)
    rehearsed = capsys.readouterr().out

    for part in ("Restore into scratch", "exit status 1 after 2s", "createdb: error: no room"):
        assert part in carried_out
    assert "LC_ALL" not in carried_out
    assert 'createdb "$1"' in rehearsed

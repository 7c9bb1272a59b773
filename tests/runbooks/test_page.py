"""The report of a run on the terminal: what is to be copied stands there uncut, and what a host said does no harm."""

from __future__ import annotations

import pytest

from models.jobs import Outcome
from models.runbooks import RunbookReport, StepReport
from starter.runbook.page import show_report


def shown(capsys: pytest.CaptureFixture[str], **of_step: object) -> list[str]:
    """The lines of a report with one step."""
    step = {"title": "Look", "host": "app1", "outcome": Outcome.OK, "changed": False, "detail": "done", **of_step}
    steps = [StepReport.model_validate(step)]
    show_report(RunbookReport(runbook="x", rehearsed=True, outcome=Outcome.OK, steps=steps, summary="all of it"))
    return capsys.readouterr().out.splitlines()


def test_a_command_is_not_cut_however_narrow_the_window(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    command = "/srv/" + "very-" * 40 + "long --with [brackets]"
    assert f"    $ {command}" in shown(capsys, command=command)


def test_every_line_of_a_command_and_of_its_output_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, command="one\ntwo", detail="three\nfour", changed=True) == [
        "Look  app1  ok, changed",
        *("    $ one", "    $ two", "    three", "    four"),
        "ok: all of it",
    ]


def test_output_of_a_host_does_not_control_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, detail="\x1b[2Jgone [red]text[/red]", title="Look\x07")
    assert "\x1b" not in "".join(lines)
    assert "\x07" not in "".join(lines)
    assert any("gone [red]text[/red]" in line for line in lines)

"""Whatever the records hold, a command's output fits the terminal: any encoding, any width, a pipe that is closed early."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from starter.incident.views import IncidentLine
from starter.terminal.listed import Listed
from starter.terminal.options import echo, echo_json
from starter.terminal.screen import Listing

_ROOT = Path(__file__).parents[2]
HOSTILE = "東京\u202e\x1b[2J\udc80 \U0001f600 down"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def line(title: str, number: int = 17) -> IncidentLine:
    return IncidentLine(
        id=f"inc.acme.shop-with-a-long-name.{number}",
        application="acme.shop-with-a-long-name",
        number=number,
        title=title,
        state="waiting",
        priority="P1",
        waits_for=["anna@supplier.example"],
        opened_at=NOW,
    )


def shown(width: int | None, table: Listing) -> list[str]:
    """A table as a window of that width, or a pipe, shows it."""
    out = io.StringIO()
    Console(file=out, width=width or 1_000_000, force_terminal=width is not None, color_system=None).print(table)
    return out.getvalue().splitlines()


def table(title: str = "the web server does not answer") -> Listing:
    made = Listing("incident", "prio", "what")
    made.columns[0].no_wrap = True
    made.add_row("acme.shop-with-a-long-name.17", "P1", f"{title}\nwaiting of anna\n[dim]unassigned[/]")
    return made


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
def test_a_title_that_the_terminal_cannot_show_takes_no_list_away(encoding: str) -> None:
    ran = _python(
        "from tests.cli.test_terminal import HOSTILE, NOW, line\n"
        "from starter.terminal.options import any_terminal, echo, echo_json\n"
        "from starter.incident.page import show_lines\n"
        "with any_terminal(): show_lines([line(HOSTILE)], NOW); echo(HOSTILE); echo_json({'title': HOSTILE})",
        PYTHONIOENCODING=encoding,
        LC_ALL="C",
    )
    assert ran.returncode == 0, ran.stderr
    assert b"acme.shop-with-a-long-name.17" in ran.stdout
    assert b"\x1b" not in ran.stdout
    assert "\u202e".encode() not in ran.stdout
    assert json.loads(ran.stdout[ran.stdout.index(b"{") :].decode(encoding))["title"] == HOSTILE


def test_a_reader_that_leaves_early_ends_a_command_in_silence() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(  # our own command
        [sys.executable, "-m", "starter.cli", "runbook", "list"],
        cwd=_ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (1, b"")


def test_into_a_pipe_each_row_is_one_line_that_grep_finds_whole() -> None:
    long = "very " * 200 + "long"
    _, row = shown(None, table(long))
    assert row.startswith("acme.shop-with-a-long-name.17  P1")
    assert row.endswith(f"{long}; waiting of anna; unassigned")


@pytest.mark.parametrize("width", [1, 10, 20, 30])
def test_in_a_window_that_is_too_narrow_for_the_table_nothing_is_cut(width: int) -> None:
    text = "".join("".join(shown(width, table())).split())
    assert "acme.shop-with-a-long-name.17" in text
    assert "unassigned" in text


def test_a_wide_window_shows_a_table_with_its_messages_below_each_other() -> None:
    lines = shown(100, table())
    assert [x.strip() for x in lines[1:]][1:] == ["waiting of anna", "unassigned"]


def test_json_is_the_same_data_whatever_the_terminal_can_show(capsys: pytest.CaptureFixture[str]) -> None:
    echo_json({"title": HOSTILE})
    out = capsys.readouterr().out
    assert json.loads(out)["title"] == HOSTILE
    assert "\u202e" not in out
    assert "東京" in out


def test_text_that_is_printed_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    echo("one\ttwo\n\x1b[2Jthree\u202e")
    assert capsys.readouterr().out == "one     two\n?[2Jthree?\n"


@pytest.mark.parametrize(
    ("total", "said"), [(3, ""), (2, ""), (1353, "3 of 1,353 shown; --limit 1353 shows all")], ids=str
)
def test_a_list_that_is_cut_says_how_much_is_missing(total: int, said: str) -> None:
    assert Listed([1, 2, 3], total).cut == said


def test_every_command_prints_by_the_functions_that_survive_any_terminal() -> None:
    """`typer.echo` stands in one file; where colours are needed, in the doctor, its text is made harmless first."""
    found = [
        path.relative_to(_ROOT).as_posix()
        for path in sorted((_ROOT / "starter").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "echo" and ast.unparse(node) == "typer.echo"
    ]
    assert set(found) == {"starter/terminal/options.py", "starter/doctor/commands.py", "starter/demo/json_lines.py"}


def test_every_table_of_a_page_keeps_its_names_whole() -> None:
    sources = sorted((_ROOT / "starter").rglob("*.py"))
    bare = [p.relative_to(_ROOT).as_posix() for p in sources if "rich.table import" in p.read_text("utf-8")]
    assert bare == ["starter/demo/screen.py", "starter/terminal/screen.py"]


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # our own code
        [sys.executable, "-c", code], cwd=_ROOT, env=os.environ | environment, capture_output=True, check=False
    )

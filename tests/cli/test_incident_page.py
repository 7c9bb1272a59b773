"""What incidents look like on a terminal, whatever hosts and senders have written into them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from models.records import EntryKind, TimelineEntry
from starter.incident.page import show_incident
from starter.incident.views import IncidentView
from starter.terminal.screen import age_of

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def view(*timeline: TimelineEntry, **fields: object) -> IncidentView:
    known: dict[str, object] = {
        "id": "inc.acme.shop.1",
        "application": "acme.shop",
        "number": 1,
        "title": "web is down",
        "state": "verifying",
        "priority": "P1",
        "components": ["web"],
        "doing": "Prove that health holds",
        "opened_at": NOW - timedelta(minutes=5),
        "timeline": list(timeline),
        "source": "workflow",
        "url": "http://127.0.0.1/",
    }
    return IncidentView.model_validate(known | fields)


def entry(text: str, **data: object) -> TimelineEntry:
    return TimelineEntry(sequence=0, at=NOW, kind=EntryKind.ACTION, text=text, data=data)


def test_nothing_that_a_host_wrote_reaches_the_terminal_as_more_than_text(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07[bold]x[/bold]\u202e\r"
    show_incident(view(entry(evil, command=evil, detail=f"first\n{evil}"), title=evil, doing=evil), NOW)
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e", "\r"} & set(shown)
    assert shown.count("[bold]x[/bold]") == 5


def test_the_command_and_the_end_of_what_it_said_stand_under_the_step(capsys: pytest.CaptureFixture[str]) -> None:
    detail = "\n".join(f"line {n}" for n in range(40))
    show_incident(view(entry("Log of db1: ok", command="tail -n 39 db.log", detail=detail)), NOW)
    shown = capsys.readouterr().out
    assert "$ tail -n 39 db.log" in shown
    assert "line 27" not in shown
    assert shown.index("... 27 earlier lines with --json") < shown.index("line 28") < shown.index("line 39")


@pytest.mark.parametrize(
    ("seconds", "said"), [(-5, "0s"), (42, "42s"), (192, "3m12s"), (7530, "2h5m"), (358_000, "4d3h"), (3600, "1h")]
)
def test_an_age_is_said_in_its_two_largest_units(seconds: int, said: str) -> None:
    assert age_of(timedelta(seconds=seconds)) == said

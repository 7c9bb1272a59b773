"""`driftvakt clock`: an auditor computes an incident again, and hears in a sentence what cannot be computed."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from starter.cli import app

SHOP = str(Path(__file__).parents[2] / "examples" / "acme" / "shop.yaml")
OPENED = {"at": "2026-06-18T10:00:00Z", "kind": "opened", "priority": "P2"}
WAITING = {"at": "2026-06-18T12:00:00Z", "kind": "waiting", "party": "acme", "note": "<script>"}
AT = ["--at", "2026-06-18T14:00:00Z"]


def clock(events: object, *more: str) -> tuple[int, str]:
    text = events if isinstance(events, str) else json.dumps(events)
    result = CliRunner().invoke(app, ["clock", SHOP, "--events", "-", *AT, *more], input=text)
    return result.exit_code, result.output


def test_an_auditor_gets_deadlines_and_seconds_for_programs() -> None:
    code, out = clock([OPENED, WAITING], "--json")

    assert code == 0
    respond, restore, _ = json.loads(out)["targets"]
    assert (respond["breached_at"], respond["state"]) == ("2026-06-18T10:30:00Z", "overdue")
    assert (restore["elapsed_seconds"], restore["paused_seconds"], restore["deadline"]) == (7200, 7200, None)


def test_people_get_every_minute_explained() -> None:
    code, out = clock([OPENED, WAITING])

    assert code == 0
    assert "paused" in out
    assert "waiting for Acme Garden" in " ".join(out.split())


def test_the_picture_is_well_formed_whatever_a_note_holds(tmp_path: Path) -> None:
    picture = tmp_path / "clocks.svg"

    code, _ = clock([OPENED, WAITING | {"note": "]]>&<script>\x01\"'"}], "--picture", str(picture))

    assert code == 0
    assert "<script>" not in picture.read_text()
    assert ElementTree.fromstring(picture.read_text()).tag.endswith("svg")


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([], "there are no events; begin with one of kind `opened`"),
        ([WAITING], "the first event is `waiting`; the first event, and no other, is `opened`"),
        ([OPENED, OPENED], "event 2 opens it again"),
        ([WAITING | {"kind": "opened"}, OPENED | {"kind": "resumed"}], "comes before event 1"),
        ([OPENED, WAITING | {"party": None}], "event 2 waits, but names no party; add `party:`"),
        ([OPENED, WAITING | {"party": "nobody"}], "waits for 'nobody', which is not a party; use one of"),
        ([OPENED, WAITING | {"reason": "waiting_for_third_party"}], "but acme is of kind customer; write"),
        ([OPENED | {"at": "2026-06-18T10:00:00"}], "event 1: at must be a time with its zone"),
        ([OPENED | {"at": "2026-06-19T10:00:00Z"}], "before the incident was opened at"),
        ([OPENED | {"priority": None}], "no event sets a priority; add it to the first event, or give --priority"),
        ([OPENED, {"at": "2026-06-18T11:00:00Z", "kind": "priority"}], "sets the priority, but names none"),
        ({"a": 1}, "standard input contains no list of events"),
        ("[", "standard input, line 1: this is neither JSON nor YAML"),
    ],
)
def test_an_event_list_that_cannot_be_computed_gives_one_sentence(events: object, said: str) -> None:
    code, out = clock(events)

    assert code == 2
    assert said in out
    assert "Traceback" not in out
    assert out.strip().count("\n") == 0

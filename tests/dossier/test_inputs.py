"""Inputs of extended routines: read by their types, and never parsed by a shell."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.dossier.inputs import fill, filled, read_inputs
from models.dossier.instructions import NotifyStep, RunbookStep, RunStep
from models.dossier.routines import ExtendedRoutine

INPUTS: dict[str, Any] = {
    "campaign": {"type": "text", "label": "Code", "pattern": "[A-Z]{3}[0-9]{2}"},
    "prices": {"type": "choice", "label": "Price list", "choices": ["spring", "winter"]},
    "count": {"type": "integer", "label": "How many", "required": False},
    "day": {"type": "date", "label": "Which day", "required": False},
    "loud": {"type": "boolean", "label": "Loud", "required": False},
    "note": {"type": "text", "label": "A note", "required": False},
    "drift": {"type": "integer", "label": "Drift", "least": -5, "most": 5, "required": False},
}
ROUTINE = ExtendedRoutine.model_validate(
    {
        "title": "C",
        "ordered_by": ["owner"],
        "inputs": INPUTS,
        "steps": [{"type": "run", "component": "app", "command": "x"}],
    }
)
GOOD: dict[str, Any] = {"campaign": "ABC12", "prices": "spring"}


def test_everything_that_is_wrong_is_said_at_once() -> None:
    _, faults = read_inputs(ROUTINE, {"campaign": "abc", "count": "1.5", "day": "2026-02-30", "color": "red"})
    assert faults == [
        "there is no input 'color'; it takes campaign, prices, count, day, loud, note, drift",
        "campaign: 'abc' does not fit; Code is text of one line, 500 characters at most, that begins with no dash, "
        "of the form [A-Z]{3}[0-9]{2}",
        "prices is missing: Price list (one of spring, winter)",
        "count: '1.5' does not fit; How many is a whole number, 0 at least and eighteen digits at most",
        "day: '2026-02-30' does not fit; Which day is a date, as 2026-03-01",
    ]


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"count": 12}, "count", "12"),
        ({"drift": "-3"}, "drift", "-3"),
        ({"loud": True}, "loud", "true"),
        ({"loud": "false"}, "loud", "false"),
        ({"day": "2026-02-28"}, "day", "2026-02-28"),
        ({"note": "It's $HOME; `x`"}, "note", "It's $HOME; `x`"),
        ({}, "note", ""),
    ],
)
def test_what_fits_is_taken(given: dict[str, Any], name: str, value: str) -> None:
    values, faults = read_inputs(ROUTINE, GOOD | given)
    assert (faults, values[name]) == ([], value)


@pytest.mark.parametrize(
    "wrong",
    [{"count": -1}, {"count": "-1"}, {"count": "-0"}, {"drift": -6}, {"drift": 6},
     {"count": True}, {"count": 1.0}, {"count": "١"}, {"loud": "yes"}, {"note": "--force"}, {"note": "a\nb"},
     {"note": "a\0b"}, {"note": "x" * 501}, {"note": ["a"]}, {"day": "20260228"}, {"prices": "summer"},
     {"campaign": "ABC12\n"}],
)  # fmt: skip
def test_what_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    assert len(read_inputs(ROUTINE, GOOD | wrong)[1]) == 1


@settings(deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), max_size=60))
def test_no_value_is_ever_parsed_by_a_shell(value: str) -> None:
    shell = fill('printf %s "$DRIFTVAKT_INPUT_MY_NOTE"', {"my-note": value})
    assert isinstance(shell, list)
    for words in (shell, fill(["printf", "%s", "{my-note}"], {"my-note": value})):
        done = subprocess.run(words, capture_output=True, check=True)
        assert done.stdout.decode() == value


def test_inputs_are_put_into_commands_checks_texts_and_runbooks() -> None:
    values = {"campaign": "ABC12"}
    run = filled(
        RunStep(component="app", command=["c", "{campaign}", "x{campaign}"], check=["k", "{campaign}"]), values
    )
    assert isinstance(run, RunStep)
    assert (run.command, run.check) == (["c", "ABC12", "x{campaign}"], ["k", "ABC12"])
    told = filled(NotifyStep(text="Campaign {campaign} for {nobody}"), values)
    assert isinstance(told, NotifyStep)
    assert told.text == "Campaign ABC12 for {nobody}"
    book = filled(RunbookStep(runbook="r", inputs={"code": "{campaign}", "n": 1}), values)
    assert isinstance(book, RunbookStep)
    assert book.inputs == {"code": "ABC12", "n": 1}

"""A time with which there is nothing to reckon is refused in a sentence, before anything can get stuck on it."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from models.base import Moment
from models.dossier.agreement import Day
from models.watch import SilenceOrder
from starter.intake.decoding import stated

_MODELS = Path(__file__).parent.parent / "models"


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2200-01-01T00:00:00Z", "1989-12-31T00:00:00Z"]
)
def test_a_time_that_nobody_can_mean_is_refused_in_a_sentence_and_no_alarm_began_then(text: str) -> None:
    with pytest.raises(ValidationError, match="is outside the supported years; write a time from 1990 to 2199"):
        SilenceOrder.model_validate({"by": "ann", "reason": "x", "until": text})
    assert stated(text) is None


def test_a_time_of_our_days_is_taken() -> None:
    assert TypeAdapter(Moment).validate_python("2026-12-06T02:00+01:00") == datetime(2026, 12, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_that_nobody_can_mean_is_refused_in_a_dossier(day: str) -> None:
    with pytest.raises(ValidationError, match="write a day from 1900 to 2199"):
        TypeAdapter(Day).validate_python(day)


def test_no_model_takes_a_time_from_outside_without_this_bound() -> None:
    """`AwareDatetime` stands in one file: every other field is a `Moment`, or a time of our own making."""
    found = [
        path.name
        for path in sorted(_MODELS.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and node.id == "AwareDatetime"
    ]
    assert found == ["base.py"]

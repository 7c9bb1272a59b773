"""Whoever steers by the UI is told, for every signal and update, what to type; and it is true."""

from __future__ import annotations

import json
import re
import typing
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter
from temporalio import workflow

from runbooks import find_runbooks
from worker import WORKFLOWS

CLASSES = [*WORKFLOWS, *(r.workflow_class for r in find_runbooks().values())]


def _handlers() -> dict[str, tuple[str | None, Any]]:
    """`TYPE.NAME` to the description and the function of every signal and update."""
    found = {}
    for cls in CLASSES:
        definition = workflow._Definition.must_from_class(cls)
        for handler in [*definition.signals.values(), *definition.updates.values()]:
            found[f"{definition.name}.{handler.name}"] = (handler.description, handler.fn)
    return found


HANDLERS = _handlers()


@pytest.mark.parametrize("name", sorted(HANDLERS))
def test_a_handler_shows_a_sample_that_it_would_take(name: str) -> None:
    description, function = HANDLERS[name]
    assert description
    hints = typing.get_type_hints(function)
    hints.pop("return")
    if not hints:
        assert "Takes no input." in description
        return
    [sample] = re.findall(r"\{.*\}", description)
    [wanted] = hints.values()
    read = TypeAdapter(wanted).validate_python(json.loads(sample))
    assert isinstance(read, BaseModel | dict)

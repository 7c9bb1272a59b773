"""The catalogue of runbooks: the inputs of each, their check, and the ways to start it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from models.base import Model, format_duration
from models.inputs import sample_of
from models.names import day_key, runbook_id, start_path
from models.runbooks import RunbookInput
from models.settings import Settings
from runbooks import RunbookClass
from starter.terminal.inputs import TypedInputs

_COMMON = ("application", "dossier", "requested_by", "reason", "rehearse", "lease")
"""The fields of every runbook's input. The commands have separate options for them, except for the lease."""


class InputField(Model):
    """One input of a runbook."""

    name: str
    type: str
    """The type as display text, such as `text`, `whole number`, `duration` or `list of text`."""
    required: bool
    default: Any = None
    """The default as a JSON value."""
    description: str = ""


class CatalogueEntry(Model):
    """The description of a runbook, for people and for programs."""

    name: str
    title: str
    purpose: str
    inputs: list[InputField]
    sample: dict[str, Any]
    """Sample input for the UI's start form. It asks for a rehearsal, so that a start with it changes nothing."""
    start_url: str
    """The address of the UI's start form, filled in."""
    file: str
    component_scoped: bool
    """Whether incidents offer the runbook."""


def describe(runbook: RunbookClass, settings: Settings) -> CatalogueEntry:
    """Return the description of a runbook, with all that a person needs to start it."""
    return CatalogueEntry(
        name=runbook.name,
        title=runbook.title,
        purpose=runbook.purpose,
        inputs=_inputs(runbook.input_type),
        sample=sample_input(runbook.input_type),
        start_url=start_url(runbook, settings),
        file=f"{runbook.file.parent.name}/{runbook.file.name}",
        component_scoped=runbook.component_scoped,
    )


def start_url(runbook: RunbookClass, settings: Settings, now: datetime | None = None) -> str:
    """Return the address of the UI's start form for a runbook, with a workflow id that is unused and names the runbook."""
    application = str(sample_input(runbook.input_type)["application"])
    id = runbook_id(application, runbook.name, day_key(now or datetime.now(UTC)))
    return f"{settings.ui_url}{start_path(settings.temporal_namespace, runbook.workflow_type, id)}"


def sample_input(input_type: type[RunbookInput]) -> dict[str, Any]:
    """Return a valid input for a rehearsal, with every required field."""
    fields = input_type.model_fields
    return {n: value for n, value in sample_of(input_type).items() if fields[n].is_required()} | {"rehearse": True}


def inputs_of(runbook: RunbookClass) -> TypedInputs[RunbookInput]:
    """Return the reader of a runbook's inputs from the command line."""
    return TypedInputs(f"runbook {runbook.name}", runbook.input_type, _COMMON)


def _inputs(input_type: type[RunbookInput]) -> list[InputField]:
    written = input_type.model_json_schema()["properties"]
    return [
        InputField(
            name=name,
            type=_type(written[name]),
            required=field.is_required(),
            default=_default(field),
            description=" ".join(str(written[name].get("description", "")).split()),
        )
        for name, field in input_type.model_fields.items()
        if name != "lease"
    ]


def _default(field: FieldInfo) -> Any:
    value = None if field.is_required() else field.get_default(call_default_factory=True, validated_data={})
    return format_duration(value) if isinstance(value, timedelta) else to_jsonable_python(value)


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(option) for option in schema["anyOf"]))
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    kind = str(schema.get("type", "object"))
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "string" and "smhdw" in schema.get("pattern", ""):
        return "duration"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "nothing"}
    return words.get(kind, kind)

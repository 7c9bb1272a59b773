"""The catalogue of runbooks: what each takes, how it is started, and what is wrong with an input."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from models.base import Model, format_duration
from models.errors import UserError
from models.inputs import sample_of
from models.names import day_key, runbook_id, start_path, workflow_path
from models.runbooks import RunbookInput
from models.settings import Settings
from runbooks import RunbookClass

_COMMON = ("application", "dossier", "requested_by", "reason", "rehearse", "lease")
"""What every runbook takes; the commands have options of their own for these, and none for a lease."""


class InputField(Model):
    """One input of a runbook."""

    name: str
    type: str
    """In words: `text`, `whole number`, `duration`, `list of text`."""
    required: bool
    default: Any = None
    """As it would be written in JSON."""
    description: str = ""


class CatalogueEntry(Model):
    """A runbook as people and programs see it."""

    name: str
    title: str
    purpose: str
    inputs: list[InputField]
    sample: dict[str, Any]
    """Input for the UI's start form; a rehearsal, so that pasting it changes nothing."""
    start_url: str
    """The UI's start form, filled in."""
    file: str
    component_scoped: bool
    """Whether an incident offers it."""


def describe(runbook: RunbookClass, settings: Settings) -> CatalogueEntry:
    """Say all that somebody needs who wants to start a runbook."""
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
    """The address of the UI's start form for a runbook, with an id that says what it is and is free."""
    application = str(sample_input(runbook.input_type)["application"])
    id = runbook_id(application, runbook.name, day_key(now or datetime.now(UTC)))
    return f"{settings.ui_url}{start_path(settings.temporal_namespace, runbook.workflow_type, id)}"


def workflow_url(workflow_id: str, settings: Settings) -> str:
    """The address of a workflow in the UI."""
    return f"{settings.ui_url}{workflow_path(settings.temporal_namespace, workflow_id)}"


def sample_input(input_type: type[RunbookInput]) -> dict[str, Any]:
    """An input that is valid, with every required field and a rehearsal asked for."""
    fields = input_type.model_fields
    return {n: value for n, value in sample_of(input_type).items() if fields[n].is_required()} | {"rehearse": True}


def build_input(runbook: RunbookClass, given: dict[str, Any]) -> RunbookInput:
    """Make a runbook's input; raise `UserError` with a sentence for every fault."""
    try:
        return runbook.input_type.model_validate(given)
    except ValidationError as error:
        faults = [_fault(runbook, fault) for fault in error.errors(include_url=False)]
        raise UserError("\n".join(f"runbook {runbook.name}: {fault}" for fault in faults)) from None


def read_inputs(runbook: RunbookClass, pairs: Sequence[str], text: str | None) -> dict[str, Any]:
    """Read `KEY=VALUE` pairs and a JSON object into one input; a list is given by repeating its key, or as JSON."""
    given = _read_object(text)
    properties = runbook.input_type.model_json_schema()["properties"]
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UserError(f"--input {pair}: write it as KEY=VALUE, for example --input component=web")
        _refuse_common(f"--input {pair}", [key])
        if not _is_list(properties.get(key, {})):
            given[key] = value
        elif value.startswith("["):
            given[key] = _read_json(f"--input {key}", value)
        else:
            given[key] = [*given.get(key, []), value]
    return given


def _read_object(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    data = _read_json("--input-json", text)
    if not isinstance(data, dict):
        raise UserError('--input-json: it must be a JSON object, for example \'{"component": "web"}\'')
    _refuse_common("--input-json", list(data))
    return data


def _refuse_common(what: str, keys: Sequence[str]) -> None:
    if taken := sorted(set(keys) & set(_COMMON)):
        raise UserError(f"{what}: {', '.join(taken)} is not given like this; the command has an option for it")


def _read_json(what: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{what}: it is not JSON; look at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise UserError(f"{what}: it is not JSON that can be read; its numbers or its nesting are too large") from None


def _fault(runbook: RunbookClass, fault: Any) -> str:
    name = ".".join(str(part) for part in fault["loc"])
    own = [n for n in runbook.input_type.model_fields if n not in _COMMON]
    match fault["type"]:
        case "missing":
            return f"the input {name} is missing; add --input {name}=..."
        case "extra_forbidden":
            return f"it has no input {name!r}; it takes {', '.join(own) or 'none of its own'}"
        case "string_pattern_mismatch" if name == "application":
            return f"the application is written CUSTOMER.APPLICATION, as in acme.shop, not {fault['input']!r}"
    said = fault["msg"].removeprefix("Value error, ")
    return f"{name or 'the input'}: {said[:1].lower()}{said[1:]}"


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


def _is_list(schema: dict[str, Any]) -> bool:
    return any(option.get("type") == "array" for option in [schema, *schema.get("anyOf", [])])


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

"""The inputs that people type for workflows, updates and signals: samples, and the faults of an input in one sentence.

All functions work on the classes alone, without their source, because workflows call them, too.
"""

from __future__ import annotations

import json
import types
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from enum import Enum
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from annotated_types import MinLen
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, to_jsonable_python

from models.base import NAME_PATTERN, Model, Moment, format_duration

_FAULTS: Final = 5
"""The most faults that one sentence names."""

_CHOICES: Final = 30

_PLAIN: Final[dict[object, Any]] = {
    bool: False,
    int: 1,
    float: 1.0,
    str: "text",
    datetime: "2026-03-01T12:00:00Z",
    get_args(Moment)[0]: "2026-03-01T12:00:00Z",
    date: "2026-03-01",
    timedelta: "5m",
}

_BOUNDS: Final = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
"""For each kind of complaint about a number: the name of the limit, and the words before it."""

_WANTED: Final = {
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "dict": "an object in braces",
    "model": "an object in braces",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
}
"""The expected value for each kind of complaint, by the beginning of the kind."""


class Delivered(Model):
    """A message whose faults are passed to the workflow instead of being raised while it is decoded.

    The SDK drops a signal that it cannot decode without a trace, and retries forever if it cannot decode the input of a
    workflow. A workflow that gets `Unreadable` can report the fault.
    """


class Unreadable:
    """A message that could not be decoded; its text is the fault in one sentence."""

    def __init__(self, why: str) -> None:
        self.why = why


def sample_of(kind: type[BaseModel]) -> dict[str, Any]:
    """Return a sample input: the required fields, and optional fields that have an example."""
    return {name: _example(field) for name, field in kind.model_fields.items() if field.is_required() or field.examples}


def sample_text(kind: type[BaseModel]) -> str:
    """Return the sample as JSON on one line."""
    return json.dumps(sample_of(kind), ensure_ascii=False)


def wrong_input(kind: type[BaseModel], error: ValidationError | None) -> str:
    """Describe a wrong input in one sentence: each faulty field with the expected value, all fields, and a sample."""
    faults = [_fault(kind, one) for one in error.errors(include_url=False)] if error else [_NO_OBJECT]
    more = [f"and {len(faults) - _FAULTS} more faults"] if len(faults) > _FAULTS else []
    said = "; ".join([*dict.fromkeys(faults[:_FAULTS]), *more])
    return f"The input does not fit: {said}; it takes {_fields(kind)}, as in {sample_text(kind)}"


def miscounted(kind: type[BaseModel], given: int) -> str:
    """Describe an input that was left out, or given more than once."""
    count = "none was given" if given == 0 else f"{given} were given"
    return f"It takes one input and {count}; it takes {_fields(kind)}, as in {sample_text(kind)}"


_NO_OBJECT = "it must be one JSON object in braces"


def _fields(kind: type[BaseModel]) -> str:
    must = [name for name, field in kind.model_fields.items() if field.is_required()]
    may = [name for name, field in kind.model_fields.items() if not field.is_required()]
    said = [f"the fields {', '.join(must)}"] if must else []
    return " and ".join([*said, *([f"where wanted {', '.join(may)}"] if may else [])])


def _fault(kind: type[BaseModel], fault: ErrorDetails) -> str:
    if not fault["loc"]:
        return said_of(fault) if fault["type"].startswith("value_error") else _NO_OBJECT
    return fault_text(fault, kind)


def fault_text(fault: ErrorDetails, kind: type[BaseModel] | None = None, place: str = "") -> str:
    """Return one complaint of pydantic as a clause that names the field and the expected value.

    `kind` is the model, for its choices and examples; `place` is the field's name for people if that differs.
    """
    place = place or ".".join(str(part) for part in fault["loc"])
    context = fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return f"{place} is missing{_choices(kind, fault)}"
        case "extra_forbidden":
            known = list(kind.model_fields) if kind and len(fault["loc"]) == 1 else []
            close = get_close_matches(str(fault["loc"][-1])[:60].lower(), known, n=1, cutoff=0.6)
            return f"there is no field {place[:60]!r}" + (f", did you mean {close[0]}" if close else "")
        case "enum" | "literal_error":
            expected = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
            return f"{place} must be one of {expected}"
        case "string_too_short" | "too_short":
            return f"{place} must not be empty"
        case "string_pattern_mismatch":
            return f"{place} does not have its form{_as_in(kind, fault)}"
        case "string_too_long":
            return f"{place} is too long: {context['max_length']} characters at most"
        case "too_long":
            return f"{place} is too long: {context['max_length']} entries at most"
    for bound, (name, words) in _BOUNDS.items():
        if fault["type"] == bound:
            return f"{place} must be {words} {_limit(context[name])}"
    for begin, wanted in _WANTED.items():
        if fault["type"].startswith((f"{begin}_type", f"{begin}_parsing", f"{begin}_from")):
            return f"{place} must be {wanted}"
    if fault["type"].startswith(("datetime", "timezone")):
        return f"{place} must be a time with its zone, as in 2026-03-01T12:00:00Z"
    if fault["type"].startswith("date"):
        return f"{place} must be a date, as in 2026-03-01"
    return f"{place}: {said_of(fault)}"


def _limit(value: Any) -> str:
    """Return a limit as text: numbers with separators, and whole numbers without decimals."""
    if isinstance(value, timedelta):
        return format_duration(value)
    return f"{int(value) if value == int(value) else value:,}" if isinstance(value, int | float) else str(value)


def _as_in(kind: type[BaseModel] | None, fault: ErrorDetails) -> str:
    field = _field(kind, fault)
    if field and field.examples:
        return f", as in {field.examples[0]}"
    pattern = str(fault.get("ctx", {}).get("pattern", ""))
    return ": lower-case letters, digits and hyphens" if pattern == NAME_PATTERN else f": {pattern}"


def _field(kind: type[BaseModel] | None, fault: ErrorDetails) -> FieldInfo | None:
    return kind.model_fields.get(str(fault["loc"][0])) if kind and len(fault["loc"]) == 1 else None


def said_of(fault: ErrorDetails) -> str:
    """Return the sentence of a complaint for use after a colon."""
    said = fault["msg"].removeprefix("Value error, ")
    return said[:1].lower() + said[1:]


def _choices(kind: type[BaseModel] | None, fault: ErrorDetails) -> str:
    field = _field(kind, fault)
    values = _values(field.annotation) if field else []
    return f" (one of {', '.join(values[:_CHOICES])})" if values else ""


def _values(annotation: Any) -> list[str]:
    """Return the values of a choice; an empty list for other types."""
    if get_origin(annotation) is Literal:
        return [str(value) for value in get_args(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(member.value) for member in annotation]
    if get_origin(annotation) in (Union, types.UnionType):
        return [value for part in get_args(annotation) for value in _values(part)]
    return []


def _example(field: FieldInfo) -> Any:
    if field.examples:
        return to_jsonable_python(field.examples[0])
    at_least = next((m.min_length for m in field.metadata if isinstance(m, MinLen)), 0)
    return _value(field.annotation, at_least)


def _value(annotation: Any, at_least: int = 0) -> Any:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        found = FieldInfo.from_annotation(annotation)
        return _example(found)
    if origin in (Union, types.UnionType):
        return _value(next(part for part in parts if part is not type(None)))
    if origin in (list, set, tuple):
        return [_value(parts[0])] if at_least else []
    if origin is dict:
        return {}
    if values := _values(annotation):
        return values[0]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return sample_of(annotation)
    return _PLAIN.get(annotation, "text")


def read_input(kind: type[BaseModel], given: object) -> Any:
    """Decode an input; `Unreadable` describes its faults."""
    try:
        return TypeAdapter(kind).validate_python(given)
    except ValidationError as error:
        return Unreadable(wrong_input(kind, error))

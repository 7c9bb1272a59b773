"""The base classes of all models, and the field types that models share."""

from __future__ import annotations

import ast
import hashlib
import inspect
import itertools
import json
import re
import textwrap
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

_UNITS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_LONGEST = 3660 * _UNITS["d"]
"""Seconds of the longest duration: no setting needs a longer one, and dates end with the year 9999."""
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d|w)")


class Described(BaseModel):
    """Adds field docstrings to the JSON schema on request, not at every start."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema with the fields' descriptions."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in field_descriptions(cls).items():
            if name in properties:
                properties[name].setdefault("description", text)
        return schema


def field_descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings of the fields of a model and its bases. It reads the source, so it is not for hot paths."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if cls not in (object, BaseModel) and issubclass(cls, BaseModel):
            found |= _texts_under_fields(cls)
    return found


@cache
def _texts_under_fields(cls: type) -> dict[str, str]:
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


class Model(Described):
    """An immutable value. Unknown fields are refused, so that misspelt ones are found."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class State(Described):
    """The memory of a workflow: mutable, and passed whole to the next run at continue-as-new."""

    model_config = ConfigDict(extra="forbid")


def parse_duration(text: object) -> timedelta:
    """Parse `90s`, `15m`, `4h`, `2d`, `1w` or a chain of them (`1h30m`); raise ValueError for anything else."""
    if isinstance(text, timedelta):
        return text
    if not isinstance(text, str):
        raise ValueError(f"a duration is written with its unit, as in 90s, 15m, 4h or 2d, not {text!r}")
    parts = _DURATION.findall(text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise ValueError(f"a duration is written with its unit, as in 90s, 15m, 4h or 2d, not {text!r}")
    milliseconds = sum(int(n) * _UNITS[u] for n, u in parts)
    if milliseconds > _LONGEST:
        raise ValueError(f"the duration {text!r} is longer than ten years; write a shorter one")
    return timedelta(milliseconds=milliseconds)


def format_duration(span: timedelta) -> str:
    """Format a span as `1h30m`, rounded to whole milliseconds; the inverse of `parse_duration`."""
    left = round(span.total_seconds() * 1000)
    if left <= 0:
        return "0s"
    out = ""
    for unit in ("d", "h", "m", "s", "ms"):
        count, left = divmod(left, _UNITS[unit])
        if count:
            out += f"{count}{unit}"
    return out


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, which gets an `s` unless the number is one: `1 host`, `2,000 hosts`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _positive(span: timedelta) -> timedelta:
    if span <= timedelta(0):
        raise ValueError("this duration must be more than zero")
    return span


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration, json_schema_input_type=Annotated[str, Field(pattern=r"^(\d+(ms|[smhdw]))+$")]),
    PlainSerializer(format_duration, return_type=str),
]
"""A span of time, written `90s`, `15m`, `4h`, `2d`."""

PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
"""A span of time greater than zero."""

NAME_PATTERN: Final = r"^[a-z][a-z0-9-]{0,39}$"

Identifier = Annotated[str, Field(pattern=NAME_PATTERN)]
"""A name that is valid in workflow ids, file names and URLs: lower-case letters, digits and hyphens, 40 characters at
most."""

ApplicationId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}\.[a-z][a-z0-9-]{0,39}$", examples=["acme.shop"])]
"""A customer and its application: `acme.shop`."""


By = Annotated[str, Field(min_length=1, max_length=120, examples=["on-call@driftbolaget.example"])]
"""A person: an e-mail address from the dossier."""


OUR_TIME = range(1990, 2200)
"""The years (UTC) that times from outside may have; others are mistakes, and arithmetic fails near the year 9999."""


def in_our_time(moment: datetime) -> datetime:
    """Return the moment unchanged; raise `ValueError` if its year is outside `OUR_TIME`."""
    if moment.year not in OUR_TIME:
        raise ValueError(f"{moment.year:04} is outside the supported years; write a time from 1990 to 2199")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(in_our_time)]
"""A time from outside with a time zone, from 1990 to 2199."""


def canonical_json(value: BaseModel | dict[str, Any]) -> str:
    """Return JSON that the order of keys does not change: keys sorted, without spaces."""
    data = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: BaseModel | dict[str, Any]) -> str:
    """Return SHA-256 (hex) over canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode(errors="surrogatepass")).hexdigest()

"""The kinds of model that Driftvakt's data is made of, and the field types they share."""

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
from typing import Annotated, Any

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
"""Of a duration: nobody means a longer one, and no date comes after the year 9999."""
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d|w)")


class Described(BaseModel):
    """Puts the texts that stand under fields into the JSON schema, when somebody asks for it and not at every start."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema, with the fields' descriptions."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in field_descriptions(cls).items():
            if name in properties:
                properties[name].setdefault("description", text)
        return schema


def field_descriptions(model: type[BaseModel]) -> dict[str, str]:
    """The texts that stand under the fields of a model and its bases; reads the source, so it is not for hot paths."""
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
    """A value: unknown fields are refused, so that a misspelt one is noticed; never changed after it was made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class State(Described):
    """What a workflow remembers: may change, and travels whole through continue-as-new."""

    model_config = ConfigDict(extra="forbid")


def parse_duration(text: object) -> timedelta:
    """Read `90s`, `15m`, `4h`, `2d`, `1w` or a chain of them (`1h30m`); raise ValueError for anything else."""
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
    """Write a span as `1h30m`, rounded to whole milliseconds; the inverse of `parse_duration`."""
    left = round(span.total_seconds() * 1000)
    if left <= 0:
        return "0s"
    out = ""
    for unit in ("d", "h", "m", "s", "ms"):
        count, left = divmod(left, _UNITS[unit])
        if count:
            out += f"{count}{unit}"
    return out


def _positive(span: timedelta) -> timedelta:
    if span <= timedelta(0):
        raise ValueError("this duration must be longer than nothing")
    return span


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration, json_schema_input_type=Annotated[str, Field(pattern=r"^(\d+(ms|[smhdw]))+$")]),
    PlainSerializer(format_duration, return_type=str),
]
"""A span of time, written `90s`, `15m`, `4h`, `2d`."""

PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
"""A span of time longer than nothing."""

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""A name that also serves in workflow ids, file names and URLs: lower case, digits and hyphens, 40 characters at most."""

ApplicationId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}\.[a-z][a-z0-9-]{0,39}$", examples=["acme.shop"])]
"""A customer and its application: `acme.shop`."""


By = Annotated[str, Field(min_length=1, max_length=120, examples=["on-call@driftbolaget.example"])]
"""Who: an e-mail address as it stands in the dossier."""


OUR_TIME = range(1990, 2200)
"""Years (UTC) in which a time from outside can lie: nobody means others, and with year 9999 there is nothing to reckon."""


def in_our_time(moment: datetime) -> datetime:
    """The same moment; `ValueError` where it lies in a year that nobody means."""
    if moment.year not in OUR_TIME:
        raise ValueError(f"{moment.year:04} is no year that can be meant; write a time from 1990 to 2199")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(in_our_time)]
"""A time from outside, with its zone: one with which there is something to reckon, from 1990 to 2199."""


def digest(value: BaseModel | dict[str, Any]) -> str:
    """Name a value by its content: SHA-256 (hex) over canonical JSON, the same for any order of keys."""
    data = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

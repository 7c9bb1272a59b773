"""Reads inputs that people type as `--input KEY=VALUE`, and checks them against their model."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from models.base import Model
from models.errors import UserError
from models.inputs import fault_text

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class TypedInputs(Generic[M]):
    """The inputs of one runbook or kind of operation."""

    what: str
    """The subject of every error message, such as `runbook free-disk-space`."""
    model: type[M]
    """The model that the inputs must fit."""
    common: Collection[str]
    """The fields that people cannot give as `--input`, because the command has separate options for them, or none."""

    def read(self, pairs: Sequence[str], text: str | None = None) -> dict[str, Any]:
        """Return the inputs from `KEY=VALUE` pairs and a JSON object. For a list, people repeat its key or write JSON."""
        given = self._read_object(text)
        properties = self.model.model_json_schema()["properties"]
        for pair in pairs:
            key, equals, value = pair.partition("=")
            if not equals or not key:
                raise UserError(f"--input {pair}: write it as KEY=VALUE, for example --input component=web")
            self._refuse_common(f"--input {pair}", [key])
            if not _is_list(properties.get(key, {})):
                given[key] = value
            elif value.startswith("["):
                given[key] = _read_json(f"--input {key}", value)
            else:
                given[key] = [*given.get(key, []), value]
        return given

    def build(self, given: dict[str, Any]) -> M:
        """Return the input as its model. Raise `UserError` with a sentence for every fault."""
        try:
            return self.model.model_validate(given)
        except ValidationError as error:
            faults = [self._fault(fault) for fault in error.errors(include_url=False)]
            raise UserError("\n".join(f"{self.what}: {fault}" for fault in faults)) from None

    def _read_object(self, text: str | None) -> dict[str, Any]:
        if text is None:
            return {}
        data = _read_json("--input-json", text)
        if not isinstance(data, dict):
            raise UserError('--input-json: it must be a JSON object, for example \'{"component": "web"}\'')
        self._refuse_common("--input-json", list(data))
        return data

    def _refuse_common(self, option: str, keys: Sequence[str]) -> None:
        if taken := sorted(set(keys) & set(self.common)):
            raise UserError(f"{option}: {', '.join(taken)} is not given like this; the command has an option for it")

    def _fault(self, fault: Any) -> str:
        name = ".".join(str(part) for part in fault["loc"])
        own = [n for n in self.model.model_fields if n not in self.common]
        match fault["type"]:
            case "missing":
                return f"the input {name} is missing; add --input {name}=..."
            case "extra_forbidden":
                return f"it has no input {name!r}; it takes {', '.join(own) or 'none of its own'}"
            case "string_pattern_mismatch" if name == "application":
                return f"the application is written CUSTOMER.APPLICATION, as in acme.shop, not {fault['input']!r}"
        return fault_text(fault, self.model, name or "the input")


def _read_json(what: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{what}: it is not JSON; look at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise UserError(f"{what}: the JSON cannot be read; its numbers or its nesting are too large") from None


def _is_list(schema: dict[str, Any]) -> bool:
    return any(option.get("type") == "array" for option in [schema, *schema.get("anyOf", [])])

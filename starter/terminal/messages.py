"""Builds messages to workflows from typed options. The error for a wrong value names the option."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from models.base import NAME_PATTERN, Model
from models.errors import UserError
from models.inputs import fault_text

M = TypeVar("M", bound=Model)


def build_message(kind: type[M], values: Mapping[str, Any], spelled: Mapping[str, str] | None = None) -> M:
    """Return a message. Raise `UserError` with the name of each wrong option, and its choices if it has any.

    Texts are stripped, so that a blank text counts as empty. `spelled` gives the name of a field's option, or of its argument
    in capitals, if that differs from the name of the field.
    """
    typed = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    try:
        return kind(**typed)
    except ValidationError as error:
        faults = "; ".join(_fault(kind, fault, values, spelled or {}) for fault in error.errors())
        raise UserError(faults) from None


def _fault(kind: type[Model], fault: ErrorDetails, values: Mapping[str, Any], spelled: Mapping[str, str]) -> str:
    field = str(fault["loc"][0]) if fault["loc"] else ""
    name = spelled.get(field, field)
    option = name if name.isupper() else f"--{name}"
    typed = values.get(field)
    match fault["type"]:
        case "enum":
            expected = str(fault.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ")
            return f"{option}: {_shown(typed)} is none of {expected}"
        case "string_pattern_mismatch" if fault.get("ctx", {}).get("pattern") == NAME_PATTERN:
            return f"{option}: {_shown(fault['input'])} is not a name; use lower-case letters, digits and hyphens"
        case "string_too_short" | "missing":
            return f"{option}: it must not be empty"
    return f"{option}: {fault_text(fault, kind, 'it').removeprefix('it: ')}"


def _shown(value: Any) -> str:
    return repr(value.value if isinstance(value, Enum) else value)

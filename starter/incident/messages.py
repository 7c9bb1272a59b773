"""Messages made of what somebody typed: what does not fit is said in one sentence, by the name of the option."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from models.base import Model
from models.errors import UserError

M = TypeVar("M", bound=Model)


def message(kind: type[M], values: Mapping[str, Any], spelled: Mapping[str, str] | None = None) -> M:
    """A message; `UserError` names each option that does not fit, and the choices where there are any.

    Blanks around what was typed are dropped, so that blanks alone are nothing. `spelled` says by which option, or argument in
    capitals, a field is typed where that is not the field's own name.
    """
    typed = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    try:
        return kind(**typed)
    except ValidationError as error:
        faults = "; ".join(_fault(fault, values, spelled or {}) for fault in error.errors())
        raise UserError(faults) from None


def _fault(fault: ErrorDetails, values: Mapping[str, Any], spelled: Mapping[str, str]) -> str:
    field = str(fault["loc"][0]) if fault["loc"] else ""
    name = spelled.get(field, field)
    option = name if name.isupper() else f"--{name}"
    typed = values.get(field)
    match fault["type"]:
        case "enum":
            expected = str(fault.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ")
            return f"{option}: {_shown(typed)} is none of {expected}"
        case "string_pattern_mismatch":
            return f"{option}: {_shown(fault['input'])} is no name; it has lower-case letters, digits and hyphens"
        case "string_too_short" | "missing":
            return f"{option}: it must not be empty"
    said = fault["msg"].removeprefix("Value error, ")
    return f"{option}: {said[:1].lower()}{said[1:]}"


def _shown(value: Any) -> str:
    return repr(value.value if isinstance(value, Enum) else value)

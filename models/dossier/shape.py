"""The structure of the format: the fields that are allowed at a place, found by walking the models beside the data."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from models.dossier.faults import Place
from models.probe_kinds import PROBES, Probe
from models.report_block_kinds import ReportBlock, kind_of_block


def model_at(root: type[BaseModel], place: Place, data: Any) -> type[BaseModel] | None:
    """Return the model that a mapping at this place is validated as; None if there is none, or several are possible."""
    expected: Any = root
    for key in place:
        expected = _inside(_choose(expected, data), key)
        data = _entry(data, key)
    chosen = _choose(expected, data)
    return chosen if _is_model(chosen) else None


def kinds_at(root: type[BaseModel], place: Place, data: Any) -> list[str]:
    """Return the allowed values of `type` at this place."""
    expected: Any = root
    for key in place:
        expected = _inside(_choose(expected, data), key)
        data = _entry(data, key)
    return [kind for member in _members(expected) if _is_model(member) for kind in _kinds(member)]


def _entry(data: Any, key: Any) -> Any:
    if isinstance(data, dict):
        return data.get(key)
    return data[key] if isinstance(data, list) and isinstance(key, int) and key < len(data) else None


def _is_model(expected: Any) -> bool:
    return isinstance(expected, type) and issubclass(expected, BaseModel)


def _kinds(model: Any) -> list[str]:
    field = model.model_fields.get("type")
    return list(get_args(field.annotation)) if field else []


def _members(expected: Any) -> list[Any]:
    if get_origin(expected) is Annotated:
        return _members(get_args(expected)[0])
    if get_origin(expected) in {Union, UnionType}:
        return [member for part in get_args(expected) for member in _members(part)]
    if expected is Probe:
        return list(PROBES.all().values())
    return [expected]


def _choose(expected: Any, value: Any) -> Any:
    """Return the member of a union that the author of the value meant."""
    if expected is ReportBlock:
        kind = kind_of_block(value)
        # Its name is the key of its options, unless the records wrote it.
        return dict[str, kind] if kind and "type" not in value else kind  # type: ignore[valid-type]
    members = _members(expected)
    if isinstance(value, dict):
        models = [m for m in members if _is_model(m)]
        named = [m for m in models if value.get("type") in _kinds(m)]
        fitting = named or (models if len(models) == 1 else []) or [m for m in members if get_origin(m) is dict]
    else:
        fitting = [m for m in members if get_origin(m) in {list, tuple}] if isinstance(value, list) else members
    return fitting[0] if fitting else None


def _inside(expected: Any, key: Any) -> Any:
    if _is_model(expected):
        field = expected.model_fields.get(key)
        return field.annotation if field else None
    arguments = get_args(expected)
    if get_origin(expected) is dict:
        return arguments[1]
    return arguments[0] if get_origin(expected) in {list, tuple} else None

"""The declaration of a kind of report block, and the registry: Driftvakt's kinds in `models/report_blocks.py`, and those
of packages.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticUndefined, core_schema

from models.base import Model
from models.errors import ExtensionError
from models.extensions import Extension, ExtensionGroup, Kinds

if TYPE_CHECKING:
    from models.dossier import Dossier
    from models.dossier.agreement import Undertaking


WRITTEN: Final = "write the name of a block, or the name with its options: `- metrics: {points: [disk]}`"


def _is_a_kind(cls: type[ReportBlock]) -> bool:
    return cls.model_fields["type"].default is not PydanticUndefined


def _read(value: object) -> ReportBlock:
    if isinstance(value, ReportBlock):
        return value
    if isinstance(value, str):
        return _kind(value).model_validate({})
    if not isinstance(value, dict) or not value:
        raise ValueError(f"this is no block; {WRITTEN}")
    if isinstance(named := value.get("type"), str):  # as the records keep it
        return _kind(named).model_validate(value)
    name, *others = value
    if others:
        raise ValueError(f"this entry has {len(value)} keys, and a block has one; {WRITTEN}, on one line or indented")
    kind = _kind(name)
    options = {} if value[name] is None else value[name]
    # As a mapping, so that a fault in the options is found below their key.
    [read] = TypeAdapter(dict[str, kind]).validate_python({name: options}).values()  # type: ignore[valid-type]
    return read


def _kind(name: object) -> type[ReportBlock]:
    try:
        kind = REPORT_BLOCKS.find(name) if isinstance(name, str) else None
    except ExtensionError as error:
        raise ValueError(str(error)) from error
    if kind is None:
        known = REPORT_BLOCKS.names()
        close = get_close_matches(str(name)[:60].replace("-", "_"), known, n=1, cutoff=0.6)
        fix = f"did you mean '{close[0]}'?" if close else f"use one of: {', '.join(known)}"
        raise ValueError(f"there is no block {str(name)[:60]!r}; {fix}")
    return kind


class ReportBlock(Model):
    """A part of a report. Each subclass is a kind, with its options in the dossier.

    As the type of a field, `ReportBlock` stands for all kinds. A dossier writes a block as its name, or as a mapping from
    the name to the options: `metrics: {points: [disk]}`. The docstring of a kind is its text in the schema. The code that
    gathers its facts and lays them out is in `activities/report/blocks/TYPE.py`; a package declares it with
    `activities.report.blocks.reports`.
    """

    type: str  # a kind gives it as `type: Literal["NAME"] = "NAME"`
    title: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The heading; by default that of the block, in the language of the report."""

    undertakings: ClassVar[frozenset[Undertaking]] = frozenset()
    """The undertakings on which it reports; none: it fits every agreement."""

    def lacking(self, dossier: Dossier) -> tuple[str, str] | None:
        """Return the part of the dossier that the block needs and does not find, and the fix; None: it has all."""
        return None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate a kind by its fields, and `ReportBlock` itself by those of the kind that is named."""
        if _is_a_kind(cls):
            return handler(source)
        return core_schema.no_info_plain_validator_function(_read)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema; for `ReportBlock` itself, the two ways in which a dossier writes the kinds."""
        if _is_a_kind(cls):
            made = super().__get_pydantic_json_schema__(schema, handler)
            handler.resolve_ref_schema(made).get("properties", {}).pop("type", None)  # its key says it
            return made
        kinds = REPORT_BLOCKS.all()
        bare = [name for name, kind in kinds.items() if not any(f.is_required() for f in kind.model_fields.values())]
        # The schema of a mapping refers to the kind, instead of repeating it.
        options = {
            name: handler(TypeAdapter(dict[str, kind]).core_schema)["additionalProperties"]  # type: ignore[valid-type]
            for name, kind in kinds.items()
        }
        one = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
        return {"anyOf": [{"enum": bare}, {**one, "properties": options}]}


def kind_of_block(entry: object) -> type[ReportBlock] | None:
    """Return the kind that plain data of a dossier names; None if no usable kind has that name."""
    name = entry.get("type", next(iter(entry), None)) if isinstance(entry, dict) else entry
    try:
        return _kind(name)
    except ValueError:  # reading the block itself says so
        return None


def _own() -> Mapping[str, type[ReportBlock]]:
    from models import report_blocks

    found = [kind for kind in vars(report_blocks).values() if _is_own(kind, report_blocks.__name__)]
    return {kind.model_fields["type"].default: kind for kind in found}


def _is_own(found: object, module: str) -> bool:
    return isinstance(found, type) and issubclass(found, ReportBlock) and found.__module__ == module


def _check(extension: Extension, loaded: Any) -> type[ReportBlock]:
    if not (isinstance(loaded, type) and issubclass(loaded, ReportBlock) and _is_a_kind(loaded)):
        what = f"{extension.value} is not a block of a report"
        raise ValueError(f"{what}; name a subclass of models.report_block_kinds.ReportBlock")
    named = loaded.model_fields["type"].default
    if named != extension.name:
        raise ValueError(f"its type is {named!r}; give the entry point the same name")
    return loaded


REPORT_BLOCKS: Kinds[type[ReportBlock]] = Kinds(ExtensionGroup.REPORT_BLOCKS, _own, _check)
"""Every kind of report block, by its name in the dossier."""

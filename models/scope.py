"""Scopes: the whole application, or some of its components."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Any, Final, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, RootModel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from models.base import Identifier


def _not_empty(names: list[str]) -> list[str]:
    # Some people read an empty list as "nothing", others as "no limit", so it is refused.
    if not names:
        raise ValueError("name at least one, or leave it out for the whole application")
    return names


Named = Annotated[list[Identifier], AfterValidator(_not_empty), Field(json_schema_extra={"minItems": 1})]
"""A list of names with at least one entry."""


class Scope(RootModel[Named | None]):
    """The whole application, or at least one named component.

    In JSON a scope is a list of names, which must not be empty. `null`, or no value, is the whole application.
    """

    model_config = ConfigDict(frozen=True)

    root: Named | None = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return a schema without a description, because each field of this type has its own."""
        return {"anyOf": handler(core_schema)["anyOf"]}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema without a reference, so that command-line options recognise a list."""
        schema = cast("dict[str, Any]", handler(source))
        schema.pop("ref", None)
        return cast(CoreSchema, schema)

    @classmethod
    def of(cls, names: Iterable[str]) -> Scope:
        """Return the scope for the names of an option; without any name it is the whole application."""
        return cls(list(names) or None)

    @property
    def whole(self) -> bool:
        """Whether the scope is the whole application."""
        return self.root is None

    @property
    def names(self) -> list[str]:
        """The named components; an empty list for the whole application."""
        return list(self.root or ())

    def has(self, component: str | None) -> bool:
        """Whether the scope contains a component. Only the whole application contains None."""
        return self.root is None or component in self.root

    def overlaps(self, other: Scope) -> bool:
        """Whether two scopes have a component in common."""
        return self.root is None or other.root is None or not set(self.root).isdisjoint(other.root)

    def among(self, known: Collection[str]) -> list[str]:
        """Return those of the known components that the scope contains, in the order of `known`."""
        return [name for name in known if self.has(name)]

    def __str__(self) -> str:
        """Return the names as text, or "the whole application"."""
        return ", ".join(self.root) if self.root else "the whole application"


WHOLE: Final = Scope()
"""The whole application."""

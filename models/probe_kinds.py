"""The declaration of a kind of probe, and the registry: Driftvakt's kinds in `models/probes.py`, and those of
packages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Union

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticUndefined, core_schema

from models.base import Model, PositiveDuration
from models.errors import ExtensionError
from models.extensions import Extension, ExtensionGroup, Kinds
from models.forms import Form


def _is_a_kind(cls: type[Probe]) -> bool:
    return cls.model_fields["type"].default is not PydanticUndefined


def _read(value: object) -> Probe:
    if isinstance(value, Probe):
        return value
    try:
        kind = PROBES.find(value["type"]) if isinstance(value, dict) and isinstance(value.get("type"), str) else None
    except ExtensionError as error:
        raise ValueError(str(error)) from error
    # For an unknown kind, pydantic makes the complaint.
    return kind.model_validate(value) if kind else _one_of(PROBES.all()).validate_python(value)


class Probe(Model):
    """How a measuring point is probed. Each subclass is a kind, with its fields in the dossier.

    As the type of a field, `Probe` stands for all kinds, and `type` selects one. The docstring of a kind is its text in
    the schema. The code that probes is in `activities/probes/kinds/TYPE.py`; a package declares it with
    `activities.probes.kinds.carries_out`.
    """

    type: str  # a kind gives it as `type: Literal["NAME"] = "NAME"`
    timeout: PositiveDuration = timedelta(seconds=10)

    gives_number: ClassVar[bool] = True
    """Whether its samples have a value, which thresholds and capacity plans need."""
    on_host: ClassVar[bool] = False
    """Whether it runs a command over SSH on the host that its field `host` names."""
    forms: ClassVar[Mapping[str, Form]] = {}
    """The form of values by field (`url`, `headers.*`), beyond the checks of pydantic."""
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields that may contain a secret by mistake; messages never repeat their values."""

    @property
    def ssh_host(self) -> str | None:
        """The host of the dossier on which it runs a command over SSH; None if it does not use SSH."""
        host: str | None = getattr(self, "host", None) if self.on_host else None
        return host

    @property
    def address(self) -> str | None:
        """The address that it measures, in lower case; None if it has none, or asks another server about it."""
        return None

    @property
    def bare_connection(self) -> tuple[str, int] | None:
        """The host and port to which it connects without sending data; sshd bans clients that do so."""
        return None

    @property
    def asks_between(self) -> bool:
        """Whether it asks another server about the measured one, so that a missing answer is no data."""
        return self.on_host

    def secrets(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """Yield secrets that are written out: the place in the probe, what it `holds`, and the fix."""
        yield from ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate a kind by its fields, and `Probe` itself by those of the kind that `type` names."""
        if _is_a_kind(cls):
            return handler(source)
        return core_schema.no_info_plain_validator_function(_read)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema; for `Probe` itself, the union of all kinds."""
        if _is_a_kind(cls):
            return super().__get_pydantic_json_schema__(schema, handler)
        return handler(_one_of(PROBES.all()).core_schema)


def _one_of(kinds: Mapping[str, type[Probe]]) -> TypeAdapter[Probe]:
    one_of: Any = Union[tuple(kinds.values())]  # noqa: UP007
    return TypeAdapter(Annotated[one_of, Field(discriminator="type")])


def _own() -> dict[str, type[Probe]]:
    from models import probes

    return {kind.model_fields["type"].default: kind for kind in vars(probes).values() if _is_own(kind, probes.__name__)}


def _is_own(found: object, module: str) -> bool:
    return isinstance(found, type) and issubclass(found, Probe) and found.__module__ == module


def _check(extension: Extension, loaded: Any) -> type[Probe]:
    if not (isinstance(loaded, type) and issubclass(loaded, Probe) and _is_a_kind(loaded)):
        raise ValueError(f"{extension.value} is not a kind of probe; name a subclass of models.probe_kinds.Probe")
    named = loaded.model_fields["type"].default
    if named != extension.name:
        raise ValueError(f"its type is {named!r}; give the entry point the same name")
    return loaded


PROBES: Kinds[type[Probe]] = Kinds(ExtensionGroup.PROBES, _own, _check)
"""Every kind of probe, by its `type` in the dossier."""


def kind_written(probe: object) -> type[Probe] | None:
    """Return the kind that plain data of a dossier names; None if no usable kind has that name."""
    named = probe.get("type") if isinstance(probe, dict) else None
    try:
        return PROBES.find(named) if isinstance(named, str) else None
    except ExtensionError:  # reading the probe itself says so
        return None


def secret_fields() -> set[str]:
    """Return the names of fields that may contain a secret, of all kinds."""
    return {field for kind in PROBES.all().values() for field in kind.secret_fields}

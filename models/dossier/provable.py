"""The instructions of a dossier that can be proven, each with the digest that its proof is valid for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from models.base import Model, digest
from models.dossier.dossier import Dossier
from models.dossier.instructions import StartStop
from models.names import remedy_name
from models.operation_kinds import operation_kinds

AROUND: Final = {
    "title", "ordered_by", "approval", "approvals", "cause", "risk", "standard", "frequency", "window", "missed",
    "lead_time", "per_month", "at_once", "abort_after_failures", "restore_point", "restore_time", "hosts", "components",
}  # fmt: skip
"""The fields of an instruction that do not affect how it is carried out; a proof stays valid if they change."""


class Provable(Model):
    """An instruction that can be rehearsed and carried out."""

    name: str
    """`remedy/web-down/restart`, `start-up`, `restore/database`, `change/deploy`, `maintenance/patches`, `routine/campaign`."""
    title: str
    digest: str
    """SHA-256 of the steps, and of the way in which the components they name are started and stopped."""


def provable(dossier: Dossier) -> dict[str, Provable]:
    """Return every instruction of a dossier by name, in the order of the dossier."""
    return {
        name: Provable(name=name, title=title, digest=_digest(dossier, part)) for name, title, part in _all(dossier)
    }


def _all(dossier: Dossier) -> Iterator[tuple[str, str, Model]]:
    kinds = [kind for kind in operation_kinds().values() if kind.proven and kind.proof == kind.name]
    for kind in kinds:
        if (single := kind.single(dossier)) is not None:
            yield kind.name, kind.label, single
    for name, found in dossier.instructions.troubleshooting.items():
        for key, remedy in found.remedies.items():
            yield remedy_name(name, key), remedy.title, remedy
    for kind in kinds:
        for name, part in kind.instructions(dossier).items():
            yield f"{kind.name}/{name}", part.title, part


def _digest(dossier: Dossier, part: Model) -> str:
    data = part.model_dump(mode="json")
    how = {key: value for key, value in data.items() if key not in AROUND}
    everything = isinstance(part, StartStop)
    components = dossier.architecture.components
    named = list(components) if everything else sorted(set(_components(how)) & set(components))
    controls = {name: components[name].model_dump(mode="json")["control"] for name in named}
    order = {name: sorted(components[name].depends_on) for name in named} if everything else {}
    return digest({"how": how, "controls": controls, "depends_on": order})


def _components(value: Any) -> Iterator[str]:
    """Yield the components that steps name, at any depth."""
    if isinstance(value, dict):
        if isinstance(name := value.get("component"), str):
            yield name
        for child in value.values():
            yield from _components(child)
    elif isinstance(value, list):
        for child in value:
            yield from _components(child)

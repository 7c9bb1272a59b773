"""What of a dossier is carried out, by name, and the digest of how: what its proof is bound to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from models.base import Model, digest
from models.dossier.dossier import Dossier
from models.dossier.instructions import StartStop
from models.names import remedy_name

AROUND: Final = {
    "title", "ordered_by", "approval", "approvals", "cause", "risk", "standard", "frequency", "window", "missed",
    "lead_time", "per_month", "at_once", "abort_after_failures", "restore_point", "restore_time", "hosts", "components",
}  # fmt: skip
"""Fields of an instruction that say who, when and where, and not how: they may change, and its proof still holds."""


class Provable(Model):
    """An instruction that can be rehearsed and carried out."""

    name: str
    """`remedy/web-down/restart`, `start-up`, `restore/database`, `change/deploy`, `maintenance/patches`, `routine/campaign`."""
    title: str
    digest: str
    """Of its steps, and of how the components they name are started and stopped."""


def provable(dossier: Dossier) -> dict[str, Provable]:
    """Every instruction of a dossier, by name, in its order."""
    return {
        name: Provable(name=name, title=title, digest=_digest(dossier, part)) for name, title, part in _all(dossier)
    }


def _all(dossier: Dossier) -> Iterator[tuple[str, str, Model]]:
    instructions, routines = dossier.instructions, dossier.routines
    yield "start-up", "Start-up", instructions.start_up
    yield "shut-down", "Shut-down", instructions.shut_down
    for name, found in instructions.troubleshooting.items():
        for key, remedy in found.remedies.items():
            yield remedy_name(name, key), remedy.title, remedy
    for kind, named in (
        ("restore", instructions.restore),
        ("change", instructions.changes),
        ("maintenance", routines.maintenance),
        ("routine", routines.extended),
    ):
        for name, part in named.items():
            yield f"{kind}/{name}", part.title, part


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
    """The components that steps name, however deep."""
    if isinstance(value, dict):
        if isinstance(name := value.get("component"), str):
            yield name
        for child in value.values():
            yield from _components(child)
    elif isinstance(value, list):
        for child in value:
            yield from _components(child)

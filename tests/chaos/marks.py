"""Applications on real hosts whose every remote step leaves marks on its host, and can be held in the middle of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.hosts import HostTarget
from tests.dossier.written import dump

Part = Mapping[str, Any]

COMPONENTS = {"db": [], "app": ["db"], "web": ["app"]}
"""And what each needs."""


class Marks:
    """What steps write: `begin STEP` before a step acts and `end STEP` after it, in a file for each application."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def command(self, application: str, step: str, act: str = "true", *, rolling: bool = False) -> str:
        """The shell command of a step; held, it waits between its beginning and what it does.

        Where it is `rolling` over hosts, the host's name is added to the step's: `patch h2`.
        """
        log, held = self._log(application), self._held(application, step)
        said, also = step, ""
        if rolling:
            also = f"read host <{self._directory}/port.${{SSH_CONNECTION##* }}; "
            said, held = f"{step} $host", Path(f"{held}-$host")
        return (
            f'{also}echo "begin {said}" >>{log}; while test -e {held}; do sleep 0.1; done; '
            f'{act}; ended=$?; echo "end {said}" >>{log}; exit $ended'
        )

    def know(self, hosts: Mapping[str, HostTarget]) -> None:
        """Let commands find out on which host they run."""
        for name, host in hosts.items():
            (self._directory / f"port.{host.port}").write_text(f"{name}\n")

    def run(self, application: str, step: str, act: str = "true", **more: object) -> dict[str, Any]:
        """A step that runs it on the application's host."""
        return {"type": "run", "host": "h1", "title": step, "command": self.command(application, step, act), **more}

    def hold(self, application: str, step: str) -> None:
        """From now on the step waits once it has begun."""
        self._held(application, step).touch()

    def release(self, application: str, step: str) -> None:
        """Let it act."""
        self._held(application, step).unlink()

    def seen(self, application: str) -> list[str]:
        """All marks, in order."""
        log = self._log(application)
        return log.read_text().splitlines() if log.exists() else []

    def dossier(self, application: str, hosts: Mapping[str, HostTarget], parts: Part) -> dict[str, Any]:
        """A dossier of an application whose three components stand on its first host; `parts` are laid over it."""
        customer, _, name = application.partition(".")
        base: dict[str, Any] = {
            "dossier": 1,
            "customer": customer,
            "application": name,
            "name": application,
            "agreement": {
                "number": "T-1",
                "signed": "2026-01-01",
                "signed_by": ["Ann, supplier", "Bob, acme"],
                "undertakings": ["incident"],
                "service_hours": {"always": "24x7"},
            },
            "parties": {
                "supplier": {"name": "Supplier", "kind": "supplier"},
                "customer": {"name": "Acme", "kind": "customer"},
            },
            "contacts": {
                "ann": {
                    "name": "Ann", "party": "supplier", "function": "on call", "roles": ["operator"],
                    "email": "ann@example.com",
                },
                "bob": {
                    "name": "Bob", "party": "customer", "function": "owner", "roles": ["data-owner"],
                    "email": "bob@example.com",
                },
            },
            "architecture": {
                "sites": {"dc": {"name": "Data centre", "operated_by": "supplier"}},
                "hosts": {name: {"site": "dc", **_address(host)} for name, host in hosts.items()},
                "components": {name: self._component(application, name, needs) for name, needs in COMPONENTS.items()},
            },
            "monitoring": {"watched_by": "central"},
        }  # fmt: skip
        return _laid_over(base, parts)

    def _component(self, application: str, name: str, needs: Sequence[str]) -> dict[str, Any]:
        up = self.up(application, name)
        return {
            "name": name,
            "hosts": ["h1"],
            "depends_on": list(needs),
            "control": {
                "type": "commands",
                "start": self.command(application, f"start {name}", f"touch {up}"),
                "stop": self.command(application, f"stop {name}", f"rm {up}"),
                "status": f"test -e {up} || exit 3",
            },
        }

    def up(self, application: str, component: str) -> Path:
        """There while the component runs."""
        return self._directory / f"{application}.{component}.up"

    def scratch(self, application: str) -> Path:
        """A directory on the host for what is thrown away."""
        return self._directory / f"{application}.scratch"

    def _log(self, application: str) -> Path:
        return self._directory / f"{application}.log"

    def _held(self, application: str, step: str) -> Path:
        return self._directory / f"{application}.held.{step.replace(' ', '-')}"


def in_turn(steps: Sequence[str]) -> list[str]:
    """The marks of steps of which each begins when the one before has ended, and none is carried out twice."""
    return [f"{mark} {step}" for step in steps for mark in ("begin", "end")]


def write(dossier: Mapping[str, Any], path: Path) -> Path:
    """Write a dossier where it can be published from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dump(dict(dossier)))
    return path


def _address(host: HostTarget) -> dict[str, Any]:
    return host.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)


def _laid_over(base: Mapping[str, Any], parts: Part) -> dict[str, Any]:
    merged = dict(base)
    for key, value in parts.items():
        known = merged.get(key)
        merged[key] = _laid_over(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return merged

"""The example customer's shop: the demo installs it on three hosts, starts it, and breaks it."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import signal
import string
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

import httpx

from models.errors import UserError
from starter.demo.hosts import environment
from starter.demo.machines import DemoHost, make_key, make_machine

APPLICATION: Final = "acme.shop"
ON_CALL: Final = "on-call@driftbolaget.example"
"""The person who rehearses the remedies at the start."""

SYSTEM_OWNER: Final = "karin.holm@acme.example"
"""The person who decides in `--script`; the dossier gives her that right."""

COMPONENTS: Final = {"web": "web1", "app": "app1", "db": "db1"}
"""The host of each component; each component needs the next one."""

_FILES: Final = ("shop.py", "control.sh", "stock.json")


@dataclass(frozen=True)
class Shop:
    """The shop with its hosts, its ports and its processes."""

    machines: dict[str, DemoHost]
    """By component."""
    ports: dict[str, int]
    """By component."""
    credential: Path
    """The file with the private key for the hosts."""

    def url(self, component: str) -> str:
        """Return the address of a component."""
        return f"http://127.0.0.1:{self.ports[component]}"

    def pid(self, component: str) -> int:
        """Return the id of a component's process."""
        return self.machines[component].pid(component)

    async def start(self) -> None:
        """Start the shop by the customer's own scripts, beginning with the database."""
        for component in reversed(COMPONENTS):
            await self._control("start", component)

    async def _control(self, verb: str, component: str) -> None:
        directory = self.machines[component].directory
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "shop/control.sh", verb, component),
            cwd=directory,
            env=environment(directory),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        output, _ = await process.communicate()
        if process.returncode != 0:
            raise UserError(f"the shop's {component} did not {verb}: {' / '.join(output.decode().split(chr(10)))}")

    def kill(self, component: str) -> int:
        """Kill a component's process as the kernel does when memory runs out; return its id."""
        return self._send(component, signal.SIGKILL)

    def freeze(self, component: str) -> int:
        """Make a component hang: it keeps its port open and answers nothing. Return the id of its process."""
        return self._send(component, signal.SIGSTOP)

    def _send(self, component: str, number: signal.Signals) -> int:
        pid = self.pid(component)
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            raise UserError(f"the shop's {component} (process {pid}) does not run any more") from None
        return pid

    def stock(self) -> bytes:
        """Return the content of the database's file."""
        return (self.machines["db"].directory / "shop" / "stock.json").read_bytes()

    def back_up(self) -> None:
        """Copy the stock, as the customer does every night."""
        home = self.machines["db"].directory
        place = home / "backup"
        place.mkdir(exist_ok=True)
        with tarfile.open(place / f"stock-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz", "w:gz") as archive:
            archive.add(home / "shop" / "stock.json", "stock.json")

    async def health(self, client: httpx.AsyncClient) -> dict[str, bool]:
        """Return whether each component answers; the demo asks the components itself, without the monitor."""
        answers = await asyncio.gather(*[self._answers(client, component) for component in COMPONENTS])
        return dict(zip(COMPONENTS, answers, strict=True))

    async def _answers(self, client: httpx.AsyncClient, component: str) -> bool:
        try:
            return (await client.get(f"{self.url(component)}/health")).status_code == 200
        except httpx.HTTPError:
            return False

    async def page_status(self) -> int | None:
        """Return the HTTP status of the visitors' page; None when it does not answer."""
        async with httpx.AsyncClient(timeout=5) as client:
            try:
                return (await client.get(self.url("web"))).status_code
            except httpx.HTTPError:
                return None

    def switch_off(self) -> None:
        """End all processes of the shop that still run."""
        for machine in self.machines.values():
            machine.switch_off()

    def dossier(self) -> str:
        """Return the shop's dossier as YAML, with the addresses and keys of this demo."""
        values = {"user": json.dumps(getpass.getuser()), "credential": json.dumps(f"file:{self.credential}")}
        for component, machine in self.machines.items():
            values |= {f"{machine.name}_port": str(machine.port), f"{machine.name}_key": machine.host_key}
            values[f"{machine.name}_home"] = json.dumps(str(machine.directory.absolute()))[1:-1]
            values |= {f"{component}_url": self.url(component), f"{component}_port": str(self.ports[component])}
        return string.Template(_template()).substitute(values)


def make_shop(home: Path, ports: list[int]) -> Shop:
    """Create the hosts and install the shop on them; `ports` are six free ports."""
    credential = home / "keys" / "acme-shop"
    credential.parent.mkdir(parents=True)
    login = make_key(credential)
    machines = {
        component: make_machine(host, home / "hosts" / host, port, login)
        for (component, host), port in zip(COMPONENTS.items(), ports, strict=False)
    }
    shop = Shop(
        machines=machines, ports=dict(zip(COMPONENTS, ports[len(machines) :], strict=True)), credential=credential
    )
    needed = [*list(COMPONENTS)[1:], None]
    for component, below in zip(COMPONENTS, needed, strict=True):
        needs = "" if below is None else shop.url(below)
        _install(machines[component].directory / "shop", f"PORT={shop.ports[component]}\nNEEDS={needs}\n")
    return shop


def _install(place: Path, settings: str) -> None:
    place.mkdir()
    for name in _FILES:
        (place / name).write_bytes((files("starter.demo.shop") / name).read_bytes())
    (place / "settings").write_text(settings)


def _template() -> str:
    return (files("starter.demo") / "shop.yaml").read_text(encoding="utf-8")

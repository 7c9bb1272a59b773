"""Dossiers for the tests: the examples as plain data, and large ones."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from models.dossier.load import files

EXAMPLES = Path(__file__).parents[2] / "examples"
DOSSIERS = list(files(EXAMPLES))

# Those of libyaml, where PyYAML was built with it, are ten times as fast.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def plain_data(path: Path) -> dict[str, Any]:
    """A file's content as plain data, every alias written out so that a change touches one place only."""
    return dict(_typed(_parsed(path.read_text())))


@cache
def _parsed(text: str) -> Any:
    return yaml.load(text, Loader=_LOADER)


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _typed(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_typed(entry) for entry in value]
    return {"true": True, "false": False}.get(value, int(value) if value.isdigit() else value)


class _Written(_Dumper):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True


def dump(data: Any) -> str:
    """Plain data as YAML, one entry a line."""
    return yaml.dump(data, Dumper=_Written, sort_keys=False, allow_unicode=True, width=10_000)


def key_of(number: int) -> str:
    """A public key that is well formed."""
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + number.to_bytes(32, "big")
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


def large(hosts: int) -> dict[str, Any]:
    """The shop with so many hosts, a component and two measuring points for every four of them."""
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    parts = data["architecture"]
    points = data["monitoring"]["measuring_points"]
    for number in range(hosts - len(parts["hosts"])):
        parts["hosts"][f"host-{number}"] = {
            "site": "stockholm",
            "address": f"192.0.2.{number % 250}",
            "port": 2000 + number,
            "host_keys": [key_of(number)],
            "credential": "file:keys/acme-shop",
            "sudo": True,
            "os": "Debian 12",
            "purpose": "One of many",
        }
    for group in range(hosts // 4):
        name = f"part-{group}"
        parts["components"][name] = {
            "name": f"Part {group}",
            "hosts": list(parts["hosts"])[group * 4 : group * 4 + 4],
            "depends_on": ["db"],
            "control": {"type": "systemd", "unit": f"part-{group}.service"},
        }
        points[f"{name}-page"] = {
            "component": name,
            "probe": {"type": "http", "url": f"https://shop.example.com/{name}"},
        }
        points[f"{name}-load"] = {
            "component": name,
            "probe": {"type": "ssh_command", "host": f"host-{group}", "command": "cut -d' ' -f1 /proc/loadavg"},
            "thresholds": {"high": {"when": "value > 8", "duration": "10m", "severity": "warning"}},
        }
        data["instructions"]["troubleshooting"][name] = {
            "title": f"Part {group} is down",
            "symptom": {"components": [name]},
            "remedies": {"restart": {"title": "Restart it", "steps": [{"type": "restart", "component": name}]}},
        }
    data["instructions"]["start_up"] = data["instructions"]["shut_down"] = {}
    return data

"""Checks of extension packages: the entry points of each, and whether they can be used."""

from __future__ import annotations

from collections.abc import Iterator

from activities.documents.blocks import BLOCKS
from models.channels import CHANNELS
from models.errors import ExtensionError
from models.extensions import Extension, ExtensionGroup, Kinds, declared
from models.operation_kinds import OPERATIONS
from models.probe_kinds import PROBES
from models.report_block_kinds import REPORT_BLOCKS
from runbooks import runbook_kinds
from starter.doctor.finding import Finding, ok, warning


def extensions() -> Iterator[Finding]:
    """Return a finding for each entry point of each extension package."""
    for kinds in every_kind():
        yield from _findings(kinds)


def every_kind() -> list[Kinds[object]]:
    """Return every registry that packages can extend, in the order of `ExtensionGroup`."""
    every = {kinds.group: kinds for kinds in (PROBES, CHANNELS, BLOCKS, REPORT_BLOCKS, runbook_kinds(), OPERATIONS)}
    return [every[group] for group in ExtensionGroup]  # type: ignore[misc]


def _findings(kinds: Kinds[object]) -> Iterator[Finding]:
    taken = kinds.faults_by_name()
    for one in declared(kinds.group):
        fault = taken.get(one.name)
        yield _broken(one, fault) if fault else ok(_check(one), f"{one} can be used (entry point in {one.group})")


def _broken(one: Extension, fault: ExtensionError) -> Finding:
    said, _, fix = str(fault).rpartition("; ")
    return warning(_check(one), said, fix)


def _check(one: Extension) -> str:
    return f"extension {one.name}"

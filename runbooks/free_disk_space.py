"""The runbook that removes old files when a file system is nearly full."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field
from temporalio import workflow

from models.base import Identifier, counted
from models.dossier.instructions import RunStep
from models.jobs import JobResult, Outcome
from models.runbooks import RunbookInput, RunbookReport
from runbooks._paths import absolute, cleanable, file_pattern
from workflows.runbook import Runbook, runbook
from workflows.runtime.outcomes import worst
from workflows.steps.runner import Steps

_DF_ROW = re.compile(r"^.*\s(\d+)\s+(\d+)\s+(\d+)\s+(\d+)%\s+/.*$", re.MULTILINE)
"""The row that `df -Pk` prints for a path: blocks, used, available (KiB), use."""


class FreeDiskSpaceInput(RunbookInput):
    """The file system, and the files that may be removed."""

    component: Annotated[Identifier, Field(examples=["web"])]
    """Component whose hosts are cleaned."""
    path: Annotated[str, AfterValidator(absolute), Field(examples=["/var"])] = "/"
    """A path on the file system that is nearly full."""
    above_percent: Annotated[int, Field(ge=1, le=99)] = 80
    """Only hosts whose file system is full to this per cent, or more, are cleaned."""
    directories: Annotated[
        list[Annotated[str, AfterValidator(cleanable)]],
        Field(min_length=1, max_length=20, examples=[["/var/log/shop"]]),
    ]
    """Directories in which files may be removed, with their subdirectories; links are not followed."""
    patterns: Annotated[
        list[Annotated[str, AfterValidator(file_pattern)]],
        Field(min_length=1, max_length=20, examples=[["*.log.gz", "*.log.[0-9]*"]]),
    ]
    """Patterns for the names of files that may be removed, as for `find -name`."""
    older_than_days: Annotated[int, Field(ge=1, le=3650)] = 14
    """Only files are removed whose last change is longer ago than this."""


@dataclass(frozen=True)
class _Usage:
    used_kib: int
    percent: int


@runbook("free-disk-space")
class FreeDiskSpace(Runbook):
    """Free disk space by removing old files.

    Checks the file system on every host of the component. On hosts above the threshold it removes files that are old, match a
    pattern and lie in one of the directories, and then reports the space that became free. Other hosts stay as they are. It
    removes only plain files, never directories, never through links, and never on another file system. A second run is safe.
    """

    @workflow.run
    async def run(self, order: FreeDiskSpaceInput) -> RunbookReport:
        """Check all hosts, clean those above the threshold, and check these again."""
        steps = await self.begin(order)
        hosts = [place.host.name for place in self.component(order.component).routed_hosts]
        if not hosts:
            self.note(f"Hosts of {order.component}", "the dossier has no host for it", Outcome.FAILED)
            return await self.report(Outcome.FAILED, f"{order.component} has no host")

        before, checked = await self._check_usage(steps, order, hosts, "Usage before")
        full = self._full(before, order)
        self.now(f"Removing old files on {', '.join(full)}" if full else "Nothing to remove")
        cleaned = worst([result.outcome for result in await steps.run_for_results(_removal(order, full))])
        if order.rehearse or not full:
            return await self.report(
                worst([checked, cleaned]), f"above the threshold: {len(full)} of {counted(len(hosts), 'host')}"
            )

        after, checked_again = await self._check_usage(steps, order, full, "Usage after")
        freed = ", ".join(self._freed(host, before, after) for host in full)
        return await self.report(worst([checked, cleaned, checked_again]), f"Freed on {freed}")

    async def _check_usage(
        self, steps: Steps, order: FreeDiskSpaceInput, hosts: Sequence[str], title: str
    ) -> tuple[dict[str, _Usage], Outcome]:
        self.now(f"Checking {order.path} on {', '.join(hosts)}")
        command = ["df", "-Pk", order.path]
        results = await steps.run_for_results(
            [RunStep(title=title, host=host, command=command, read_only=True) for host in hosts]
        )
        seen: dict[str, _Usage] = {}
        for result in results:
            usage = _usage(result)
            if usage is not None:
                seen[result.host] = usage
            elif result.outcome is Outcome.OK:
                self.note(title, "df printed no line about the file system", Outcome.FAILED, result.host)
        return seen, worst([r.outcome if r.host in seen else worst([r.outcome, Outcome.FAILED]) for r in results])

    def _full(self, seen: dict[str, _Usage], order: FreeDiskSpaceInput) -> list[str]:
        for host, usage in seen.items():
            if usage.percent < order.above_percent:
                self.note("Skip the host", f"{usage.percent} % used, below {order.above_percent} %", host=host)
        return [host for host, usage in seen.items() if usage.percent >= order.above_percent]

    def _freed(self, host: str, before: dict[str, _Usage], after: dict[str, _Usage]) -> str:
        if host not in after:
            return f"{host}: unknown"
        was, now = before[host], after[host]
        freed = f"{(was.used_kib - now.used_kib) / 1024:.1f} MiB ({was.percent} % to {now.percent} %)"
        self.note("Freed", freed, host=host)
        return f"{host}: {freed}"


def _usage(result: JobResult) -> _Usage | None:
    row = _DF_ROW.search(result.stdout.text) if result.outcome is Outcome.OK else None
    return None if row is None else _Usage(used_kib=int(row[2]), percent=int(row[4]))


def _removal(order: FreeDiskSpaceInput, hosts: Sequence[str]) -> list[RunStep]:
    find = ["find", "-P", *order.directories, "-xdev", "-type", "f", "-mtime", f"+{order.older_than_days}"]
    names = ["("]
    for number, pattern in enumerate(order.patterns):
        names += ["-o", "-name", pattern] if number else ["-name", pattern]
    names.append(")")
    # There is nothing to do when find reports no file and no error.
    check = f'found=$({shlex.join([*find, *names])}) && [ -z "$found" ]'
    return [
        RunStep(
            title="Remove old files",
            host=host,
            command=[*find, *names, "-print", "-delete"],
            check=check,
            timeout=timedelta(minutes=30),
        )
        for host in hosts
    ]

"""The runbook that collects evidence about a fault of a component."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from temporalio import workflow

from activities.stubs.records import load_incident_plan
from models.base import Identifier, counted
from models.dossier.instructions import RunStep
from models.hosts import Systemd
from models.jobs import Outcome
from models.plans import ComponentPlan, PlanRequest
from models.runbooks import RunbookInput, RunbookReport
from runbooks._paths import absolute
from workflows.runbook import Runbook, runbook
from workflows.runtime.calls import look_up
from workflows.runtime.outcomes import worst
from workflows.steps.runner import Steps

_STANDARD = {
    "Uptime and load": "uptime",
    "File systems": "df -Pk",
    "Memory": "free -m 2>/dev/null || head -n 20 /proc/meminfo",
    "Processes that use most": "{ ps -eo pcpu,pmem,pid,user,args 2>/dev/null || ps; } | sort -rn | head -n 15 | cut -c 1-120",
    "Listening sockets": "ss -lntu 2>/dev/null || netstat -lntu 2>/dev/null || cat /proc/net/tcp /proc/net/udp",
}
"""POSIX shell commands, each with an alternative for hosts without the tool."""


class CollectEvidenceInput(RunbookInput):
    """The component, and its log."""

    component: Annotated[Identifier, Field(examples=["web"])]
    """Component from whose hosts the evidence comes."""
    log: Annotated[str, AfterValidator(absolute)] | None = None
    """Log file of the component; without it, the journal of a systemd unit is read."""
    log_lines: Annotated[int, Field(ge=1, le=1000)] = 100
    """Number of lines from the end of the log."""


@runbook("collect-evidence")
class CollectEvidence(Runbook):
    """Collect evidence from a component's hosts.

    Reads uptime, file systems, memory, processes, listening sockets, the last lines of the component's log, and the evidence
    that the matching troubleshooting instruction names. Changes nothing, so a rehearsal does the same.
    """

    acts = False

    @workflow.run
    async def run(self, order: CollectEvidenceInput) -> RunbookReport:
        """Run all commands on all hosts at the same time."""
        steps = await self.begin(order)
        part = self.component(order.component)
        wanted = [*_standard(part), *_log(part, order), *await self._agreed(order)]
        self.now(
            f"Collecting from {', '.join(place.host.name for place in part.routed_hosts) or 'the dossier’s hosts'}"
        )
        outcome = await self._collect(steps, part, wanted)
        hosts = {report.host for report in steps.reports if report.host}
        return await self.report(
            outcome, f"{counted(len(steps.reports), 'piece')} of evidence from {counted(len(hosts), 'host')}"
        )

    async def _collect(self, steps: Steps, part: ComponentPlan, wanted: list[RunStep]) -> Outcome:
        if not part.routed_hosts:
            self.note(f"Hosts of {part.name}", "the dossier has no host for it", Outcome.FAILED)
            wanted = [step for step in wanted if step.component != part.name]
            return worst([Outcome.FAILED, await steps.run(wanted)])
        return await steps.run(wanted)

    async def _agreed(self, order: CollectEvidenceInput) -> list[RunStep]:
        """Return the evidence steps of the troubleshooting instruction; the dossier's rules allow only read-only ones."""
        found = await look_up(
            load_incident_plan,
            PlanRequest(application=order.application, dossier=self.plan.dossier, components=[order.component]),
            summary=f"Look up the instruction for {order.component}",
        )
        return [step for step in found.collect if isinstance(step, RunStep) and step.read_only]


def _standard(part: ComponentPlan) -> list[RunStep]:
    return [
        RunStep(title=title, component=part.name, command=command, read_only=True)
        for title, command in _STANDARD.items()
    ]


def _log(part: ComponentPlan, order: CollectEvidenceInput) -> list[RunStep]:
    lines = str(order.log_lines)
    if order.log is not None:
        command = ["tail", "-n", lines, order.log]
    elif isinstance(part.control, Systemd):
        command = ["journalctl", "--no-pager", "-n", lines, "-u", part.control.unit]
    else:
        return []
    return [RunStep(title=f"Last log lines of {part.name}", component=part.name, command=command, read_only=True)]

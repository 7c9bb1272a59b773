"""Probes that run a command on a host and read a number from its output."""

from __future__ import annotations

from activities.probes.finding import ProbeFinding, failed, no_data, ok
from activities.probes.kinds import carries_out
from activities.probes.numbers import first_number
from activities.probes.tools import CommandResult, ProbeTools
from models.probes import SshCommandProbe


@carries_out(SshCommandProbe, keeps_time=True)
async def carry_out(probe: SshCommandProbe, tools: ProbeTools) -> ProbeFinding:
    """Run the command on its host."""
    return await tools.on_host(probe.command, probe.timeout, judge_output)


def judge_output(output: CommandResult) -> ProbeFinding:
    """Return the first number of a command that ended with exit status 0. The detail has no output, because it may
    contain secrets.
    """
    if output.exit_status is None:
        return no_data("the result of the command is unknown")
    if output.exit_status != 0:
        return failed(f"the command ended with exit status {output.exit_status}")
    try:
        number = first_number(output.stdout)
    except ValueError as error:
        return no_data(str(error))
    if number is None:
        return no_data("the command wrote no number")
    return ok("", number)

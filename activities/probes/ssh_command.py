"""Commands on hosts whose output is a number."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from activities.probes.finding import ProbeFinding, failed, no_data, ok
from activities.probes.numbers import first_number
from models.hosts import HostTarget


class CommandResult(Protocol):
    """What a read-only command on a host gave."""

    @property
    def exit_status(self) -> int | None:
        """None where its end is not known."""

    @property
    def stdout(self) -> str:
        """What it wrote."""

    @property
    def stderr(self) -> str:
        """What it complained of."""


class SshLook(Protocol):
    """Runs a read-only command on a host; blocks, ends by the timeout, raises `HostError`s."""

    def __call__(self, host: HostTarget, command: str, timeout: timedelta) -> CommandResult:
        """Run it."""


def judge_look(look: CommandResult) -> ProbeFinding:
    """Take the first number of a command that ended well; its output itself is not passed on, it may hold secrets."""
    if look.exit_status is None:
        return no_data("how the command ended is not known")
    if look.exit_status != 0:
        return failed(f"the command ended with exit status {look.exit_status}")
    try:
        number = first_number(look.stdout)
    except ValueError as error:
        return no_data(str(error))
    if number is None:
        return no_data("the command wrote no number")
    return ok("", number)

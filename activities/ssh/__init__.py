"""Hosts over SSH: commands as jobs that run at most once, components brought to a state, and plain looks."""

from activities.ssh.activities import Ssh
from activities.ssh.looking import CommandOutput
from activities.ssh.pool import Pool

__all__ = ["CommandOutput", "Pool", "Ssh"]

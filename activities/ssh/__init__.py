"""Hosts over SSH: commands as jobs that run at most once, start and stop of components, and read-only commands."""

from activities.ssh.activities import Ssh
from activities.ssh.pool import Pool
from activities.ssh.read_only import CommandOutput

__all__ = ["CommandOutput", "Pool", "Ssh"]

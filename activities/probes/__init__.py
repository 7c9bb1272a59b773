"""Probes: looking at measuring points over HTTP, TCP, TLS, DNS, SSH, SQL and Prometheus."""

from activities.probes.activities import Probes
from activities.probes.looks import Looks
from activities.probes.ssh_command import CommandResult, SshLook

__all__ = ["CommandResult", "Looks", "Probes", "SshLook"]

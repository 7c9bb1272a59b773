"""The ceiling of the SSH benchmarks: paramiko as it is, without Nagle's algorithm, in threads."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import paramiko

from models.hosts import HostTarget


def connect(target: HostTarget) -> paramiko.Transport:
    """Connect and log in."""
    sock = socket.create_connection((target.address, target.port), 30)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = paramiko.Transport(sock)
    transport.start_client(timeout=30)
    key = paramiko.Ed25519Key.from_private_key_file(target.credential.removeprefix("file:"))
    transport.auth_publickey(target.user, key)
    return transport


def command(transport: paramiko.Transport, line: str) -> bytes:
    """Run one line on a channel of its own; its output."""
    with transport.open_session(timeout=30) as channel:
        channel.exec_command(line)
        output = b""
        while data := channel.recv(65536):
            output += data
        if channel.recv_exit_status():
            raise RuntimeError(f"the command ended with {channel.recv_exit_status()}")
        return output


class BareSsh:
    """Connections to many hosts, used from so many threads at once."""

    def __init__(self, targets: Sequence[HostTarget], at_once: int) -> None:
        self._targets = targets
        self._threads = ThreadPoolExecutor(at_once)
        self._transports: list[paramiko.Transport] = []

    def cold(self, lines: Sequence[str]) -> None:
        """Connect to each host and run its line."""

        def one(target: HostTarget, line: str) -> paramiko.Transport:
            transport = connect(target)
            command(transport, line)
            return transport

        self._transports = list(self._threads.map(one, self._targets, lines))

    def warm(self, lines: Sequence[str]) -> None:
        """Run each host's line on the connection that is kept."""
        list(self._threads.map(command, self._transports, lines))

    def close(self) -> None:
        """Close everything."""
        for transport in self._transports:
            transport.close()
        self._threads.shutdown()

"""One of the demo's hosts: `python -m starter.demo.hosts DIRECTORY PORT`, an SSH server on loopback.

Commands run by `/bin/sh` as the user who started the demo, with the host's directory as home. When the host is stopped by
SIGTERM, or when the demo has died, all its processes end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import asyncssh

HOST_KEY = "etc/ssh_host_ed25519_key"
AUTHORIZED_KEYS = "etc/authorized_keys"
"""Files in a host's directory."""


async def serve(directory: Path, port: int) -> None:
    """Run the SSH server of this host until it is stopped."""

    async def session(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await _run(process, directory)

    server = await asyncssh.listen(
        "127.0.0.1",
        port,
        server_host_keys=[str(directory / HOST_KEY)],
        authorized_client_keys=str(directory / AUTHORIZED_KEYS),
        process_factory=session,
        encoding=None,
        line_editor=False,
    )
    try:
        await _until_switched_off()
    finally:
        server.close()
        switch_off(directory)


def switch_off(directory: Path) -> None:
    """End all processes of a host: the application's, and those that jobs have started."""
    for file in directory.glob("run/*.pid"):
        _kill(file, group=False)
    for file in directory.glob(".driftvakt/jobs/*/group"):
        if not (file.parent / "status").exists():
            _kill(file, group=True)


def _kill(file: Path, *, group: bool) -> None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int(file.read_text().split()[0])
        os.kill(-pid if group else pid, signal.SIGKILL)
        if not group:
            file.unlink()


def environment(directory: Path) -> dict[str, str]:
    """Return the few variables that a command gets, as on a real host."""
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    return {"HOME": str(directory), "PATH": path, "SHELL": "/bin/sh", "LANG": "C.UTF-8"}


async def _run(process: asyncssh.SSHServerProcess[bytes], directory: Path) -> None:
    # As with sshd, processes that the command has started outlive the connection.
    shell = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", process.command or ""),
        cwd=directory,
        env=environment(directory),
        start_new_session=True,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    feeding = asyncio.create_task(_pump(process.stdin, shell.stdin))
    output = [
        asyncio.create_task(_pump(shell.stdout, process.stdout)),
        asyncio.create_task(_pump(shell.stderr, process.stderr)),
    ]
    status = await shell.wait()
    # A process in the background may keep the streams open without end.
    await asyncio.wait(output, timeout=0.5)
    for task in (feeding, *output):
        task.cancel()
    if status < 0:
        process.exit_with_signal(signal.Signals(-status).name.removeprefix("SIG"))
    else:
        process.exit(status)


async def _pump(source: Any, sink: Any) -> None:
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except (OSError, asyncssh.Error):
        return  # One end has closed; the other one reads the end of its stream.
    finally:
        if isinstance(sink, asyncio.StreamWriter):
            sink.close()


async def _until_switched_off() -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    parent = os.getppid()
    while not asked.is_set() and os.getppid() == parent:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asked.wait(), 0.5)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]).absolute(), int(sys.argv[2])))

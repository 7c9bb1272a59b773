"""A small SSH server on asyncssh, run as a process: `python asyncssh_host.py ROOT PORT`. SIGUSR1 cuts every connection."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import asyncssh


class _Server(asyncssh.SSHServer):
    connections: set[asyncssh.SSHServerConnection] = set()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._conn = conn
        self.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self._conn)

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        return True


async def _pump(source: Any, sink: Any) -> None:
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except (OSError, asyncssh.Error):
        pass  # Either end is gone; the other learns it by the end of the stream.
    finally:
        if isinstance(sink, asyncio.StreamWriter):
            sink.close()


async def _serve(root: Path, port: int) -> None:
    environment = os.environ | {"HOME": str(root / "home"), "PATH": f"{root / 'bin'}:{os.environ['PATH']}"}

    async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
        # Like sshd: the command belongs to the login shell and outlives the connection.
        shell = await asyncio.create_subprocess_exec(
            "sh", "-c", process.command or "", cwd=root / "home", env=environment, start_new_session=True,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        feeding = asyncio.create_task(_pump(process.stdin, shell.stdin))
        output = [
            asyncio.create_task(_pump(shell.stdout, process.stdout)),
            asyncio.create_task(_pump(shell.stderr, process.stderr)),
        ]
        status = await shell.wait()
        await asyncio.wait(output, timeout=0.5)
        for task in (feeding, *output):
            task.cancel()
        if status < 0:
            process.exit_with_signal(signal.Signals(-status).name.removeprefix("SIG"))
        else:
            process.exit(status)

    await asyncssh.listen(
        "127.0.0.1",
        port,
        server_factory=_Server,
        server_host_keys=[str(root / "host_ed25519"), str(root / "host_rsa")],
        authorized_client_keys=str(root / "authorized"),
        process_factory=handle,
        encoding=None,
        line_editor=False,
    )

    def cut() -> None:
        for conn in list(_Server.connections):
            conn.abort()

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, cut)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))

"""Hosts to act on in tests: OpenSSH's own server, and asyncssh's in a process of its own, both on a free loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from models.hosts import HostTarget
from tests.ports import free_port

_SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def runs(pid: int) -> bool:
    """Whether a process runs; one that has ended, and that nobody has asked about yet, does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _generate(path: Path, kind: str = "ssh-ed25519") -> str:
    import asyncssh

    key = asyncssh.generate_private_key(kind)
    path.write_bytes(key.export_private_key())
    path.chmod(0o600)
    return " ".join(key.export_public_key().decode().split()[:2])


def all_with(variable: str) -> list[int]:
    """Every process whose environment holds this.

    Whoever goes by the ids that jobs write down may meet somebody else: ids are used again, and soon on a busy machine.
    """
    every = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            # The first variable has nothing before it.
            found = f"\0{variable}".encode() in b"\0" + (directory / "environ").read_bytes()
        except OSError:
            continue  # It has ended, or is not ours.
        if found and int(directory.name) != os.getpid():
            every.append(int(directory.name))
    return every


def end_all_with(variable: str) -> None:
    """End them."""
    for pid in all_with(variable):
        _send(pid, signal.SIGKILL)


class Host:
    """One host: `with SshHost() as host:`; its home is a directory of its own, removed at the end."""

    def __init__(self, *, shell_greeting: str = "", max_sessions: int = 10) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="host-"))
        self.home = self.root / "home"
        self.bin = self.root / "bin"
        self.home.mkdir()
        self.bin.mkdir()
        self.port = free_port()
        self.host_key = _generate(self.root / "host_ed25519")
        self.rsa_host_key = _generate(self.root / "host_rsa", "ssh-rsa")
        (self.root / "authorized").write_text(_generate(self.root / "user") + "\n")
        (self.root / "authorized").chmod(0o600)
        self.max_sessions = max_sessions
        self.process: subprocess.Popen[bytes] | None = None
        if shell_greeting:
            (self.home / ".bashrc").write_text(shell_greeting)

    @property
    def user(self) -> str:
        """Whoever runs the tests."""
        return pwd.getpwuid(os.getuid()).pw_name

    @property
    def jobs(self) -> Path:
        """Where job folders lie unless `state_dir` is given."""
        return self.home / ".driftvakt" / "jobs"

    def target(self, **overrides: Any) -> HostTarget:
        """Describe this host as a dossier would."""
        fields: dict[str, Any] = {
            "name": "web-1",
            "address": "127.0.0.1",
            "port": self.port,
            "user": self.user,
            "host_keys": [self.host_key],
            "credential": f"file:{self.root / 'user'}",
        }
        return HostTarget.model_validate(fields | overrides)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = (self.root / "log").open("ab")
        with log:
            self.process = subprocess.Popen(self._command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + 15
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as sock:
                    if sock.recv(4) == b"SSH-":
                        return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the SSH server did not start: {(self.root / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def sessions(self) -> list[int]:
        """Ids of the server's processes that hold connections."""
        assert self.process is not None
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def drop_connections(self) -> None:
        """End every connection, as a failing network device would."""
        for pid in self.sessions():
            _send(pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the server and its connections at once; jobs go on."""
        if self.process is not None:
            self.drop_connections()
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End the server, and whatever the jobs left running; remove everything."""
        self.kill()
        end_all_with(f"HOME={self.home}\0")
        for _ in range(20):
            shutil.rmtree(self.root, ignore_errors=True)
            if not self.root.exists():
                return
            time.sleep(0.1)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _command(self) -> list[str]:
        raise NotImplementedError


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


class SshHost(Host):
    """OpenSSH's server; needs it installed, works with and without root."""

    def _command(self) -> list[str]:
        if _SSHD is None:
            raise RuntimeError("OpenSSH's server is not installed")
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        path = f"{self.bin}:{os.environ.get('PATH', '/usr/bin:/bin')}"
        (self.root / "sshd_config").write_text(
            f"""
Port {self.port}
ListenAddress 127.0.0.1
HostKey {self.root}/host_ed25519
HostKey {self.root}/host_rsa
PidFile none
AuthorizedKeysFile {self.root}/authorized
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 500:30:600
MaxSessions {self.max_sessions}
LogLevel INFO
SetEnv HOME={self.home} PATH={path} BASH_ENV={self.home}/.bashrc
"""
        )
        return [_SSHD, "-D", "-e", "-f", str(self.root / "sshd_config")]


class MountedHost(SshHost):
    """OpenSSH's server where something is mounted that only it sees; needs root. `mounts` is shell text that mounts it."""

    def __init__(self, mounts: str = ":") -> None:
        super().__init__()
        self.mounts = mounts

    def _command(self) -> list[str]:
        return ["unshare", "-m", "sh", "-c", f'{self.mounts} && exec "$@"', "mounted", *super()._command()]


class ShellHost(MountedHost):
    """A host on which the user's login shell is the one given."""

    def __init__(self, login_shell: str, greeting: str = "") -> None:
        super().__init__()
        if not login_shell.startswith("/"):
            found = shutil.which(login_shell)
            assert found is not None
            login_shell = found
        me = pwd.getpwuid(os.getuid())
        entry = f"{me.pw_name}:x:{me.pw_uid}:{me.pw_gid}::{self.home}:{login_shell}"
        others = [
            line for line in Path("/etc/passwd").read_text().splitlines() if not line.startswith(f"{me.pw_name}:")
        ]
        (self.root / "passwd").write_text("\n".join([entry, *others]) + "\n")
        self.mounts = f"mount --bind {self.root}/passwd /etc/passwd"
        if greeting:
            self.greet(greeting)

    def greet(self, script: str) -> None:
        """Write the start-up file that bash reads for a command over SSH."""
        (self.home / ".bashrc").write_text(script)


class AsyncsshHost(Host):
    """asyncssh's server, for where OpenSSH's is missing; every command is a process of this machine."""

    def _command(self) -> list[str]:
        return [sys.executable, str(Path(__file__).with_name("asyncssh_host.py")), str(self.root), str(self.port)]

    def sessions(self) -> list[int]:
        """One process holds them all."""
        return []

    def drop_connections(self) -> None:
        """Tell the server to cut every connection."""
        if self.process is not None:
            self.process.send_signal(signal.SIGUSR1)

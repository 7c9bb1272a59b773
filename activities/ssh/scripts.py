"""The remote scripts: POSIX shell for hosts. All command lines for hosts are built here."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from models.errors import HostRefusedError
from models.hosts import HostTarget

LONGEST = 120_000
"""Bytes of a command line: Linux allows 128 KiB for one argument, and the login shell gets the line as one."""

_VARIABLE = "DRIFTVAKT"
_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b"'\\!")
"""Bytes without a special meaning between single quotes in every login shell: POSIX's, fish, csh and tcsh."""


@cache
def source(*names: str) -> str:
    """Return remote scripts as one text without comments, so that each job sends little."""
    text = "\n".join(files(__package__).joinpath("remote_scripts", f"{name}.sh").read_text() for name in names)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#"))


def command_line(script: str, arguments: Sequence[str]) -> str:
    """Return the line for the login shell that runs a script with arguments; raise `HostRefusedError` if it cannot be
    built.

    The login shell may be any (fish, csh, ...), so it must not parse the script. It passes one word without special
    characters to `/bin/sh`, which decodes the word. The word is in the environment, where a listing of processes does
    not show it.
    """
    for argument in arguments:
        if "\0" in argument:
            raise HostRefusedError("a command must not contain a NUL character: no shell accepts it")
    try:
        word = _one_word(f"set -- {shlex.join(arguments)}\n{script}")
    except UnicodeEncodeError:
        raise HostRefusedError("a command must be text that UTF-8 can write") from None
    line = f"exec env {_VARIABLE}='{word}' /bin/sh -c 'eval \"unset {_VARIABLE};$(printf %b \"${_VARIABLE}\")\"'"
    if len(line) > LONGEST:
        raise HostRefusedError(f"the command is {len(line)} bytes long with its frame; {LONGEST} are the limit")
    return line


def _one_word(text: str) -> str:
    """Encode text for `printf %b`, with characters that mean the same between single quotes in every shell."""
    return "".join(
        chr(byte) if byte in _PLAIN else "\\n" if byte == 0x0A else f"\\0{byte:03o}" for byte in text.encode()
    )


def shell_text(command: str | list[str]) -> str:
    """Return a command as shell text: a string unchanged, or the quoted parts of a list."""
    return command if isinstance(command, str) else shlex.join(command)


def sudo(host: HostTarget) -> str:
    """Return the prefix of commands on this host: `sudo -n`, or nothing."""
    return "sudo -n" if host.sudo else ""


def words(host: HostTarget, command: str | list[str]) -> list[str]:
    """Return the words that run a command on this host."""
    return [*sudo(host).split(), "sh", "-c", shell_text(command)]


def as_it_reads(host: HostTarget, command: str | list[str]) -> str:
    """Return a command as text for a result."""
    return shlex.join(words(host, command)) if host.sudo else shell_text(command)


def new_mark() -> tuple[str, str]:
    """Return the two halves of a random mark; no greeting of a profile and no listing of processes contains the whole
    mark.
    """
    return secrets.token_hex(8), secrets.token_hex(8)

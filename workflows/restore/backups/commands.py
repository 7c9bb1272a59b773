"""Commands for the host, built from quoted parts: short shell texts that take everything as arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from models.dossier.backups import PostgresServer
from models.jobs import Stream

MOST_POINTS = "60"
"""Restore points that are listed, the newest: their lines must fit into what travels of an output."""

_POINT = re.compile(r"^(\d{1,12}) (\d{1,20}) \./(.+)$", re.MULTILINE)


_PLAIN = "LC_ALL=C; export LC_ALL; unset TAR_OPTIONS\n"
"""Programs write the same words whatever the host's language is, take each byte of a name as it is, and get no options from
the environment."""


def script(text: str, *arguments: str) -> list[str]:
    """A shell text with arguments, each quoted; `$1` is the first."""
    return ["sh", "-c", _PLAIN + text.strip(), "restore", *arguments]


def is_own_script(command: str) -> bool:
    """Whether a command, as a host was given it, is such a text: it tells people nothing that its step's title does not."""
    return _PLAIN.partition("\n")[0] in command


def with_environment(environment: Mapping[str, str], words: Sequence[str]) -> list[str]:
    """Words run with variables set."""
    return ["env", *(f"{name}={value}" for name, value in environment.items()), *words] if environment else [*words]


def as_user(user: str | None, words: Sequence[str]) -> list[str]:
    """Words run as another user of the host."""
    return ["runuser", "-u", user, "--", *words] if user else [*words]


def postgres_environment(server: PostgresServer) -> dict[str, str]:
    """By what the programs of PostgreSQL find the server; no secret is among it."""
    given = {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": server.user,
        "PGPASSFILE": server.passfile,
    }
    # In UTC, whatever the host thinks: what the programs say is read by us.
    return {name: value for name, value in given.items() if value is not None} | {"TZ": "UTC", "LC_ALL": "C"}


def postgres(
    server: PostgresServer, text: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> list[str]:
    """A shell text that finds PostgreSQL's programs, run as their user; its arguments are from `$1` on."""
    variables = postgres_environment(server) | dict(environment or {})
    words = script("cd / && PATH=${1:+$1:}$PATH && shift || exit\n" + text.strip(), server.programs or "", *arguments)
    return as_user(server.run_as, with_environment(variables, words))


NAMED_IN_ONE_LINE = "! -name '*[[:cntrl:]]*'"
"""For `find`: leaves out names with a line break or another control character, which cannot be listed a line each."""


def listed_files(said: str) -> list[tuple[datetime, int, str]]:
    """Read lines `EPOCH SIZE ./NAME`; a name that is not UTF-8 is left out, because nobody could choose it."""
    return [(from_epoch(at), int(size), name) for at, size, name in _POINT.findall(said) if "\ufffd" not in name]


def whole_lines(said: Stream) -> str:
    """The output without its first line where the beginning of the output was cut away."""
    if said.total_bytes <= len(said.text.encode()):
        return said.text
    return said.text.partition("\n")[2]


def facts(said: str) -> dict[str, str]:
    """Read lines `fact NAME VALUE` among others."""
    return {m.group(1): m.group(2).strip() for m in re.finditer(r"^fact ([a-z_]+) ?([^\n]*)$", said, re.MULTILINE)}


def number(found: Mapping[str, str], name: str) -> int | None:
    """A number among facts; None where there is none."""
    value = found.get(name, "")
    return int(value) if value.isdigit() else None


def kilobytes(found: Mapping[str, str], name: str) -> int | None:
    """Bytes that a fact gives in units of 1024."""
    count = number(found, name)
    return None if count is None else count * 1024


def from_epoch(seconds: str) -> datetime:
    """A moment from seconds since 1970."""
    return datetime.fromtimestamp(int(seconds), UTC)


def size_text(size: int | None) -> str:
    """Bytes as people read them."""
    if size is None:
        return "unknown size"
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def no_room(needed: int | None, free: int | None, where: str) -> list[str]:
    """The fault that there is too little room, if it is known."""
    if needed is None or free is None or needed <= free:
        return []
    return [f"there is no room in {where}: {size_text(needed)} are needed, {size_text(free)} are free"]

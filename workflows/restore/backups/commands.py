"""Commands for the host, built from quoted parts: short shell texts that take everything as arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from models.dossier.backups import PostgresServer
from models.jobs import Stream

MOST_POINTS = "60"
"""The number of restore points in a list, the newest ones: their lines must fit into the size limit of an output."""

_POINT = re.compile(r"^(\d{1,12}) (\d{1,20}) \./(.+)$", re.MULTILINE)


_PLAIN = "LC_ALL=C; export LC_ALL; unset TAR_OPTIONS\n"
"""Programs then print English, treat each byte of a name literally, and get no options from the environment."""


def script(text: str, *arguments: str) -> list[str]:
    """Return a command that runs a shell script with arguments; `$1` is the first one."""
    return ["sh", "-c", _PLAIN + text.strip(), "restore", *arguments]


def is_own_script(command: str) -> bool:
    """Return whether a host's command is such a script. People need not see it, because the step's title says what it does."""
    return _PLAIN.partition("\n")[0] in command


def with_environment(environment: Mapping[str, str], words: Sequence[str]) -> list[str]:
    """Return a command that runs these words with variables set."""
    return ["env", *(f"{name}={value}" for name, value in environment.items()), *words] if environment else [*words]


def as_user(user: str | None, words: Sequence[str]) -> list[str]:
    """Return a command that runs these words as another user of the host; None: as the user who logs in."""
    return ["runuser", "-u", user, "--", *words] if user else [*words]


def postgres_environment(server: PostgresServer) -> dict[str, str]:
    """Return the variables by which PostgreSQL's programs find the server. They contain no secret."""
    given = {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": server.user,
        "PGPASSFILE": server.passfile,
    }
    # In UTC, whatever the host's zone is, because Driftvakt parses the output.
    return {name: value for name, value in given.items() if value is not None} | {"TZ": "UTC", "LC_ALL": "C"}


def postgres(
    server: PostgresServer, text: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> list[str]:
    """Return a shell script with PostgreSQL's programs in its path, as their user; its arguments start at `$1`."""
    variables = postgres_environment(server) | dict(environment or {})
    words = script("cd / && PATH=${1:+$1:}$PATH && shift || exit\n" + text.strip(), server.programs or "", *arguments)
    return as_user(server.run_as, with_environment(variables, words))


NAMED_IN_ONE_LINE = "! -name '*[[:cntrl:]]*'"
"""For `find`: leaves out names with a line break or another control character, because each line must be one name."""


def listed_files(said: str) -> list[tuple[datetime, int, str]]:
    """Parse lines `EPOCH SIZE ./NAME`. A name that is not UTF-8 is left out, because nobody can type it."""
    return [(from_epoch(at), int(size), name) for at, size, name in _POINT.findall(said) if "\ufffd" not in name]


def whole_lines(said: Stream) -> str:
    """Return the output; if its beginning was cut off, without the first line."""
    if said.total_bytes <= len(said.text.encode()):
        return said.text
    return said.text.partition("\n")[2]


def facts(said: str) -> dict[str, str]:
    """Parse the lines `fact NAME VALUE` of an output, and ignore all others."""
    return {m.group(1): m.group(2).strip() for m in re.finditer(r"^fact ([a-z_]+) ?([^\n]*)$", said, re.MULTILINE)}


def number(found: Mapping[str, str], name: str) -> int | None:
    """Return a fact as a number; None when it is missing or no number."""
    value = found.get(name, "")
    return int(value) if value.isdigit() else None


def kilobytes(found: Mapping[str, str], name: str) -> int | None:
    """Return the bytes of a fact that is given in units of 1024 bytes; None when it is missing."""
    count = number(found, name)
    return None if count is None else count * 1024


def from_epoch(seconds: str) -> datetime:
    """Return the moment for a number of seconds since 1970."""
    return datetime.fromtimestamp(int(seconds), UTC)


def size_text(size: int | None) -> str:
    """Return a number of bytes as display text, in units of 1000."""
    if size is None:
        return "unknown size"
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def no_room(needed: int | None, free: int | None, where: str) -> list[str]:
    """Return a fault when the free space is too small; empty when it suffices, or when a figure is unknown."""
    if needed is None or free is None or needed <= free:
        return []
    return [f"there is not enough space in {where}: {size_text(needed)} are needed, {size_text(free)} are free"]

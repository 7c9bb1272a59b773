"""The quarantine: messages that the intake could not read, as the commands show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from activities.records import Records
from models.base import Model
from models.errors import NotFoundError, UserError
from models.names import as_typed
from models.tables import Quarantined
from starter.terminal.listed import Listed
from starter.terminal.screen import Listing, terminal, tidy

_SHORT = 12
"""The list shows this many digits of an id; a command needs eight or more."""


class QuarantinedBody(Model):
    """A message that the intake could not read."""

    id: str
    source: str
    received_at: datetime
    times: int
    """The number of times that the same body arrived."""
    reason: str
    size: int
    """The size of the body, in bytes."""
    body: str = ""
    """The body as it arrived; bytes that are not UTF-8 are shown as codes."""


def list_quarantined(records: Records, source: str | None, limit: int) -> Listed[QuarantinedBody]:
    """Return the messages without their bodies, the latest first."""
    rows = records.quarantine.latest(source, limit)
    return Listed([_read(row).model_copy(update={"body": ""}) for row in rows], records.quarantine.count(source))


def find_quarantined(records: Records, id: str) -> QuarantinedBody:
    """Return the message whose id begins with `id`. Raise `UserError` when no id, or more than one, begins so."""
    if len(id) < 8:
        raise UserError(f"{as_typed(id)} is too short for an id; give eight or more of its digits")
    rows = records.quarantine.latest(beginning=id.lower(), limit=2)
    if not rows:
        raise NotFoundError(
            f"the quarantine has no message with the id {as_typed(id)}; see `driftvakt alarm quarantine list`"
        )
    if len(rows) > 1:
        raise UserError(f"{id} is the start of several ids; give more digits")
    return _read(rows[0])


def show_list(lines: Sequence[QuarantinedBody]) -> None:
    """Print the messages, one in each line."""
    table = Listing("id", "received (UTC)", "source", "times", "bytes", "why")
    for column in table.columns[:2]:
        column.no_wrap = True
    for line in lines:
        received = f"{line.received_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(line.id[:_SHORT], received, tidy(line.source), f"{line.times}", f"{line.size}", tidy(line.reason))
    terminal().print(table)


def _read(row: Quarantined) -> QuarantinedBody:
    return QuarantinedBody(
        id=row.id,
        source=row.source,
        received_at=row.received_at.astimezone(UTC),
        times=row.times,
        reason=row.reason,
        size=len(row.body),
        body=row.body.decode("utf-8", "backslashreplace"),
    )

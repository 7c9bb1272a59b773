"""What senders sent and the intake did not understand, as the commands see it."""

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
"""Digits of an id in the list; so many, or eight, name one."""


class QuarantinedBody(Model):
    """A body that was not understood."""

    id: str
    source: str
    received_at: datetime
    times: int
    """How often the same was sent."""
    reason: str
    size: int
    """Bytes."""
    body: str = ""
    """As it was sent; bytes that are no UTF-8 are written as their codes."""


def list_quarantined(records: Records, source: str | None, limit: int) -> Listed[QuarantinedBody]:
    """The latest first, without the bodies."""
    rows = records.quarantined(source, limit)
    return Listed([_read(row).model_copy(update={"body": ""}) for row in rows], records.count_quarantined(source))


def find_quarantined(records: Records, id: str) -> QuarantinedBody:
    """One of them, by the beginning of its id; `UserError` where that names none or several."""
    if len(id) < 8:
        raise UserError(f"{as_typed(id)} is too short for an id; give eight or more of its digits")
    rows = records.quarantined(beginning=id.lower(), limit=2)
    if not rows:
        raise NotFoundError(
            f"nothing with the id {as_typed(id)} is in quarantine; `driftvakt alarm quarantine list` names what is"
        )
    if len(rows) > 1:
        raise UserError(f"{id} is the beginning of several ids; give more digits")
    return _read(rows[0])


def show_list(lines: Sequence[QuarantinedBody]) -> None:
    """Print them, a line each."""
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

"""Migrations of the records: carried out from the installed package, by any number of processes at once.

Alembic is loaded where it is needed: it takes a seventh of the time in which a command that reads the records starts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import text

from activities.records.database import Database
from models.errors import StoreError

_LOCK: Final = 7_031_982_450_001
"""Of PostgreSQL's advisory locks: an arbitrary number, the same in every version."""


def upgrade(url: str) -> None:
    """Bring the records to the newest version in one transaction; does nothing where they are there already.

    Raises `StoreUnavailableError` when the database does not answer, `StoreError` when a newer version of us has written it.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    database = Database(url, make=True)
    try:
        with database.connection() as connection:
            # On SQLite the transaction itself is the lock.
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(f"the records cannot be brought to this version: {error}") from None
    finally:
        database.close()


def revisions(url: str) -> tuple[str | None, str | None]:
    """The revision that the records are at (None: no tables yet), and the newest that this version of us knows.

    Raises `StoreUnavailableError` when the database does not answer.
    """
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    database = Database(url)
    try:
        with database.connection() as connection:
            at = MigrationContext.configure(connection).get_current_revision()
    finally:
        database.close()
    return at, ScriptDirectory(str(Path(__file__).parent)).get_current_head()

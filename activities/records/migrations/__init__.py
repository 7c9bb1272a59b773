"""Migrations of the records, run from the installed package, by any number of processes at once.

Alembic is imported on use, because it takes a seventh of the start time of a command that reads the records.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import text

from activities.records.database import Database
from models.errors import StoreError

_LOCK: Final = 7_031_982_450_001
"""The key of PostgreSQL's advisory lock: an arbitrary number, the same in every release."""


def upgrade(url: str) -> None:
    """Migrate the records to the newest version in one transaction; do nothing if they are at it already.

    Raise `StoreUnavailableError` if the database does not answer, `StoreError` if a newer release has written it.
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
        raise StoreError(
            f"the records {database.name} are of another release of Driftvakt ({error}); use the release that wrote them"
        ) from None
    finally:
        database.close()


def revisions(url: str) -> tuple[str | None, str | None]:
    """Return the revision of the records (None: no tables yet), and the newest revision of this release.

    Raise `StoreUnavailableError` if the database does not answer.
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

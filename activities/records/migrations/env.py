"""Alembic's environment; it runs in the connection and the transaction of the caller of `upgrade`."""

from alembic import context
from sqlmodel import SQLModel

import models.history_tables  # noqa: F401  # the import fills the metadata, with models.tables

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
context.run_migrations()

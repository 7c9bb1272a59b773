"""Alembic's environment: runs in the connection, and so in the transaction, of whoever calls `upgrade`."""

from alembic import context
from sqlmodel import SQLModel

import models.tables  # noqa: F401  # the import fills the metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
context.run_migrations()

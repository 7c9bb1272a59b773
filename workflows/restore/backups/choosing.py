"""The choice of the adapter for the kind of backup in a dossier."""

from __future__ import annotations

from models.dossier.backups import Files, PostgresqlBase, PostgresqlDump, Restic
from models.dossier.instructions import OwnBackup, Restore
from workflows.restore.backups.adapter import Adapter, Place
from workflows.restore.backups.files import FilesAdapter
from workflows.restore.backups.own import OwnAdapter
from workflows.restore.backups.postgresql_base import BaseAdapter
from workflows.restore.backups.postgresql_dump import DumpAdapter
from workflows.restore.backups.restic import ResticAdapter


def adapter_for(restore: Restore, place: Place) -> Adapter:
    """Return the adapter for a restore instruction."""
    match restore.source:
        case PostgresqlDump() as source:
            return DumpAdapter(source, place)
        case PostgresqlBase() as source:
            return BaseAdapter(source, place)
        case Restic() as source:
            return ResticAdapter(source, place)
        case Files() as source:
            return FilesAdapter(source, place)
        case OwnBackup() as source:
            return OwnAdapter(source, place)

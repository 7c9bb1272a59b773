"""Which adapter restores what a dossier describes."""

from __future__ import annotations

from models.dossier.backups import Files, PostgresqlBase, PostgresqlDump, Restic
from models.dossier.instructions import OwnBackup, Restore
from workflows.restoring.adapter import Adapter, Place
from workflows.restoring.files import FilesAdapter
from workflows.restoring.own import OwnAdapter
from workflows.restoring.postgresql_base import BaseAdapter
from workflows.restoring.postgresql_dump import DumpAdapter
from workflows.restoring.restic import ResticAdapter


def adapter_for(restore: Restore, place: Place) -> Adapter:
    """The adapter of a restore instruction."""
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

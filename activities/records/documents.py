"""Documents in the records: each content once, under its digest.

A document of a draft is kept until a moment. A document without such a moment is kept permanently, and a trigger of the
database prevents every change of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select, update

from activities.records.database import Database
from models.documents import DocumentFile
from models.errors import NotFoundError, StoreError
from models.tables import StoredDocument


class Documents:
    """The documents in one database; blocking, with one short transaction for each method."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self, name: str, media_type: str, content: bytes, now: datetime, until: datetime | None = None
    ) -> DocumentFile:
        """Store a content, and return it as a file of this name. `until`: it may be deleted then; None: never.

        A content that is stored already is kept as long as the longest request says.
        """
        file = DocumentFile(name=name, media_type=media_type, digest=sha256(content), size=len(content))
        row = {
            "digest": file.digest,
            "media_type": media_type,
            "size": file.size,
            "content": content,
            "at": now,
            "needed_until": until,
        }
        with self._database.writing() as session:
            session.execute(self._database.insert(StoredDocument).values(row).on_conflict_do_nothing())
            _keep_longer(session, [file.digest], until)
        return file

    def read(self, digest: str) -> bytes:
        """Return a content. `NotFoundError`: the records do not have it; `StoreError`: it is not what was stored."""
        with self._database.reading() as session:
            found = session.get(StoredDocument, digest)
        if found is None:
            raise NotFoundError(f"the records have no document with the digest {digest}")
        if sha256(found.content) != digest:
            raise StoreError(f"the document {digest} in the records was changed; restore it from a backup")
        return found.content

    def missing(self, digests: Collection[str]) -> list[str]:
        """Return those of these digests that the records do not have, in order."""
        query = select(StoredDocument.digest).where(col(StoredDocument.digest).in_(set(digests)))
        with self._database.reading() as session:
            known = set(session.exec(query).all())
        return [digest for digest in digests if digest not in known]

    def sweep(self, now: datetime) -> int:
        """Delete the documents that nobody needs any more; return how many."""
        over = col(StoredDocument.needed_until) < now
        with self._database.writing() as session:
            result: Any = session.execute(delete(StoredDocument).where(over))
            return int(result.rowcount)


def keep_permanently(session: Session, digests: Collection[str]) -> None:
    """Keep these documents permanently, in the transaction of the caller. `NotFoundError`: the records lack one."""
    known = set(session.exec(select(StoredDocument.digest).where(col(StoredDocument.digest).in_(set(digests)))).all())
    if lost := [digest for digest in digests if digest not in known]:
        raise NotFoundError(f"the records have no document with the digest {lost[0]}")
    _keep_longer(session, digests, None)


def sha256(content: bytes) -> str:
    """Return the digest of a content, as `sha256sum` prints it."""
    return hashlib.sha256(content).hexdigest()


def _keep_longer(session: Session, digests: Collection[str], until: datetime | None) -> None:
    held = col(StoredDocument.digest).in_(list(digests)) & col(StoredDocument.needed_until).is_not(None)
    shorter = held if until is None else held & (col(StoredDocument.needed_until) < until)
    session.execute(update(StoredDocument).where(shorter).values(needed_until=until))

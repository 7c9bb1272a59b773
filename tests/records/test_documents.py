"""Documents are kept once by their digest, as long as anybody needs them, and some permanently without a change."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from activities.records import Records
from activities.records.documents import Documents, keep_permanently
from models.errors import NotFoundError, StoreError

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
PAGE = b"%PDF a page \x00\xff"


def test_a_document_is_read_by_its_digest(records: Records) -> None:
    documents = Documents(records.database)

    file = documents.keep("november.pdf", "application/pdf", PAGE, NOW)

    assert (file.digest, file.size) == (hashlib.sha256(PAGE).hexdigest(), len(PAGE))
    assert documents.read(file.digest) == PAGE


def test_the_same_content_is_kept_once_under_any_name(records: Records) -> None:
    documents = Documents(records.database)

    one = documents.keep("a.csv", "text/csv", b"1;2", NOW)
    other = documents.keep("b.csv", "text/csv", b"1;2", NOW)

    assert (one.digest, one.name, other.name) == (other.digest, "a.csv", "b.csv")
    with records.database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM document")).scalar_one() == 1


def test_a_document_that_is_not_there_is_named(records: Records) -> None:
    documents = Documents(records.database)
    kept = documents.keep("a.csv", "text/csv", b"1;2", NOW).digest

    with pytest.raises(NotFoundError, match="no document with the digest ffff"):
        documents.read("f" * 64)
    assert documents.missing([kept, "f" * 64]) == ["f" * 64]


def test_a_document_is_deleted_when_the_last_who_needs_it_no_longer_does(records: Records) -> None:
    documents = Documents(records.database)
    file = documents.keep("a.csv", "text/csv", b"1;2", NOW, NOW + timedelta(days=90))
    documents.keep("a.csv", "text/csv", b"1;2", NOW, NOW + timedelta(days=30))

    assert documents.sweep(NOW + timedelta(days=60)) == 0
    assert documents.read(file.digest) == b"1;2"
    assert documents.sweep(NOW + timedelta(days=91)) == 1
    assert documents.missing([file.digest]) == [file.digest]


def test_a_document_kept_for_ever_stays_whoever_needs_it_for_a_while_only(records: Records) -> None:
    documents = Documents(records.database)
    file = documents.keep("a.csv", "text/csv", b"1;2", NOW, NOW + timedelta(days=90))
    with records.database.writing() as session:
        keep_permanently(session, [file.digest])
    documents.keep("a.csv", "text/csv", b"1;2", NOW, NOW + timedelta(days=1))

    assert documents.sweep(NOW + timedelta(days=4000)) == 0
    assert documents.read(file.digest) == b"1;2"


def test_what_is_not_in_the_records_cannot_be_kept_for_ever(records: Records) -> None:
    with pytest.raises(NotFoundError, match="no document"), records.database.writing() as session:
        keep_permanently(session, ["f" * 64])


@pytest.mark.parametrize("change", ["UPDATE document SET content = 'x'", "DELETE FROM document"])
def test_nobody_changes_a_document_that_is_kept_for_ever(records: Records, change: str) -> None:
    file = Documents(records.database).keep("a.csv", "text/csv", b"1;2", NOW)

    with pytest.raises(StoreError, match="never changed or deleted"), records.database.writing() as session:
        session.execute(text(change))

    assert Documents(records.database).read(file.digest) == b"1;2"


def test_a_changed_document_is_never_handed_out(records: Records) -> None:
    documents = Documents(records.database)
    file = documents.keep("a.csv", "text/csv", b"1;2", NOW, NOW + timedelta(days=1))
    with records.database.writing() as session:
        session.execute(text("UPDATE document SET content = :other"), {"other": b"1;3"})

    with pytest.raises(StoreError, match="was changed"):
        documents.read(file.digest)

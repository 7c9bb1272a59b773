"""What the tests of the records share: an empty database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.records import Records, upgrade

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'records.db'}"
    url: str = request.getfixturevalue("postgres").make_database()
    return url


@pytest.fixture
def url(empty_url: str) -> str:
    """The URL of a database with empty tables."""
    upgrade(empty_url)
    return empty_url


@pytest.fixture
def records(url: str) -> Iterator[Records]:
    made = Records(url)
    yield made
    made.close()

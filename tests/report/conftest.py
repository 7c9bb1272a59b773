"""What the tests of reports share: records of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.records import Records, upgrade

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]


@pytest.fixture(params=BOTH)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    """Empty records on each kind of database."""
    url = f"sqlite:///{tmp_path / 'both.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").make_database()
    upgrade(url)
    made = Records(url)
    yield made
    made.close()

"""What the tests of reports share: records of each kind of database, with an incident that has seen much."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.post_incident_report import PostIncidentReports
from activities.records import Records, upgrade
from tests.post_incident_report.midsummer import dossier, keep
from tests.records.conftest import empty_url, records, url

__all__ = ["empty_url", "records", "url"]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Records]:
    """SQLite with the incident of Midsummer Eve, closed."""
    upgrade(f"sqlite:///{tmp_path}/r.db")
    made = Records(f"sqlite:///{tmp_path}/r.db")
    made.publish_dossier(dossier(), "ann")
    keep(made)
    yield made
    made.close()


@pytest.fixture
def reports(kept: Records) -> PostIncidentReports:
    return PostIncidentReports(kept)

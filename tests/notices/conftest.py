"""What the tests of notices share: records in which the dossier is published, and a sender without pauses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from activities.notices.activities import NoticeActivities, NoticeTuning
from activities.notices.channels import Channels
from activities.records import Records, upgrade
from models.dossier import Dossier
from tests.notices.dossiers import dossier

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]

QUICK = NoticeTuning(pauses=(0.01, 0.01), deadline=20, pulse=0.05)


def make_records(url: str, published: Dossier) -> Records:
    upgrade(url)
    records = Records(url)
    records.publish_dossier(published, "ann")
    return records


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    made = make_records(f"sqlite:///{tmp_path / 'records.db'}", dossier())
    yield made
    made.close()


@pytest.fixture(params=BOTH)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    """The same on each kind of database."""
    url = f"sqlite:///{tmp_path / 'both.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").make_database()
    made = make_records(url, dossier())
    yield made
    made.close()


Sender = Callable[..., NoticeActivities]


@pytest.fixture
def sender(records: Records, tmp_path: Path) -> Sender:
    """Make the activities: channels by their URLs, which are kept in files."""

    def make(of: Records | None = None, timeout: float = 5, **urls: str) -> NoticeActivities:
        return make_sender(of or records, tmp_path, timeout, **urls)

    return make


def make_sender(records: Records, home: Path, timeout: float = 5, **urls: Any) -> NoticeActivities:
    (home / "keys").mkdir(exist_ok=True)
    for channel, url in urls.items():
        (home / "keys" / channel).write_text(url + "\n")
    references = {channel: f"file:keys/{channel}" for channel in urls if channel != "cia"}
    return NoticeActivities(records, Channels(references, home, timeout), "http://ui.example/", QUICK)

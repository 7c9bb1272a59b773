"""Sends the notice of the test, until it is killed: `python -m tests.notices.killed_sender HOME`."""

from __future__ import annotations

import sys
from pathlib import Path

from activities.records import Records
from tests.notices.conftest import make_sender
from tests.notices.dossiers import notice

if __name__ == "__main__":
    home = Path(sys.argv[1])
    url = (home / "url").read_text()
    make_sender(Records(f"sqlite:///{home / 'records.db'}"), home, 60, email=url).send(notice())

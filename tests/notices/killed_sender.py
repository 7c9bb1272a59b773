"""Sends a notice until it is killed: `python -m tests.notices.killed_sender HOME`; that of `HOME/order`, if there is one."""

from __future__ import annotations

import sys
from pathlib import Path

from activities.records import Records
from models.notices import SendNotice
from tests.notices.conftest import make_sender
from tests.notices.dossiers import notice

if __name__ == "__main__":
    home = Path(sys.argv[1])
    url = (home / "url").read_text()
    order = home / "order"
    sent = SendNotice.model_validate_json(order.read_text()) if order.exists() else notice()
    make_sender(Records(f"sqlite:///{home / 'records.db'}"), home, 60, email=url).send(sent)

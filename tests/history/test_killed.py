"""A process that is killed while it folds leaves nothing half-done."""

from __future__ import annotations

import subprocess
import sys

from activities.records.database import Database
from tests.history.kept import FIRST, MORNING, content, fold, in_force, rows, shop, slipped_in

POINTS = [f"p{n:02}" for n in range(50)]


def test_a_killed_fold_is_finished_by_the_next_one(database: Database) -> None:
    in_force(database, shop(**{name: {} for name in POINTS}))
    for number, name in enumerate(POINTS):
        slipped_in(database, rows(FIRST, MORNING, failed=[number, 140 + number], name=f"acme.shop.{name}"))
    url = str(database.engine.url)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.history.killed_folder", url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(4):
            assert process.stdout.readline() == "folded\n"
        process.kill()  # between two transactions, or within one
    half = len(content(database)["historymark"])
    assert 70 <= half < 150
    fold(database, MORNING)
    finished = content(database)
    with database.connection() as connection:
        for table in ("pointspan", "pointhour", "pointday", "historymark", "historyprogress"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert fold(database, MORNING) == 150
    assert content(database) == finished

"""A process that folds the days of a database until it is done, or killed; it prints a line after each transaction."""

from __future__ import annotations

import sys

from activities.records.database import Database
from tests.history.kept import MORNING, keeper

if __name__ == "__main__":
    for _ in keeper(Database(sys.argv[1])).steps(MORNING):
        print("folded", flush=True)

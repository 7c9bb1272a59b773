"""The records database of the history's tests."""

from __future__ import annotations

from tests.monitor.conftest import database, either

__all__ = ["database", "either"]

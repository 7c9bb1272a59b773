"""The records databases of the tests of availability."""

from __future__ import annotations

from tests.records.conftest import empty_url, records, url

__all__ = ["empty_url", "records", "url"]

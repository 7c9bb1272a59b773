"""The example customer's shop on hosts of its own, and a way to see what is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from starter.demo.customer import Shop, make_shop
from starter.demo.home import free_ports


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The shop, put on its hosts, not started."""
    made = make_shop(tmp_path / "demo", free_ports(6))
    yield made
    made.switch_off()

"""A look that succeeded may show a fault all the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from activities.probes.activities import judged
from models.probes import ProbeTarget, Sample, Seen, TcpProbe


@pytest.mark.parametrize(
    ("failing_when", "value", "latency", "seen"),
    [
        (["value > 90"], 95.0, 1.0, Seen.FAILED),
        (["value > 90"], 90.0, 1.0, Seen.OK),
        (["failed", "latency_ms >= 200"], None, 200.0, Seen.FAILED),
        (["value > 90"], None, 1.0, Seen.OK),
        ([], 95.0, 1.0, Seen.OK),
    ],
)
def test_a_value_beyond_its_threshold_counts_as_failed(
    failing_when: list[str], value: float | None, latency: float, seen: Seen
) -> None:
    target = ProbeTarget(point="acme.shop.disk", probe=TcpProbe(host="127.0.0.1", port=1), failing_when=failing_when)
    sample = Sample(point="acme.shop.disk", at=datetime.now(UTC), seen=Seen.OK, value=value, latency_ms=latency)
    assert judged(target, sample).seen is seen

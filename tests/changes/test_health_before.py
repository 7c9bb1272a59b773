"""Nothing that was healthy may be ill, and no number beyond what was agreed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from models.dossier.changes import HealthBounds
from models.probes import Sample, Seen
from workflows.change.regression import worse

AT = datetime(2026, 11, 1, tzinfo=UTC)


def seen(point: str = "page", **fields: Any) -> Sample:
    return Sample(point=f"acme.shop.{point}", at=AT, **({"seen": Seen.OK} | fields))


@pytest.mark.parametrize(
    ("before", "after", "bounds", "found"),
    [
        (seen(), seen(), {}, []),
        (
            seen(),
            seen(seen=Seen.FAILED, detail="refused"),
            {},
            ["acme.shop.page was healthy before the change and is not now: refused"],
        ),
        (seen(), seen(seen=Seen.NO_DATA), {}, ["acme.shop.page was healthy before the change and is not now: no_data"]),
        (seen(), seen("other"), {}, ["acme.shop.page was healthy before the change and is not now: it was not probed"]),
        (seen(seen=Seen.FAILED), seen(seen=Seen.FAILED), {}, []),
        (seen(seen=Seen.FAILED), seen(), {}, []),
        (seen(latency_ms=100), seen(latency_ms=800), {}, []),
        (
            seen(latency_ms=100),
            seen(latency_ms=801),
            {},
            ["acme.shop.page answers in 801 ms (100 ms before); at most 800 ms was agreed"],
        ),
        (seen(latency_ms=100), seen(latency_ms=None), {}, []),
        (seen(value=70), seen(value=99), {}, []),
        (seen(value=70), seen(value=75), {"rise": 5}, []),
        (seen(value=70), seen(value=76), {"rise": 5}, ["acme.shop.page is 76; at most 75 (70 before) was agreed"]),
        (seen(value=70), seen(value=64), {"fall": 5}, ["acme.shop.page is 64; at least 65 (70 before) was agreed"]),
        (seen(value=70), seen(value=91), {"at_most": 90}, ["acme.shop.page is 91; at most 90 was agreed"]),
        (seen(value=70), seen(value=9), {"at_least": 10}, ["acme.shop.page is 9; at least 10 was agreed"]),
        (
            seen(value=70),
            seen(),
            {"rise": 5},
            ["acme.shop.page returns no value, so its agreed bounds cannot be checked"],
        ),
        (seen(), seen(value=70), {"rise": 5}, []),
    ],
)
def test_points_that_are_worse_than_before_are_listed(
    before: Sample, after: Sample, bounds: dict[str, Any], found: list[str]
) -> None:
    agreed = HealthBounds.model_validate({"values": {"page": bounds}} if bounds else {})

    assert worse([before], [after], agreed) == found

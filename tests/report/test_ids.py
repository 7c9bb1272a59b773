"""How people write the id of a report."""

from __future__ import annotations

import pytest

from models.errors import UserError
from starter.report.service import require_report


@pytest.mark.parametrize("period", ["2026-11", "2026Q4", "2026W48", "2026", "2026-11.2"])
def test_the_first_word_of_an_id_may_be_left_out(period: str) -> None:
    whole = f"report.acme.shop.monthly.{period}"

    assert require_report(whole.removeprefix("report.")) == whole
    assert require_report(whole) == whole


@pytest.mark.parametrize(
    "id", ["acme.shop", "change.acme.shop.4", "acme.shop.monthly", "acme.shop.monthly.november", ""]
)
def test_what_is_no_id_of_a_report_is_refused_with_an_example(id: str) -> None:
    with pytest.raises(
        UserError, match=r"is not the id of a report; write it as in report\.acme\.shop\.monthly\.2026-11"
    ):
        require_report(id)

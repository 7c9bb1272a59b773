"""Which points a site samples."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activities.monitor.plan import monitored_points, phrase
from models.dossier.dossier import Dossier
from models.dossier.monitoring import Threshold
from tests.monitor.dossiers import SITE, dossier, point


def test_a_point_is_probed_from_its_own_site_or_that_of_its_first_host() -> None:
    written = dossier({"here": point(site=None), "there": point(site="elsewhere")})
    assert [p.name for p in monitored_points(written, SITE)] == ["acme.shop.here"]
    assert [p.name for p in monitored_points(written, "elsewhere")] == ["acme.shop.there"]


def test_a_component_without_hosts_is_probed_from_the_first_site() -> None:
    data = dossier({"page": point(site=None)}).model_dump(mode="json")
    data["architecture"]["components"]["web"]["hosts"] = []
    assert monitored_points(Dossier.model_validate(data), SITE)


def test_points_of_the_central_system_are_not_probed() -> None:
    data = dossier({"page": point()}).model_dump(mode="json")
    data["monitoring"]["watched_by"] = "central"
    assert monitored_points(Dossier.model_validate(data), SITE) == []


def test_an_ssh_command_knows_its_host() -> None:
    written = dossier({"disk": point(probe={"type": "ssh_command", "host": "web1", "command": "df"}, every="1m")})
    (found,) = monitored_points(written, SITE)
    assert found.target.ssh_host == written.host_target("web1")
    assert found.no_data_after == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("threshold", "unit", "words"),
    [
        (Threshold(), None, "failed"),
        (Threshold(duration="1m"), None, "failed for 1m"),
        (Threshold(when="value > 90", duration="5m"), "%", "above 90 % for 5m"),
        (Threshold(when="value <= 14"), "days", "at or below 14 days"),
        (Threshold(when="latency_ms > 500", duration="90s"), None, "latency above 500 ms for 1m30s"),
    ],
)
def test_a_threshold_in_words(threshold: Threshold, unit: str | None, words: str) -> None:
    assert phrase(threshold, unit) == words

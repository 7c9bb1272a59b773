"""A target is resolved to the measuring points that show its components and their hosts."""

from __future__ import annotations

from typing import Any

from models.dossier import Dossier
from models.dossier.subjects import SubjectComponent, down_thresholds, subject_of
from tests.dossier.test_messages import put
from tests.dossier.written import EXAMPLES, plain_data

POINTS = "monitoring/measuring_points"
TARGETS = "agreement/availability"


def shop(*edits: Any) -> Dossier:
    """The example shop with edits."""
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    for edit in edits:
        edit(data)
    return Dossier.model_validate(data)


def test_a_flow_is_shown_by_the_points_for_health_of_its_components() -> None:
    subject = subject_of(shop(), "order")

    assert (subject.kind, subject.name, subject.title) == ("flow", "order", "A visitor places an order")
    assert subject.points == ["web-page", "app-port", "db-answers", "payments-page"]
    assert subject.every_seconds == 60  # payments-page has the longest interval; db-disk is no point for health
    assert subject.components[0] == SubjectComponent(name="web", whole=["web-page"], hosts={}, needed_hosts=0)


def test_only_points_with_a_threshold_that_counts_show_a_component() -> None:
    dossier = shop(put(f"{TARGETS}/paying", {"of": "component payments", "target": "99 %"}))

    assert subject_of(dossier, "paying").points == []
    assert subject_of(dossier, "order").components[3].points == ["payments-page"]  # its target names `down`


def test_hosts_that_are_needed_count_also_without_points_and_others_only_with_points() -> None:
    ping = {"component": "web", "host": "web2", "probe": {"type": "tcp", "host": "192.0.2.12", "port": 443}}
    dossier = shop(
        put(f"{POINTS}/web2-port", ping),
        put(f"{TARGETS}/web", {"of": "component web", "target": "99 %"}),
        put(f"{TARGETS}/one", {"of": "component web", "target": "99 %", "needed_hosts": {"web": 1}}),
    )

    [all_measured] = subject_of(dossier, "web").components
    [one_of_two] = subject_of(dossier, "one").components

    assert (all_measured.hosts, all_measured.needed_hosts) == ({"web2": ["web2-port"]}, 1)
    assert (one_of_two.hosts, one_of_two.needed_hosts) == ({"web1": [], "web2": ["web2-port"]}, 1)
    assert one_of_two.points == ["web-page", "web2-port"]


def test_a_point_is_its_own_subject_also_if_it_shows_no_health() -> None:
    dossier = shop(put(f"{TARGETS}/certificate", {"of": "point web-certificate", "target": "99 %"}))

    subject = subject_of(dossier, "certificate")

    assert subject.points == ["web-certificate"]
    assert [component.name for component in subject.components] == ["web"]
    assert subject.every_seconds == 6 * 3600


def test_the_thresholds_that_count_as_down_are_those_of_the_targets_or_the_critical_ones() -> None:
    counted = down_thresholds(shop())

    assert counted["web-page"] == {"down"}
    assert counted["payments-page"] == {"down"}  # a warning, which the target of the flow names
    assert counted["db-disk"] == {"full"}  # no target: the critical one
    assert counted["web-certificate"] == {"now"}
    assert set(counted) == set(shop().monitoring.measuring_points)

"""`driftvakt doctor` says of every source of alarms when it was last heard of, and how to mend a silent one."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.records import Records
from activities.records.heartbeats import SourceHeartbeats
from models.dossier import Dossier
from models.errors import DossierError
from starter.doctor.sources import sources
from tests.cli.conftest import command
from tests.cli.test_doctor import said, verdicts
from tests.records.dossiers import SHOP


def dossier(application: str = "shop", *, watched_by: str = "central", **silent_after: str) -> Dossier:
    data: dict[str, Any] = deepcopy(SHOP)
    data["application"] = application
    data["monitoring"]["watched_by"] = watched_by
    data["monitoring"]["sources"] = {name: {"silent_after": span} for name, span in silent_after.items()}
    return Dossier.model_validate(data)


def hear(records: Records, source: str, ago: timedelta) -> None:
    SourceHeartbeats(records.database).note(source, datetime.now(UTC) - ago)


@pytest.mark.parametrize(
    ("ago", "verdict"),
    [(timedelta(minutes=4), "ok"), (timedelta(minutes=6), "warning")],
    ids=["in time", "too long ago"],
)
def test_a_source_is_well_for_as_long_as_it_may_be_silent(records: Records, ago: timedelta, verdict: str) -> None:
    hear(records, "prometheus", ago)

    [finding] = sources(records, {"acme.shop": dossier(prometheus="5m")})

    assert (finding.check, finding.verdict.value) == ("source prometheus", verdict)
    assert finding.said.startswith("its last heartbeat was at ")


def test_a_source_without_any_heartbeat_is_reported_with_the_fix(records: Records) -> None:
    [finding] = sources(records, {"acme.shop": dossier(prometheus="5m")})

    assert finding.said == "it has never sent anything"
    assert "sends its alarms and a heartbeat to the intake" in finding.fix


def test_of_two_dossiers_the_shorter_time_holds(records: Records) -> None:
    hear(records, "prometheus", timedelta(minutes=6))
    both = {"acme.shop": dossier(prometheus="1h"), "acme.wiki": dossier("wiki", prometheus="5m")}

    [finding] = sources(records, both)

    assert finding.verdict.value == "warning"


def test_the_embedded_monitor_of_each_site_is_a_source_too(records: Records) -> None:
    hear(records, "monitor.north", timedelta(seconds=1))

    north, south = sources(records, {"acme.shop": dossier(watched_by="embedded")})

    assert (north.check, north.verdict.value) == ("source monitor.north", "ok")
    assert (south.check, south.verdict.value) == ("source monitor.south", "warning")
    assert "check that a worker serves the site" in south.fix


def test_dossiers_without_sources_or_that_cannot_be_read_say_nothing(records: Records) -> None:
    assert [*sources(records, {"acme.shop": dossier(), "acme.old": DossierError("too old")})] == []


def test_the_doctor_reports_it_for_published_dossiers(records: Records) -> None:
    records.publish_dossier(dossier(prometheus="5m"), "ann")

    result = command("doctor", "--json")

    assert verdicts(result)["source prometheus"] == "warning"
    assert said(result, "source prometheus").startswith("it has never sent anything; check that it runs")

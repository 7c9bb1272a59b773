"""A dossier's plans: what is affected, which instruction is taken, what is probed and who decides."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.records.plans import HANDOVER, application_plan, incident_plan, unknown_application_plan, watch_plan
from models.alarms import Subject
from models.dossier import Dossier
from models.dossier.agreement import Level, Priority
from models.dossier.instructions import OnSilence
from models.people import People
from models.plans import IncidentPlan, PlanRequest, RunbookOffer
from tests.records.dossiers import SHOP, shop


def plan(*components: str, points: list[str] | None = None, **more: Any) -> IncidentPlan:
    request = PlanRequest(application="acme.shop", components=list(components), measuring_points=points or [], **more)
    return incident_plan(shop(), request)


def probed(found: IncidentPlan) -> dict[str, list[str]]:
    return {g.queue: [t.point.removeprefix("acme.shop.") for t in g.targets] for g in found.confirm}


def test_a_watch_gets_the_dependencies_and_the_numbers() -> None:
    got = watch_plan("acme.shop", shop(), 4, 9)
    assert got.depends_on == {"web": ["db", "pay"], "db": [], "pay": []}
    assert (got.known, got.next_number, got.next_alarm, got.dossier) == (True, 4, 9, shop().digest)
    assert watch_plan("acme.new", None, 1, 1).known is False


@pytest.mark.parametrize(
    ("components", "points", "expected"),
    [
        (["web"], [], ["web"]),
        (["db", "web"], [], ["web", "db"]),
        (["db"], ["front-page"], ["web", "db"]),
        ([], ["db-answers"], ["db"]),
        (["web", "nowhere"], ["nothing"], ["web"]),
        ([], [], ["web", "db", "pay"]),
        (["nowhere"], ["nothing"], ["web", "db", "pay"]),
    ],
)
def test_affected_is_what_the_symptom_names_and_the_dossier_knows_or_everything(
    components: list[str], points: list[str], expected: list[str]
) -> None:
    assert plan(*components, points=points).affected == expected


@pytest.mark.parametrize(
    ("components", "points", "instruction"),
    [
        (["web"], [], "web-down"),
        (["web"], ["web-disk"], "disk-full"),
        ([], ["front-page"], "web-down"),
        (["db"], [], "anything"),
        (["db"], ["db-answers"], "db-down"),
        (["web"], ["db-answers"], "db-down"),
        (["pay"], [], "anything"),
        ([], [], "anything"),
    ],
)
def test_the_most_specific_instruction_that_matches_is_taken(
    components: list[str], points: list[str], instruction: str
) -> None:
    assert plan(*components, points=points).instruction == instruction


def test_the_instruction_for_where_the_fault_begins_comes_first_and_those_for_what_suffers_from_it_last() -> None:
    found = plan("web", points=["front-page"], failing=["front-page", "db-answers"], roots=["db"])
    assert [m.name for m in found.matches] == ["db-down", "anything", "web-down", "web-down-too"]
    assert found.affected == ["db", "web"]
    assert found.matches[0].why == "db-answers fails; root component db"
    assert found.matches[2].why == "web fails; root component db"
    assert found.matches[1].why == "it names no symptom, so it matches every fault"


def test_an_instruction_for_a_point_that_is_healthy_is_not_taken_for_another_point_of_its_component() -> None:
    """The disk of the database is fine: nobody frees its space because the database does not answer."""
    parts = deepcopy(SHOP)
    parts["monitoring"]["measuring_points"]["db-disk"] = {
        "component": "db",
        "probe": {"type": "ssh_command", "host": "db1", "command": "df"},
    }
    symptom = {"components": ["db"], "measuring_points": ["db-disk"]}
    instructions = {"db-disk-full": {"title": "Disk", "symptom": symptom}}
    parts["instructions"]["troubleshooting"] = instructions | parts["instructions"]["troubleshooting"]
    request = PlanRequest(
        application="acme.shop",
        components=["web"],
        measuring_points=["front-page"],
        failing=["front-page", "db-answers"],
        healthy=["db-disk"],
        roots=["db"],
    )
    assert incident_plan(Dossier.model_validate(parts), request).instruction == "db-down"


def test_an_alarm_of_a_point_that_is_healthy_now_makes_no_instruction_match() -> None:
    found = plan(points=["front-page"], failing=["db-answers"], healthy=["front-page"], roots=["db"])
    assert [m.name for m in found.matches] == ["db-down", "anything"]


def test_more_ill_points_of_a_symptom_come_before_fewer_and_a_symptom_that_is_ill_as_a_whole_before_a_part() -> None:
    def order(**symptoms: list[str]) -> list[str]:
        made = {name: {"title": name, "symptom": {"measuring_points": points}} for name, points in symptoms.items()}
        dossier = shop(instructions={"troubleshooting": made})
        request = PlanRequest(application="acme.shop", failing=["front-page", "db-answers"])
        return [m.name for m in incident_plan(dossier, request).matches]

    assert order(one=["db-answers"], both=["db-answers", "front-page"]) == ["both", "one"]
    assert order(part=["db-answers", "pay-answers"], whole=["db-answers"]) == ["whole", "part"]
    assert order(first=["db-answers"], second=["db-answers"]) == ["first", "second"]


def test_the_next_instruction_that_matches_is_taken_once_those_before_have_been_tried() -> None:
    symptom: dict[str, Any] = {"failing": ["front-page", "db-answers"], "roots": ["db"]}
    third = plan("web", points=["front-page"], tried=["db-down", "anything"], **symptom)
    assert (third.instruction, third.affected) == ("web-down", ["web"])
    none = plan("web", points=["front-page"], tried=["db-down", "anything", "web-down", "web-down-too"], **symptom)
    assert (none.instruction, none.remedies) == ("", [])


def test_a_caller_that_has_the_application_does_not_get_it_again() -> None:
    assert plan("web", only_instruction=True).plan is None


def test_no_instruction_is_taken_where_none_matches() -> None:
    parts = deepcopy(SHOP["instructions"]["troubleshooting"])
    del parts["anything"]
    found = incident_plan(
        shop(instructions={"troubleshooting": parts}), PlanRequest(application="acme.shop", components=["pay"])
    )
    assert (found.instruction, found.remedies, found.collect) == ("", [], [])
    assert found.handover == HANDOVER
    assert found.handover.on_silence is OnSilence.ASK_AGAIN
    assert found.handover_deciders == People.of(["ann@example.com", "bo"])


def test_confirmation_probes_the_affected_components_and_their_dependencies_from_each_site() -> None:
    assert probed(plan("web")) == {"site.north": ["front-page", "pay-answers"], "site.south": ["db-answers"]}
    assert probed(plan("db")) == {"site.south": ["db-answers"]}


def test_a_named_point_is_probed_even_if_it_says_nothing_of_health() -> None:
    assert probed(plan(points=["web-disk"]))["site.north"] == ["front-page", "web-disk", "pay-answers"]


def test_a_named_point_is_unhealthy_by_any_threshold_and_others_by_their_critical_ones() -> None:
    def conditions(found: IncidentPlan) -> list[str]:
        return found.confirm[0].targets[0].failing_when

    assert conditions(plan("web")) == ["latency_ms > 9000"]
    assert conditions(plan(points=["front-page"])) == ["latency_ms > 900", "latency_ms > 9000"]


def test_only_probes_of_ours_of_all_that_is_named_can_refute_an_alarm() -> None:
    assert plan("web").probeable
    assert plan(points=["front-page"]).probeable
    assert not plan("web", points=["synthetic-purchase"]).probeable
    bare = incident_plan(shop(monitoring={}), PlanRequest(application="acme.shop", components=["web"]))
    assert not bare.probeable
    assert bare.confirm == []


def test_impact_is_the_highest_of_the_affected_and_of_the_flows_through_them() -> None:
    assert plan("web").impact is Level.HIGH
    assert plan("pay").impact is Level.HIGH
    assert plan("db").impact is Level.LOW


def test_remedies_keep_their_order_and_say_who_decides() -> None:
    found = plan("web")
    assert [(r.name, r.deciders) for r in found.remedies] == [("restart", []), ("wipe", ["bo"])]
    assert found.handover_deciders == People.of(["ann@example.com", "bo"])
    assert plan("pay").handover_deciders == People.of(["bo"])


def test_runbooks_that_are_offered_are_passed_on() -> None:
    offer = RunbookOffer(name="restart", title="Restart")
    assert incident_plan(shop(), PlanRequest(application="acme.shop"), [offer]).runbooks == [offer]


def test_an_application_is_resolved_with_its_hosts_points_and_people() -> None:
    whole = application_plan(shop())
    web, db, pay = whole.components["web"], whole.components["db"], whole.components["pay"]
    assert [(p.host.name, p.queue) for p in web.routed_hosts] == [("web1", "site.north")]
    assert web.routed_hosts[0].host.jump is not None
    assert pay.routed_hosts == []
    assert (web.start_timeout, db.start_timeout) == (timedelta(minutes=2), timedelta(minutes=5))
    assert set(whole.hosts) == {"gate", "web1", "db1"}
    assert set(whole.points) == {"front-page", "web-disk", "db-answers", "pay-answers"}
    [disk] = whole.points["web-disk"].targets
    assert disk.ssh_host == web.routed_hosts[0].host
    assert disk.point == "acme.shop.web-disk"
    assert whole.people == {"operator": ["ann@example.com", "bo"], "data-owner": ["bo"]}
    assert whole.terms.confirm_checks == 2
    assert whole.dossier == shop().digest


def test_a_point_shows_the_host_that_it_names_or_that_its_probe_looks_at_where_there_are_several() -> None:
    parts = deepcopy(SHOP)
    parts["architecture"]["hosts"]["web2"] = parts["architecture"]["hosts"]["web1"] | {"address": "web2.example"}
    parts["architecture"]["components"]["web"]["hosts"] = ["web1", "web2"]
    points = parts["monitoring"]["measuring_points"]
    points["balancer"] = {"component": "web", "probe": {"type": "http", "url": "https://shop.example/"}}
    points["second"] = {"component": "web", "probe": {"type": "tcp", "host": "WEB2.example", "port": 80}}
    points["named"] = {"component": "web", "host": "web2", "probe": {"type": "tcp", "host": "10.9.9.9", "port": 80}}
    plan = application_plan(Dossier.model_validate(parts))
    shown = {p.removeprefix("acme.shop."): host for p, host in plan.components["web"].points_of_hosts.items()}
    assert shown == {"front-page": "web1", "web-disk": "web1", "second": "web2", "named": "web2"}
    assert plan.components["db"].points_of_hosts == {}


def test_without_a_dossier_people_take_over() -> None:
    assert unknown_application_plan() == IncidentPlan.without_dossier(HANDOVER)


def test_a_plan_for_two_hundred_hosts_fits_in_a_payload() -> None:
    architecture = deepcopy(SHOP["architecture"])
    points = deepcopy(SHOP["monitoring"]["measuring_points"])
    for n in range(200):
        architecture["hosts"][f"h{n}"] = architecture["hosts"]["web1"]
        architecture["components"][f"c{n}"] = {"name": f"C{n}", "hosts": [f"h{n}"]}
        points[f"p{n}"] = {"component": f"c{n}", "probe": {"type": "ssh_command", "host": f"h{n}", "command": "df"}}
    big = Dossier.model_validate(SHOP | {"architecture": architecture, "monitoring": {"measuring_points": points}})
    found = incident_plan(big, PlanRequest(application="acme.shop"))
    [payload] = pydantic_data_converter.payload_converter.to_payloads([found])
    assert len(payload.data) < 2_000_000


def test_a_watch_gets_its_service_hours_for_weeks_ahead_and_what_never_waits() -> None:
    raw = deepcopy(SHOP)
    agreement = raw["agreement"]
    agreement["service_hours"] = {
        "office": {
            "time_zone": "Europe/Stockholm",
            "weekly": {d: ["08:00-17:00"] for d in ("monday", "tuesday", "wednesday", "thursday", "friday")},
        },
        "always": "24x7",
    }
    agreement["monitored_in"] = "office"
    target = {"within": "1h", "hours": "office"}
    agreement["service_levels"] = {
        "P1": {"respond": target | {"hours": "always"}, "restore": target},
        "P2": {"respond": target, "restore": target},
    }
    now = datetime(2026, 3, 27, 20, 0, tzinfo=UTC)  # Friday; on Sunday the clocks go forward
    got = watch_plan("acme.shop", Dossier.model_validate(raw), 1, 1, now)
    assert got.open_spans is not None
    coming = [s for s in got.open_spans if s.since > now]
    assert (coming[0].since, coming[0].until) == (
        datetime(2026, 3, 30, 6, 0, tzinfo=UTC),
        datetime(2026, 3, 30, 15, 0, tzinfo=UTC),
    )
    assert got.spans_until == now + timedelta(weeks=5)
    assert got.around_the_clock == [Priority.P1]
    agreement["monitored_in"] = "always"
    assert watch_plan("acme.shop", Dossier.model_validate(raw), 1, 1, now).open_spans is None


def test_an_incident_that_is_not_about_the_health_of_the_application_gets_no_probes_and_no_instruction() -> None:
    found = plan("db", points=["db-up"], failing=["db-up"], subject=Subject.DRILLS)
    assert plan("db", points=["db-up"], failing=["db-up"]).confirm != []
    assert (found.confirm, found.matches, found.instruction, found.remedies) == ([], [], "", [])
    assert (found.affected, found.probeable) == (["db"], False)

"""The availability in a report: the figures of `driftvakt availability`, with every second and its evidence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from activities.availability import AskedTime
from activities.availability.events_file import events_text
from activities.availability.gathering import gather as gather_events
from activities.documents.markdown import markdown
from activities.records import Records, upgrade
from activities.report.document import report_document
from models.availability import AvailabilityReading, SecondClass
from models.dossier.monitoring import Source
from models.dossier.parties import Language
from models.percentages import percent_text
from models.report import GapReason, ReportFacts, ReportVerdict, facts_json
from starter.cli import app
from tests.dossier.written import dump
from tests.report import november, quarter
from tests.report.november import APPLICATION, block, block_facts, history_of, keep_dossier, records, shop

__all__ = ["records"]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """The records of the ordinary half-year."""
    upgrade(url := f"sqlite:///{tmp_path_factory.mktemp('quarter') / 'records.db'}")
    made = Records(url)
    quarter.fill(made, quarter.dossier())
    return made


@pytest.fixture(scope="module")
def facts(kept: Records) -> ReportFacts:
    """The facts of its third quarter."""
    return quarter.facts(kept)


def subjects(facts: ReportFacts) -> dict[str, Any]:
    """The subjects by the names of their targets."""
    return {one["key"]: one for one in block(facts, "availability")["subjects"]}


# --- the same figures as the command


@pytest.fixture(scope="module")
def reading(kept: Records, tmp_path_factory: pytest.TempPathFactory) -> AvailabilityReading:
    """What the command prints for the quarter, from the exported events."""
    directory = tmp_path_factory.mktemp("files")
    asked = AskedTime("2026-07", "2026-09")
    events = gather_events(kept, history_of(kept, quarter.NOW), APPLICATION, asked, quarter.NOW).events
    (directory / "events.json").write_text(events_text(events))
    (directory / "shop.yaml").write_text(dump(quarter.dossier().model_dump(mode="json")))
    files = ["--dossier", str(directory / "shop.yaml"), "--events", str(directory / "events.json")]
    done = CliRunner().invoke(app, ["availability", *files, "--from", "2026-07", "--to", "2026-09", "--json"])
    assert (done.exit_code, done.stderr) == (0, "")
    return AvailabilityReading.model_validate_json(done.stdout)


def test_every_figure_is_the_one_that_the_command_prints(facts: ReportFacts, reading: AvailabilityReading) -> None:
    found = subjects(facts)

    assert list(found) == [target.name for target in reading.targets] == ["order", "browse"]
    for target in reading.targets:
        periods = {one["key"]: one for one in found[target.name]["periods"]}
        assert list(periods) == ["2026-07", "2026-08", "2026-09"]
        for period in target.periods:
            mine = periods[period.name]
            for key, figures in (("shares", period.figures), ("maintenance_counted", period.maintenance_counted)):
                for name in ("measured", "at_worst", "at_best"):
                    assert f"{mine[key][name]['value']}\u00a0%" == percent_text(getattr(figures, name), period.decimals)
            assert (
                mine["verdict"]
                == {
                    "kept": "met",
                    "broken": "missed",
                    "cannot_be_proven": "cannot-be-proven",
                }[period.verdict.value]
            )


def test_the_classes_of_the_quarter_are_the_sum_of_those_of_its_months(
    facts: ReportFacts, reading: AvailabilityReading
) -> None:
    for target in reading.targets:
        classes = subjects(facts)[target.name]["classes"]
        for kind in SecondClass:
            assert classes[kind.value]["value"] == sum(one.measured.classes.of(kind) for one in target.periods)


def test_the_outages_are_those_of_the_command_and_each_is_evidence(
    facts: ReportFacts, reading: AvailabilityReading
) -> None:
    for target in reading.targets:
        found = subjects(facts)[target.name]
        expected = [
            (f"{o.since:%Y-%m-%dT%H:%M:%SZ}", f"{o.until:%Y-%m-%dT%H:%M:%SZ}", o.counted_seconds)
            for one in target.periods
            for o in one.measured.outages
        ]
        assert [(o["since"], o["until"], o["counted"]["value"]) for o in found["down"]] == expected
        assert sum(o["counted"]["value"] for o in found["down"]) == found["classes"]["down"]["value"]
        assert [facts.evidence[o["id"]].kind for o in found["down"]] == ["span"] * len(expected)
        assert found["classes"]["down"]["evidence"] == [o["id"] for o in found["down"]]


# --- every second of every day


def test_the_days_have_every_second_of_the_quarter_once_and_add_up_to_the_classes(facts: ReportFacts) -> None:
    for found in subjects(facts).values():
        assert len(found["days"]) == 92
        for day in found["days"]:
            borders = [border for part in day["parts"] for border in (part["since"], part["until"])]
            assert (borders[0], borders[-1]) == (0, day["seconds"])
            assert borders[1:-1:2] == borders[2:-1:2]
        for kind, figure in found["classes"].items():
            parts = (part for day in found["days"] for part in day["parts"] if part["kind"] == kind)
            assert sum(part["until"] - part["since"] for part in parts) == figure["value"]


def test_a_day_on_which_the_clocks_change_has_its_own_length(records: Records) -> None:
    keep_dossier(records, shop(["availability"]))

    found = block(november.facts(records, "2026-10"), "availability")["subjects"][0]

    days = {date.fromisoformat(day["day"]): day["seconds"] for day in found["days"]}
    assert (days[date(2026, 10, 24)], days[date(2026, 10, 25)]) == (86_400, 90_000)
    assert sum(days.values()) == 31 * 86_400 + 3_600


# --- verdicts and evidence


def test_each_agreed_period_has_a_verdict_and_maintenance_is_named_with_its_announcement(facts: ReportFacts) -> None:
    verdicts = {one.key: one.verdict for one in block_facts(facts, "availability").verdicts}

    assert verdicts == {
        "order 2026-07": ReportVerdict.MET,
        "order 2026-08": ReportVerdict.MISSED,
        "order 2026-09": ReportVerdict.MET,
        "browse 2026-07": ReportVerdict.MISSED,
        "browse 2026-08": ReportVerdict.MISSED,
        "browse 2026-09": ReportVerdict.UNPROVEN,
    }
    overrun = next(one for one in subjects(facts)["order"]["maintenance"] if one["since"] == "2026-08-02T01:00:00Z")
    assert (overrun["id"], overrun["taken_out"]["value"]) == ("maintenance.acme.shop.patches.8", 7_200)
    assert overrun["announced_until"] == "2026-08-02T03:00:00Z"
    assert facts.evidence[overrun["id"]].kind == "maintenance"
    excused = subjects(facts)["order"]["excused"]
    assert [(one["id"], one["party"]) for one in excused] == [
        ("inc.acme.shop.10", "third_party"),
        ("inc.acme.shop.17", "third_party"),
    ]


def test_a_figure_names_the_points_spans_work_and_waits_that_it_was_computed_from(facts: ReportFacts) -> None:
    measured = subjects(facts)["order"]["shares"]["measured"]

    assert measured["rule"] == "availability.measured"
    assert measured["before"] == "99.907"
    kinds = {facts.evidence[id].kind for id in measured["evidence"]}
    assert kinds == {"point", "span", "maintenance", "change", "incident"}


def test_a_part_of_an_agreed_period_judges_nothing(kept: Records) -> None:
    now = datetime(2026, 9, 20, 12, tzinfo=UTC)

    found = quarter.gathered(kept, now=now)

    verdicts = {one.key for one in block_facts(found, "availability").verdicts}
    assert verdicts == {"order 2026-07", "order 2026-08", "browse 2026-07", "browse 2026-08"}
    parts = {one["key"]: (one["complete"], one["until"]) for one in subjects(found)["order"]["periods"]}
    assert parts["2026-09"] == (False, "2026-09-20T12:00:00Z")
    assert "met so far" in markdown(report_document(found))


def test_the_document_shows_each_target_with_its_days_in_both_languages(facts: ReportFacts) -> None:
    english = markdown(report_document(facts))
    swedish = markdown(report_document(facts.model_copy(update={"language": Language.SWEDISH})))

    assert "| A visitor places an order | 2026-07 | 99\\.5% (always) | 99\\.79% | 99\\.58%" in english
    assert "**Days on which it was not up all the time**" in english
    assert "| 99,79 % |" in swedish
    assert "**Dagar då den inte var uppe hela tiden**" in swedish


# --- what is missing


def test_one_target_alone_can_be_reported_without_pictures_of_its_days(records: Records) -> None:
    keep_dossier(records, shop([{"availability": {"targets": ["browse"], "days": False}}], language="en"))

    found = november.facts(records)

    assert list(subjects(found)) == ["browse"]
    assert "all the time" not in markdown(report_document(found))


def test_points_without_history_are_missing_and_prove_nothing(records: Records) -> None:
    keep_dossier(records, shop(["availability"]))

    found = november.facts(records)

    missing = {one.source for one in found.missing if one.reason is GapReason.NO_HISTORY}
    assert missing == {"web-page", "app-port", "db-answers", "payments-page"}
    assert {one.verdict for one in block_facts(found, "availability").verdicts} == {ReportVerdict.UNPROVEN}
    order = subjects(found)["order"]
    assert (order["shares"]["measured"]["value"], order["classes"]["not_yet_measured"]["value"]) == (None, 30 * 86_400)


def test_points_that_another_system_measures_are_named_as_missing(records: Records) -> None:
    made = shop(["availability"], language="en")
    monitoring = made.monitoring.model_copy(update={"watched_by": Source.CENTRAL})
    keep_dossier(records, made.model_copy(update={"monitoring": monitoring}))

    found = november.facts(records)

    assert [(one.source, one.reason) for one in found.missing] == [("availability", GapReason.NO_HISTORY)]
    assert "Nothing is known about the availability in this period." in markdown(report_document(found))


def test_both_kinds_of_databases_give_the_same_availability(both: Records, facts: ReportFacts, tmp_path: Path) -> None:
    quarter.fill(both, quarter.dossier())

    assert block(quarter.facts(both), "availability") == block(facts, "availability")


def test_the_days_are_kept_compactly(facts: ReportFacts) -> None:
    days = sum(len(day["parts"]) for one in subjects(facts).values() for day in one["days"])

    assert days < 2 * 92 * 2
    assert len(facts_json(facts)) < 400_000
    assert timedelta(seconds=subjects(facts)["order"]["longest"]["value"]) == timedelta(hours=4, minutes=52)

"""A report says which figures differ from another one, and why."""

from __future__ import annotations

from typing import Any

from activities.records import Records
from activities.report.comparing import change_line, changed_figures, common_figures, turned_verdicts, verdict_lines
from models.dossier.parties import Language
from tests.report import november, quarter
from tests.report.november import records

__all__ = ["records"]


def figure(value: object, *evidence: str, rule: str = "spans", unit: str = "s") -> dict[str, Any]:
    return {"value": value, "unit": unit, "rule": rule, "evidence": list(evidence)}


def facts(order: dict[str, Any], verdict: str = "met", **blocks: Any) -> dict[str, Any]:
    """The facts of a report with the block `availability`, and others by key."""
    judged = {"key": "order", "about": "x", "verdict": verdict, "figures": list(order.values())}
    first = {"key": "availability", "facts": {"subjects": [{"name": "order", **order}]}, "verdicts": [judged]}
    more = [{"key": key, "facts": found} for key, found in blocks.items()]
    return {"application": "acme.shop", "blocks": [first, *more]}


def test_equal_facts_have_no_changes() -> None:
    one = facts({"down": figure(60, "span.1")})

    assert changed_figures(one, one) == []
    assert turned_verdicts(one, one) == []


def test_a_changed_figure_names_its_evidence() -> None:
    old, new = facts({"down": figure(60, "span.1")}), facts({"down": figure(90, "span.1", "span.2")})

    [change] = changed_figures(old, new)

    assert change_line(change) == "availability subjects order down: 1 min → 1 min 30 s (new evidence: span.2)"


def test_other_evidence_for_the_same_value_is_no_change() -> None:
    assert changed_figures(facts({"down": figure(60, "a")}), facts({"down": figure(60, "b")})) == []


def test_a_reason_names_the_rule_what_is_gone_and_what_is_silent() -> None:
    cases = {
        "the rule is union instead of spans": figure(90, "a", rule="union"),
        "evidence that no longer counts: a": figure(90),
        "the same evidence has other data now": figure(90, "a"),
        "new evidence: b, c, d and 1 more": figure(90, "a", "b", "c", "d", "e"),
    }
    for why, new in cases.items():
        [change] = changed_figures(facts({"down": figure(60, "a")}), facts({"down": new}))
        assert change.why == why


def test_figures_of_one_report_only_count_between_versions_and_not_between_periods() -> None:
    old = facts({"down": figure(60)}, incidents={"listed": [{"id": "inc.1", "minutes": figure(5, unit="min")}]})
    new = facts({"down": figure(60)}, incidents={"listed": [{"id": "inc.2", "minutes": figure(7, unit="min")}]})

    assert [change_line(one) for one in changed_figures(old, new)] == [
        "incidents listed inc.2 minutes: none → 7\u00a0min (it is new)",
        "incidents listed inc.1 minutes: 5\u00a0min → none (it is no longer there)",
    ]
    assert common_figures(old, new) == []


def test_entries_keep_their_names_when_others_come_before_them() -> None:
    old = {"points": [{"name": "b", "down": figure(1)}]}
    new = {"points": [{"name": "a", "down": figure(9)}, {"name": "b", "down": figure(1)}]}

    assert [one.name for one in changed_figures(old, new)] == ["points a down"]


def test_a_verdict_that_turns_is_told_and_a_new_one_is_not() -> None:
    old, new = facts({}), facts({}, "missed")
    new["blocks"].append({"key": "service_levels", "verdicts": [{"key": "P1 restore", "verdict": "met"}]})

    assert turned_verdicts(old, new) == ["availability order: met → missed"]
    assert verdict_lines(new) == ["availability order: missed", "service levels P1 restore: met"]


def test_a_figure_that_cannot_be_given_is_not_known() -> None:
    [change] = changed_figures(facts({"down": figure(None)}), facts({"down": figure(90)}))

    assert (change.old, change.new) == ("not known", "1 min 30 s")


# --- the words of the report's language


def quarters(records: Records, language: Language) -> tuple[dict[str, Any], dict[str, Any]]:
    """The facts of the ordinary quarter, and those after an incident of it is closed later than it was recorded."""
    made = quarter.dossier(language)
    quarter.fill(records, made)
    old = quarter.facts(records, language).model_dump(mode="json")
    opened = quarter.at(8, 24, "06:58")
    events = november.met(opened, "P1", minutes=300)
    november.incident(records, 16, events, made, title="x", components=["web"], cause="platform")
    return old, quarter.facts(records, language).model_dump(mode="json")


def test_changes_are_said_by_rule_and_entry_in_english(records: Records) -> None:
    old, new = quarters(records, Language.ENGLISH)

    lines = [change_line(one) for one in changed_figures(old, new)]

    assert "Service levels: missed (P1 restore): 1 → 2 (new evidence: acme.shop.16)" in lines
    assert (
        "Service levels: share met (P1 restore): 80.0% → 60.0% (evidence that no longer counts: acme.shop.16)" in lines
    )
    assert any(
        line.startswith("Waiting time:") and line.endswith("(the same evidence has other data now)") for line in lines
    )
    assert "Service level P1: respond: missed → met" in turned_verdicts(old, new)


def test_the_same_changes_are_said_in_swedish(records: Records) -> None:
    old, new = quarters(records, Language.SWEDISH)

    lines = [change_line(one) for one in changed_figures(old, new)]

    assert "Servicenivåer: missade (P1 återställa): 1 → 2 (nytt underlag: acme.shop.16)" in lines
    share = "Servicenivåer: andel (P1 återställa): 80,0\u00a0% → 60,0\u00a0% "
    assert f"{share}(underlag som inte längre räknas: acme.shop.16)" in lines
    assert "Servicenivå P1: påbörja: missat → uppfyllt" in turned_verdicts(old, new)
    assert "Servicenivå P1: påbörja: uppfyllt" in verdict_lines(new)


def test_spans_that_read_the_same_are_given_in_seconds() -> None:
    old, new = facts({"down": figure(7_201)}), facts({"down": figure(7_202)})

    [change] = changed_figures(old, new)

    assert change.old != change.new

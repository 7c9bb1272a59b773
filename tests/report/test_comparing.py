"""A report says which figures differ from another one, and why."""

from __future__ import annotations

from typing import Any

from activities.report.comparing import change_line, changed_figures, common_figures, turned_verdicts, verdict_lines


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

    assert change_line(change) == "availability subjects order down: 60 s → 90 s (new evidence: span.2)"


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
        "incidents listed inc.2 minutes: none → 7 min (it is new)",
        "incidents listed inc.1 minutes: 5 min → none (it is no longer there)",
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

    assert (change.old, change.new) == ("not known", "90 s")

"""The prose linter finds what it is for, and nothing else; no page and no message breaks a rule."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import prose
from tests.docs.names import sources
from tests.docs.pages import PAGES, ROOT
from tests.docs.prose import Sentence, by_proselint, faults, markdown, other_code, python, template


def rules_broken_by(text: str) -> set[str]:
    return {fault.rule for fault in faults(Sentence("docs/page.md", 1, text))}


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("look", "Two further looks failed."),
        ("tell", "The customer is told every hour."),
        ("tell", "Leading starts by telling the customer."),
        ("ladder", "The people of the ladder are called."),
        ("rung", "Nobody answered on rung 2."),
        ("vigil", "The vigil raises an alarm."),
        ("heal", "The incident heals the shop."),
        ("moot", "The question is moot."),
        ("far_side", "The far side counts the runs."),
        ("desk", "The alarm desk decides on it."),
        ("discipline", "Four alarms were kept back."),
        ("placing", "Placing finds the cause."),
        ("slice", "The watch reads its slice of the dossier."),
        ("account", "The account of the incident was written."),
        ("standing_in", "Anna stands in for Erik."),
        ("take_up", "Somebody takes it up within 15 minutes."),
        ("take_back", "The operation takes the step back."),
        ("silence_means", "silence then means: ask again"),
        ("unassigned", "inc.acme.shop.17: nobody leads it"),
        ("on_purpose", "The database is down on purpose."),
        ("met", "This promise was broken."),
        ("escalate", "Asked rung 2 of 2"),
        ("as_data", "All of this as data"),
        ("mend", "The message says how to mend it."),
        ("anew", "Press R to see the page anew."),
        ("for_ever", "The timeline keeps it for ever."),
        ("shall", "A worker shall answer."),
        ("whoever", "Whoever is on duty decides."),
        ("that_which", "It restores that which was saved."),
        ("what_as_subject", "What exists now goes into safety."),
        ("is_had", "The lease was not to be had in time."),
        ("is_had", "A job that runs is let finish."),
        ("it_is_that", "It is by the digest that an answer is bound."),
        ("it_is_that", "It is not known what happened."),
        ("became_of", "The receipt says what became of it."),
        ("doing", "Alarms of db are suppressed for the doing of change.4."),
        ("in_vain", "The remedy was tried in vain."),
        ("ill", "The database is ill."),
        ("hear_of", "Operators hear of it by mail."),
        ("nothing_verb", "Nothing takes step 2 back."),
        ("where_it_stands", "The page says how it stands."),
        ("unasked", "The shop recovers unasked."),
        ("thereof", "The alarms thereof are cleared."),
        ("how_go_on", "How shall it go on?"),
        ("long", " ".join(["word"] * (prose.LONGEST + 1))),
    ],
)
def test_a_bad_sentence_is_found(rule: str, text: str) -> None:
    assert rule in rules_broken_by(text)


def test_every_rule_has_a_bad_sentence_above() -> None:
    [mark] = test_a_bad_sentence_is_found.pytestmark  # type: ignore[attr-defined]
    assert {rule.name for rule in prose.rules()} | {"long"} == {rule for rule, _ in mark.args[1]}


@pytest.mark.parametrize(
    "text",
    [
        "Alarms of db are suppressed until 14:00: change.4 is in progress.",
        "The escalation policy calls each person in turn until someone acknowledges.",
        "If nobody answers by 14:00, the request is refused.",
        "The maintenance window closed while the routine waited for the lease.",
        "Step 2 cannot be rolled back.",
        "The result is unknown: the connection was lost before the host answered.",
        "What is a dossier?",
        "Look up the workflow by its id.",
        "All points were healthy for 30 seconds.",
    ],
)
def test_a_plain_sentence_passes(text: str) -> None:
    assert rules_broken_by(text) == set()


def test_a_heading_may_begin_with_what() -> None:
    heading = Sentence("docs/page.md", 1, "What red messages are shown", heading=True)
    assert list(faults(heading)) == []


def test_proselint_names_the_sentence_that_it_finds_fault_with() -> None:
    found = list(
        by_proselint(
            [
                Sentence("a.md", 1, "Fine."),
                Sentence("b.md", 7, "At the end of the day, it works."),
                Sentence("c.md", 9, "Fine."),
            ]
        )
    )
    assert [(fault.sentence.path, fault.sentence.line) for fault in found] == [("b.md", 7)]


def test_a_page_is_read_without_its_code_and_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "# A title\n\nThe first sentence goes\nover `two` lines. See [the second](rung.md).\n\n    rung: 4\n\n"
        "```yaml\nrung: 5\n```\n\n| term | meaning |\n|---|---|\n| gate | a question |\n"
    )
    assert [(s.line, s.text, s.heading) for s in markdown(page)] == [
        (1, "A title", True),
        (3, "The first sentence goes over `X` lines.", False),
        (3, "See the second.", False),
        (11 + 1, "term", False),
        (12, "meaning", False),
        (14, "gate", False),
        (14, "a question", False),
    ]


def test_the_texts_of_pictures_and_the_comments_in_code_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "![The rung that\nanswers](rung.png)\n\n```sh\n# Call the first\n# level of the policy.\nrung --all   # and wait\n"
        "see page.md#rung\n```\n\n    driftvakt rung list      list the levels\n"
    )
    assert [(s.line, s.text) for s in markdown(page)] == [
        (1, "The rung that answers"),
        (5, "Call the first level of the policy."),
        (7, "and wait"),
        (11, "list the levels"),
    ]


def test_the_templates_of_notices_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    source = tmp_path / "alert.en.jinja"
    source.write_text(
        "{% if rung %}\n{{ rung }} waits{% if by %} for {{ by }}{% endif %}. Please answer.\n{% endif %}\n"
    )
    assert [(s.line, s.text) for s in template(source)] == [(2, "X waits for X."), (2, "Please answer.")]


def test_the_comments_of_code_are_read_a_paragraph_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    source = tmp_path / "source.py"
    source.write_text(
        '# The rung\n# is asked. Nobody\n# answers.\nrung = 1  # one\nother = "# no comment"  # noqa: E501\n'
        "# Steps:\n# - ask\n# - wait\n# --- asking\n"
    )
    assert [(s.line, s.text) for s in python(source)] == [
        (1, "The rung is asked."),
        (1, "Nobody answers."),
        (4, "one"),
        (6, "Steps:"),
        (7, "ask"),
        (8, "wait"),
        (9, "asking"),
    ]
    script = tmp_path / "script.sh"
    script.write_text("# Count $#.\nset -- # nothing\n")
    assert [(s.line, s.text) for s in other_code(script)] == [(1, "Count $#."), (2, "nothing")]


def test_docstrings_and_messages_are_read_and_names_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    source = tmp_path / "source.py"
    source.write_text(
        '"""Say what this module is for."""\n\nKEY = "rung"\n\n\n'
        'def f(x: int) -> str:\n    return f"rung {x} was asked by the watch"\n'
    )
    assert [(s.line, s.text) for s in python(source)] == [
        (1, "Say what this module is for."),
        (7, "rung X was asked by the watch"),
    ]


def test_an_exception_says_why_and_is_still_needed() -> None:
    everything = "".join(p.read_text() for p in [*PAGES, *sources()])
    for exception in prose.style().get("exception", []):
        assert exception["why"]
        assert exception["text"] in everything


def test_make_lint_runs_the_linter_and_no_sentence_breaks_a_rule() -> None:
    assert "-m tests.docs.prose" in (ROOT / "Makefile").read_text()
    ended = subprocess.run(
        [sys.executable, "-m", "tests.docs.prose"], cwd=ROOT, capture_output=True, text=True, timeout=400, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "")

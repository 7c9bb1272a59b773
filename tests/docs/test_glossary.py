"""The names of folders, commands, classes and fields are the field's words, and the glossary explains them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.names import banned, commands, folders, names, names_in_code, words
from tests.docs.pages import DOCS

GLOSSARY = (DOCS / "glossary.md").read_text()

TERMS = [
    *("customer", "supplier", "third party", "application", "component", "host", "site", "integration", "flow"),
    *(
        "agreement",
        "measuring point",
        "threshold",
        "alarm",
        "incident",
        "problem",
        "root cause",
        "known error",
        "change",
    ),
    *(
        "restore",
        "maintenance routine",
        "extended routine",
        "drill",
        "instruction",
        "runbook",
        "gate",
        "lease",
        "watch",
    ),
    *("dossier", "clock", "flapping", "lead", "major incident", "notice", "silence", "symptom", "breach", "calendar"),
    *("hand-over", "pause", "service hours", "suppressed", "target", "deferred"),
    *("escalation policy", "level", "dead-man's switch", "heartbeat", "post-incident report", "action rate limit"),
    *("remediation", "coordination", "incident context", "suppression", "correlation", "dependency distance"),
    *("alarm handler", "lease queue", "plan", "deputy", "waiting time", "withdrawn", "third-party text"),
]
"""The words of the field that the pages and the code use; each needs an explanation."""


def rows(heading: str) -> list[str]:
    """The first cells of the table below a heading of the glossary."""
    table = GLOSSARY.split(f"# {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)[1:]


def explained() -> set[str]:
    """Every term and plain word, in the singular."""
    cells = rows("Glossary") + rows("Plain words in names")
    terms = {re.sub(r" \(\w+\)", "", term) for cell in cells for term in cell.split(", ")}
    return {singular(term.replace("-", " ")) for term in terms}


def singular(word: str) -> str:
    return word[:-3] + "y" if word.endswith("ies") else word if word.endswith("ss") else word.removesuffix("s")


def unexplained(name: str) -> list[str]:
    """The words of a name that the glossary does not have; a term of several words explains all of them at once.

    The linter names old words.
    """
    if banned(name):
        return []
    spoken = " ".join(singular(word) for word in words(name))
    if spoken in explained():
        return []
    return [word for word in spoken.split() if word not in explained()]


@pytest.mark.parametrize("heading", ["Glossary", "Plain words in names"])
def test_the_glossary_has_each_term_once_and_in_order(heading: str) -> None:
    cells = rows(heading)
    assert len(cells) == len(set(cells))
    assert cells == sorted(cells, key=str.lower)


def test_the_glossary_explains_the_words_of_the_field() -> None:
    assert [term for term in TERMS if singular(term.replace("-", " ")) not in explained()] == []


def test_every_folder_is_named_by_a_term_or_a_plain_word() -> None:
    missing = {name: found for name in folders() if (found := unexplained(Path(name).name))}
    assert missing == {}, "add the word to docs/glossary.md"


def test_every_command_is_named_by_terms_or_plain_words() -> None:
    missing = {name: found for name in commands() if (found := [w for part in name.split() for w in unexplained(part)])}
    assert missing == {}, "add the word to docs/glossary.md"


@pytest.mark.parametrize("name", ["far_side", "LeadingDesk", "KeptBack", "watch tell", "look_again", "HealingOrder"])
def test_a_name_with_an_old_word_is_found(name: str) -> None:
    assert banned(name)


@pytest.mark.parametrize(
    "name", ["LeaseQueue", "Unreachable", "remote_scripts", "HealthWatch", "FoldersOnHosts", "incident report"]
)
def test_a_name_with_the_words_of_the_field_passes(name: str) -> None:
    assert banned(name) == []


@pytest.mark.parametrize("name", ["already_told", "_FIRST_LOOKS", "standing_drills", "_load_slice", "unled"])
def test_a_function_or_variable_with_an_old_word_is_found(name: str) -> None:
    assert banned(name, in_code=True)


@pytest.mark.parametrize("name", ["kept", "look_up", "words", "reach", "service_desk", "health"])
def test_a_word_that_is_plain_english_in_code_passes(name: str) -> None:
    assert banned(name, in_code=True) == []


def test_the_names_in_code_are_functions_arguments_variables_and_attributes() -> None:
    found = {name for place, name in names_in_code() if place == "workflows/watch/orders.py"}
    assert {"silence", "order", "id", "next_silence", "_send"} <= found


def test_the_names_that_are_checked_are_of_every_kind() -> None:
    kinds = {kind for kind, _, _ in names()}
    assert kinds == {"class", "module", "folder", "command", "dossier field"}

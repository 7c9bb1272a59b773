"""The rules of figures: found by their keys, in the words of their blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from activities.report.blocks import ReportPart, part_of
from models.errors import DriftvaktError
from models.report import ReportFacts
from models.report_block_kinds import REPORT_BLOCKS


def rules_used(facts: ReportFacts) -> list[str]:
    """Return the keys of the rules of all figures, each once: in the order of the blocks, and as each block declares them."""
    found = dict.fromkeys(rule for block in facts.blocks for rule in _rules(block.model_dump(mode="json")))
    blocks = list(dict.fromkeys(rule.partition(".")[0] for rule in found))
    return sorted(found, key=lambda rule: (blocks.index(rule.partition(".")[0]), _place(rule), rule))


def _place(key: str) -> int:
    """Return the place of a rule among those of its block; the order in facts is no order, because JSON has none."""
    part, name = _found(key)
    names = list(part.rules) if part is not None else []
    return names.index(name) if name in names else len(names)


def _rules(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "value" in value and isinstance(value.get("rule"), str):
            yield value["rule"]
        for child in value.values():
            yield from _rules(child)
    elif isinstance(value, list):
        for child in value:
            yield from _rules(child)


def rule_name(key: str) -> tuple[str, str]:
    """Return the name of a rule in English and Swedish: `Incidents: opened`; without its block, the key itself."""
    part, name = _found(key)
    if part is None:
        return key, key
    english, swedish = part.words.get(name, (_plain(name), _plain(name)))
    return f"{part.title[0]}: {_small(english)}", f"{part.title[1]}: {_small(swedish)}"


def rule_text(key: str) -> tuple[str, str]:
    """Return a rule in English and Swedish; without its block, the key itself."""
    part, name = _found(key)
    return part.rules.get(name, (key, key)) if part is not None else (key, key)


def _found(key: str) -> tuple[ReportPart | None, str]:
    """Return the block of a rule, and the name of the rule in it; no block if its package is gone."""
    block, _, name = key.partition(".")
    try:
        kind = REPORT_BLOCKS.find(block)
        return (part_of(kind) if kind is not None else None), name
    except DriftvaktError:
        return None, name


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _small(text: str) -> str:
    """Return a text that begins in small letters, unless it begins with an abbreviation."""
    return text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}"

"""Compares the figures of a report with the same figures of the period before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from models.report import BlockFacts, BlockVerdict

_KEYS: Final = ("value", "rule", "unit")
"""The keys by which a figure is known."""

_ENTRY: Final = "key"
"""The key that names an entry of a list; entries without it are of one period only."""


def compare(blocks: Sequence[BlockFacts], before: Sequence[BlockFacts]) -> list[BlockFacts]:
    """Return the blocks with the earlier value of each figure and each verdict that both periods have."""
    earlier = {block.key: block for block in before}
    return [_compared(block, earlier[block.key]) if block.key in earlier else block for block in blocks]


def _compared(block: BlockFacts, before: BlockFacts) -> BlockFacts:
    verdicts = {one.key: one for one in before.verdicts}
    return block.model_copy(
        update={
            "facts": _with_before(block.facts, before.facts),
            "verdicts": [_verdict(one, verdicts.get(one.key)) for one in block.verdicts],
        }
    )


def _verdict(one: BlockVerdict, before: BlockVerdict | None) -> BlockVerdict:
    return one if before is None else one.model_copy(update={"before": before.verdict})


def _with_before(value: Any, before: Any) -> Any:
    if isinstance(value, dict) and isinstance(before, dict):
        if _is_figure(value):
            same = _is_figure(before) and all(value[key] == before[key] for key in _KEYS if key != "value")
            return value | {"before": before["value"]} if same else value
        return {key: _with_before(child, before.get(key)) for key, child in value.items()}
    if isinstance(value, list) and isinstance(before, list):
        entries = dict(_entries(before))
        return [_with_before(child, entries.get(_name(child))) for child in value]
    return value


def _is_figure(value: Mapping[str, Any]) -> bool:
    return all(key in value for key in _KEYS)


def _entries(values: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    for value in values:
        if name := _name(value):
            yield name, value


def _name(value: Any) -> str:
    found = value.get(_ENTRY) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""

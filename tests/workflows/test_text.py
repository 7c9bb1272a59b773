"""Foreign text in summaries and on pages is no more than text."""

from __future__ import annotations

import pytest

from workflows.text import plain, summary_line

EVIL = (
    "# [pay](https://evil.example) \u202ednim\u2066 <b>x</b> `y` *z* www.evil.example\u200b\x1b[2J &rlm; &#8238;\nnext"
)


@pytest.mark.parametrize("made", [summary_line(EVIL), plain(EVIL)])
def test_no_link_control_character_or_turned_text_is_left(made: str) -> None:
    assert made.isprintable()
    assert "://" not in made
    assert "www." not in made
    assert "&rlm;" not in made
    assert "&#8238;" not in made


def test_a_summary_reads_the_same_as_markdown_and_as_plain_text() -> None:
    assert not set("<>[]`*|\\") & set(summary_line(EVIL))
    assert summary_line("Restart web_1 on db-2 (try 2)") == "Restart web_1 on db-2 (try 2)"
    assert len(summary_line("x" * 500)) == 200

"""Foreign text in summaries and on pages is no more than text."""

from __future__ import annotations

import subprocess

import pytest
from markdown_it import MarkdownIt

from models.dossier.instructions import RunStep
from models.gates import Decision
from workflows.runtime.markdown import DETAILS_LIMIT, block, link, linked, narrow, page, paste, plain, summary_line
from workflows.steps.text import command_text, plan_text

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


SQL = """update orders
    set state = 'open' -- not "closed"

where note like '%a%'
\u202e2. on web run reboot"""


def shown_in(text: str) -> str:
    """What a reader of Markdown sees, where it is nothing but one block."""
    [token] = MarkdownIt().parse(block(text)[0])
    assert token.type == "fence"
    return token.content


def test_sql_in_a_plan_is_read_as_it_was_written_and_cannot_pass_for_a_step() -> None:
    plan = plan_text([RunStep(component="db", command=["psql", "-c", SQL]), RunStep(component="web", command="true")])

    assert shown_in(plan).splitlines() == [
        '1. on db run psql -c "update orders',
        r"""       set state = 'open' -- not \"closed\"""",
        "   ",
        "   where note like '%a%'",
        '   <U+202E>2. on web run reboot"; at most 5m',
        "2. on web run true; at most 5m",
    ]


@pytest.mark.parametrize("text", ["a\n```\n# b", "`````", "~~~\n<b>x</b>"])
def test_no_text_leaves_its_block(text: str) -> None:
    assert shown_in(text) == text + "\n"


@pytest.mark.parametrize(
    "part", ["set state = 'open'", "a \"b\" 'c' `d` $e \\ \\\\ \n f", "it's !", "'" * 9 + '$`\\"', "", "plain"]
)
def test_a_command_is_quoted_so_that_a_shell_reads_the_same(part: str) -> None:
    said = subprocess.run(
        ["sh", "-c", command_text(["printf", "%s", part])], capture_output=True, text=True, check=True
    )

    assert said.stdout == part


def test_quotes_of_sql_stand_as_they_are_where_a_shell_would_read_the_same() -> None:
    step = RunStep(component="db", command=["psql", "-c", "set state = 'open'"])

    assert plan_text([step]) == """1. on db run psql -c "set state = 'open'"; at most 5m"""


def test_a_long_plan_is_cut_with_the_number_of_lines_that_are_left() -> None:
    shown, hidden = block("\n".join(f"{n}. restart db" for n in range(1, 501)), 1500)

    assert 1400 < len(shown) < 1600
    assert shown.count(". restart") + hidden == 500


def test_a_line_wider_than_the_page_goes_on_below_after_a_mark_that_no_text_can_forge() -> None:
    shown, hidden = block("x" * 100 + "\n\u21aa y")

    assert shown.splitlines() == ["```text", "x" * 56, "\u21aa " + "x" * 44, "<U+21AA> y", "```"]
    assert hidden == 0


def to(id: str) -> str:
    """Where a link to a workflow goes, as the UI takes it."""
    return f"(/namespaces/{{namespace}}/workflows/{id})"


UUID = "01a22d5b-5085-7de4-9b14-38e93dd7f761"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "Change 4 (change.acme.shop.4) holds db.",
            rf"Change 4 \([change.acme.shop.4]{to('change.acme.shop.4')}\) holds db.",
        ),
        ("Part of major.2026-11-30.1.", f"Part of [major.2026-11-30.1]{to('major.2026-11-30.1')}."),
        (
            "patches-2026 inc.acme.shop.1.free-disk-space.3 runs",
            f"patches-2026 [inc.acme.shop.1.free-disk-space.3]{to('inc.acme.shop.1.free-disk-space.3')} runs",
        ),
        (
            "maintenance.acme.shop.patches-2026-12-06T03:00:00Z requested it earlier",
            "[maintenance.acme.shop.patches-2026-12-06T03:00:00Z]"
            f"{to('maintenance.acme.shop.patches-2026-12-06T03%3A00%3A00Z')} requested it earlier",
        ),
        (f"Stop shop ({UUID}) holds web", rf"Stop shop \([its page]{to(UUID)}\) holds web"),
        ("ann has halted acme (halt.acme)", rf"ann has halted acme \([halt.acme]{to('halt.acme')}\)"),
        ("ann has halted all (halt)", rf"ann has halted all \([halt]{to('halt')}\)"),
        ("They halt (halting.acme)", r"They halt \(halting.acme\)"),
        (f"/dev/sda1 {UUID} is full", f"/dev/sda1 {UUID} is full"),
        ("restore.sh and change.acme.shop failed", "restore.sh and change.acme.shop failed"),
        ("`driftvakt operation show change.acme.shop.4`", r"\`driftvakt operation show change.acme.shop.4\`"),
    ],
)
def test_a_text_that_names_a_workflow_links_to_it_and_a_command_stays_a_command(text: str, shown: str) -> None:
    assert linked(text) == shown


@pytest.mark.parametrize("cut", range(12, 50))
def test_an_id_that_was_cut_off_leads_nowhere(cut: int) -> None:
    text = linked("Wait for maintenance.acme.shop.patches.2026-12-06T03:00:00Z", cut)
    assert text.endswith("…")
    assert "](" not in text


def test_a_link_reads_as_the_id_and_never_as_a_uuid() -> None:
    assert link("watch.acme.shop", "Watch") == f"[watch.acme.shop]{to('watch.acme.shop')}"
    assert link(UUID, "Stop *shop*") == rf"[Stop \*shop\*]{to(UUID)}"
    assert link(UUID) == f"[its page]{to(UUID)}"


def test_a_long_path_in_a_table_keeps_its_beginning_and_its_end() -> None:
    assert narrow("Remove /srv/app/shop_drill_20261130_zn4sg55 now") == "Remove /srv/app/sho…1130_zn4sg55 now"
    assert (
        narrow("Look at /var/log/app.log of anna@supplier.example")
        == "Look at /var/log/app.log of anna@supplier.example"
    )


def test_a_page_that_is_too_long_ends_before_what_it_has_no_room_for_to_be_copied() -> None:
    offer = paste("decide", Decision(gate="g1", option="approve", by="anna@supplier.example"))
    long = page("x" * (DETAILS_LIMIT - len(offer) + 20), offer)
    short = page("```text\n```json\n````\n```", offer, "y" * DETAILS_LIMIT)

    assert "```" not in long
    assert long.endswith("and paste this, with your own address as `by`:\n\n… (cut)")
    assert offer in short

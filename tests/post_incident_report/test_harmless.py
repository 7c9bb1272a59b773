"""Whatever hosts, alarms and people write: tables keep their shape, pages stay well-formed, and nothing is too long."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from activities.documents.markdown import markdown
from activities.documents.page import page
from activities.documents.sanitize import cell, fenced, visible
from activities.post_incident_report import PostIncidentReports
from activities.post_incident_report.document import document
from activities.records import Records
from models.jobs import Outcome
from models.post_incident_report import Excerpt, PostIncidentReport, ReportCommand, ReportEntry, ReportHead, Standpoint
from models.records import EntryKind, TimelineEntry, WriteRecords
from tests.post_incident_report.midsummer import ID, START, alarm, at, dossier, incident, order, step

VOID = {"meta", "link", "br", "hr", "img", "input"}

HOSTILE = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="|`\\\n\r\t<>&*_[]()#!-+=~$\x1b\u202e\u2028\x00 a1.:/@'\"", max_size=60),
    st.sampled_from(
        [
            "| --- |",
            "</td></tr></table><script>alert(1)</script>",
            "````\n# x\n```",
            "[x](javascript:alert(1))",
            "http://evil.example/ www.evil.example",
            "\u202egnp.exe",
            "\x1b[31mred",
            "1. one\n2. two",
            "\n\n## Closed\n\n",
            "&lt;b&gt; &#124;",
            "```json driftvakt-clock\n{}\n```",
        ]
    ),
)


class WellFormed(HTMLParser):
    """Every element is closed in order, and none may run or fetch."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert tag not in {"script", "iframe", "object", "embed", "link", "img", "form", "a", "base"}
        assert not [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(html: str) -> WellFormed:
    parser = WellFormed()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)


def shape(text: str) -> list[str]:
    """The blocks of a document; and no markup inside any but what we put there."""
    found = tokens(text)
    inside = {t.type for token in found for t in token.children or []}
    assert inside <= {"text", "strong_open", "strong_close", "text_special"}
    return [t.type for t in found]


def report(text: str) -> PostIncidentReport:
    """With this text everywhere a host or a person may write."""
    text = text or "x"
    return PostIncidentReport(
        standpoint=Standpoint.NOT_WRITTEN,
        at=START,
        head=ReportHead(
            incident=ID,
            number=17,
            title=text,
            application="acme.shop",
            application_name="Shop",
            customer="Acme",
            state="closed",
            opened_at=START,
            opened_by=text,
            lead=text,
            summary=text,
        ),
        entries=[ReportEntry(at=START, run=1, kind=EntryKind.NOTE, text=Excerpt(text=text))],
        commands=[
            ReportCommand(
                at=START,
                kind=EntryKind.ACTION,
                title=text,
                host=text,
                command=Excerpt(text=text),
                outcome=Outcome.OK,
                changed=True,
                detail=f"x{text}",
                output=Excerpt(text=text, left_out=7),
            )
        ],
    )


CALM = report("calm")


@settings(max_examples=300)
@given(HOSTILE)
def test_no_text_changes_the_structure_of_a_report(text: str) -> None:
    hostile = report(text)
    assert shape(markdown(document(hostile))) == shape(markdown(document(CALM)))
    assert parsed(page(document(hostile))).seen == parsed(page(document(CALM))).seen


@settings(max_examples=300)
@given(HOSTILE)
def test_a_cell_is_one_line_and_reads_as_it_was_written(text: str) -> None:
    made = cell(text)
    assert "\n" not in made
    [table, *_] = [t for t in tokens(f"| a | b |\n| --- | --- |\n| {made} | end |\n") if t.type == "inline"][2:]
    read = "".join(t.content for t in table.children or [])
    plain = " / ".join(" ".join(line.split()) for line in visible(text).split("\n") if line.strip())
    assert read == plain.strip()


@settings(max_examples=300)
@given(HOSTILE)
def test_nothing_breaks_out_of_a_fence(text: str) -> None:
    found = tokens(fenced(text) + "\n\nafter\n")
    assert [t.type for t in found] == ["fence", "paragraph_open", "inline", "paragraph_close"]


def test_invisible_characters_are_written_out() -> None:
    assert visible("a\u202eb\x00c\x07") == "a⟨U+202E⟩b⟨U+0000⟩c⟨U+0007⟩"
    assert visible("\x1b[31mred\x1b[0m") == "red"
    assert visible("tab\tline\n") == "tab\tline\n"


def test_the_whole_page_is_well_formed_says_its_language_and_takes_nothing_from_anywhere(
    reports: PostIncidentReports,
) -> None:
    reports.write(order())
    html = reports.read(ID).html
    found = parsed(html)
    assert '<html lang="en">' in html
    assert "default-src 'none'" in html
    assert html.count("<svg") == 1
    assert "http" not in re.sub(r'http-equiv|xmlns="http://www.w3.org/2000/svg"', "", html)
    assert found.seen.count("table") == found.seen.count("caption")
    assert found.seen.count("table") > 6


@pytest.mark.parametrize("part", ["the targets", "the wait", "a decision", "a command", "a notice", "an alarm"])
def test_a_report_has_every_part_of_the_incident(reports: PostIncidentReports, part: str) -> None:
    reports.write(order())
    text = reports.read(ID).markdown
    wanted = {
        "the targets": [
            "| restore | 4 h (always) | missed |",
            "| 6 h 35 min | 2 h 5 min |",
            "P2 → P1 (2026-06-19 01:27:12 UTC)",
        ],
        "the wait": ["| customer (Acme Trädgård AB) | 2 h 5 min |"],
        "a decision": ["| approve | eva@acme.example (customer, update): go on"],
        "a command": ["### Step 2: Start db on db1: ok", "pg_ctlcluster-canary 15 main start", "changed something"],
        "a notice": ["Läget i Shop / Databasen är på väg tillbaka. | Eva Lind (email) – sent"],
        "an alarm": ["| critical | db-answers: alarm-canary (db, firing) | embedded | opened: it is new |"],
    }
    assert [line for line in wanted[part] if line not in text] == []
    assert dossier().digest in text


def test_a_very_long_incident_stays_within_bounds_and_says_what_it_leaves_out(kept: Records) -> None:
    def entries(count: int) -> list[TimelineEntry]:
        detail = "it ended\n" + "<&|`*" * 300
        data: dict[str, Any] = step("Look", "tail " + "x" * 900) | {"detail": detail}
        return [
            TimelineEntry(sequence=n, at=at(n / 100), kind=EntryKind.ACTION, text=f"line {n} " + "|" * 1900, data=data)
            for n in range(count)
        ]

    kept.write(WriteRecords(incidents=[incident(run="long", timeline=entries(1000))]))
    kept.write(WriteRecords(alarms=[alarm(n) for n in range(2, 700)]))
    reports = PostIncidentReports(kept)
    reports.write(order())
    text = reports.read(ID)
    assert len(text.markdown) < 3_000_000
    assert len(text.html) < 6_000_000
    assert "line 999 " in text.markdown
    assert "more characters were left out here" in text.markdown
    assert "500 lines in the middle were left out" not in text.markdown.split("## Decisions")[0]
    assert "502 lines in the middle were left out; the records have them." in text.markdown
    assert reports.verify(ID).sound
    parsed(text.html)

"""Links lead somewhere, and the views they open ask for what there is."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from temporalio import workflow

from models.names import SEARCH_ATTRIBUTES, WORKFLOW_QUEUE
from models.operation_kinds import operation_kinds
from runbooks import find_runbooks
from tests.docs.pages import DOCS, PAGES, anchors, links, name
from worker import WORKFLOWS

_KNOWN = {*SEARCH_ATTRIBUTES, "WorkflowType", "ExecutionStatus", "TemporalReportedProblems"}
_LARGEST_PICTURE = 150_000
_UI = "http://127.0.0.1:8233/"


def workflow_types() -> set[str]:
    own = {str(workflow._Definition.must_from_class(cls).name) for cls in WORKFLOWS}
    return own | {found.workflow_type for found in find_runbooks().values()}


UI_LINKS = sorted({link for page in PAGES for link in links(page) if link.startswith(_UI)})


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    lost = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("link", [link for link in UI_LINKS if "query=" in link])
def test_a_saved_view_asks_for_attributes_and_workflows_that_there_are(link: str) -> None:
    asked = parse_qs(urlsplit(link).query)
    conditions = [c.strip() for c in asked["query"][0].split(" AND ")]
    for condition in conditions:
        if kinds := re.fullmatch(r"WorkflowType IN \((.+)\)", condition):
            listed = [kind.strip('"') for kind in kinds[1].split(",")]
            assert listed == list(operation_kinds()), "docs/operating.md lists the kinds as models/operation_kinds.py"
            continue
        found = re.fullmatch(r'(\w+) ?(?:=|<|STARTS_WITH|IS NOT NULL|IS NULL) ?(?:"([^"]+)")?', condition)
        assert found, condition
        assert found[1] in _KNOWN
        if found[1] == "WorkflowType":
            assert any(t == found[2] or (t.startswith(found[2]) and "STARTS" in condition) for t in workflow_types())
    assert asked["savedQuery"][0]


@pytest.mark.parametrize("link", [link for link in UI_LINKS if "start-workflow" in link])
def test_a_start_form_is_for_a_workflow_that_there_is(link: str) -> None:
    asked = parse_qs(urlsplit(link).query)
    assert asked["taskQueue"] == [WORKFLOW_QUEUE]
    assert asked["workflowType"][0] in workflow_types()


@pytest.mark.parametrize("link", [link for link in UI_LINKS if "start-workflow" in link])
def test_a_start_form_comes_with_an_id_that_says_what_is_started(link: str) -> None:
    asked = parse_qs(urlsplit(link).query)
    kind, [id] = asked["workflowType"][0].partition(".")[0], asked["workflowId"]
    assert re.fullmatch(rf"{kind}(\.acme\.shop(\.[a-z-]+)?\.\d{{4}}-\d\d-\d\d)?", id)


def test_a_view_says_beside_its_link_what_it_asks() -> None:
    rows = re.findall(r"^\| \[[^\]]+\]\(([^)]+)\) \| `([^`]+)`", (DOCS / "operating.md").read_text(), re.MULTILINE)
    assert rows
    assert [(query, parse_qs(urlsplit(link).query)["query"][0]) for link, query in rows] == [(q, q) for _, q in rows]


def test_pictures_are_small_and_each_is_shown_somewhere() -> None:
    pictures = {path.name: path for path in (DOCS / "pictures").iterdir()}
    shown = {Path(link).name for page in PAGES for link in links(page) if link.endswith(".png")}
    assert set(pictures) == shown
    assert [path for path in pictures.values() if path.stat().st_size > _LARGEST_PICTURE] == []


def test_every_decision_record_stands_in_the_index() -> None:
    records = {path.name for path in (DOCS / "adr").glob("0*.md")}
    assert set(links(DOCS / "adr" / "README.md")) == records


def test_every_page_can_be_reached_from_the_index() -> None:
    listed = {(DOCS / link.partition("#")[0]).resolve() for link in links(DOCS / "README.md")}
    assert {page.resolve() for page in DOCS.glob("*.md")} - listed == {(DOCS / "README.md").resolve()}

"""Links inside a document lead somewhere, and headings have the depth that readers expect."""

from __future__ import annotations

from dataclasses import replace

from activities.documents.elements import Cell, Document, Grid, Heading, Item, Link, Picture, Said, Section
from activities.documents.outline import contents, outlined


def document(*sections: Section) -> Document:
    return Document("Report", "en", "", sections, [])


def test_a_link_leads_to_the_first_place_with_its_anchor() -> None:
    rows = [[Cell("here", anchor="x y/é")], [Cell("again", anchor="x y/é")], [Cell("go", link="x y/é")]]
    [section] = outlined(document(Section("Evidence", [Grid("Spans", ["what"], rows)]))).sections
    [grid] = section.elements
    assert isinstance(grid, Grid)
    [[first], [second], [link]] = grid.rows
    assert first.anchor == link.link != ""
    assert second.anchor == ""


def test_a_link_without_a_place_is_plain_text() -> None:
    [section] = outlined(document(Section("One", [Said("see", [Link("there", "nowhere")])]))).sections
    assert section.elements == [Said("see", [Link("there", "")])]


def test_links_lead_to_sections_headings_and_steps_too() -> None:
    elements = [
        Heading("First", anchor="h"),
        Item("Step", anchor="i"),
        Said("", [Link("", a) for a in ("s", "h", "i")]),
    ]
    [section] = outlined(document(Section("One", elements, anchor="s"))).sections
    heading, item, said = section.elements
    assert isinstance(heading, Heading)
    assert isinstance(item, Item)
    assert isinstance(said, Said)
    assert [link.to for link in said.links] == [section.anchor, heading.anchor, item.anchor] == ["s1", "s1-1", "s1-2"]


def test_no_level_of_headings_is_left_out() -> None:
    deep = [Heading("a", 2), Item("step"), Heading("b", 2), Heading("c", 9), Item("step")]
    first, second = outlined(document(Section("One", deep), Section("Two", [Item("step")]))).sections
    assert [e.level for e in first.elements if isinstance(e, Heading | Item)] == [1, 2, 2, 2, 3]
    assert [e.level for e in second.elements if isinstance(e, Heading | Item)] == [1]


def test_the_contents_are_the_sections_and_their_headings_but_no_steps() -> None:
    made = outlined(document(Section("One", [Heading("a"), Item("step"), Heading("b", 2)]), Section("Two", [])))
    assert [(e.title, e.level) for e in contents(made)] == [("One", 1), ("a", 2), ("Two", 1)]
    assert [e.title for e in contents(replace(made, contents_levels=1))] == ["One", "Two"]


def test_a_caption_is_not_shown_below_a_heading_of_the_same_words() -> None:
    grid = Grid("Same", ["x"], [])
    elements = [grid, Heading("Other"), grid, Picture(lambda: "", "Other", replace(grid, caption="Other"))]
    [section] = outlined(document(Section("Same", elements))).sections
    assert [e.repeats for e in section.elements if isinstance(e, Grid | Picture)] == [True, False, True]

"""Diagrams: boxes lie apart, lines pass round them and never on each other, and every line leads where it says."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.documents.charts.canvas import text_width
from activities.documents.charts.plot import WIDTH
from activities.documents.diagrams.chain import chain
from activities.documents.diagrams.graph import Box, Line, Owner
from activities.documents.diagrams.layers import MOST_COLUMNS, place
from activities.documents.diagrams.panels import Panel, chips, in_parts, panels
from activities.documents.diagrams.schematic import DrawnBox, SchematicPlan, schematic
from activities.documents.drawing import safe_drawing, said_by
from tests.documents.hostile import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"

Part = tuple[float, float, float, float]


def boxes(count: int) -> list[Box]:
    """So many components, some of them of other parties."""
    return [
        Box(f"c{n}", f"Component {n}", [f"{n} servers"], list(Owner)[n % 7 // 5 if n % 7 else 2]) for n in range(count)
    ]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Box], list[Line]]:
    """Up to 24 components with any lines between them, circles and lines to themselves included."""
    count = draw(st.integers(1, 24))
    name = st.integers(0, count - 1).map(lambda n: f"c{n}")
    lines = draw(st.lists(st.builds(Line, name, name, st.booleans()), max_size=50))
    return boxes(count), lines


@given(graphs())
def test_every_line_leads_where_it_says(graph: tuple[list[Box], list[Line]]) -> None:
    plan = SchematicPlan(*graph)
    at = {one.box.name: one for one in plan.boxes()}
    drawn = plan.trunks()
    led = {(s, t, one.trunk.data) for one in drawn for s in one.trunk.sources for t in one.trunk.targets}
    assert led == {(line.source, line.target, line.data) for line in graph[1] if line.source != line.target}
    for one in drawn:
        whole = connected(one.parts)
        for name in one.trunk.sources + one.trunk.targets:
            assert any(touches(point, at[name]) for point in whole), f"{name} is not connected"
        assert sorted(x for x, _, _ in one.arrows) == sorted(
            next(x for x, y, _ in one.arrows if touches((x, y), at[name])) for name in one.trunk.targets
        )


@given(graphs())
def test_no_two_lines_lie_on_each_other_and_none_crosses_a_box(graph: tuple[list[Box], list[Line]]) -> None:
    plan = SchematicPlan(*graph)
    drawn, found = plan.trunks(), plan.boxes()
    for one, other in combinations(drawn, 2):
        assert not any(overlap(a, b) for a in one.parts for b in other.parts)
    for one in drawn:
        assert not any(crosses(part, box) for part in one.parts for box in found)
    for box, other_box in combinations(found, 2):
        assert not meet(box, other_box)
    assert all(box.left >= 0 and box.left + box.width <= plan.width + 0.1 for box in found)
    assert all(box.top >= 0 and box.top + box.height <= plan.height + 0.1 for box in found)


@given(graphs())
def test_a_part_is_above_the_parts_that_it_needs_unless_they_need_each_other(
    graph: tuple[list[Box], list[Line]],
) -> None:
    every, lines = graph
    places = place(every, lines)
    assert set(places) == {box.name for box in every}
    assert len(set(places.values())) == len(every)
    assert max(p.column for p in places.values()) < MOST_COLUMNS
    inside = {box.name for box in every if box.owner is Owner.OUTSIDE}
    edges = {(line.source, line.target) for line in lines if line.source != line.target}
    for source, target in edges:
        if not reaches(target, source, edges) and not inside & {source, target}:
            assert places[source].row < places[target].row


def test_the_shop_is_drawn_from_the_web_server_down_to_the_database() -> None:
    every = [Box("web", "Web"), Box("app", "App"), Box("db", "DB"), Box("pay", "Pay", owner=Owner.OTHER)]
    lines = [Line("web", "app"), Line("app", "db"), Line("app", "pay")]
    assert {name: spot.row for name, spot in place(every, lines).items()} == {"web": 0, "app": 1, "db": 2, "pay": 2}
    [first, second] = SchematicPlan(every, lines).trunks()
    assert (first.trunk.sources, first.trunk.targets) == (("web",), ("app",))
    assert (second.trunk.sources, second.trunk.targets) == (("app",), ("db", "pay"))
    assert len(second.dots) == 1


def test_sixty_components_with_twice_as_many_lines_are_readable() -> None:
    every = boxes(60)
    lines = [Line(f"c{n}", f"c{(n * 7 + k * 13) % 40 + 20}") for n in range(50) for k in range(2) if n < 20 + k * 30]
    plan = SchematicPlan(every, lines)
    assert all(box.width >= 100 for box in plan.boxes())
    assert plan.width <= WIDTH * 1.15
    svg = schematic("Sixty", "All of them", every, lines)
    assert svg == schematic("Sixty", "All of them", every, lines)
    assert len(svg) < 150_000
    shown = "".join(ElementTree.fromstring(svg).itertext())
    assert all(f"{n} servers" in shown for n in range(60))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_texts_inside_their_boxes(text: str) -> None:
    drawings = [
        schematic(text, text, [Box("a", text, [text, text]), Box("b", "b")], [Line("a", "b")]),
        chain(text, text, [Box("a", text, [text]), Box("b", "b")]),
        panels(text, text, [Panel(text, text, [text, "b"])]),
    ]
    for svg in drawings:
        assert safe_drawing(svg) != ""
        root = ElementTree.fromstring(svg)
        width = float(root.get("width", ""))
        for found in root.iter(f"{SVG}text"):
            wide = text_width(found.text or "", float(found.get("font-size", 12)))
            x = float(found.get("x", ""))
            left = x - {"middle": wide / 2}.get(found.get("text-anchor", ""), 0)
            assert left >= -8
            assert left + wide <= width + 8
        assert said_by(svg)[0].strip()


def test_a_flow_is_drawn_in_lines_of_four_with_an_arrow_to_each_part_but_the_first() -> None:
    svg = chain("Order", "A → B", boxes(9))
    arrows = re.findall(r"l-7 -4\.5v9z", svg)
    assert len(arrows) == 8
    assert said_by(svg) == ("Order", "A → B")
    assert float(ElementTree.fromstring(svg).get("width", "")) <= WIDTH
    assert len(re.findall(r"l-7 -4\.5v9z", chain("One", "A", boxes(1)))) == 0


def test_a_site_with_many_servers_of_a_role_shows_ranges_of_their_names() -> None:
    assert chips(["web1", "web2"]) == ["web1", "web2"]
    many = [f"es{n:03}" for n in range(1, 121)]
    assert chips([*many, "es-old", "kibana"]) == ["es001–es120", "es-old", "kibana"]
    assert chips([*(f"a{n}" for n in range(8, 30)), "a31"]) == ["a8–a29", "a31"]
    odd = [f"x{n * n}" for n in range(2, 40)]
    assert len(chips(odd)) == 20
    assert chips(odd)[-1] == "+ 19"


def test_a_site_with_many_roles_takes_several_pictures_that_fit_on_a_page() -> None:
    roles = [Panel(f"Role {n}", "", [f"host{n}-{k}" for k in range(4)]) for n in range(50)]
    parts = in_parts(roles)
    assert [role for part in parts for role in part] == roles
    heights = [float(ElementTree.fromstring(panels("Site", "", part)).get("height", "")) for part in parts]
    assert all(height <= 830 for height in heights)
    assert len(parts) == 3


def test_a_long_name_of_a_server_is_shown_whole() -> None:
    names = [f"se-sthlm-application-{n:02}.prod.example" for n in range(6)]
    svg = panels("Site", "", [Panel("App", "", names)])
    shown = [found.text for found in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert set(names) <= set(shown)


def reaches(start: str, end: str, edges: set[tuple[str, str]]) -> bool:
    """Whether a part needs another one, directly or through others."""
    found, left = {start}, [start]
    while left:
        name = left.pop()
        for source, target in edges:
            if source == name and target not in found:
                found.add(target)
                left.append(target)
    return end in found


def connected(parts: list[Part]) -> list[tuple[float, float]]:
    """The ends of all parts that hang together with the first; fails if some do not."""
    reached, left = [parts[0]], parts[1:]
    while left:
        near = [part for part in left if any(joined(part, one) for one in reached)]
        assert near, f"{left} hang in the air"
        reached += near
        left = [part for part in left if part not in near]
    return [(x, y) for x1, y1, x2, y2 in reached for x, y in ((x1, y1), (x2, y2))]


def joined(one: Part, other: Part) -> bool:
    """Whether an end of one part lies on the other."""
    return any(on(x, y, other) for x, y in ends(one)) or any(on(x, y, one) for x, y in ends(other))


def ends(part: Part) -> list[tuple[float, float]]:
    """Both ends of a part."""
    return [(part[0], part[1]), (part[2], part[3])]


def on(x: float, y: float, part: Part) -> bool:
    """Whether a point lies on a part."""
    x1, y1, x2, y2 = part
    return (
        min(x1, x2) - 0.01 <= x <= max(x1, x2) + 0.01
        and min(y1, y2) - 0.01 <= y <= max(y1, y2) + 0.01
        and (abs(x1 - x2) < 0.01 or abs(y1 - y2) < 0.01)
    )


def touches(point: tuple[float, float], box: DrawnBox) -> bool:
    """Whether a point lies on the upper or lower edge of a box."""
    x, y = point
    return box.left <= x <= box.left + box.width and (abs(y - box.top) < 0.01 or abs(y - box.top - box.height) < 0.01)


def overlap(one: Part, other: Part) -> bool:
    """Whether two parts run along each other; crossing is allowed."""
    for a, b in ((0, 1), (1, 0)):
        along = [abs(p[a] - p[a + 2]) < 0.01 for p in (one, other)]
        if all(along) and abs(one[a] - other[a]) < 1.5:
            first, second = (sorted((p[b], p[b + 2])) for p in (one, other))
            if min(first[1], second[1]) - max(first[0], second[0]) > 0.01:
                return True
    return False


def crosses(part: Part, box: DrawnBox) -> bool:
    """Whether a part passes the inside of a box."""
    x1, x2 = sorted((part[0], part[2]))
    y1, y2 = sorted((part[1], part[3]))
    return (
        x1 < box.left + box.width - 0.1
        and x2 > box.left + 0.1
        and y1 < box.top + box.height - 0.1
        and y2 > box.top + 0.1
    )


def meet(one: DrawnBox, other: DrawnBox) -> bool:
    """Whether two boxes overlap."""
    across = one.left < other.left + other.width and other.left < one.left + one.width
    return across and one.top < other.top + other.height and other.top < one.top + one.height

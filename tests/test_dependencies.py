"""The dependency graph, held against what a matrix of all ways says, over small random graphs with and without circles."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from models.dependencies import Dependencies

Graph = dict[str, list[str]]

CHAIN: Graph = {"web": ["app"], "app": ["db"], "db": ["disk"], "disk": [], "mail": ["disk"]}
CIRCLE: Graph = {"web": ["app"], "app": ["db"], "db": ["app", "disk"], "disk": []}
"""app and db need each other."""


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Up to six components; some needed ones may be missing from the graph itself."""
    names = [f"c{n}" for n in range(draw(st.integers(1, 6)))]
    needed = st.lists(st.sampled_from([*names, "unknown"]), max_size=4)
    return {name: draw(needed) for name in names}


def ways(graph: Graph) -> set[tuple[str, str]]:
    """Every pair of which the first needs the second, by Warshall's algorithm."""
    names = {*graph, *(other for others in graph.values() for other in others)}
    found = {(name, other) for name, others in graph.items() for other in others}
    for through, a, b in product(names, names, names):
        if (a, through) in found and (through, b) in found:
            found.add((a, b))
    return found


def test_a_chain_is_counted_in_steps_and_started_from_its_end() -> None:
    known = Dependencies(CHAIN)
    assert known.distances("web") == {"web": 0, "app": 1, "db": 2, "disk": 3}
    assert known.needs("web") == ["app", "db", "disk"]
    assert known.dependants("db") == ["app", "web"]
    assert known.with_dependants(["db", "mail"]) == ["web", "app", "db", "mail"]
    assert known.with_needs(["app"]) == ["app", "db", "disk"]
    assert known.layers(["web", "app", "db", "disk", "mail"]) == [["disk"], ["db", "mail"], ["app"], ["web"]]
    assert known.roots(["web", "db", "mail"]) == ["db", "mail"]


def test_a_way_is_found_through_components_that_are_left_out() -> None:
    known = Dependencies(CHAIN)
    assert known.roots(["web", "disk"]) == ["disk"]
    assert known.layers(["web", "disk"]) == [["disk"], ["web"]]


def test_components_in_a_circle_count_as_one() -> None:
    known = Dependencies(CIRCLE)
    assert known.needs("app") == ["db", "disk"]
    assert known.dependants("app") == ["web", "db"]
    assert known.layers(["web", "app", "db", "disk"]) == [["disk"], ["app", "db"], ["web"]]
    assert known.roots(["web", "app", "db"]) == ["app", "db"]
    assert known.roots(["web", "app", "db", "disk"]) == ["disk"]


def test_a_name_that_the_graph_does_not_have_needs_nothing() -> None:
    known = Dependencies({"web": ["gone"]})
    assert known.needs("other") == []
    assert known.with_needs(["web", "other"]) == ["web"]
    assert known.dependants("gone") == ["web"]


@given(graphs())
def test_needs_and_dependants_are_all_that_a_way_leads_to(graph: Graph) -> None:
    known, found = Dependencies(graph), ways(graph)
    for name in graph:
        assert set(known.needs(name)) == {b for a, b in found if a == name} - {name}
        assert set(known.dependants(name)) == {a for a, b in found if b == name} - {name}


@given(graphs())
def test_a_distance_is_the_shortest_way(graph: Graph) -> None:
    for name in graph:
        distances = Dependencies(graph).distances(name)
        assert list(distances.values()) == sorted(distances.values())
        reached, far = {name}, 0
        while reached:
            assert reached == {n for n, d in distances.items() if d == far}
            before = {n for n, d in distances.items() if d <= far}
            reached, far = {o for n in reached for o in graph.get(n, ())} - before, far + 1


@given(graphs(), st.data())
def test_a_closure_is_in_the_order_of_the_graph(graph: Graph, data: st.DataObject) -> None:
    known, found = Dependencies(graph), ways(graph)
    asked = data.draw(st.lists(st.sampled_from(list(graph))))
    assert known.with_needs(asked) == [n for n in graph if n in asked or any((a, n) in found for a in asked)]
    assert known.with_dependants(asked) == [n for n in graph if n in asked or any((n, a) in found for a in asked)]


@given(graphs(), st.data())
def test_a_layer_needs_only_what_comes_before_it_or_needs_it_in_turn(graph: Graph, data: st.DataObject) -> None:
    found = ways(graph)
    asked = data.draw(st.lists(st.sampled_from(list(graph)), unique=True))
    layers = Dependencies(graph).layers(asked)
    assert sorted(n for layer in layers for n in layer) == sorted(asked)
    place = {name: number for number, layer in enumerate(layers) for name in layer}
    for a, b in product(asked, asked):
        if (a, b) in found and (b, a) in found:
            assert place[a] == place[b]
        elif (a, b) in found:
            assert place[a] > place[b]
    for number, layer in enumerate(layers):  # nobody waits for longer than it must
        for name in layer:
            lower = {place[o] for o in asked if (name, o) in found and (o, name) not in found}
            own = {place[o] for o in asked if (name, o) in found and (o, name) in found}
            circles = {
                place[x] for o in asked if place[o] in own and (name, o) in found for x in asked if (o, x) in found
            }
            assert number == 0 or number - 1 in lower | circles


@given(graphs(), st.data())
def test_a_fault_begins_where_nothing_else_fails_but_what_needs_it_in_turn(graph: Graph, data: st.DataObject) -> None:
    found = ways(graph)
    failing = data.draw(st.lists(st.sampled_from(list(graph)), unique=True))
    assert Dependencies(graph).roots(failing) == [
        n for n in graph if n in failing and all((o, n) in found for o in failing if o != n and (n, o) in found)
    ]

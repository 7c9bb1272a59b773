"""Places boxes in a grid: a part is above the parts that it needs, and near to them.

The result depends on nothing but the boxes, the lines and their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from activities.documents.diagrams.graph import Box, GridPlace, Line, Owner

MOST_COLUMNS: Final = 5
_SWEEPS: Final = 6


def place(boxes: Sequence[Box], lines: Sequence[Line], columns: int = MOST_COLUMNS) -> dict[str, GridPlace]:
    """Return the place of each box. No row has more boxes than `columns`; a layer that is larger takes several rows."""
    names = [box.name for box in boxes]
    forward = _without_circles(names, lines)
    layers = _in_layers(boxes, forward)
    _order(layers, forward)
    rows = [row for layer in layers for row in _rows(layer, columns)]
    width = max((len(row) for row in rows), default=0)
    return _in_columns(rows, forward, width)


def _without_circles(names: Sequence[str], lines: Sequence[Line]) -> dict[str, list[str]]:
    """Return the targets of each box, without the lines that close a circle."""
    targets: dict[str, list[str]] = {name: [] for name in names}
    for line in lines:
        if line.source in targets and line.target in targets and line.source != line.target:
            targets[line.source].append(line.target)
    forward: dict[str, list[str]] = {name: [] for name in names}
    done: set[str] = set()
    for start in names:
        open_, path = [(start, iter(targets[start]))], {start}
        if start in done:
            continue
        while open_:
            name, left = open_[-1]
            found = next(left, None)
            if found is None:
                open_.pop()
                path.discard(name)
                done.add(name)
            elif found not in path:
                if found not in forward[name]:
                    forward[name].append(found)
                if found not in done:
                    open_.append((found, iter(targets[found])))
                    path.add(found)
    return forward


def _in_layers(boxes: Sequence[Box], forward: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the boxes from the top layer down. Organisations are never above the parts that send data to them."""
    depth = dict.fromkeys(forward, 0)
    for name in _sorted(forward):
        for target in forward[name]:
            depth[target] = max(depth[target], depth[name] + 1)
    needed = {target for targets in forward.values() for target in targets}
    lowest = max(depth.values(), default=0)
    for name in forward:
        if name not in needed:  # nobody needs it, so it can be close to what it needs itself
            depth[name] = min((depth[target] - 1 for target in forward[name]), default=lowest)
    for box in boxes:
        if box.owner is Owner.OUTSIDE:
            depth[box.name] = max(depth[box.name], lowest)
    layers: list[list[str]] = [[] for _ in range(lowest + 1)]
    for box in boxes:
        layers[depth[box.name]].append(box.name)
    return [layer for layer in layers if layer]


def _sorted(forward: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the boxes so that each stands before its targets."""
    done: list[str] = []
    seen: set[str] = set()
    for start in forward:
        open_ = [(start, iter(forward[start]))]
        if start in seen:
            continue
        seen.add(start)
        while open_:
            name, left = open_[-1]
            found = next(left, None)
            if found is None:
                open_.pop()
                done.append(name)
            elif found not in seen:
                seen.add(found)
                open_.append((found, iter(forward[found])))
    return done[::-1]


def _order(layers: list[list[str]], forward: Mapping[str, Sequence[str]]) -> None:
    """Order each layer so that boxes stand near those that they are connected with."""
    linked = _linked(forward)
    at = {name: (n + 0.5) / len(layer) for layer in layers for n, name in enumerate(layer)}
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = {name: _mean([at[o] for o in linked[name]], at[name]) for name in layer}
            layer.sort(key=wanted.__getitem__)
            at |= {name: (n + 0.5) / len(layer) for n, name in enumerate(layer)}


def _linked(forward: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    linked: dict[str, list[str]] = {name: list(targets) for name, targets in forward.items()}
    for name, targets in forward.items():
        for target in targets:
            linked[target].append(name)
    return linked


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _rows(layer: Sequence[str], columns: int) -> list[list[str]]:
    """Return a layer as rows. Neighbours of the order stand one above the other, so that each stays near its place."""
    count = -(-len(layer) // columns)
    return [list(layer[number::count]) for number in range(count)]


def _in_columns(
    rows: Sequence[Sequence[str]], forward: Mapping[str, Sequence[str]], width: int
) -> dict[str, GridPlace]:
    linked = _linked(forward)
    places: dict[str, GridPlace] = {}
    for number, row in enumerate(rows):
        near = {name: [places[o].column for o in linked[name] if o in places] for name in row}
        spread = [(n + 0.5) * width / len(row) - 0.5 for n in range(len(row))]
        wanted = [_mean(near[name], spread[n]) for n, name in enumerate(row)]
        for name, column in zip(row, _columns(wanted, width), strict=True):
            places[name] = GridPlace(number, column)
    return places


def _columns(wanted: Sequence[float], width: int) -> list[int]:
    """Return a column for each box, in order, as near as possible to the wanted ones."""
    best: dict[int, tuple[float, list[int]]] = {-1: (0.0, [])}
    for number, want in enumerate(wanted):
        left = len(wanted) - number - 1
        found: dict[int, tuple[float, list[int]]] = {}
        for last, (cost, columns) in best.items():
            for column in range(last + 1, width - left):
                total = cost + (column - want) ** 2
                if column not in found or total < found[column][0]:
                    found[column] = (total, [*columns, column])
        best = found
    return min(best.values())[1]

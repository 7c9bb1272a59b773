"""The architecture: components and who needs whom, the servers of each site, and the integrations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from activities.documents.charts.canvas import LegendEntry
from activities.documents.charts.palette import ONE, SOFT
from activities.documents.diagrams.graph import Box, Line
from activities.documents.diagrams.panels import Panel, in_parts, panels
from activities.documents.diagrams.schematic import schematic
from activities.documents.elements import Cell, Element, Grid, Heading, Picture, Said
from activities.handbook.boxes import BOXES, component_box, party_box
from activities.handbook.layout import Chapter, HandbookLayout
from models.dossier.architecture import Component

_MOST: Final = 25
"""The most components of one picture; more are drawn site by site."""


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """The picture of all components, their table, the sites, and the integrations."""
    return [*_pictures(layout), *_sites(layout), *_integrations(layout)]


# --- components


def _pictures(layout: HandbookLayout) -> Iterator[Element]:
    say, components = layout.say, layout.dossier.architecture.components
    table = Grid(say("components"), _head(layout), [_row(layout, n, c) for n, c in components.items()], wide=[1, 4])
    yield Heading(say("components"))
    if len(components) <= _MOST:
        yield Said(say("how_to_read"))
        yield _picture(layout, list(components), say("who_needs_whom"), table)
        return
    yield Said(say("by_group"))
    yield table
    for title, names in _groups(layout).items():
        yield Heading(title, level=2)
        yield _picture(layout, names, say("who_needs_whom_in", title), None)


def _head(layout: HandbookLayout) -> list[str]:
    return [layout.say(key) for key in ("component", "runs_on", "operated_by", "impact", "needs_and_notes")]


def _row(layout: HandbookLayout, name: str, component: Component) -> list[Cell]:
    say = layout.say
    needs = say("needs", layout.components(component.depends_on)) if component.depends_on else ""
    return [
        Cell(layout.component(name), anchor=f"component {name}"),
        Cell(layout.servers(component.hosts)),
        Cell(layout.party(component.operated_by)),
        Cell(layout.one_of("level", component.impact.value)),
        Cell("\n".join(filter(None, (needs, layout.text(component.notes))))),
    ]


def _groups(layout: HandbookLayout) -> dict[str, list[str]]:
    """Return the components in groups that one picture can show: those of a site, or those without a server."""
    architecture = layout.dossier.architecture
    found: dict[str, list[str]] = {}
    for name, component in architecture.components.items():
        sites = dict.fromkeys(architecture.hosts[host].site for host in component.hosts)
        title = ", ".join(layout.text(architecture.sites[site].name) for site in sites) or layout.say("without_server")
        found.setdefault(title, []).append(name)
    return {
        title if len(names) <= _MOST else layout.say("part", title, number + 1): part
        for title, names in found.items()
        for number, part in enumerate(_parts(layout, names))
    }


def _parts(layout: HandbookLayout, names: list[str]) -> list[list[str]]:
    """Cut many components into parts of which each keeps those together that need each other."""
    if len(names) <= _MOST:
        return [names]
    layers = layout.dossier.architecture.dependencies.layers(names)
    order = [name for layer in reversed(layers) for name in layer]
    count = -(-len(order) // _MOST)
    size = -(-len(order) // count)
    return [order[n : n + size] for n in range(0, len(order), size)]


def _picture(layout: HandbookLayout, names: list[str], title: str, table: Grid | None) -> Picture:
    say, architecture = layout.say, layout.dossier.architecture
    parties = layout.dossier.parties
    needs = [Line(name, other) for name in names for other in architecture.components[name].depends_on]
    drawn = {(line.source, line.target) for line in needs}
    sends = [
        Line(one.source, one.target, data=True)
        for one in architecture.integrations.values()
        if one.source in names and (one.source, one.target) not in drawn
    ]
    shown = {*names, *(line.target for line in sends if line.target in parties)}
    lines = [line for line in (*needs, *sends) if line.target in shown]
    boxes = [*(_box(layout, name, shown) for name in names), *(party_box(layout, n) for n in parties if n in shown)]
    legend: list[LegendEntry] = [("line", ONE, say("legend_needs"))]
    legend += [("dash", SOFT, say("legend_data"))] if any(line.data for line in lines) else []
    desc = " ".join(_said(layout, line) for line in (*needs, *sends)) or say("no_lines")
    return Picture(lambda: schematic(title, desc, boxes, lines, legend), title, table)


def _box(layout: HandbookLayout, name: str, shown: set[str]) -> Box:
    """Return the box of a component. It names those of other pictures that it needs, so that none needs a box here."""
    box = component_box(layout, name)
    away = [other for other in layout.dossier.architecture.components[name].depends_on if other not in shown]
    return replace(box, notes=[*box.notes, layout.say("also_needs", layout.components(away))]) if away else box


def _said(layout: HandbookLayout, line: Line) -> str:
    key = "said_data" if line.data else "said_needs"
    return layout.say(key, layout.component(line.source), layout.component(line.target))


# --- sites


def _sites(layout: HandbookLayout) -> Iterator[Element]:
    say, architecture = layout.say, layout.dossier.architecture
    for name, site in architecture.sites.items():
        hosts = [host for host, one in architecture.hosts.items() if one.site == name]
        if not hosts:
            continue
        title = say("site", layout.text(site.name))
        yield Heading(title)
        where = say("site_at", layout.party(site.operated_by), layout.text(site.location)) if site.location else ""
        yield Said(where or say("site_of", layout.party(site.operated_by)))
        yield from _panels(layout, hosts, title)
        if not layout.customer:
            yield Grid(say("servers_of", title), _host_head(layout), [_host(layout, h) for h in hosts], wide=[1, 4])


def _panels(layout: HandbookLayout, hosts: list[str], title: str) -> Iterator[Element]:
    say = layout.say
    found = [panel for names, servers in _sharing(layout, hosts).items() if (panel := _panel(layout, names, servers))]
    for number, part in enumerate(in_parts(found), 1):
        shown = title if len(found) == len(part) else say("part", title, number)
        rows = [[Cell(panel.title), Cell(", ".join(panel.servers))] for panel in part]
        table = Grid(say("roles", shown), [say("component"), say("runs_on")], rows, wide=[1])
        yield Picture(partial(_draw, shown, part), say("roles", shown), table)


def _draw(title: str, found: Sequence[Panel]) -> str:
    return panels(title, " ".join(f"{panel.title}: {', '.join(panel.servers)}." for panel in found), found)


def _sharing(layout: HandbookLayout, hosts: list[str]) -> dict[tuple[str, ...], list[str]]:
    """Return the servers of each set of components that share them; an empty set for servers without a component."""
    components = layout.dossier.architecture.components
    found: dict[tuple[str, ...], list[str]] = {}
    for host in hosts:
        found.setdefault(tuple(n for n, c in components.items() if host in c.hosts), []).append(host)
    return found


def _panel(layout: HandbookLayout, names: tuple[str, ...], servers: list[str]) -> Panel:
    say, components = layout.say, layout.dossier.architecture.components
    title = layout.components(names) or say("no_component")
    other = bool(names) and all(layout.is_other(components[name].operated_by) for name in names)
    if layout.customer:
        return Panel(title, "", [layout.servers(servers)], other)
    return Panel(title, layout.say("servers", len(servers)) if len(servers) > 5 else "", servers, other)


def _host_head(layout: HandbookLayout) -> list[str]:
    return [layout.say(key) for key in ("host", "login", "through", "system", "purpose", "key")]


def _host(layout: HandbookLayout, name: str) -> list[Cell]:
    host = layout.dossier.architecture.hosts[name]
    port = f" -p {host.port}" if host.port != 22 else ""
    return [
        Cell(name),
        Cell(f"ssh{port} {host.user}@{host.address}"),
        Cell(host.jump or "–"),
        Cell(host.os or "–"),
        Cell(host.purpose or "–"),
        Cell(host.credential),
    ]


# --- integrations


def _integrations(layout: HandbookLayout) -> Iterator[Element]:
    say, found = layout.say, layout.dossier.architecture.integrations
    if not found:
        return
    yield Heading(say("integrations"))
    head = [say(key) for key in ("from", "to", "over", "carries", "contact")]
    rows = [
        [
            Cell(layout.component(one.source)),
            Cell(layout.component(one.target)),
            Cell(f"{one.protocol} {one.port}" if one.port else one.protocol),
            Cell(layout.text(one.carries)),
            Cell(layout.contact(one.contact) if one.contact else "–"),
        ]
        for one in found.values()
    ]
    yield Grid(say("integrations"), head, rows, wide=[3])


CHAPTER = Chapter(
    "architecture",
    ("Architecture", "Arkitektur"),
    elements,
    {
        **BOXES,
        "components": ("Components", "Komponenter"),
        "how_to_read": (
            "A component stands above the components that it needs. A frame of another colour belongs to another party.",
            "En komponent står ovanför dem som den behöver. En ram i annan färg hör till en annan part.",
        ),
        "by_group": (
            "The pictures below show the components of each site. A box names the components of other pictures that it needs.",
            "Bilderna nedan visar komponenterna på varje plats. En ruta nämner de komponenter i andra bilder som den behöver.",
        ),
        "who_needs_whom": ("Which component needs which", "Vilken komponent som behöver vilken"),
        "who_needs_whom_in": ("Which component needs which: {0}", "Vilken komponent som behöver vilken: {0}"),
        "without_server": ("Components without a server of ours", "Komponenter utan egen server"),
        "part": ("{0}, part {1}", "{0}, del {1}"),
        "also_needs": ("also needs {0}", "behöver också {0}"),
        "legend_needs": ("needs it to work", "behöver den för att fungera"),
        "legend_data": ("only sends data to it", "skickar bara data dit"),
        "said_needs": ("{0} needs {1}.", "{0} behöver {1}."),
        "said_data": ("{0} sends data to {1}.", "{0} skickar data till {1}."),
        "no_lines": ("No component needs another one.", "Ingen komponent behöver någon annan."),
        "runs_on": ("Servers", "Servrar"),
        "operated_by": ("Operated by", "Drivs av"),
        "impact": ("Impact if it fails", "Påverkan vid fel"),
        "needs_and_notes": ("Needs, and notes", "Behöver, och noteringar"),
        "needs": ("Needs {0}.", "Behöver {0}."),
        "site": ("Site: {0}", "Plats: {0}"),
        "site_at": ("Operated by {0}. Location: {1}.", "Drivs av {0}. Läge: {1}."),
        "site_of": ("Operated by {0}.", "Drivs av {0}."),
        "roles": ("{0}: components and their servers", "{0}: komponenter och deras servrar"),
        "servers_of": ("{0}: how to log in", "{0}: så loggar du in"),
        "no_component": ("No component", "Ingen komponent"),
        "host": ("Server", "Server"),
        "login": ("Log in", "Logga in"),
        "through": ("Through", "Genom"),
        "system": ("System", "System"),
        "purpose": ("Purpose", "Syfte"),
        "key": ("Key (reference)", "Nyckel (hänvisning)"),
        "integrations": ("Integrations", "Integrationer"),
        "from": ("From", "Från"),
        "to": ("To", "Till"),
        "over": ("Over", "Över"),
        "carries": ("Carries", "Överför"),
        "contact": ("Contact", "Kontakt"),
    },
    new_page=True,
)

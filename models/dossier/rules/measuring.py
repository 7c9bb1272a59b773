"""Measuring points: those that could not be probed, and what monitoring and capacity planning ask for."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from models.dossier.agreement import Undertaking
from models.dossier.dossier import Dossier
from models.dossier.monitoring import MeasuringPoint
from models.dossier.rules.registry import RuleFinding, error, gap
from models.probes import HttpProbe, SqlProbe, SshCommandProbe, TcpProbe

_POINTS = ("monitoring", "measuring_points")
_SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"}


def _points(dossier: Dossier) -> Iterator[tuple[str, MeasuringPoint]]:
    yield from dossier.monitoring.measuring_points.items()


@error("tcp-on-ssh-port")
def ssh_ports_are_not_probed_by_tcp(dossier: Dossier) -> Iterator[RuleFinding]:
    """No tcp measuring point on an SSH port: sshd bans clients that connect without logging in (PerSourcePenalties)."""
    ports = {(h.address.lower(), h.port) for h in dossier.architecture.hosts.values()}
    for name, point in _points(dossier):
        probe = point.probe
        if isinstance(probe, TcpProbe) and (probe.port == 22 or (probe.host.lower(), probe.port) in ports):
            what = f"the measuring point {name} opens SSH's port {probe.port} without logging in, for which sshd bans the worker"
            yield RuleFinding(
                (*_POINTS, name, "probe"), what, "use a probe of type ssh_command, such as `command: echo 1`"
            )


@error("host-of-another-component")
def points_show_hosts_of_their_component(dossier: Dossier) -> Iterator[RuleFinding]:
    """A measuring point that names a host names one that its component runs on."""
    for name, point in _points(dossier):
        component = dossier.architecture.components.get(point.component)
        if point.host is not None and component is not None and point.host not in component.hosts:
            what = f"the measuring point {name} shows the host {point.host}, on which {point.component} does not run"
            known = ", ".join(component.hosts) or "none"
            yield RuleFinding(
                (*_POINTS, name, "host"), what, f"name a host of {point.component} ({known}), or leave it out"
            )


@error("no-probe-site")
def points_have_a_site(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every measuring point has a site to be probed from: its own, or that of its component's hosts."""
    for name, point in _points(dossier):
        component = dossier.architecture.components.get(point.component)
        if (
            point.site is None
            and component is not None
            and not component.hosts
            and not isinstance(point.probe, SshCommandProbe)
        ):
            what = f"the measuring point {name} has no site to be probed from, because {point.component} has no hosts"
            yield RuleFinding((*_POINTS, name), what, "add `site`")


@error("secret-in-dossier")
def secrets_are_references(dossier: Dossier) -> Iterator[RuleFinding]:
    """Passwords and tokens are given as env:NAME or file:PATH, never written down."""
    for name, point in _points(dossier):
        probe = point.probe
        if (
            isinstance(probe, SqlProbe)
            and not probe.database.startswith(("env:", "file:"))
            and _has_password(probe.database)
        ):
            what = f"the measuring point {name} holds a password"
            yield RuleFinding((*_POINTS, name, "probe", "database"), what, "write `database: env:NAME` or `file:PATH`")
        if isinstance(probe, HttpProbe):
            for header, value in probe.headers.items():
                if header.lower() in _SECRET_HEADERS and not value.startswith(("env:", "file:")):
                    what = f"the measuring point {name} holds the secret of the header {header}"
                    yield RuleFinding(
                        (*_POINTS, name, "probe", "headers", header), what, "write env:NAME or file:PATH instead"
                    )


def _has_password(url: str) -> bool:
    try:
        return bool(urlsplit(url).password) or "password=" in url
    except ValueError:
        return "@" in url


@gap("unmeasured-component", Undertaking.MONITORING)
def components_are_measured(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every component has a measuring point."""
    measured = {point.component for _, point in _points(dossier)}
    for name in dossier.architecture.components:
        if name not in measured:
            what = f"monitoring is bought, but the component {name} has no measuring point"
            yield RuleFinding(
                ("architecture", "components", name),
                what,
                f"add one with `component: {name}` under monitoring.measuring_points",
            )


@gap("unmeasured-flow", Undertaking.MONITORING)
def flows_are_measured(dossier: Dossier) -> Iterator[RuleFinding]:
    """The component at which users enter a flow has a measuring point that counts as its health."""
    measured = {point.component for _, point in _points(dossier) if point.health}
    for name, flow in dossier.architecture.flows.items():
        if flow.through[0] not in measured:
            what = f"the flow {name} is not covered: {flow.through[0]}, where it begins, has no measuring point for its health"
            yield RuleFinding(("architecture", "flows", name), what, "add a measuring point, for example of type http")


@gap("no-threshold", Undertaking.MONITORING)
def points_have_thresholds(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every measuring point has a threshold, unless capacity planning uses it."""
    planned = {resource.measuring_point for resource in dossier.capacity.resources.values()}
    for name, point in _points(dossier):
        if not point.thresholds and name not in planned:
            what = f"the measuring point {name} has no threshold, so it never raises an alarm"
            yield RuleFinding(
                (*_POINTS, name, "thresholds"), what, "add a threshold, or leave `thresholds` out for `failed`"
            )


@gap("capacity-resources", Undertaking.CAPACITY)
def capacity_has_resources(dossier: Dossier) -> Iterator[RuleFinding]:
    """There is something to plan, and its measuring point gives a number."""
    if not dossier.capacity.resources:
        yield RuleFinding(
            ("capacity",),
            "capacity planning is bought, but there is no resource to plan",
            "add one under capacity.resources",
        )
    for name, resource in dossier.capacity.resources.items():
        point = dossier.monitoring.measuring_points.get(resource.measuring_point)
        if point is not None and isinstance(point.probe, HttpProbe | TcpProbe):
            what = f"the resource {name} is measured by {resource.measuring_point}, which gives no number"
            mend = "use a probe of type ssh_command, sql or prometheus"
            yield RuleFinding(("capacity", "resources", name, "measuring_point"), what, mend)


@gap("capacity-participants", Undertaking.CAPACITY)
def capacity_has_participants(dossier: Dossier) -> Iterator[RuleFinding]:
    """Both the supplier and the customer take part in capacity planning."""
    contacts = [dossier.contacts[p] for p in dossier.capacity.participants if p in dossier.contacts]
    kinds = {dossier.parties[c.party].kind.value for c in contacts if c.party in dossier.parties}
    for kind in ("supplier", "customer"):
        if kind not in kinds:
            what = f"capacity planning is bought, but nobody of the {kind} takes part"
            yield RuleFinding(("capacity", "participants"), what, "add a contact under capacity.participants")

"""Measuring points that could not be probed, and the requirements of monitoring and capacity planning."""

from __future__ import annotations

from collections.abc import Iterator

from models.dossier.agreement import Undertaking
from models.dossier.dossier import Dossier
from models.dossier.monitoring import MeasuringPoint
from models.dossier.rules.registry import RuleFinding, error, gap

_POINTS = ("monitoring", "measuring_points")


def _points(dossier: Dossier) -> Iterator[tuple[str, MeasuringPoint]]:
    yield from dossier.monitoring.measuring_points.items()


@error("tcp-on-ssh-port")
def ssh_ports_are_not_probed_by_tcp(dossier: Dossier) -> Iterator[RuleFinding]:
    """No tcp measuring point uses an SSH port: sshd bans clients that connect without logging in
    (PerSourcePenalties).
    """
    ports = {(h.address.lower(), h.port) for h in dossier.architecture.hosts.values()}
    for name, point in _points(dossier):
        host, port = point.probe.bare_connection or ("", 0)
        if port == 22 or (host.lower(), port) in ports:
            what = (
                f"the measuring point {name} opens SSH's port {port} without logging in, for which sshd bans the worker"
            )
            yield RuleFinding(
                (*_POINTS, name, "probe"), what, "use a probe of type ssh_command, such as `command: echo 1`"
            )


@error("host-of-another-component")
def points_show_hosts_of_their_component(dossier: Dossier) -> Iterator[RuleFinding]:
    """A measuring point that names a host names a host of its component."""
    for name, point in _points(dossier):
        component = dossier.architecture.components.get(point.component)
        if point.host is not None and component is not None and point.host not in component.hosts:
            what = f"the measuring point {name} shows the host {point.host}, but {point.component} does not run there"
            known = ", ".join(component.hosts) or "none"
            yield RuleFinding(
                (*_POINTS, name, "host"), what, f"name a host of {point.component} ({known}), or leave it out"
            )


@error("no-probe-site")
def points_have_a_site(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every measuring point has a site that probes it: its own, or that of its component's hosts."""
    for name, point in _points(dossier):
        component = dossier.architecture.components.get(point.component)
        if point.site is None and component is not None and not component.hosts and not point.probe.on_host:
            what = f"the measuring point {name} has no site to be probed from, because {point.component} has no hosts"
            yield RuleFinding((*_POINTS, name), what, "add `site`")


@error("secret-in-dossier")
def secrets_are_references(dossier: Dossier) -> Iterator[RuleFinding]:
    """Passwords and tokens are references, env:NAME or file:PATH, and never values."""
    for name, point in _points(dossier):
        for within, held, fix in point.probe.secrets():
            yield RuleFinding((*_POINTS, name, "probe", *within), f"the measuring point {name} holds {held}", fix)


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
    """The first component of a flow has a measuring point that counts as health."""
    measured = {point.component for _, point in _points(dossier) if point.health}
    for name, flow in dossier.architecture.flows.items():
        if flow.through[0] not in measured:
            what = f"the flow {name} is not covered: its first component {flow.through[0]} has no measuring point for health"
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
    """Capacity planning has a resource whose measuring point gives a number."""
    if not dossier.capacity.resources:
        yield RuleFinding(
            ("capacity",),
            "capacity planning is bought, but there is no resource to plan",
            "add one under capacity.resources",
        )
    for name, resource in dossier.capacity.resources.items():
        point = dossier.monitoring.measuring_points.get(resource.measuring_point)
        if point is not None and not point.probe.gives_number:
            what = f"the resource {name} is measured by {resource.measuring_point}, which gives no number"
            fix = "use a probe of type ssh_command, sql or prometheus"
            yield RuleFinding(("capacity", "resources", name, "measuring_point"), what, fix)


@gap("capacity-participants", Undertaking.CAPACITY)
def capacity_has_participants(dossier: Dossier) -> Iterator[RuleFinding]:
    """The supplier and the customer take part in capacity planning."""
    contacts = [dossier.contacts[p] for p in dossier.capacity.participants if p in dossier.contacts]
    kinds = {dossier.parties[c.party].kind.value for c in contacts if c.party in dossier.parties}
    for kind in ("supplier", "customer"):
        if kind not in kinds:
            what = f"capacity planning is bought, but nobody of the {kind} takes part"
            yield RuleFinding(("capacity", "participants"), what, "add a contact under capacity.participants")

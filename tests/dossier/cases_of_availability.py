"""What breaks the rules about availability targets."""

from __future__ import annotations

from tests.dossier.rule_edits import AVAILABILITY, Edit
from tests.dossier.test_messages import put

CASES: list[tuple[str, Edit, str]] = [
    (
        "availability-subject",
        put(f"{AVAILABILITY}/ordr", {"target": "99.9 %"}),
        "the availability target ordr says no subject, and no flow has its name; did you mean 'order'? Or add `of:`",
    ),
    (
        "availability-subject",
        put(f"{AVAILABILITY}/order/of", "component databas"),
        "the availability target order is about the component 'databas', which is not defined",
    ),
    (
        "availability-subject",
        put(f"{AVAILABILITY}/order/of", "point web-pge"),
        "which is not defined; did you mean 'web-page'? Or define it under monitoring.measuring_points",
    ),
    ("unknown-name", put(f"{AVAILABILITY}/order/hours", "night"), "names the service hours 'night'"),
    (
        "availability-hosts",
        put(f"{AVAILABILITY}/order/needed_hosts", {"web": 3}),
        "the availability target order needs 3 hosts of web, which has 2; write at most 2",
    ),
    (
        "availability-hosts",
        put(f"{AVAILABILITY}/order/needed_hosts", {"payments": 1}),
        "needs 1 host of payments, which has none; remove it",
    ),
    (
        "availability-hosts",
        put(f"{AVAILABILITY}/browse/needed_hosts", {"payments": 1}),
        "the availability target browse needs hosts of 'payments', which is not a part of it; use one of: web, app, db",
    ),
    (
        "availability-hosts",
        put(f"{AVAILABILITY}/page", {"of": "point web-page", "target": "99 %", "needed_hosts": {"web": 1}}),
        "the availability target page is about a measuring point, which has no hosts to count",
    ),
    (
        "availability-thresholds",
        put(f"{AVAILABILITY}/order/thresholds", ["down", "slowly"]),
        "names the threshold 'slowly', which none of its points has; use one of: down, filling, full, now, slow, soon",
    ),
    (
        "availability-thresholds",
        put(f"{AVAILABILITY}/order/thresholds", ["down", "slow"]),
        "order and browse count different thresholds of web-page as down: down, slow, and down; name the same",
    ),
    (
        "unmeasured-availability",
        put(f"{AVAILABILITY}/order/thresholds", []),
        "the availability of order cannot be proven: no point for health of payments can be down",
    ),
    (
        "unmeasured-availability",
        put(f"{AVAILABILITY}/order/needed_hosts", {"web": 1}),
        "the availability of order cannot be proven: no point for health shows web1, web2",
    ),
    (
        "unmeasured-availability",
        put(f"{AVAILABILITY}/paying", {"of": "point payments-page", "target": "99 %"}),
        "the availability of paying cannot be proven: no threshold of payments-page counts as down",
    ),
]

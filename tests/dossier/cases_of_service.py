"""What breaks the rules about the service that is bought: monitoring, incidents, restores, changes and maintenance."""

from __future__ import annotations

from tests.dossier.rule_edits import BLOCKS, PATCHES, POINTS, RELEASE, RESTORE, TROUBLE, Edit, both, copy_hours
from tests.dossier.test_messages import drop, put

CASES: list[tuple[str, Edit, str]] = [
    ("parties", put("parties/driftbolaget/kind", "customer"), "there are 0 parties of kind supplier"),
    ("parties", put("parties/acme/kind", "third_party"), "there is no party of kind customer"),
    ("party-without-contact", put("contacts/betalt-support/party", "acme"), "third party betalt has no contact"),
    ("no-support", drop("parties/betalt/support"), "third party betalt does not say how its support is reached"),
    ("no-deputy", drop("contacts/karin/deputy"), "the contact karin has no deputy"),
    ("no-deputy", put("contacts/karin/deputy", "karin"), "the contact karin is their own deputy"),
    (
        "unreachable-contact",
        both(drop("contacts/oskar/email"), drop("contacts/oskar/phone")),
        "the contact oskar cannot be reached",
    ),
    ("component-nowhere", drop("architecture/components/payments/operated_by"), "the component payments runs nowhere"),
    ("no-start-up", drop("architecture/components/web/control"), "the component web has no start-up and shut-down"),
    (
        "start-order",
        put("instructions/start_up/order", [["db"], ["app"]]),
        "the component web is missing in instructions.start_up.order",
    ),
    ("start-order", put("instructions/start_up/order", [["db", "web"], ["app"], ["web"]]), "web is more than once"),
    (
        "integration-without-contact",
        drop("architecture/integrations/card-payments/contact"),
        "leads to another party and has no contact",
    ),
    ("unmeasured-component", put(f"{POINTS}/app-port/component", "web"), "the component app has no measuring point"),
    (
        "unmeasured-flow",
        put(f"{POINTS}/web-page/health", False),
        "the flow order is not covered: its first component web has",
    ),
    ("no-threshold", put(f"{POINTS}/web-page/thresholds", {}), "the measuring point web-page has no threshold"),
    ("problems-not-agreed", drop("agreement/problems"), "nothing says which incidents need their cause found"),
    ("capacity-resources", put("capacity/resources", {}), "there is no resource to plan"),
    (
        "capacity-resources",
        put("capacity/resources/disk/measuring_point", "web-page"),
        "measured by web-page, which gives no number",
    ),
    ("capacity-participants", put("capacity/participants", ["jonas"]), "nobody of the customer takes part"),
    ("no-service-level", drop("agreement/service_levels/P5"), "the priorities can give P5, which has no service level"),
    ("no-escalation", put("escalation/P1", []), "P1 has a service level but no escalation policy"),
    (
        "unreachable-level",
        drop("contacts/on-call/phone"),
        "escalation P1 reaches on-call by phone, and on-call has no phone",
    ),
    ("unknown-name", put("escalation/P1/0/hours", "night"), "names the service hours 'night'"),
    (
        "unknown-name",
        put("contacts/jonas/away", [{"since": "2026-07-01", "until": "2026-07-31", "deputy": "nobody"}]),
        "names the contact 'nobody'",
    ),
    (
        "first-level-outside",
        put("escalation/P1/0/contacts", ["karin"]),
        "the first level of escalation P1 asks karin, and nobody of the supplier",
    ),
    (
        "unreachable-escalation",
        both(
            put("escalation/P3", [{"contacts": ["on-call"], "channel": "email", "acknowledge_within": "2h"}]),
            drop("contacts/on-call/email"),
        ),
        "no level of escalation P3 reaches anybody",
    ),
    (
        "unattended-escalation",
        both(put("contacts/on-call/hours", "office"), put("contacts/karin/hours", "office")),
        "P1 must be responded to round the clock, but at some times its policy reaches nobody",
    ),
    (
        "absent-without-deputy",
        both(
            put("contacts/jonas/away", [{"since": "2026-07-01", "until": "2026-07-31"}]),
            put("contacts/on-call/away", [{"since": "2026-07-20", "until": "2026-08-20"}]),
        ),
        "jonas is away from 2026-07-01 to 2026-07-31, and so is on-call",
    ),
    (
        "no-troubleshooting",
        put(f"{TROUBLE}/web-down/symptom/components", ["app"]),
        "no troubleshooting instruction matches the component web",
    ),
    (
        "no-operator",
        both(put("contacts/on-call/roles", []), put("contacts/jonas/roles", ["change-approver"])),
        "nobody holds the role operator",
    ),
    ("no-restore", put("instructions/restore", {}), "restore is bought, but there is no restore instruction"),
    ("restore-without-host", put(f"{RESTORE}/database/component", "web"), "does not name its host: web is on 2 hosts"),
    (
        "restore-without-control",
        drop("architecture/components/db/control"),
        "the restore cluster stops db, which has no way to stop it",
    ),
    (
        "restore-without-control",
        put(f"{RESTORE}/database/stop", [["payments"]]),
        "the restore database stops payments, which has no way to stop it",
    ),
    (
        "restore-verified-elsewhere",
        put(f"{RESTORE}/database/verify/0/host", "app1"),
        "a query of the restore database runs on another host than the one its drills restore to",
    ),
    ("restore-verified-elsewhere", drop(f"{RESTORE}/cluster/verify/0/read_only"), "is not marked as read-only"),
    ("restore-too-old-at-once", put(f"{RESTORE}/database/oldest", "1h"), "refuses backups that are still within"),
    (
        "drill-without-steps",
        put(
            f"{RESTORE}/database/source",
            {
                "type": "other",
                "location": "a tape",
                "points": "list-tapes",
                "steps": [{"type": "run", "component": "db", "command": "load-tape"}],
            },
        ),
        "the restore database has a drill, but its source has no drill steps",
    ),
    (
        "drill-without-working-days",
        both(
            put(f"{RESTORE}/cluster/drill/frequency", "quarterly first working day 05:00"),
            put(
                "agreement/service_hours/late", {"time_zone": "Europe/Stockholm", "weekly": {"monday": ["10:00-22:00"]}}
            ),
        ),
        "the drill of cluster is on a working day, but no service hours define working days",
    ),
    (
        "secret-in-repository",
        put(f"{RESTORE}/pictures/source/repository", "rest:https://acme:hunter2@backup/acme"),
        "the repository of the restore pictures contains a password",
    ),
    (
        "restore-unapproved",
        put(f"{RESTORE}/database/approval/roles", ["operator"]),
        "nobody of the customer approves the restore database",
    ),
    ("restore-undrilled", drop(f"{RESTORE}/cluster/drill"), "the restore cluster is never drilled"),
    ("no-change", put("instructions/changes", {}), "change is bought, but there is no change routine"),
    ("unapproved-risk", put(f"{RELEASE}/standard", True), "is of high risk, but needs no approval"),
    (
        "no-undo",
        drop(f"{RELEASE}/steps/1/undo"),
        "cannot be rolled back: it has no `undo`; add the command that rolls it back",
    ),
    (
        "no-undo",
        put(f"{RELEASE}/steps/1", {"type": "runbook", "runbook": "free-disk-space"}),
        "or `undo: []` if there is nothing to roll back",
    ),
    (
        "no-change-approval",
        put("contacts/karin/roles", ["system-owner", "data-owner"]),
        "nobody of the customer may approve changes",
    ),
    ("unknown-bound", put(f"{RELEASE}/bounds/values", {"db-dsk": {"rise": 5}}), "limits the measuring point db-dsk"),
    (
        "freeze-backwards",
        put("agreement/freezes/0/until", "2027-04-22"),
        "ends at 2027-04-22, before it begins at 2027-04-23",
    ),
    ("freeze-backwards", put("agreement/freezes/1/until", "2026-12-11 18:00"), "ends at 2026-12-11 18:00, before it"),
    ("unknown-name", put("agreement/freezes/1/components/0", "shop"), "names the component 'shop'"),
    ("unknown-name", put(f"{PATCHES}/working_days", "nights"), "names the service hours 'nights'"),
    (
        "working-days-unclear",
        both(put(f"{PATCHES}/frequency", "monthly last working day 03:00"), put(f"{PATCHES}/working_days", "always")),
        "the service hours always, which define the working days for patches, are 24x7",
    ),
    (
        "working-days-unclear",
        both(put(f"{PATCHES}/frequency", "monthly last working day 03:00"), copy_hours),
        "patches counts working days, and 2 service hours could define them",
    ),
    (
        "outside-window",
        put(f"{PATCHES}/frequency", "daily 05:00"),
        "patches begins at 05:00, when its window is closed",
    ),
    ("outside-window", put(f"{PATCHES}/frequency", "cron: 0 */3 * * *"), "patches begins at 00:00, when its window"),
    (
        "outside-window",
        put(f"{PATCHES}/window/weekdays", ["saturday"]),
        "patches begins on sundays at 03:00, when its window is closed",
    ),
    (
        "window-too-short",
        put(f"{PATCHES}/steps/0/timeout", "2h"),
        "the steps of patches may take 2h5m on one host, and 2h are left of its window when it begins",
    ),
    ("no-maintenance", put("routines/maintenance", {}), "maintenance is bought, but there is no maintenance routine"),
    ("no-maintenance", drop("routines/maintenance/patches/components"), "the maintenance routine patches has no scope"),
    ("no-extended-routine", put("routines/extended", {}), "routines are bought, but no routine may be ordered"),
    ("no-report", put("reports", {}), "reports are bought, but there is no report"),
    ("report-without-address", drop("contacts/oskar/email"), "goes to oskar, who has no e-mail address"),
    (
        "internal-report-outside",
        put("reports/monthly/audience", "internal"),
        "the internal report monthly goes to karin, who is not of the supplier; remove the receiver",
    ),
    (
        "report-without-working-days",
        put("agreement/service_hours/late", {"time_zone": "Europe/Stockholm", "weekly": {"monday": ["10:00-22:00"]}}),
        "the report monthly is made on a working day, but no service hours define working days",
    ),
    (
        "report-skips-periods",
        put("reports/monthly/period", "previous week"),
        "the report monthly covers the previous week and is made monthly, so it skips periods",
    ),
    (
        "block-without-undertaking",
        put("agreement/undertakings", ["documentation", "monitoring", "incident", "reports"]),
        "the report monthly has the block restore_drills, but restore is not bought; remove the block",
    ),
    (
        "block-without-data",
        put(f"{BLOCKS}/0", {"metrics": {"points": ["web-page"]}}),
        "the report monthly has the block metrics, but the measuring point web-page gives no number",
    ),
    (
        "block-without-data",
        put("capacity", {}),
        "the report monthly has the block capacity, but there is no capacity plan",
    ),
    (
        "block-without-data",
        put("agreement/service_levels", {}),
        "the report monthly has the block service_levels, but the agreement has no service levels",
    ),
    (
        "unreported-undertaking",
        put(BLOCKS, ["summary", "incidents"]),
        "restore is bought, but no report to the customer has a block about it; add to a report the block restore_drills",
    ),
    (
        "report-content",
        both(drop(BLOCKS), put("reports/monthly/content", ["incidents", "service-levels", "restores", "economy"])),
        "reports.monthly has the field `content` of an earlier release, which is read as blocks, but for 'economy', "
        "which is no block; write `blocks: [incidents, service_levels, restore_drills]` instead",
    ),
    (
        "unknown-name",
        put(f"{BLOCKS}/0", {"metrics": {"points": ["db-dsk"]}}),
        "names the measuring point 'db-dsk', which is not defined; did you mean 'db-disk'?",
    ),
    ("unknown-name", put(f"{BLOCKS}/0", {"capacity": {"resources": ["memory"]}}), "names the resource 'memory'"),
    ("unknown-name", put(f"{BLOCKS}/0", {"maintenance": {"routines": ["x"]}}), "names the maintenance routine 'x'"),
    ("unknown-name", put(f"{BLOCKS}/0", {"entitlements": {"routines": ["x"]}}), "names the extended routine 'x'"),
    ("unknown-name", put(f"{BLOCKS}/0", {"restore_drills": {"restores": ["x"]}}), "names the restore 'x'"),
    (
        "too-few-approvers",
        put("reports/monthly/approval", {"roles": ["data-owner"], "by": "both"}),
        "reports.monthly.approval asks the supplier, none of whose contacts holds data-owner",
    ),
]

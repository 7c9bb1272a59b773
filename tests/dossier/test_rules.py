from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from models.dossier import Dossier
from models.dossier.agreement import Undertaking
from models.dossier.faults import Fault, Weight
from models.dossier.load import check, read_dossier
from models.dossier.rules import RULES
from models.dossier.rules.cycles import circles
from models.dossier.rules.places import APPROVALS, STEPS, approvals, steps
from models.dossier.rules.references import REFERENCES, ROLES
from models.errors import DossierError
from tests.dossier.test_wording import drop, put
from tests.dossier.written import EXAMPLES, dump, plain_data

Edit = Callable[[dict[str, Any]], object]
CheckEdited = Callable[[Edit], list[Fault]]

POINTS = "monitoring/measuring_points"
TROUBLE = "instructions/troubleshooting"
RESTORE = "instructions/restore"
RELEASE = "instructions/changes/release"
OFFICE = "agreement/service_hours/office"
PATCHES = "routines/maintenance/patches"


def both(*edits: Edit) -> Edit:
    def edit(data: dict[str, Any]) -> None:
        for one in edits:
            one(data)

    return edit


def copy_hours(data: dict[str, Any]) -> None:
    hours = data["agreement"]["service_hours"]
    hours["shop"] = hours["office"]


CASES: list[tuple[str, Edit, str]] = [
    (
        "unknown-name",
        put("architecture/components/web/hosts/0", "web9"),
        "names the host 'web9', which is not defined; did you mean 'web",
    ),
    (
        "unknown-name",
        put("architecture/hosts/web1/jump", "gate"),
        "names the host 'gate', which is not defined; define it under",
    ),
    ("unknown-name", put("architecture/hosts/web1/site", "malmo"), "names the site 'malmo'"),
    ("unknown-name", put("contacts/karin/party", "acmee"), "names the party 'acmee'"),
    ("unknown-name", put("contacts/karin/hours", "night"), "names the service hours 'night'"),
    ("unknown-name", put("escalation/P1/0/contacts/0", "nobody"), "names the contact 'nobody'"),
    ("unknown-name", put("architecture/integrations/orders/target", "dbb"), "names the component or party 'dbb'"),
    ("unknown-name", put("capacity/resources/disk/measuring_point", "x"), "names the measuring point 'x'"),
    ("unknown-name", put(f"{POINTS}/db-disk/probe/host", "db2"), "names the host 'db2'"),
    ("unknown-name", put(f"{TROUBLE}/web-down/collect/0/component", "wbe"), "names the component 'wbe'"),
    (
        "unheld-role",
        put(f"{RELEASE}/approvals", {"supplier": {"roles": ["change-aprover"]}}),
        "the role 'change-aprover', which nobody holds; did you mean",
    ),
    (
        "unheld-role",
        put("routines/extended/campaign/ordered_by", ["queen"]),
        "the role 'queen', which nobody holds; give it to",
    ),
    ("dependency-cycle", put("architecture/components/db/depends_on", ["web"]), "web -> app -> db -> web"),
    ("dependency-cycle", put("architecture/components/db/depends_on", ["db"]), "db -> db"),
    (
        "jump-cycle",
        both(put("architecture/hosts/web1/jump", "web2"), put("architecture/hosts/web2/jump", "web1")),
        "web1 -> web2 -> web1",
    ),
    (
        "too-few-approvers",
        put(f"{RELEASE}/approvals", {"customer": {"roles": ["change-approver"], "count": 3}}),
        "asks for 3 approvals, but only karin.holm@acme.example may give one",
    ),
    (
        "too-few-approvers",
        put("agreement/changes", {"approvals": {"high": {"customer": {"roles": ["operator"]}}}}),
        "asks the customer, none of whose contacts holds operator; give the role to a contact of the customer",
    ),
    (
        "sole-approver",
        put(f"{RELEASE}/approvals", {"supplier": {"roles": ["operator"], "count": 2}}),
        "asks for, nobody else may approve; give the role to one more contact",
    ),
    (
        "too-few-approvers",
        both(
            put("contacts/jonas/email", "on-call@driftbolaget.example"),
            put(f"{RELEASE}/approvals", {"supplier": {"roles": ["operator"], "count": 2}}),
        ),
        "asks for 2 approvals, but only on-call@driftbolaget.example may give one",
    ),
    (
        "late-emergency",
        put(f"{RELEASE}/approvals", {"supplier": {"roles": ["operator"], "within": "1h", "alone_after": "1h"}}),
        "may be answered alone after 1h, and is decided by silence after 1h; shorten `alone_after`",
    ),
    (
        "sole-approver",
        put(
            "instructions/troubleshooting/web-down/remedies/restart-web/approval",
            {"roles": ["data-owner"], "not_requester": True},
        ),
        "what karin.holm@acme.example asks for, nobody else may approve",
    ),
    (
        "sole-approver",
        put("contacts/on-call/roles", ["operator"]),
        "agreement.changes.approvals.supplier: what jonas",
    ),
    ("program-name", put("contacts/karin/login", "Schedule"), "Schedule is the name of a program of Driftvakt"),
    ("shared-name", put("contacts/karin/name", "Jonas Berg"), "are both called jonas berg"),
    ("step-without-target", drop(f"{RELEASE}/before/0/component"), "does not say where to run"),
    ("step-without-target", put(f"{RELEASE}/before/0/host", "db1"), "names both a component and a host"),
    ("step-cannot-run", put(f"{RELEASE}/before/0/component", "payments"), "acts on payments, which has no hosts"),
    ("step-cannot-run", drop("architecture/components/web/control"), "starts or stops web, which has no `control`"),
    ("probe-step-without-points", drop("instructions/start_up/after/0/measuring_points"), "does not say what to probe"),
    (
        "probe-step-without-points",
        both(
            drop("instructions/start_up/after/0/measuring_points"),
            put("instructions/start_up/after/0/component", "web"),
            put(f"{POINTS}/web-page/health", False),
        ),
        "probes web, which has no measuring point",
    ),
    ("evidence-changes-something", drop(f"{TROUBLE}/web-down/collect/0/read_only"), "is not marked as read-only"),
    ("step-without-target", put(f"{RELEASE}/steps/0/check", {"command": "true"}), "does not say where to run"),
    (
        "step-cannot-run",
        put(f"{RELEASE}/steps/0/check", {"command": "true", "component": "payments"}),
        "acts on payments, which has no hosts",
    ),
    ("unknown-name", put(f"{RELEASE}/steps/0/check", {"command": "true", "host": "wbe1"}), "names the host 'wbe1'"),
    (
        "unknown-name",
        put(f"{RELEASE}/steps/0/undo", [{"type": "start", "component": "wbe"}]),
        "names the component 'wbe'",
    ),
    ("unknown-name", put(f"{RELEASE}/before/0", {"type": "notify", "contacts": ["kari"], "text": "x"}), "'kari'"),
    (
        "unheld-role",
        put(f"{RELEASE}/before/0", {"type": "notify", "roles": ["users"], "text": "x"}),
        "the role 'users'",
    ),
    ("notify-nobody", put(f"{RELEASE}/before/0", {"type": "notify", "text": "x"}), "does not say whom to tell"),
    ("unsafe-retry", put(f"{RELEASE}/before/0/tries", 3), "is tried 3 times, and does not say that it may be"),
    ("undo-outside-change", put(f"{RELEASE}/before/0/undo", "x"), "has an `undo` that is never used"),
    (
        "undo-outside-change",
        put(f"{RELEASE}/steps/0/undo", [{"type": "start", "component": "web", "undo": []}]),
        "has an `undo` that is never used",
    ),
    ("tcp-on-ssh-port", put(f"{POINTS}/app-port/probe/port", 22), "opens SSH's port 22 without logging in"),
    (
        "tcp-on-ssh-port",
        both(put("architecture/hosts/app1/port", 2222), put(f"{POINTS}/app-port/probe/port", 2222)),
        "opens SSH's port 2222",
    ),
    (
        "host-of-another-component",
        put(f"{POINTS}/db-answers/host", "web1"),
        "the measuring point db-answers shows the host web1, on which db does not run",
    ),
    (
        "no-probe-site",
        drop(f"{POINTS}/payments-page/site"),
        "has no site to be probed from, because payments has no hosts",
    ),
    (
        "secret-in-dossier",
        put(f"{POINTS}/db-answers/probe/database", "postgresql://a:hunter2@db/x"),
        "holds a password",
    ),
    (
        "secret-in-dossier",
        put(f"{POINTS}/web-page/probe/headers", {"Authorization": "Bearer hunter2"}),
        "the secret of the header",
    ),
    (
        "overlapping-hours",
        put(f"{OFFICE}/weekly/monday", ["08:00-12:00", "11:30-17:00"]),
        "11:30-17:00 overlaps 08:00-12:00",
    ),
    (
        "overlapping-hours",
        both(put(f"{OFFICE}/weekly/sunday", ["22:00-09:00"])),
        "monday 08:00-17:00 overlaps sunday 22:00-09:00, which runs over midnight; begin it at 09:00",
    ),
    (
        "overlapping-hours",
        put(f"{OFFICE}/exceptions/0/hours", ["08:00-12:00", "09:00-10:00"]),
        "09:00-10:00 overlaps 08:00-12:00 in agreement.service_hours.office.exceptions[0].hours",
    ),
    ("never-open", put(f"{OFFICE}/weekly", {}), "the service hours office have no hours on any weekday"),
    (
        "days-of-service",
        put("agreement/service_levels/P3/restore/within", "2d"),
        "2d in the service hours office means 48h of service, which is 5.5 of their working days; write "
        "`2 working days`, or 48h if that is meant",
    ),
    (
        "days-of-service",
        put("parties/betalt/answers_within", {"within": "1w", "hours": "office"}),
        "1w in the service hours office means 168h of service, which is 19.1 of their working days; write `7 working days`",
    ),
    (
        "days-of-service",
        put("agreement/service_levels/P1/restore/within", "2 working days"),
        "2 working days in the service hours always, which are round the clock, name no working day; write it in hours: 48h",
    ),
    ("exception-twice", put(f"{OFFICE}/exceptions/1/day", "2026-12-23"), "2026-12-23 stands twice"),
    (
        "unknown-holiday",
        put(f"{OFFICE}/holidays", "se"),
        "there is no country 'se' whose holidays are known; did you mean 'SE'",
    ),
    ("unknown-holiday", put(f"{OFFICE}/holidays", {"country": "XX"}), "there is no country 'XX'"),
    (
        "unknown-holiday",
        put(f"{OFFICE}/holidays", {"country": "DE", "subdivision": "Bayern"}),
        "DE has no part 'Bayern' with holidays of its own",
    ),
    (
        "unknown-holiday",
        put(f"{OFFICE}/holidays", {"country": "SE", "also": ["defacto"]}),
        "SE has no kind of holiday 'defacto'; did you mean 'de_facto'",
    ),
    (
        "unknown-holiday",
        put(f"{OFFICE}/holidays", {"country": "SE", "half_days": [{"days": ["Valborg Night"], "hours": []}]}),
        "SE has no day called 'Valborg Night'; did you mean 'walpurgis night'",
    ),
    (
        "unknown-holiday",
        put(f"{OFFICE}/holidays", {"country": "SE", "not_closed": ["Epiphany", "epiphany"]}),
        "'epiphany' stands twice",
    ),
    (
        "respond-after-restore",
        put("agreement/service_levels/P1/respond/within", "5h"),
        "P1 allows more time to respond",
    ),
    (
        "routine-placeholder",
        put("routines/extended/campaign/steps/0/command", ["c", "{campagne}"]),
        "takes the input 'campagne', which the routine does not have",
    ),
    (
        "routine-placeholder",
        put("routines/extended/campaign/steps/0/command", "c '{campaign}'"),
        "has the input campaign in the middle of a text",
    ),
    (
        "routine-placeholder",
        put("routines/extended/campaign/steps/0/check", ["c", "--code={campaign}"]),
        "has the input campaign in the middle of a text",
    ),
    *(
        ("wrong-form", put(place, value), f"{place.replace('/', '.')}, {value!r}, {what}")
        for place, value, what in (
            ("architecture/hosts/web1/address", "10.0.0.1:22", "is an address with a port; write the address alone"),
            ("architecture/hosts/web1/address", "10.0.0.300", "is no IPv4 address"),
            ("architecture/hosts/web1/address", "10.0.1", "is no IPv4 address"),
            ("architecture/hosts/web1/address", "2001:db8::g", "is no IPv6 address"),
            ("architecture/hosts/web1/address", "web1-.example.com", "is no DNS name"),
            ("architecture/hosts/web1/address", "web1..example.com", "is no DNS name"),
            ("architecture/hosts/web1/user", "ann smith", "is no name of a user"),
            ("architecture/hosts/web1/state_dir", "~/jobs", "is no absolute path"),
            ("contacts/karin/email", "karin@acme..example", "is no e-mail address"),
            ("contacts/karin/email", "karin@acme.example,bo@acme.example", "is no e-mail address"),
            ("contacts/karin/phone", "+ ( ) -", "has too few digits"),
            (f"{POINTS}/web-page/probe/url", "https://shop.example.com:99999/", "has a port that is none"),
            (f"{POINTS}/web-page/probe/url", "https:///health", "names no host"),
            (f"{POINTS}/web-page/probe/url", "https://10.0.0.300/", "has a host that is no IPv4 address"),
        )
    ),
    *(
        ("wrong-form", put(f"{POINTS}/web-page/probe", probe), what)
        for probe, what in (
            ({"type": "tcp", "host": "10.0.0.1:80", "port": 80}, "'10.0.0.1:80', is an address with a port"),
            ({"type": "tls_expiry", "host": "https://shop.example.com"}, "is no DNS name or IP address"),
            ({"type": "dns", "name": "shop example.com"}, "is no DNS name"),
            ({"type": "dns", "name": "shop.example.com", "server": "10.0.0.1:0"}, "is no address of a name server"),
            ({"type": "prometheus", "server": "http://prom:x", "query": "up"}, "has a port that is none"),
            ({"type": "sql", "database": "mysql://hunter2@db/x", "query": "select 1"}, "probe.database is no database"),
            ({"type": "sql", "database": "env:MY-URL", "query": "select 1"}, "names no environment variable"),
        )
    ),
    ("wrong-form", put("contacts/karin/chat", "env:hunter2 x"), "contacts.karin.chat names no environment variable"),
    (
        "wrong-form",
        put(f"{RESTORE}/cluster/source/restore_command", "fetch %f"),
        "says nowhere where the file goes; write %p there",
    ),
    ("wrong-form", put(f"{RESTORE}/cluster/source/server", {"host": "10.0.0.1:5432"}), "is an address with a port"),
    *(
        ("unknown-variable", put(place, value), what)
        for place, value, what in (
            (
                "routines/extended/campaign/steps/0/command",
                'c "${DRIFTVAKT_INPUT_CAMPAGNE:-x}"',
                "uses $DRIFTVAKT_INPUT_CAMPAGNE, which is no input of the routine; did you mean $DRIFTVAKT_INPUT_CAMPAIGN?",
            ),
            *(
                (
                    "routines/extended/campaign/steps/0/command",
                    f"c ${misspelt}",
                    f"uses ${misspelt}, which is no input of the routine; did you mean $DRIFTVAKT_INPUT_CAMPAIGN?",
                )
                for misspelt in ("DRIFTVAKT_INPUTS_CAMPAIGN", "DRIFTVAKT_INPT_CAMPAIGN", "driftvakt_input_campaign")
            ),
            (
                "routines/extended/campaign/steps/0/check",
                ["c", "$DRIFTVAKT_INPUT_CAMPAIGN"],
                "where no shell reads it; write {campaign} as a whole part of the list",
            ),
            (
                f"{PATCHES}/steps/0",
                {"type": "run", "command": "c $DRIFTVAKT_INPUT_X"},
                "only an extended routine has inputs",
            ),
            (f"{RELEASE}/steps/0/undo", "c $DRIFTVAKT_INPUT_X", "only an extended routine has inputs"),
            (
                "architecture/components/web/control/status",
                "c $DRIFTVAKT_INPUT_X",
                "only an extended routine has inputs",
            ),
            (
                f"{RESTORE}/database/verify/0/command",
                'test -e "$RESTORE_TO/orders"',
                "uses $RESTORE_TO, which no restore of this type sets; did you mean $RESTORED_TO?",
            ),
        )
    ),
    ("routine-input", drop("routines/extended/campaign/inputs/prices/choices"), "is of type choice and has 0 choices"),
    ("routine-input", put("routines/extended/campaign/inputs/campaign/pattern", "("), "is no regular expression"),
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
    ("start-order", put("instructions/start_up/order", [["db", "web"], ["app"], ["web"]]), "web stands more than once"),
    (
        "integration-without-contact",
        drop("architecture/integrations/card-payments/contact"),
        "leads to another party and has no contact",
    ),
    ("unmeasured-component", put(f"{POINTS}/app-port/component", "web"), "the component app has no measuring point"),
    ("unmeasured-flow", put(f"{POINTS}/web-page/health", False), "the flow order is not covered: web, where it begins"),
    ("no-threshold", put(f"{POINTS}/web-page/thresholds", {}), "the measuring point web-page has no threshold"),
    ("capacity-resources", put("capacity/resources", {}), "there is no resource to plan"),
    (
        "capacity-resources",
        put("capacity/resources/disk/measuring_point", "web-page"),
        "measured by web-page, which gives no number",
    ),
    ("capacity-participants", put("capacity/participants", ["jonas"]), "nobody of the customer takes part"),
    ("no-service-level", drop("agreement/service_levels/P5"), "the priorities can give P5, which has no service level"),
    ("no-escalation", put("escalation/P1", []), "P1 has a service level but no escalation ladder"),
    (
        "unreachable-rung",
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
        "first-rung-outside",
        put("escalation/P1/0/contacts", ["karin"]),
        "the first rung of escalation P1 asks karin, and nobody of the supplier",
    ),
    (
        "unreachable-ladder",
        both(
            put("escalation/P3", [{"contacts": ["on-call"], "channel": "email", "acknowledge_within": "2h"}]),
            drop("contacts/on-call/email"),
        ),
        "no rung of escalation P3 reaches anybody",
    ),
    (
        "unattended-ladder",
        both(put("contacts/on-call/hours", "office"), put("contacts/karin/hours", "office")),
        "P1 is responded to round the clock, but its ladder has times when it finds nobody",
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
    ("restore-without-host", put(f"{RESTORE}/database/component", "web"), "does not say on which host: web is on 2"),
    (
        "restore-without-control",
        drop("architecture/components/db/control"),
        "the restore cluster stops db, which we cannot stop",
    ),
    (
        "restore-without-control",
        put(f"{RESTORE}/database/stop", [["payments"]]),
        "the restore database stops payments, which we cannot stop",
    ),
    (
        "restore-verified-elsewhere",
        put(f"{RESTORE}/database/verify/0/host", "app1"),
        "a query of the restore database runs elsewhere than its drills restore to",
    ),
    ("restore-verified-elsewhere", drop(f"{RESTORE}/cluster/verify/0/read_only"), "is not marked as read-only"),
    ("restore-too-old-at-once", put(f"{RESTORE}/database/oldest", "1h"), "refuses backups that are younger than"),
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
        "the restore database is to be drilled, but its source has no steps for that",
    ),
    (
        "drill-without-working-days",
        both(
            put(f"{RESTORE}/cluster/drill/frequency", "quarterly first working day 05:00"),
            put(
                "agreement/service_hours/late", {"time_zone": "Europe/Stockholm", "weekly": {"monday": ["10:00-22:00"]}}
            ),
        ),
        "nothing says which days are working days, on which the drill of cluster is held",
    ),
    (
        "secret-in-repository",
        put(f"{RESTORE}/pictures/source/repository", "rest:https://acme:hunter2@backup/acme"),
        "the repository of the restore pictures holds a password",
    ),
    (
        "restore-unapproved",
        put(f"{RESTORE}/database/approval/roles", ["operator"]),
        "nobody of the customer approves the restore database",
    ),
    ("restore-undrilled", drop(f"{RESTORE}/cluster/drill"), "the restore cluster is never drilled"),
    ("no-change", put("instructions/changes", {}), "change is bought, but there is no routine"),
    ("unapproved-risk", put(f"{RELEASE}/standard", True), "is of high risk and needs nobody's approval"),
    ("no-undo", drop(f"{RELEASE}/steps/1/undo"), "cannot be taken back: it has no `undo`; add what takes it back"),
    (
        "no-undo",
        put(f"{RELEASE}/steps/1", {"type": "runbook", "runbook": "free-disk-space"}),
        "or `undo: []` where nothing has to be",
    ),
    (
        "no-change-approval",
        put("contacts/karin/roles", ["system-owner", "data-owner"]),
        "nobody of the customer may approve changes",
    ),
    ("unknown-bound", put(f"{RELEASE}/bounds/values", {"db-dsk": {"rise": 5}}), "bounds the measuring point db-dsk"),
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
        "the service hours always, which say what a working day is for patches, are 24x7",
    ),
    (
        "working-days-unclear",
        both(put(f"{PATCHES}/frequency", "monthly last working day 03:00"), copy_hours),
        "patches counts working days, and 2 service hours could say which days these are",
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
    ("no-maintenance", put("routines/maintenance", {}), "maintenance is bought, but there is no routine"),
    ("no-maintenance", drop("routines/maintenance/patches/components"), "the maintenance routine patches has no scope"),
    ("no-extended-routine", put("routines/extended", {}), "routines are bought, but none may be ordered"),
    ("no-report", put("reports", {}), "reports are bought, but there is none"),
    ("report-without-address", drop("contacts/oskar/email"), "goes to oskar, who has no e-mail address"),
]


@pytest.mark.parametrize(("rule", "edit", "what"), CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)])
def test_a_rule_names_what_breaks_it(check_edited: CheckEdited, rule: str, edit: Edit, what: str) -> None:
    faults = check_edited(edit)

    matching = [f for f in faults if f.rule == rule]
    assert any(what in str(f) for f in matching), [str(f) for f in faults]
    assert {f.severity for f in matching} == {RULES[rule].weight}
    assert "hunter2" not in str(faults)


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, _, _ in CASES} == set(RULES)


@pytest.mark.parametrize("rule", [r.name for r in RULES.values() if r.undertaking], ids=str)
def test_a_gap_is_none_where_its_undertaking_was_not_bought(check_edited: CheckEdited, rule: str) -> None:
    edit = next(edit for name, edit, _ in CASES if name == rule)
    bought = [u.value for u in Undertaking if u is not RULES[rule].undertaking]

    faults = check_edited(both(put("agreement/undertakings", bought), edit))

    assert rule not in {f.rule for f in faults}


def test_the_examples_have_no_fault() -> None:
    assert [str(f) for f in check([EXAMPLES])] == []


def test_an_error_of_a_reference_stands_on_its_line(tmp_path: Path) -> None:
    text = (EXAMPLES / "acme" / "shop.yaml").read_text().replace("hosts: [web1, web2]", "hosts: [web1, web3]")
    path = tmp_path / "shop.yaml"
    path.write_text(text)

    [fault] = check([path])

    assert fault.line == text.split("web3")[0].count("\n") + 1
    assert fault.severity is Weight.ERROR


def test_two_dossiers_of_one_application_are_an_error(tmp_path: Path) -> None:
    text = (EXAMPLES / "acme" / "shop.yaml").read_text()
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(text)

    [fault] = check([tmp_path])

    assert str(fault).startswith(f"{tmp_path / 'b.yaml'}:1: acme.shop already has a dossier in {tmp_path / 'a.yaml'};")


def test_a_dossier_with_an_error_is_not_read_and_one_with_a_gap_is(tmp_path: Path) -> None:
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    data["reports"] = {}
    path = tmp_path / "shop.yaml"
    path.write_text(dump(data))

    assert read_dossier(path).id == "acme.shop"

    data["capacity"]["participants"] = ["nobody", "no-one"]
    path.write_text(dump(data))
    with pytest.raises(DossierError) as refused:
        read_dossier(path)
    assert str(refused.value).count("\n") == 1


def test_long_chains_and_many_circles_are_found_without_recursion() -> None:
    ring = {str(n): [str((n + 1) % 50_000)] for n in range(50_000)}

    assert [len(c) for c in circles(ring)] == [50_000]
    assert list(circles({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []})) == []
    assert list(circles({"a": ["a"], "b": ["c"], "c": ["b"]})) == [["a"], ["b", "c"]]


def test_steps_and_approvals_are_found_wherever_they_stand(example: Path) -> None:
    dossier = read_dossier(example)
    written = list(_models(dossier))

    assert len(list(steps(dossier))) == sum(m.endswith("Step") for m in written)
    assert len(list(approvals(dossier))) == written.count("Approval")


def _models(value: object) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield type(value).__name__
        for name in type(value).model_fields:
            yield from _models(getattr(value, name))
    elif isinstance(value, dict | list):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from _models(entry)


NOT_REFERENCES = {"customer", "application", "contacts.*.roles.*"}
"""Names that define something, or may be anything."""


def test_every_name_in_the_format_is_checked() -> None:
    schema = Dossier.model_json_schema()
    named = set(_identifiers(schema, schema, ""))
    runbooks = {place for place in named if place.endswith(".runbook")}  # known to the installation, not to the file

    assert named - runbooks - NOT_REFERENCES - set(ROLES) - set(REFERENCES) == set()
    assert len(STEPS) + len(APPROVALS) == 18 * 2 + 9


def _identifiers(schema: dict[str, Any], node: dict[str, Any], place: str) -> Iterator[str]:
    if "$ref" in node:
        yield from _identifiers(schema, schema["$defs"][node["$ref"].rsplit("/", 1)[1]], place)
    elif node.get("pattern") == "^[a-z][a-z0-9-]{0,39}$":
        yield place
    for key, child in node.get("properties", {}).items():
        if key == "undo" and place != "instructions.changes.*.steps.*":
            continue  # refused everywhere else, whatever stands in it
        yield from _identifiers(schema, child, f"{place}.{key}" if place else key)
    for child in node.get("anyOf", []) + node.get("oneOf", []):
        yield from _identifiers(schema, child, place)
    for key in ("additionalProperties", "items"):
        if isinstance(node.get(key), dict):
            yield from _identifiers(schema, node[key], f"{place}.*")
    for child in node.get("patternProperties", {}).values():
        yield from _identifiers(schema, child, f"{place}.*")

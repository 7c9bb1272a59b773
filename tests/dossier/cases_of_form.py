"""What breaks the rules about names, approvals, steps, probes, hours and inputs."""

from __future__ import annotations

from tests.dossier.rule_edits import OFFICE, PATCHES, POINTS, RELEASE, RESTORE, TROUBLE, Edit, both
from tests.dossier.test_messages import drop, put

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
        "instructions.changes.release.approvals.supplier: nobody else may approve a request by ",
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
        "may be answered alone after 1h, but its deadline is after 1h; shorten `alone_after`",
    ),
    (
        "sole-approver",
        put(
            "instructions/troubleshooting/web-down/remedies/restart-web/approval",
            {"roles": ["data-owner"], "not_requester": True},
        ),
        "nobody else may approve a request by karin.holm@acme.example",
    ),
    (
        "sole-approver",
        put("contacts/on-call/roles", ["operator"]),
        "agreement.changes.approvals.supplier: nobody else may approve a request by jonas",
    ),
    ("program-name", put("contacts/karin/login", "Schedule"), "Schedule is the name of a program of Driftvakt"),
    (
        "nobody-leads",
        put(
            "contacts",
            {"karin": {"name": "Karin", "party": "acme", "function": "owner", "email": "karin@acme.example"}},
        ),
        "no contact belongs to the supplier or holds the role operator, so nobody may lead an incident",
    ),
    ("shared-name", put("contacts/karin/name", "Jonas Berg"), "are both called jonas berg"),
    ("step-without-target", drop(f"{RELEASE}/before/0/component"), "does not name where to run"),
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
    ("step-without-target", put(f"{RELEASE}/steps/0/check", {"command": "true"}), "does not name where to run"),
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
    ("notify-nobody", put(f"{RELEASE}/before/0", {"type": "notify", "text": "x"}), "has no receivers"),
    ("unsafe-retry", put(f"{RELEASE}/before/0/tries", 3), "has 3 tries, but is not marked as repeatable"),
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
        "the measuring point db-answers shows the host web1, but db does not run there",
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
        "2 working days cannot be counted in the service hours always, which are round the clock; write it in hours: 48h",
    ),
    ("exception-twice", put(f"{OFFICE}/exceptions/1/day", "2026-12-23"), "2026-12-23 appears twice"),
    (
        "unknown-holiday",
        put(f"{OFFICE}/holidays", "se"),
        "the holidays of the country 'se' are not known; did you mean 'SE'",
    ),
    ("unknown-holiday", put(f"{OFFICE}/holidays", {"country": "XX"}), "the holidays of the country 'XX'"),
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
        "'epiphany' appears twice",
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
            ("architecture/hosts/web1/address", "10.0.0.300", "is not an IPv4 address"),
            ("architecture/hosts/web1/address", "10.0.1", "is not an IPv4 address"),
            ("architecture/hosts/web1/address", "2001:db8::g", "is not an IPv6 address"),
            ("architecture/hosts/web1/address", "web1-.example.com", "is not a DNS name"),
            ("architecture/hosts/web1/address", "web1..example.com", "is not a DNS name"),
            ("architecture/hosts/web1/user", "ann smith", "is not the name of a user"),
            ("architecture/hosts/web1/state_dir", "~/jobs", "is not an absolute path"),
            ("contacts/karin/email", "karin@acme..example", "is not an e-mail address"),
            ("contacts/karin/email", "karin@acme.example,bo@acme.example", "is not an e-mail address"),
            ("contacts/karin/phone", "+ ( ) -", "has too few digits"),
            (f"{POINTS}/web-page/probe/url", "https://shop.example.com:99999/", "has an invalid port"),
            (f"{POINTS}/web-page/probe/url", "https:///health", "names no host"),
            (f"{POINTS}/web-page/probe/url", "https://10.0.0.300/", "has a host that is not an IPv4 address"),
        )
    ),
    *(
        ("wrong-form", put(f"{POINTS}/web-page/probe", probe), what)
        for probe, what in (
            ({"type": "tcp", "host": "10.0.0.1:80", "port": 80}, "'10.0.0.1:80', is an address with a port"),
            ({"type": "tls_expiry", "host": "https://shop.example.com"}, "is not a DNS name or IP address"),
            ({"type": "dns", "name": "shop example.com"}, "is not a DNS name"),
            (
                {"type": "dns", "name": "shop.example.com", "server": "10.0.0.1:0"},
                "is not the address of a name server",
            ),
            ({"type": "prometheus", "server": "http://prom:x", "query": "up"}, "has an invalid port"),
            (
                {"type": "sql", "database": "mysql://hunter2@db/x", "query": "select 1"},
                "probe.database is not a database",
            ),
            ({"type": "sql", "database": "env:MY-URL", "query": "select 1"}, "names no environment variable"),
        )
    ),
    ("wrong-form", put("contacts/karin/chat", "env:hunter2 x"), "contacts.karin.chat names no environment variable"),
    (
        "wrong-form",
        put(f"{RESTORE}/cluster/source/restore_command", "fetch %f"),
        "does not contain %p, the target of the copy; write %p there",
    ),
    ("wrong-form", put(f"{RESTORE}/cluster/source/server", {"host": "10.0.0.1:5432"}), "is an address with a port"),
    *(
        ("unknown-variable", put(place, value), what)
        for place, value, what in (
            (
                "routines/extended/campaign/steps/0/command",
                'c "${DRIFTVAKT_INPUT_CAMPAGNE:-x}"',
                "uses $DRIFTVAKT_INPUT_CAMPAGNE, which is not an input of the routine; did you mean $DRIFTVAKT_INPUT_CAMPAIGN?",
            ),
            *(
                (
                    "routines/extended/campaign/steps/0/command",
                    f"c ${misspelt}",
                    f"uses ${misspelt}, which is not an input of the routine; did you mean $DRIFTVAKT_INPUT_CAMPAIGN?",
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
    (
        "routine-input",
        put("routines/extended/campaign/inputs/campaign/pattern", "("),
        "is not a valid regular expression",
    ),
]

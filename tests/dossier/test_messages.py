from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.dossier import Dossier
from models.dossier.availability import PERCENTAGE
from models.dossier.faults import Fault
from models.dossier.messages import EXAMPLES, FORMS
from models.dossier.service_time import SERVICE_TIME

Edit = Callable[[dict[str, Any]], object]
CheckEdited = Callable[[Edit], list[Fault]]


def put(path: str, value: Any) -> Edit:
    """Put a value at a dotted path; numbers are indexes."""

    def edit(data: Any) -> None:
        *around, last = path.split("/")
        for key in around:
            data = data[int(key)] if isinstance(data, list) else data.setdefault(key, {})
        if isinstance(data, list):
            data[int(last)] = value
        else:
            data[last] = value

    return edit


def drop(path: str) -> Edit:
    def edit(data: Any) -> None:
        *around, last = path.split("/")
        for key in around:
            data = data[int(key)] if isinstance(data, list) else data[key]
        del data[last]

    return edit


WEB1 = "architecture/hosts/web1"
STEP = "instructions/troubleshooting/web-down/remedies/restart-web/steps/0"
ED = "AAAAC3NzaC1lZDI1NTE5AAAAIOor779D+9E+ysU03gT9+9dft8DGw16Mqvt9fQi7h0sc"

CASES: list[tuple[str, Edit, str]] = [
    (
        "misspelt field",
        put(f"{WEB1}/adress", "x"),
        "unknown field 'adress' in architecture.hosts.web1; did you mean 'address'?",
    ),
    (
        "unknown field",
        put(f"{WEB1}/zzz", 1),
        "unknown field 'zzz' in architecture.hosts.web1; remove it, or use one of: site, address",
    ),
    (
        "misspelt part",
        put("archtecture", {}),
        "unknown field 'archtecture' in the file; did you mean 'architecture'?",
    ),
    ("misspelt in a union", put("agreement/service_hours/office/holiday", "SE"), "did you mean 'holidays'?"),
    ("misspelt in a step", put(f"{STEP}/componnt", "x"), "did you mean 'component'?"),
    (
        "missing field",
        drop(f"{WEB1}/address"),
        "the field 'address' is missing in architecture.hosts.web1; add for example `address: web1",
    ),
    ("missing part", drop("agreement"), "the field 'agreement' is missing in the file; add for example"),
    (
        "missing type",
        drop(f"{STEP}/type"),
        f"the field 'type' is missing in {STEP.replace('/0', '[0]').replace('/', '.')}; add `type:`",
    ),
    ("unknown type", put(f"{STEP}/type", "restrat"), "has the unknown type 'restrat'; did you mean 'restart'?"),
    ("step that is no mapping", put(STEP, "restart"), "must be a mapping, not 'restart'; write a mapping"),
    ("unknown word", put("agreement/undertakings/0", "incidnt"), "agreement.undertakings[0] is 'incidnt'"),
    (
        "number for text",
        put("agreement/number", 2026),
        "agreement.number must be text, and 2026 is not; put it in quotes: '2026'",
    ),
    ("text for number", put(f"{WEB1}/port", "ssh"), "architecture.hosts.web1.port must be a whole number, not 'ssh'"),
    ("number out of range", put(f"{WEB1}/port", 70000), "architecture.hosts.web1.port is 70000; use at most 65535"),
    (
        "nothing for a list",
        put("architecture/components/web/hosts", None),
        "architecture.components.web.hosts is empty; write a list",
    ),
    ("empty list", put("agreement/signed_by", []), "agreement.signed_by needs at least 1 entry; add for example"),
    (
        "duration without unit",
        put("agreement/incidents/confirm_every", 5),
        "is 5, which is not a valid duration here",
    ),
    ("no duration at all", put("agreement/incidents/confirm_every", "0s"), "is '0s', which is not a valid duration"),
    (
        "target without sign",
        put("agreement/availability/order/target", 99.9),
        "agreement.availability.order.target: 99.9 has no sign for percent; write 99.9 %",
    ),
    (
        "target with a comma",
        put("agreement/availability/order/target", "99,9 %"),
        "'99,9 %' is not a percentage; write it with a decimal point and the sign for percent: 99.9 %",
    ),
    (
        "target above all",
        put("agreement/availability/order/target", "100.1 %"),
        "100.1 % cannot be a target; write more than 0 % and at most 100 %",
    ),
    (
        "missing target",
        drop("agreement/availability/order/target"),
        "the field 'target' is missing in agreement.availability.order; add for example `target: 99.9 %`",
    ),
    (
        "subject without kind",
        put("agreement/availability/order/of", "web"),
        "agreement.availability.order.of is 'web', which does not have the required form; write a kind and a name",
    ),
    (
        "hours that are none",
        put("agreement/service_hours/office/weekly/monday", ["8-17"]),
        "write from and to with two digits each",
    ),
    (
        "unknown hours word",
        put("agreement/service_hours/always", "24/7"),
        "agreement.service_hours.always is '24/7'; write a mapping or '24x7'",
    ),
    (
        "unknown time zone",
        put("agreement/service_hours/office/time_zone", "CET/Stockholm"),
        "there is no time zone 'CET/Stockholm'; use an IANA",
    ),
    (
        "directory as time zone",
        put("agreement/service_hours/office/time_zone", "Europe"),
        "there is no time zone 'Europe'",
    ),
    ("path as time zone", put("agreement/service_hours/office/time_zone", "../../etc/passwd"), "there is no time zone"),
    (
        "number as date",
        put("agreement/signed", 20260202),
        "agreement.signed: this is not a date; write it as 2026-01-31",
    ),
    (
        "day that is none",
        put("agreement/signed", "2026-02-31"),
        "agreement.signed is '2026-02-31', which is not a date; write it as",
    ),
    (
        "name in capitals",
        put("architecture/hosts/Web_1", {}),
        "the name 'Web_1' in architecture.hosts is not allowed; use lower-case",
    ),
    ("unknown priority", put("escalation/P9", []), "'P9' is not a key of escalation; use 'P1'"),
    (
        "short matrix",
        put("agreement/priorities", {"high": ["P1", "P2"]}),
        "agreement.priorities.high has 2 entries; write one each",
    ),
    (
        "command that is a mapping",
        put("instructions/changes/release/before/0/command", {"a": 1}),
        "is a mapping; write text or a list",
    ),
    (
        "empty command",
        put("instructions/changes/release/before/0/command", []),
        "is an empty list; write text or a list of at least 1",
    ),
    (
        "condition",
        put("monitoring/measuring_points/db-disk/thresholds/full/when", "value above 9"),
        "write `failed`, or value or latency_ms",
    ),
    ("frequency", put("reports/monthly/frequency", "now and then"), "write `daily 03:00`"),
    ("address with a port", put(f"{WEB1}/address", "a b"), "write a DNS name or an IP address"),
    ("address that is an option", put(f"{WEB1}/address", "-oProxyCommand=x"), "write a DNS name or an IP address"),
    (
        "key that is no key",
        put(f"{WEB1}/host_keys", ["ssh-ed25519 hunter2"]),
        "this host key is not valid: it is cut or mistyped",
    ),
    ("key that is cut", put(f"{WEB1}/host_keys", [f"ssh-ed25519 {ED[:-4]}"]), "this host key is not valid"),
    ("key without its type", put(f"{WEB1}/host_keys", [ED]), "this is not a host key of an accepted type"),
    (
        "key of another type",
        put(f"{WEB1}/host_keys", [f"ssh-rsa {ED}"]),
        "says ssh-rsa but holds a key of another type",
    ),
    (
        "key with the host's name",
        put(f"{WEB1}/host_keys", [f"web1 ssh-ed25519 {ED}"]),
        "begins with the host's name; remove the name",
    ),
    ("private key", put(f"{WEB1}/host_keys", ["-----BEGIN OPENSSH PRIVATE KEY----- hunter2"]), "this is a private key"),
    ("fingerprint", put(f"{WEB1}/host_keys", ["SHA256:abc"]), "this is not a host key of an accepted type"),
    ("secret as credential", put(f"{WEB1}/credential", "hunter2"), "this is not a reference to a key; write file:PATH"),
    (
        "secret as chat",
        put("contacts/jonas/chat", "https://chat.example/hunter2"),
        "contacts.jonas.chat is something else, which does not have the required form; write where the address is kept",
    ),
    (
        "source without a time",
        put("monitoring/sources/prometheus", {"severity": "warning"}),
        "the field 'silent_after' is missing in monitoring.sources.prometheus; add for example `silent_after: 5m`",
    ),
    (
        "silence that is no time",
        put("monitoring/sources/prometheus", {"silent_after": 5}),
        "is 5, which is not a valid duration here",
    ),
    (
        "absence without an end",
        put("contacts/jonas/away", [{"since": "2026-07-06"}]),
        "the field 'until' is missing in contacts.jonas.away[0]; add for example `until: 2026-07-31`",
    ),
    (
        "absence turned round",
        put("contacts/jonas/away", [{"since": "2026-07-31", "until": "2026-07-06"}]),
        "contacts.jonas.away[0]: the absence ends on 2026-07-06, before it begins on 2026-07-31; exchange the two days",
    ),
    (
        "unknown language",
        put("parties/acme/language", "se"),
        "parties.acme.language is 'se', which is not possible there",
    ),
    (
        "unknown way of telling",
        put("agreement/incidents/customer_updates", "auto"),
        "agreement.incidents.customer_updates is 'auto', which is not possible there; did you mean 'automatic'?",
    ),
    (
        "unknown cause",
        put("instructions/troubleshooting/web-down/remedies/restart-web/cause", "hardwear"),
        "which is not possible there; did you mean 'hardware'?",
    ),
    (
        "holidays misspelt",
        put("agreement/service_hours/office/holidays", {"country": "SE", "halfdays": []}),
        "unknown field 'halfdays' in agreement.service_hours.office.holidays; did you mean 'half_days'?",
    ),
    (
        "flapping that never ends",
        put("monitoring/flapping", {"enter": 3, "leave": 3}),
        "monitoring.flapping: leave (3) must be less than enter (3)",
    ),
    (
        "flapping that begins at once",
        put("monitoring/flapping", {"enter": 1, "leave": 0}),
        "monitoring.flapping.enter is 1; use at least 2",
    ),
    (
        "hours of a level misspelt",
        put(
            "escalation/P1",
            [{"contacts": ["on-call"], "channel": "phone", "acknowledge_within": "10m", "hour": "office"}],
        ),
        "unknown field 'hour' in escalation.P1[0]; did you mean 'hours'?",
    ),
    (
        "reasons to pause without clocks",
        put("agreement/pauses", ["waiting_for_third_party"]),
        "name the clocks that each reason pauses, for example `waiting_for_third_party: [respond, restore]`",
    ),
    (
        "reason to pause with no clock",
        put("agreement/pauses", {"waiting_for_customer": []}),
        "agreement.pauses.waiting_for_customer",
    ),
    (
        "service time without a unit",
        put("agreement/service_levels/P1/restore/within", "2 days"),
        "a service time is written in hours or working days, as in 15m, 4h or `2 working days`, not '2 days'",
    ),
    (
        "service time that nobody promises",
        put("agreement/service_levels/P1/restore/within", "999999999d"),
        "the duration '999999999d' is longer than ten years; write a shorter one",
    ),
    (
        "duration after which no date comes",
        put("agreement/incidents/alert_after", "999999999999999999d"),
        "the duration '999999999999999999d' is longer than ten years; write a shorter one",
    ),
    (
        "block misspelt",
        put("reports/monthly/blocks/0", "sumary"),
        "reports.monthly.blocks[0]: there is no block 'sumary'; did you mean 'summary'?",
    ),
    (
        "block that nobody knows",
        put("reports/monthly/blocks/0", "economy"),
        "reports.monthly.blocks[0]: there is no block 'economy'; use one of: summary, commentary",
    ),
    ("block that is none", put("reports/monthly/blocks/0", 5), "this is no block; write the name of a block, or"),
    (
        "options beside their block",
        put("reports/monthly/blocks/0", {"metrics": None, "points": ["db-disk"]}),
        "reports.monthly.blocks[0]: this entry has 2 keys, and a block has one; write the name of a block, or",
    ),
    (
        "option misspelt",
        put("reports/monthly/blocks/0", {"metrics": {"point": ["db-disk"]}}),
        "unknown field 'point' in reports.monthly.blocks[0].metrics; did you mean 'points'?",
    ),
    (
        "option missing",
        put("reports/monthly/blocks/0", {"metrics": None}),
        "the field 'points' is missing in reports.monthly.blocks[0].metrics; add for example `points: [disk]`",
    ),
    (
        "option out of range",
        put("reports/monthly/blocks/0", {"incidents": {"most": 0}}),
        "reports.monthly.blocks[0].incidents.most is 0; use at least 1",
    ),
    (
        "attachment twice",
        put("reports/monthly/attachments", ["pdf", "pdf"]),
        "reports.monthly.attachments: pdf appears twice; keep one of them",
    ),
    (
        "text where a list belongs",
        put("agreement/service_hours/office/weekly/monday", "08:00-17:00"),
        "agreement.service_hours.office.weekly.monday must be a list, not '08:00-17:00'; write ['08:00-17:00']",
    ),
    (
        "answer without hours",
        put("parties/betalt/answers_within", {"within": "4h"}),
        "the field 'hours' is missing in parties.betalt.answers_within; add for example `hours: office`",
    ),
]


@pytest.mark.parametrize(("edit", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_fault_of_form_gives_the_error_the_place_and_the_fix(
    check_edited: CheckEdited, edit: Edit, expected: str
) -> None:
    faults = check_edited(edit)

    assert any(expected in str(fault) for fault in faults), [str(f) for f in faults]
    assert "hunter2" not in str(faults)


def test_a_fault_of_form_stands_on_the_line_of_the_value(
    check_text: Callable[[str], list[Fault]], tmp_path: Path
) -> None:
    faults = check_text(
        "dossier: 1\ncustomer: acme\narchitecture:\n  hosts:\n    web1:\n      port: 22\n      prot: 22\n"
    )

    [unknown] = [f for f in faults if "prot" in f.what]
    assert unknown.line == 7
    [missing] = [f for f in faults if "'address'" in f.what]
    assert missing.line == 5


def test_all_faults_of_a_file_are_named_at_once(check_edited: CheckEdited) -> None:
    def edit(data: dict[str, Any]) -> None:
        for change in (put(f"{WEB1}/port", 0), put("capacity/participants", ["nobody"]), put(f"{WEB1}/zzz", 1)):
            change(data)
        data["architecture"]["components"]["db"]["depends_on"] = ["web"]

    faults = "\n".join(map(str, check_edited(edit)))

    for expected in ("use at least 1", "names the contact 'nobody'", "unknown field 'zzz'", "web -> app -> db -> web"):
        assert expected in faults


def _required(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("required"), list):
            yield from node["required"]
        for entry in node.values():
            yield from _required(entry)
    elif isinstance(node, list):
        for entry in node:
            yield from _required(entry)


def _patterns(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for entry in node.values():
            yield from _patterns(entry)
    elif isinstance(node, list):
        for entry in node:
            yield from _patterns(entry)


def test_every_required_field_has_an_example() -> None:
    assert set(_required(Dossier.model_json_schema())) - set(EXAMPLES) == set()


def test_every_form_says_how_to_write_it() -> None:
    durations = r"^(\d+(ms|[smhdw]))+$"  # these three are read by functions of their own, which say it
    assert set(_patterns(Dossier.model_json_schema())) - set(FORMS) == {durations, SERVICE_TIME, PERCENTAGE}

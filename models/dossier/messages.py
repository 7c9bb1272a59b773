"""Turn pydantic's complaints into sentences for the author of a dossier: the line, the fault, and the fix."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from models.dossier.agreement import HOURS_SPAN, WALL_CLOCK
from models.dossier.architecture import ADDRESS
from models.dossier.availability import SUBJECT
from models.dossier.faults import MOST, Place, shown, where
from models.dossier.frequency import FREQUENCY
from models.dossier.monitoring import CONDITION
from models.dossier.shape import kinds_at, model_at
from models.dossier.source import SourceDocument
from models.probe_kinds import secret_fields

EXAMPLES: dict[str, str] = {
    "acknowledge_within": "15m",
    "address": "web1.example.com",
    "agreement": "{number: A-100, signed: 2026-01-31, ...}",
    "application": "shop",
    "approval": "{roles: [operator]}",
    "architecture": "{sites: ..., hosts: ..., components: ...}",
    "blocks": "[summary, incidents]",
    "carries": "orders",
    "channel": "phone",
    "command": "df -h",
    "component": "web",
    "components": "{web: {name: Web server, hosts: [web1]}}",
    "contacts": "{anna: {name: Anna Ek, party: us, function: on-call engineer}}",
    "country": "SE",
    "credential": "file:keys/web1",
    "customer": "acme",
    "database": "env:SHOP_DATABASE_URL",
    "day": "2026-12-24",
    "days": "[Walpurgis Night]",
    "duration": "5m",
    "data_directory": "/var/lib/postgresql/15/main",
    "directory": "/var/backups/shop",
    "frequency": "weekly sunday 03:00",
    "function": "system owner",
    "host": "web1",
    "host_keys": "[ssh-ed25519 AAAA...]",
    "hours": "office",
    "kind": "supplier",
    "label": "New price",
    "limit": "100",
    "location": "/var/backups/shop",
    "measuring_point": "disk",
    "name": "Web shop",
    "number": "A-100",
    "operated_by": "us",
    "ordered_by": "[system-owner]",
    "parties": "{us: {name: Our company, kind: supplier}}",
    "marker": "shop.conf",
    "party": "acme",
    "password_file": "/etc/restic/password",
    "path": "/var/lib/shop",
    "plan_ahead": "90d",
    "points": "/opt/shop/bin/list-backups",
    "port": "443",
    "probe": "{type: http, url: 'https://shop.example.com/'}",
    "protocol": "https",
    "query": "select 1",
    "question": "May the shop be closed for ten minutes?",
    "reason": "Christmas Eve",
    "receivers": "[anna]",
    "respond": "{within: 15m, hours: always}",
    "repository": "/srv/restic",
    "restore": "{within: 4h, hours: always}",
    "restore_point": "24h",
    "restore_time": "4h",
    "roles": "[operator]",
    "runbook": "free-disk-space",
    "server": "https://prometheus.example.com",
    "service_hours": "{always: 24x7}",
    "signed": "2026-01-31",
    "signed_by": "['Anna Ek, acme']",
    "silent_after": "5m",
    "since": "2026-07-06",
    "site": "main",
    "source": "web",
    "start": "systemctl start shop",
    "status": "systemctl is-active shop",
    "steps": "[{type: run, component: web, command: uptime}]",
    "stop": "systemctl stop shop",
    "target": "db",
    "text": "The shop will be closed for ten minutes.",
    "through": "[web, db]",
    "time_zone": "Europe/Stockholm",
    "title": "Restart the web server",
    "type": "...",
    "undertakings": "[monitoring, incident]",
    "unit": "nginx.service",
    "until": "2026-07-31",
    "url": "https://shop.example.com/health",
    "verify": "[{component: db, command: psql -c 'select 1'}]",
    "weekly": "{monday: [08:00-17:00]}",
    "window": "{time_zone: Europe/Stockholm, hours: 02:00-05:00}",
    "wal_archive": "/var/backups/shop/wal",
    "within": "15m",
}
"""An example value for each required field."""

EXAMPLES_IN: dict[tuple[str, str], str] = {
    ("agreement", "target"): "99.9 %",  # of an availability target, not of an integration
    **{
        (events, field): "2026-05-14T08:30:00Z"
        for events in ("spans", "maintenance", "excused", "versions")
        for field in ("since", "until")
    },
    ("escalation", "contacts"): "[anna]",  # names, on a level of the escalation policy
}
"""Example values for fields whose meaning depends on the part of the dossier, or of a file of events."""

FORMS: dict[str, str] = {
    r"^[a-z][a-z0-9-]{0,39}$": "use lower-case letters, digits and hyphens, a letter first, 40 characters at most: web-1",
    r"^[^@\s]+@[^@\s]+$": "write one address: anna@example.com",
    r"^\+?[0-9 ()-]{5,25}$": "write digits, as in '+46 8 123 45 67'",
    ADDRESS: "write a DNS name or an IP address, without user, port or spaces: web1.example.com",
    HOURS_SPAN: "write from and to with two digits each: 08:00-17:00",
    WALL_CLOCK: "write a day, or a day and a time: 2026-12-18 or 2026-12-18 18:00",
    r"^https?://[^\s]+$": "write the whole address: https://shop.example.com/health",
    r"^(env|file):.+$": "write where the address is kept, never the address itself: env:NAME or file:PATH",
    r"^[A-Z]{2}$": "use the country's two capital letters: SE",
    r"^[A-Za-z0-9@:._-]{1,200}$": "write the unit's name: nginx.service",
    r"^/[^\n]{1,400}$": "write an absolute path: /var/backups/shop",
    r"^[^/\n]{1,200}$": "write a name with wildcards and no slash: shop-*.dump",
    r"^[A-Za-z_][A-Za-z0-9_-]{0,37}$": "use letters, digits, _ and -, 38 characters at most: shop",
    r"^[a-z_][a-z0-9_-]{0,31}$": "write the name of a user of the host: postgres",
    r"^[A-Za-z0-9./_:-]{1,200}$": "write an address, or the directory of a socket: /var/run/postgresql",
    r"^[A-Za-z_][A-Za-z0-9_.-]{0,62}$": "write the name of a role: postgres",
    r"%f": "write a command with %f and %p: cp /srv/wal/%f %p",
    r"^[0-9]{10,25}$": "write the number that pg_controldata shows, between quotes",
    r"^[a-z][a-z0-9_.]{0,62}$": "write the name of a setting: shared_preload_libraries",
    r"^\S([^\n]*\S)?$": "write it in one line",
    r"^[^,\s]{1,100}$": "write a tag without commas and spaces: shop",
    r"^[^\s]{1,255}$": "write a host's name: db1",
    r"^[^/\n][^\n]{0,400}$": "write a path that does not begin with a slash: etc/shop.conf",
    SUBJECT: "write a kind and a name: flow order, component db or point web-page",
    CONDITION: "write `failed`, or value or latency_ms against a number: value > 90",
    FREQUENCY: "write `daily 03:00`, `weekly sunday 03:00`, `monthly first sunday 03:00`, `monthly last working day 18:00`, "
    "`quarterly first working day 08:00` or `cron: 0 3 * * 0`",
}
"""The fix for a value that does not match the pattern of its field."""

_SECRET = {"host_keys", "credential", "database", "repository", "inputs", "chat"}
"""Fields whose value may be a secret that was pasted by mistake; messages never repeat it. Kinds of probes add their
own fields."""


@dataclass(slots=True)
class _Complaint:
    kind: str
    place: Place
    """The place of the value; for a missing field, the place where it belongs."""
    value: Any
    context: dict[str, Any]
    text: str
    union: Place | None
    """The place of the union, if the complaint is about one branch of a union."""
    root: type[BaseModel]
    """The model that the file was validated as."""


def explain(error: ValidationError, document: SourceDocument, root: type[BaseModel]) -> None:
    """Add a fault with its line to the document for each of pydantic's complaints; `root` is the model that was
    validated.
    """
    complaints = [_locate(e, document.data, root) for e in error.errors(include_url=False)[:MOST]]
    for together in _by_union(complaints):
        first = together[0]
        what, fix = _either(together) if len(together) > 1 else _sentence(first, document.data)
        document.fault(document.line(first.place), what, fix)


def _locate(raw: Any, data: Any, root: type[BaseModel]) -> _Complaint:
    """Find the data that a complaint is about; pydantic's locations also contain the names of types."""
    place: list[str | int] = []
    union: Place | None = None
    kind: str = raw["type"]
    passed = False  # whether the `type` of this mapping was already passed
    location = raw["loc"]
    for position, key in enumerate(location):
        last = position == len(location) - 1
        if not passed and isinstance(data, dict) and data.get("type") == key and (not last or key not in data):
            passed = True
        elif _has(data, key):
            data, passed = data[key], False
            place.append(key)
        elif key == "[key]":
            kind = f"key_{kind}"
        elif last and kind == "missing":
            place.append(key)
        else:
            union = tuple(place)
    return _Complaint(kind, tuple(place), raw["input"], raw.get("ctx", {}), raw["msg"], union, root)


def _has(data: Any, key: Any) -> bool:
    if isinstance(data, dict):
        return key in data
    return isinstance(data, list) and isinstance(key, int) and key < len(data)


def _by_union(complaints: list[_Complaint]) -> list[list[_Complaint]]:
    """Group the branches of a union, without the branches that the author did not mean."""
    groups: dict[object, list[_Complaint]] = {}
    inside = {c.union for c in complaints if c.union is not None and c.place != c.union}
    for number, complaint in enumerate(complaints):
        at_union = complaint.union is not None and complaint.place == complaint.union
        if at_union and complaint.union in inside:
            continue
        groups.setdefault(complaint.union if at_union else number, []).append(complaint)
    return list(groups.values())


def _either(branches: list[_Complaint]) -> tuple[str, str]:
    wanted = list(dict.fromkeys(_wanted(b) for b in branches))
    return f"{where(branches[0].place)} is {_value(branches[0])}", f"write {' or '.join(wanted)}"


def _may_be_secret(place: Place) -> bool:
    return bool((_SECRET | secret_fields()) & set(place))


_WANTED = {
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
}


def _wanted(complaint: _Complaint) -> str:
    if complaint.kind in {"literal_error", "enum"}:
        return str(complaint.context["expected"])
    if complaint.kind == "too_short":
        return f"a list of at least {complaint.context['min_length']}"
    return _WANTED.get(complaint.kind, "another value")


def _value(complaint: _Complaint) -> str:
    value = complaint.value
    if value is None:
        return "empty"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list" if value else "an empty list"
    if _may_be_secret(complaint.place):
        return "something else"
    return shown(value)


def _sentence(complaint: _Complaint, data: Any) -> tuple[str, str]:
    if complaint.kind in _WANTED:
        return _wrong_type(complaint)
    writer = _WRITERS.get(complaint.kind)
    if writer is not None:
        return writer(complaint, data)
    if complaint.kind.startswith("date_"):
        return f"{where(complaint.place)} is {_value(complaint)}, which is not a date", "write it as 2026-01-31"
    if complaint.kind.startswith(("datetime_", "timezone_")):
        what = f"{where(complaint.place)} is {_value(complaint)}, which is not a time with its time zone"
        return what, "write it with its offset from UTC: 2026-12-06T02:00+01:00"
    text = complaint.text[:1].lower() + complaint.text[1:]
    return f"{where(complaint.place)}: {text}", "see docs/dossier.md"


def _wrong_type(complaint: _Complaint) -> tuple[str, str]:
    name, wanted = where(complaint.place), _wanted(complaint)
    if complaint.value is None:
        return f"{name} is empty", f"write {wanted}, or leave the field out if it is optional"
    if wanted == "text" and isinstance(complaint.value, bool | int | float):
        return f"{name} must be text, and {_value(complaint)} is not", f"put it in quotes: '{_plain(complaint)}'"
    if wanted == "a list" and isinstance(complaint.value, str) and not _may_be_secret(complaint.place):
        return f"{name} must be a list, not {_value(complaint)}", f"write [{_in_list(complaint.value)}]"
    return f"{name} must be {wanted}, not {_value(complaint)}", f"write {wanted}"


def _in_list(text: str) -> str:
    """Return a text as one entry of a YAML list in brackets."""
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9._/-]*", text) else shown(text)


def _plain(complaint: _Complaint) -> str:
    if _may_be_secret(complaint.place):
        return "..."
    return str(complaint.value).lower() if isinstance(complaint.value, bool) else str(complaint.value)[:40]


def _missing(complaint: _Complaint, data: Any) -> tuple[str, str]:
    *around, name = complaint.place
    if isinstance(name, int):
        return f"{where(tuple(around))} has {name} entries", "write one each for high, medium and low"
    return (
        f"the field '{name}' is missing in {where(tuple(around))}",
        f"add for example `{name}: {_example(complaint.place) or _own_example(complaint, data) or '...'}`",
    )


def _example(place: tuple[str | int, ...]) -> str | None:
    """Return an example value for a place; a block of a report has its own examples."""
    name = next((k for k in reversed(place) if isinstance(k, str)), "")
    if place[0] == "reports" and "blocks" in place[:-1]:
        return None
    return EXAMPLES_IN.get((str(place[0]), name)) or EXAMPLES.get(name)


def _own_example(complaint: _Complaint, data: Any) -> str | None:
    """Return the example that the field itself declares, as kinds from packages do."""
    *around, name = complaint.place
    model = model_at(complaint.root, tuple(around), data)
    examples = model.model_fields[str(name)].examples if model and str(name) in model.model_fields else None
    return str(examples[0]) if examples else None


def _unknown(complaint: _Complaint, data: Any) -> tuple[str, str]:
    *around, name = complaint.place
    model = model_at(complaint.root, tuple(around), data)
    known = list(model.model_fields) if model else []
    what = f"unknown field {shown(name)} in {where(tuple(around))}"
    return what, _suggest(name, known, "remove it, or use one of")


def _suggest(value: object, known: list[str], otherwise: str) -> str:
    close = get_close_matches(str(value)[:60].lower(), known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"{otherwise}: {', '.join(known)}" if known else "remove it"


def _choice(complaint: _Complaint, data: Any) -> tuple[str, str]:
    known = [word.strip(" '") for part in str(complaint.context["expected"]).split(",") for word in part.split(" or ")]
    what = f"{where(complaint.place)} is {_value(complaint)}, which is not possible there"
    return what, _suggest(complaint.value, known, "use one of")


def _kind(complaint: _Complaint, data: Any) -> tuple[str, str]:
    known = kinds_at(complaint.root, complaint.place, data)
    if complaint.kind == "union_tag_not_found" and not isinstance(complaint.value, dict):
        return (
            f"{where(complaint.place)} must be a mapping, not {_value(complaint)}",
            "write a mapping that has a `type`",
        )
    if complaint.kind == "union_tag_not_found":
        return (
            f"the field 'type' is missing in {where(complaint.place)}",
            f"add `type:` with one of: {', '.join(known)}",
        )
    tag = complaint.context["tag"]
    return f"{where(complaint.place)} has the unknown type {shown(tag)}", _suggest(tag, known, "use one of")


def _form(complaint: _Complaint, data: Any) -> tuple[str, str]:
    fix = FORMS.get(complaint.context["pattern"], "see docs/dossier.md for its form")
    if complaint.kind.startswith("key_"):
        return f"the name {shown(complaint.place[-1])} in {where(complaint.place[:-1])} is not allowed", fix
    return f"{where(complaint.place)} is {_value(complaint)}, which does not have the required form", fix


def _key(complaint: _Complaint, data: Any) -> tuple[str, str]:
    return (
        f"{shown(complaint.place[-1])} is not a key of {where(complaint.place[:-1])}",
        f"use {complaint.context['expected']}",
    )


def _bound(complaint: _Complaint, data: Any) -> tuple[str, str]:
    limit = next(iter(complaint.context.values()))
    low = complaint.kind.startswith("greater")
    edge = "at least" if low else "at most"
    return f"{where(complaint.place)} is {_value(complaint)}", f"use {edge} {limit}"


def _few(complaint: _Complaint, data: Any) -> tuple[str, str]:
    name = next((k for k in reversed(complaint.place) if isinstance(k, str)), "")
    least = complaint.context["min_length"]
    example = _example(complaint.place)
    fix = f"add for example `{name}: {example}`" if example else "add an entry"
    return f"{where(complaint.place)} needs at least {least} {'entry' if least == 1 else 'entries'}", fix


def _many(complaint: _Complaint, data: Any) -> tuple[str, str]:
    return f"{where(complaint.place)} has too many entries", f"write at most {complaint.context['max_length']}"


def _own(complaint: _Complaint, data: Any) -> tuple[str, str]:
    """Split the text of our own validators, `fault; fix`, and explain durations."""
    text = complaint.text.removeprefix("Value error, ")
    if "duration" in text and ";" not in text:
        fix = "write a number with its unit, more than zero: 90s, 15m, 4h or 2d"
        return f"{where(complaint.place)} is {_value(complaint)}, which is not a valid duration here", fix
    what, _, fix = text.partition("; ")
    return f"{where(complaint.place)}: {what}", fix or "see docs/dossier.md"


_WRITERS: dict[str, Callable[[_Complaint, Any], tuple[str, str]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "enum": _choice,
    "literal_error": _choice,
    "union_tag_invalid": _kind,
    "union_tag_not_found": _kind,
    "string_pattern_mismatch": _form,
    "key_string_pattern_mismatch": _form,
    "key_enum": _key,
    "greater_than": _bound,
    "greater_than_equal": _bound,
    "less_than": _bound,
    "less_than_equal": _bound,
    "too_short": _few,
    "too_long": _many,
    "value_error": _own,
    "key_value_error": _own,
}

"""Values whose form a pattern alone does not settle: addresses, URLs, e-mail addresses, references, variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any, Final
from urllib.parse import urlsplit

from models.dossier.faults import Place, shown, where
from models.dossier.inputs import variable
from models.dossier.rules.registry import RuleFinding, plain_error
from models.dossier.source import walk

Fault = tuple[str, str]
"""What is wrong with a value, without the value, and how to mend it."""

_LABEL: Final = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_NUMERIC: Final = re.compile(r"[0-9.]+")
_WITH_PORT: Final = re.compile(r"(\[[^\]]*\]|[^:]*):[0-9]*")
_LOCAL_PART: Final = re.compile(r"(?!\.)[^\s,;:<>()\[\]\\\"@]{1,64}(?<!\.)")
_VARIABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LEAST_DIGITS: Final = 3

_HERE_ALONE: Final = "write the name or the address alone: web1.example.com"


def dns_name(text: str) -> Fault | None:
    """A DNS name, perhaps with a dot at its end."""
    name = text.removesuffix(".")
    if len(name) <= 253 and all(_LABEL.fullmatch(label) for label in name.split(".")):
        return None
    return "is no DNS name", _HERE_ALONE


def address(text: str) -> Fault | None:
    """A DNS name or an IP address, without a port."""
    if "://" in text or "/" in text:
        return "is no DNS name or IP address", _HERE_ALONE
    if _WITH_PORT.fullmatch(text):
        return "is an address with a port", "write the address alone, and the port under `port`"
    if ":" in text:
        return None if _parses(IPv6Address, text) else ("is no IPv6 address", "write it as in 2001:db8::1")
    if _NUMERIC.fullmatch(text):
        return (
            None if _parses(IPv4Address, text) else ("is no IPv4 address", "write four numbers from 0 to 255: 10.0.0.1")
        )
    return dns_name(text)


def name_server(text: str) -> Fault | None:
    """An IP address, perhaps with a port."""
    alone, _, port = text.rpartition(":") if _WITH_PORT.fullmatch(text) else (text, "", "53")
    right = port.isdigit() and 1 <= int(port) <= 65535
    if right and any(_parses(kind, alone.strip("[]")) for kind in (IPv4Address, IPv6Address)):
        return None
    return (
        "is no address of a name server",
        "write its IP address, and a port if it is another: 10.0.0.53 or 10.0.0.53:5353",
    )


def url(text: str) -> Fault | None:
    """The URL of a page."""
    example = "write the whole address: https://shop.example.com/health"
    if not text.startswith(("http://", "https://")):
        return None  # its pattern says so
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return ("has a port that is none" if "port" in str(error).lower() else "is no URL"), example
    if not host:
        return "names no host", example
    fault = address(host)
    return (f"has a host that {fault[0]}", example) if fault else None


def email(text: str) -> Fault | None:
    """An e-mail address."""
    local, _, domain = text.rpartition("@")
    if "@" not in text or (_LOCAL_PART.fullmatch(local) and ".." not in local and dns_name(domain) is None):
        return None
    return "is no e-mail address", "write one address: anna@example.com"


def phone(text: str) -> Fault | None:
    """A number that can be dialled."""
    if sum(letter.isdigit() for letter in text) >= _LEAST_DIGITS:
        return None
    return "has too few digits for a number", "write digits, as in '+46 8 123 45 67'"


def login(text: str) -> Fault | None:
    """The name of a user of a host."""
    if re.fullmatch(r"[A-Za-z0-9_][\w.@\\+-]{0,63}\$?", text):
        return None
    return "is no name of a user", "write the name that logs in: driftvakt"


def directory(text: str) -> Fault | None:
    """A directory of a host, which no shell reads."""
    if text.startswith("/") and text.isprintable():
        return None
    return "is no absolute path", "write it from the root on, without ~ and variables: /var/lib/driftvakt"


def reference(text: str) -> Fault | None:
    """`env:NAME`, where it is one."""
    kind, _, name = text.partition(":")
    if kind != "env" or _VARIABLE_NAME.fullmatch(name):
        return None
    return "names no environment variable", "write env: and letters, digits and _: env:SHOP_PASSWORD"


def database(text: str) -> Fault | None:
    """Where a database is found."""
    if text.startswith(("env:", "file:")):
        return reference(text)
    if re.match(r"(postgresql|postgres)(\+\w+)?://|sqlite(\+\w+)?:///", text):
        return None
    return "is no database", "write env:NAME, file:PATH, postgresql://HOST/NAME or sqlite:///PATH"


def restore_command(text: str) -> Fault | None:
    """What fetches a segment of the log to where PostgreSQL wants it."""
    return None if "%p" in text else ("says nowhere where the file goes", "write %p there: cp /srv/wal/%f %p")


def server_or_socket(text: str) -> Fault | None:
    """An address, or the directory of a socket."""
    return directory(text) if text.startswith("/") else address(text)


def _parses(kind: type[IPv4Address] | type[IPv6Address], text: str) -> bool:
    try:
        kind(text)
    except (AddressValueError, ValueError):
        return False
    return True


FORMS_AT: Final[dict[str, Callable[[str], Fault | None]]] = {
    "architecture.hosts.*.address": address,
    "architecture.hosts.*.user": login,
    "architecture.hosts.*.state_dir": directory,
    "contacts.*.email": email,
    "contacts.*.phone": phone,
    "contacts.*.chat": reference,
    "monitoring.measuring_points.*.probe.url": url,
    "monitoring.measuring_points.*.probe.server_name": dns_name,
    "monitoring.measuring_points.*.probe.database": database,
    "monitoring.measuring_points.*.probe.headers.*": reference,
    "instructions.restore.*.source.server.host": server_or_socket,
    "instructions.restore.*.source.restore_command": restore_command,
}
"""Every place whose values have a form of their own."""

_OF_PROBES: Final[dict[tuple[str, str], Callable[[str], Fault | None]]] = {
    ("tcp", "host"): address,
    ("tls_expiry", "host"): address,
    ("dns", "name"): dns_name,
    ("dns", "server"): name_server,
    ("prometheus", "server"): url,
}
"""Of fields that mean something else in another type of probe."""

_NEVER_SHOWN: Final = {"chat", "database", "headers"}
"""Fields in which somebody may have written the secret itself."""


@plain_error("wrong-form")
def values_have_their_form(data: dict[str, Any]) -> Iterator[RuleFinding]:
    """Addresses, URLs with their ports, users, e-mail addresses, phone numbers, paths and references have their form."""
    for pattern, check in FORMS_AT.items():
        for place, text in walk(data, tuple(pattern.split("."))):
            yield from _checked(place, text, check)
    for place, probe in walk(data, ("monitoring", "measuring_points", "*", "probe")):
        for (kind, field), check in _OF_PROBES.items():
            if isinstance(probe, dict) and probe.get("type") == kind:
                yield from _checked((*place, field), probe.get(field), check)


def _checked(place: Place, text: Any, check: Callable[[str], Fault | None]) -> Iterator[RuleFinding]:
    if isinstance(text, str) and (fault := check(text)) is not None:
        said = "" if _NEVER_SHOWN & set(place) else f", {shown(text)},"
        yield RuleFinding(place, f"{where(place)}{said} {fault[0]}", fault[1])


_INPUT: Final = re.compile(r"\$\{?(DRIFTVAKT_?IN?P?U?T?S?_\w*)", re.ASCII | re.IGNORECASE)
"""The variable of an input, also where `DRIFTVAKT_INPUT_` itself is misspelt or in small letters."""
_RESTORED: Final = re.compile(r"\$\{?(RESTORE[A-Za-z0-9_]*)")
_WORDS_FOR_PEOPLE: Final = {"title", "name", "description", "notes", "purpose", "label", "carries"}


@plain_error("unknown-variable")
def variables_are_set(data: dict[str, Any]) -> Iterator[RuleFinding]:
    """A shell command uses only inputs of its own routine, and only what a restore tells it; elsewhere neither is set."""
    for place, text in _texts(data, ()):
        if _WORDS_FOR_PEOPLE & {key for key in place[-1:] if isinstance(key, str)}:
            continue
        for name in dict.fromkeys(_INPUT.findall(text)):
            yield from _input(data, place, name)
        if place[:2] == ("instructions", "restore"):
            for name in dict.fromkeys(_RESTORED.findall(text)):
                if f"{name}=" not in text:
                    yield from _told(data, place, name)


def _input(data: dict[str, Any], place: Place, name: str) -> Iterator[RuleFinding]:
    what = f"{where(place)} uses ${name}"
    if place[:2] != ("routines", "extended"):
        yield RuleFinding(place, f"{what}, and only an extended routine has inputs", "write the value itself")
        return
    inputs = [
        field for _, found in walk(data, (*map(str, place[:3]), "inputs")) if isinstance(found, dict) for field in found
    ]
    known = {variable(str(field)): str(field) for field in inputs}
    if name not in known:
        yield RuleFinding(place, f"{what}, which is no input of the routine", _suggest(name, known))
    elif place[-1] not in {"command", "check"}:
        part = (
            f"write {{{known[name]}}} as a whole part of the list"
            if isinstance(place[-1], int)
            else f"write {{{known[name]}}}"
        )
        yield RuleFinding(place, f"{what} where no shell reads it", part)


def _told(data: dict[str, Any], place: Place, name: str) -> Iterator[RuleFinding]:
    own = any(kind == "other" for _, kind in walk(data, (*map(str, place[:3]), "source", "type")))
    known = ["RESTORED_TO", "RESTORE_POINT"] if own else ["RESTORED_TO"]
    if name not in known:
        yield RuleFinding(
            place, f"{where(place)} uses ${name}, which no restore of this type sets", _suggest(name, known)
        )


def _suggest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(name.upper(), names, n=1, cutoff=0.7)
    if close:
        return f"did you mean ${close[0]}?"
    return f"use one of: {', '.join(f'${one}' for one in names)}" if names else "define it under `inputs`"


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict | list):
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(entry, (*place, key))

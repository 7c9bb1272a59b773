"""Checks of values that a pattern alone cannot do: addresses, URLs, e-mail addresses, references, paths."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import urlsplit

Unfit = tuple[str, str]
"""The fault of a value, without the value, and the fix."""

Form = Callable[[str], Unfit | None]
"""A check of a value; it returns None if the value is valid."""

_LABEL: Final = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_NUMERIC: Final = re.compile(r"[0-9.]+")
_WITH_PORT: Final = re.compile(r"(\[[^\]]*\]|[^:]*):[0-9]*")
_LOCAL_PART: Final = re.compile(r"(?!\.)[^\s,;:<>()\[\]\\\"@]{1,64}(?<!\.)")
_VARIABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LEAST_DIGITS: Final = 3

_HERE_ALONE: Final = "write the name or the address alone: web1.example.com"


def dns_name(text: str) -> Unfit | None:
    """Check a DNS name, with or without a dot at its end."""
    name = text.removesuffix(".")
    if len(name) <= 253 and all(_LABEL.fullmatch(label) for label in name.split(".")):
        return None
    return "is not a DNS name", _HERE_ALONE


def address(text: str) -> Unfit | None:
    """Check a DNS name or an IP address, without a port."""
    if "://" in text or "/" in text:
        return "is not a DNS name or IP address", _HERE_ALONE
    if _WITH_PORT.fullmatch(text):
        return "is an address with a port", "write the address alone, and the port under `port`"
    if ":" in text:
        return None if _parses(IPv6Address, text) else ("is not an IPv6 address", "write it as in 2001:db8::1")
    if _NUMERIC.fullmatch(text):
        return (
            None
            if _parses(IPv4Address, text)
            else ("is not an IPv4 address", "write four numbers from 0 to 255: 10.0.0.1")
        )
    return dns_name(text)


def name_server(text: str) -> Unfit | None:
    """Check an IP address, with or without a port."""
    alone, _, port = text.rpartition(":") if _WITH_PORT.fullmatch(text) else (text, "", "53")
    right = port.isdigit() and 1 <= int(port) <= 65535
    if right and any(_parses(kind, alone.strip("[]")) for kind in (IPv4Address, IPv6Address)):
        return None
    return (
        "is not the address of a name server",
        "write its IP address, and a port if it is another: 10.0.0.53 or 10.0.0.53:5353",
    )


def url(text: str) -> Unfit | None:
    """Check the URL of a page."""
    example = "write the whole address: https://shop.example.com/health"
    if not text.startswith(("http://", "https://")):
        return None  # its pattern says so
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return ("has an invalid port" if "port" in str(error).lower() else "is no URL"), example
    if not host:
        return "names no host", example
    fault = address(host)
    return (f"has a host that {fault[0]}", example) if fault else None


def email(text: str) -> Unfit | None:
    """Check an e-mail address."""
    local, _, domain = text.rpartition("@")
    if "@" not in text or (_LOCAL_PART.fullmatch(local) and ".." not in local and dns_name(domain) is None):
        return None
    return "is not an e-mail address", "write one address: anna@example.com"


def phone(text: str) -> Unfit | None:
    """Check that a number can be dialled."""
    if sum(letter.isdigit() for letter in text) >= _LEAST_DIGITS:
        return None
    return "has too few digits for a number", "write digits, as in '+46 8 123 45 67'"


def login(text: str) -> Unfit | None:
    """Check the name of a user of a host."""
    if re.fullmatch(r"[A-Za-z0-9_][\w.@\\+-]{0,63}\$?", text):
        return None
    return "is not the name of a user", "write the name that logs in: driftvakt"


def directory(text: str) -> Unfit | None:
    """Check a directory of a host; no shell expands it."""
    if text.startswith("/") and text.isprintable():
        return None
    return "is not an absolute path", "write it from the root on, without ~ and variables: /var/lib/driftvakt"


def reference(text: str) -> Unfit | None:
    """Check `env:NAME`; other texts pass."""
    kind, _, name = text.partition(":")
    if kind != "env" or _VARIABLE_NAME.fullmatch(name):
        return None
    return "names no environment variable", "write env: and letters, digits and _: env:SHOP_PASSWORD"


def database(text: str) -> Unfit | None:
    """Check the location of a database."""
    if text.startswith(("env:", "file:")):
        return reference(text)
    if re.match(r"(postgresql|postgres)(\+\w+)?://|sqlite(\+\w+)?:///", text):
        return None
    return "is not a database", "write env:NAME, file:PATH, postgresql://HOST/NAME or sqlite:///PATH"


def restore_command(text: str) -> Unfit | None:
    """Check the command that copies a segment of the log to the path that PostgreSQL gives."""
    return (
        None if "%p" in text else ("does not contain %p, the target of the copy", "write %p there: cp /srv/wal/%f %p")
    )


def server_or_socket(text: str) -> Unfit | None:
    """Check an address, or the directory of a socket."""
    return directory(text) if text.startswith("/") else address(text)


def _parses(kind: type[IPv4Address] | type[IPv6Address], text: str) -> bool:
    try:
        kind(text)
    except (AddressValueError, ValueError):
        return False
    return True

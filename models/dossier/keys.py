"""Pinned host keys: the checks that need only the line itself."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import AfterValidator

KINDS = {
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
}
"""The accepted types of host key. DSA is broken, and certificates are not keys."""

_HOW = "write `TYPE BASE64` as `ssh-keyscan HOST` prints it after the host's name"


def host_key(line: str) -> str:
    """Return `TYPE BASE64` without a comment; raise ValueError if the line is no public key. The error never repeats
    the line.
    """
    if "PRIVATE KEY" in line:
        raise ValueError("this is a private key; remove it, replace that key on its host, and pin the public one")
    parts = line.split()
    if len(parts) >= 3 and parts[0] not in KINDS and parts[1] in KINDS:
        raise ValueError("this host key begins with the host's name; remove the name")
    if not parts or parts[0] not in KINDS:
        raise ValueError(f"this is not a host key of an accepted type; {_HOW}, of type {', '.join(sorted(KINDS))}")
    fields = _fields(parts[1]) if len(parts) > 1 else []
    if len(fields) < 2:
        raise ValueError(f"this host key is not valid: it is cut or mistyped; {_HOW}")
    if fields[0] != parts[0].encode():
        raise ValueError(f"this host key says {parts[0]} but holds a key of another type; {_HOW}")
    if parts[0] == "ssh-ed25519" and (len(fields) != 2 or len(fields[1]) != 32):
        raise ValueError(f"this host key is not valid: an ed25519 key has 32 bytes; {_HOW}")
    return f"{parts[0]} {parts[1]}"


def _fields(text: str) -> list[bytes]:
    """Return the length-prefixed strings of a public key (RFC 4253, section 6.6); an empty list if the data has another
    form.
    """
    try:
        blob = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return []
    fields = []
    while blob:
        length = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + length:
            return []
        fields.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    return fields


HostKey = Annotated[str, AfterValidator(host_key)]
"""A public key such as `ssh-ed25519 AAAA...`; a comment after it is dropped."""

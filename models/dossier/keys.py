"""Pinned host keys, as far as a line alone can be checked."""

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
"""Kinds of key that a host may be pinned to; DSA is broken, and certificates are no keys."""

_HOW = "write `TYPE BASE64` as `ssh-keyscan HOST` prints it after the host's name"


def host_key(line: str) -> str:
    """Give `TYPE BASE64`, without a comment; raise ValueError, which never repeats the line, for what is no public key."""
    if "PRIVATE KEY" in line:
        raise ValueError("this is a private key; remove it, replace that key on its host, and pin the public one")
    parts = line.split()
    if len(parts) >= 3 and parts[0] not in KINDS and parts[1] in KINDS:
        raise ValueError("this host key begins with the host's name; remove the name")
    if not parts or parts[0] not in KINDS:
        raise ValueError(f"this is no host key of a kind that is accepted; {_HOW}, of type {', '.join(sorted(KINDS))}")
    fields = _fields(parts[1]) if len(parts) > 1 else []
    if len(fields) < 2:
        raise ValueError(f"this host key is no key: it is cut or mistyped; {_HOW}")
    if fields[0] != parts[0].encode():
        raise ValueError(f"this host key says {parts[0]} but holds a key of another type; {_HOW}")
    if parts[0] == "ssh-ed25519" and (len(fields) != 2 or len(fields[1]) != 32):
        raise ValueError(f"this host key is no key: an ed25519 key has 32 bytes; {_HOW}")
    return f"{parts[0]} {parts[1]}"


def _fields(text: str) -> list[bytes]:
    """The length-prefixed strings of a public key (RFC 4253, section 6.6); none if it is not made of such."""
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
"""A public key as in `ssh-ed25519 AAAA...`; a comment after it is dropped."""

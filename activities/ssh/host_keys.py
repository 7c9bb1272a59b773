"""The pinned keys of a host; no other key is accepted."""

from __future__ import annotations

import base64
import binascii

import paramiko

from models.errors import HostKeyError
from models.hosts import HostTarget

_ALGORITHMS = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
"""The signature algorithms for key types with a different name; SHA-1 signatures are not offered."""


class PinnedKeys:
    """The pinned public keys of one host, parsed; raises `HostKeyError` for an invalid key."""

    def __init__(self, target: HostTarget) -> None:
        self._host = target.name
        self._blobs: set[bytes] = set()
        self._types: list[str] = []
        for line in target.host_keys:
            kind, blob = _parse(line, target.name)
            self._blobs.add(blob)
            if kind not in self._types:
                self._types.append(kind)

    def restrict(self, transport: paramiko.Transport) -> None:
        """Allow only algorithms of the pinned types, so that a host with several keys presents the right one."""
        wanted = [name for kind in self._types for name in _ALGORITHMS.get(kind, (kind,))]
        options = transport.get_security_options()
        known = [name for name in wanted if name in options.key_types]
        if not known:
            raise HostKeyError(
                f"{self._host}: no pinned key is of a type that can be checked ({', '.join(self._types)})"
            )
        options.key_types = known

    def verify(self, transport: paramiko.Transport) -> None:
        """Refuse a host that presented another key."""
        shown = transport.get_remote_server_key()
        if shown.asbytes() not in self._blobs:
            raise HostKeyError(
                f"{self._host}: the host showed {shown.get_name()} {shown.fingerprint}, which is not pinned; "
                "find out why before you change the pinned key"
            )


def _parse(line: str, host: str) -> tuple[str, bytes]:
    words = line.split()
    try:
        kind, encoded = words[0], words[1]
        blob = base64.b64decode(encoded, validate=True)
        length = int.from_bytes(blob[:4], "big")
        if blob[4 : 4 + length].decode() != kind or len(blob) <= 4 + length:
            raise ValueError
    except (IndexError, ValueError, binascii.Error):
        raise HostKeyError(
            f"{host}: the pinned key {line[:40]!r} is not a public key; write it as in 'ssh-ed25519 AAAA...'"
        ) from None
    return kind, blob

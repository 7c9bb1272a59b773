"""Private keys by reference: from a file, read once in each worker, or from the site's SSH agent."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from pathlib import Path
from typing import Any

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from models.errors import CredentialError


class Keyring:
    """The keys of one worker; thread-safe. A key that failed to load is loaded again on the next request."""

    def __init__(self) -> None:
        self._keys: dict[str, paramiko.PKey] = {}
        self._lock = threading.Lock()
        self._agent: paramiko.Agent | None = None

    def key(self, reference: str) -> paramiko.PKey:
        """Return the key that `file:PATH`, `agent:` or `agent:SHA256:FINGERPRINT` names; raise `CredentialError`."""
        with self._lock:
            if reference not in self._keys:
                self._keys[reference] = self._load(reference)
            return self._keys[reference]

    def close(self) -> None:
        """Disconnect from the agent and drop the keys."""
        with self._lock:
            self._keys.clear()
            if self._agent is not None:
                self._agent.close()
                self._agent = None

    def _load(self, reference: str) -> paramiko.PKey:
        kind, _, rest = reference.partition(":")
        if kind == "file" and rest:
            return _from_file(Path(rest).expanduser())
        if kind == "agent":
            return self._from_agent(rest)
        raise CredentialError(f"credential {reference!r}: write file:PATH, agent: or agent:SHA256:FINGERPRINT")

    def _from_agent(self, fingerprint: str) -> paramiko.PKey:
        try:
            if self._agent is None:
                self._agent = paramiko.Agent()
            keys = self._agent.get_keys()
        except (paramiko.SSHException, OSError) as error:
            raise CredentialError(f"credential agent:{fingerprint}: the SSH agent does not answer ({error})") from None
        for key in keys:
            if not fingerprint or _fingerprint(key) == fingerprint.rstrip("="):
                return _OneAtATime(key)
        # Asked again later, the agent may hold it: its list is read when connecting.
        self._agent.close()
        self._agent = None
        what = f"no key {fingerprint}" if keys else "no key at all"
        raise CredentialError(
            f"credential agent:{fingerprint}: the SSH agent (SSH_AUTH_SOCK) holds {what}; add it with ssh-add"
        )


class _OneAtATime(paramiko.AgentKey):
    """A key in the agent. Requests to the agent share one socket, so they run one after the other."""

    _asking = threading.Lock()

    def __init__(self, key: paramiko.AgentKey) -> None:
        super().__init__(key.agent, key.blob, key.comment)

    def sign_ssh_data(self, data: Any, algorithm: str | None = None) -> Any:
        """Sign; see `paramiko.AgentKey`."""
        with self._asking:
            return super().sign_ssh_data(data, algorithm)


def _from_file(path: Path) -> paramiko.PKey:
    name = f"credential file:{path}"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CredentialError(f"{name}: there is no such file on this worker") from None
    except OSError as error:
        raise CredentialError(f"{name}: the file cannot be read ({error.strerror})") from None
    try:
        return _parse(data)
    except paramiko.PasswordRequiredException:
        raise CredentialError(f"{name}: the key is encrypted; decrypt it or put it into an agent") from None
    # For a broken file, the parsers also raise errors that their documentation does not list.
    except (paramiko.SSHException, ValueError, IndexError, TypeError, UnsupportedAlgorithm):
        raise CredentialError(f"{name}: not a private key of a type that is known (ed25519, ecdsa, rsa)") from None


def _parse(data: bytes) -> paramiko.PKey:
    loaded = _load(data)
    if isinstance(loaded, rsa.RSAPrivateKey):
        return paramiko.RSAKey(key=loaded)
    if isinstance(loaded, ec.EllipticCurvePrivateKey):
        # Not by paramiko's own parser: paramiko 5.1 rejects half of all ecdsa files.
        return paramiko.ECDSAKey(vals=(loaded, loaded.public_key()))
    return paramiko.Ed25519Key.from_private_key(io.StringIO(data.decode()))


def _load(data: bytes) -> object:
    load = serialization.load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else serialization.load_pem_private_key
    try:
        return load(data, password=None)
    except (TypeError, ValueError) as error:
        if "password" in str(error).lower():
            raise paramiko.PasswordRequiredException from None
        raise


def _fingerprint(key: paramiko.PKey) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")

"""The translation of errors of paramiko and the operating system; it decides for each whether a retry can help."""

from __future__ import annotations

import binascii
import socket

import paramiko
from paramiko import auth_strategy, ber, pkey, sftp, ssh_exception
from paramiko.hostkeys import InvalidHostKey

from models.errors import CredentialError, HostError, HostKeyError, HostRefusedError, HostUnreachableError

_SESSIONS_EXHAUSTED = (2, 4)
"""Channel open codes of RFC 4254, section 5.1, that a retry may solve: connect failed (OpenSSH: MaxSessions), resource
shortage."""

TABLE: dict[type[BaseException], type[HostError]] = {
    ssh_exception.BadHostKeyException: HostKeyError,
    InvalidHostKey: HostKeyError,
    ssh_exception.AuthenticationException: CredentialError,
    ssh_exception.PasswordRequiredException: CredentialError,
    ssh_exception.BadAuthenticationType: CredentialError,
    ssh_exception.PartialAuthentication: CredentialError,
    ssh_exception.UnableToAuthenticate: CredentialError,
    auth_strategy.AuthFailure: CredentialError,
    pkey.UnknownKeyType: CredentialError,
    ber.BERException: CredentialError,
    ssh_exception.IncompatiblePeer: HostRefusedError,
    ssh_exception.ProxyCommandFailure: HostRefusedError,
    ssh_exception.CouldNotCanonicalize: HostRefusedError,
    ssh_exception.ConfigParseError: HostRefusedError,
    sftp.SFTPError: HostRefusedError,
    ssh_exception.ChannelException: HostRefusedError,
    ssh_exception.MessageOrderError: HostUnreachableError,
    ssh_exception.NoValidConnectionsError: HostUnreachableError,
    ssh_exception.SSHException: HostUnreachableError,
    EOFError: HostUnreachableError,
    OSError: HostUnreachableError,
    socket.gaierror: HostUnreachableError,
    TimeoutError: HostUnreachableError,
    binascii.Error: HostUnreachableError,
}
"""All errors of paramiko, and the system errors below it. A test fails if one is missing."""


def translate(error: BaseException, host: str, stage: str) -> HostError:
    """Translate a library's error; `stage` completes the sentence "while ..."."""
    if isinstance(error, HostError):
        return error
    kind = next((TABLE[base] for base in type(error).__mro__ if base in TABLE), HostUnreachableError)
    if isinstance(error, paramiko.ChannelException) and error.code in _SESSIONS_EXHAUSTED:
        kind = HostUnreachableError
    if isinstance(error, ssh_exception.IncompatiblePeer) and "host key" in str(error):
        return HostKeyError(f"{host}: the host has no key of a pinned type; pin the key that it has")
    return kind(f"{host}: {_sentence(error)} while {stage}")


def _sentence(error: BaseException) -> str:
    if isinstance(error, EOFError):
        return "the host closed the connection"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__

"""Errors: every one of paramiko's has a place in our tree."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import socket

import paramiko
import pytest

from activities.ssh.errors import TABLE, translate
from models.errors import CredentialError, HostError, HostKeyError, HostRefusedError, HostUnreachableError

_CONTROL_FLOW = {"NeedRekeyException", "PipeTimeout", "PipeClosedException"}
_OTHER_SYSTEMS = {"_winapi", "win_pageant", "win_openssh"}


def _of_paramiko() -> set[type[BaseException]]:
    found: set[type[BaseException]] = set()
    for module in pkgutil.iter_modules(paramiko.__path__):
        if module.name in _OTHER_SYSTEMS:
            continue
        loaded = importlib.import_module(f"paramiko.{module.name}")
        for _, kind in inspect.getmembers(loaded, inspect.isclass):
            if issubclass(kind, BaseException) and kind.__module__.startswith("paramiko"):
                found.add(kind)
    return {kind for kind in found if kind.__name__ not in _CONTROL_FLOW}


def test_every_error_of_paramiko_is_mapped() -> None:
    missing = sorted(kind.__name__ for kind in _of_paramiko() - set(TABLE))
    assert missing == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (paramiko.AuthenticationException("no"), CredentialError),
        (paramiko.ChannelException(1, "Administratively prohibited"), HostRefusedError),
        (paramiko.ChannelException(2, "Connect failed"), HostUnreachableError),
        (paramiko.ssh_exception.IncompatiblePeer("Incompatible ssh peer (no acceptable host key)"), HostKeyError),
        (paramiko.SSHException("odd"), HostUnreachableError),
        (ConnectionRefusedError(111, "Connection refused"), HostUnreachableError),
        (socket.gaierror(-2, "Name or service not known"), HostUnreachableError),
        (EOFError(), HostUnreachableError),
        (TimeoutError(), HostUnreachableError),
        (RuntimeError("never seen"), HostUnreachableError),
    ],
)
def test_an_error_becomes_ours_and_names_host_and_stage(error: Exception, expected: type[HostError]) -> None:
    ours = translate(error, "web-1", "logging in")
    assert type(ours) is expected
    assert str(ours).startswith("web-1: ")

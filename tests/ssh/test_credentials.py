"""Credentials: by reference, loaded once, one clear sentence when they cannot be."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from activities.ssh.credentials import Keyring
from models.errors import CredentialError

_BROKEN = b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"


def _key(path: Path, kind: str, passphrase: str | None = None) -> str:
    key = asyncssh.generate_private_key(kind)
    path.write_bytes(key.export_private_key(passphrase=passphrase) if passphrase else key.export_private_key())
    path.chmod(0o600)
    return f"file:{path}"


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"])
def test_a_key_file_is_loaded_once_and_never_again(kind: str, tmp_path: Path) -> None:
    reference, ring = _key(tmp_path / "key", kind), Keyring()
    first = ring.key(reference)
    (tmp_path / "key").unlink()
    assert ring.key(reference) is first
    assert first.get_name() == kind


def test_an_encrypted_key_is_refused_in_one_sentence(tmp_path: Path) -> None:
    reference = _key(tmp_path / "key", "ssh-ed25519", "secret")
    with pytest.raises(CredentialError, match="encrypted"):
        Keyring().key(reference)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such file"), (b"", "not a private key"), (b"\x00\xff" * 50, "not a private key"), (_BROKEN, "not a private key")],
)  # fmt: skip
def test_a_file_that_is_no_key_is_refused_in_one_sentence(content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CredentialError, match=said):
        Keyring().key(f"file:{path}")


@pytest.mark.parametrize("reference", ["", "file:", "vault:x", "/etc/key"])
def test_a_reference_of_no_known_kind_is_refused(reference: str) -> None:
    with pytest.raises(CredentialError, match="write file:PATH"):
        Keyring().key(reference)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    while not socket.exists():
        assert process.poll() is None
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    yield socket
    process.terminate()
    process.wait()


@pytest.mark.needs("openssh")
def test_a_key_in_the_agent_is_found_by_its_fingerprint(agent: Path, tmp_path: Path) -> None:
    _key(tmp_path / "a", "ssh-ed25519")
    _key(tmp_path / "b", "ssh-ed25519")
    subprocess.run(["ssh-add", "-q", str(tmp_path / "a"), str(tmp_path / "b")], check=True, env=dict(os.environ))
    wanted = asyncssh.read_private_key(tmp_path / "b").get_fingerprint()
    ring = Keyring()
    assert ring.key(f"agent:{wanted}").asbytes() == asyncssh.read_private_key(tmp_path / "b").public_data
    assert ring.key("agent:").asbytes() == asyncssh.read_private_key(tmp_path / "a").public_data
    with pytest.raises(CredentialError, match="ssh-add"):
        ring.key("agent:SHA256:nobody")
    ring.close()


def test_without_an_agent_its_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(CredentialError, match="holds no key"):
        Keyring().key("agent:")

"""Which SSH servers a test runs against."""

from __future__ import annotations

import pytest

from tests.conftest import present
from tests.hosts import AsyncsshHost, SshHost

BOTH = [
    pytest.param(SshHost, id="openssh", marks=pytest.mark.needs("openssh")),
    pytest.param(AsyncsshHost, id="asyncssh"),
]

_BEST = BOTH[0] if present("openssh") else BOTH[1]

one_kind = pytest.mark.parametrize("host", [_BEST], indirect=True)
"""For tests that wait for seconds on something that no server has a part in: OpenSSH where it is installed, else asyncssh."""

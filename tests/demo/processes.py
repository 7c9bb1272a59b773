"""Which processes work for a directory."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path


def mentioning(directory: Path) -> list[str]:
    """The living processes whose command line or environment names the directory; zombies have neither."""
    listing = subprocess.run(["ps", "axeww", "-o", "pid=,command="], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if str(directory) in line and "ps axeww" not in line]


def none_left(directory: Path, within: float = 15) -> list[str]:
    """Those that are still there after waiting for them to go."""
    deadline = time.monotonic() + within
    while (left := mentioning(directory)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left

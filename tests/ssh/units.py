"""A stand-in for systemd: a `systemctl` that keeps how its units stand in files."""

from __future__ import annotations

from pathlib import Path

_SYSTEMCTL = """#!/bin/sh
units='{units}'
verb=$1
for unit; do :; done
printf "%s %s\\n" "$verb" "$unit" >>"$units/asked"
file=$units/$unit.is
case $verb in
show)
  if [ ! -e "$file" ]; then
    printf 'LoadState=not-found\\nActiveState=inactive\\n'
    exit 0
  fi
  read -r state <"$file"
  if [ "$(wc -l <"$file")" -gt 1 ]; then
    sed 1d "$file" >"$file.next"
    mv "$file.next" "$file"
  fi
  printf 'LoadState=loaded\\nActiveState=%s\\n' "$state"
  ;;
start | stop)
  if [ ! -e "$file" ]; then
    echo "Failed to $verb $unit: Unit $unit not found." >&2
    exit 5
  fi
  cp "$units/$unit.$verb" "$file"
  read -r state <"$file"
  [ "$verb $state" != "start failed" ] || {{
    echo "Job for $unit failed because the control process exited with error code." >&2
    exit 1
  }}
  ;;
*) exit 2 ;;
esac
"""


class Units:
    """The units of a host whose `systemctl` is found in `bin`; they are added by name."""

    def __init__(self, bin: Path, directory: Path) -> None:
        self._directory = directory
        directory.mkdir()
        self._program = bin / "systemctl"
        self._program.write_text(_SYSTEMCTL.format(units=directory))
        self._program.chmod(0o755)

    def add(self, unit: str, *states: str, start: str = "active", stop: str = "inactive") -> None:
        """Add a unit; each look sees the next of its states, the last remains. `start` and `stop` name those that follow."""
        for what, told in (("is", states), ("start", start.split()), ("stop", stop.split())):
            (self._directory / f"{unit}.{what}").write_text("".join(f"{state}\n" for state in told))

    def state(self, unit: str) -> str:
        """How it stands."""
        return (self._directory / f"{unit}.is").read_text().split()[0]

    def acted(self) -> list[str]:
        """What was asked for besides looks, in order."""
        asked = (self._directory / "asked").read_text().splitlines()
        return [line for line in asked if not line.startswith("show ")]

    def remove(self) -> None:
        """Take the program away."""
        self._program.unlink()

"""Components that are systemd units, with a stand-in for systemctl: acted on where they differ, waited for, told apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from activities.ssh import Pool
from activities.ssh.components import ensure
from models.hosts import Systemd
from models.jobs import EnsureComponent, Outcome, Verb
from tests.hosts import Host
from tests.ssh.kinds import one_kind
from tests.ssh.remote import Far, one_shell
from tests.ssh.units import Units

UNIT = "web@1.service"
_ids = itertools.count()


@pytest.fixture
def units(far: Far, tmp_path: Path) -> Units:
    return Units(far.bin, tmp_path / "units")


@pytest.mark.parametrize(
    ("states", "verb", "code", "acted"),
    [
        ("inactive", "started", "0", [f"start {UNIT}"]),
        ("failed", "started", "0", [f"start {UNIT}"]),
        ("active", "started", "10", []),
        ("reloading", "started", "10", []),
        ("active", "stopped", "0", [f"stop {UNIT}"]),
        ("inactive", "stopped", "10", []),
        ("failed", "stopped", "10", []),
        ("activating activating active", "started", "10", []),
        ("activating activating failed", "started", "0", [f"start {UNIT}"]),
        ("deactivating inactive", "started", "0", [f"start {UNIT}"]),
        ("activating active", "stopped", "0", [f"stop {UNIT}"]),
        ("deactivating deactivating inactive", "stopped", "10", []),
    ],
)
def test_a_unit_is_acted_on_only_where_it_differs_once_it_has_settled(
    states: str, verb: str, code: str, acted: list[str], far: Far, units: Units
) -> None:
    units.add(UNIT, *states.split())
    answer = far.ensure("j", verb, 1, "systemd", UNIT)
    assert answer.words[0] == code
    assert units.acted() == acted


@pytest.mark.parametrize(
    ("state", "verb", "seen"),
    [("inactive", "started", "active"), ("active", "stopped", "failed")],
)
def test_a_unit_that_takes_its_time_is_seen_there(state: str, verb: str, seen: str, far: Far, units: Units) -> None:
    units.add(UNIT, state, start="activating activating active", stop="deactivating deactivating failed")
    answer = far.ensure("j", verb, 1, "systemd", UNIT)
    assert (answer.words[0], answer.words[6]) == ("0", "0")
    assert units.state(UNIT) == seen


@one_shell
@pytest.mark.parametrize(
    ("states", "start", "code", "said"),
    [
        ("activating", "active", "12", "activating"),
        ("maintenance", "active", "12", "maintenance"),
        ("inactive", "failed", "13", "1"),
        ("inactive", "activating", "14", "activating"),
        ("inactive", "inactive", "14", "inactive"),
    ],
)
def test_a_unit_that_never_settles_or_does_not_start_is_told_apart(
    states: str, start: str, code: str, said: str, far: Far, units: Units
) -> None:
    units.add(UNIT, states, start=start)
    answer = far.ensure("j", "started", 1, "systemd", UNIT, limit=1)
    assert (answer.words[0], answer.words[6]) == (code, said)
    assert units.acted() == ([] if code == "12" else [f"start {UNIT}"])


@pytest.mark.parametrize("verb", ["started", "stopped"])
def test_a_unit_that_is_not_there_is_not_taken_for_a_stopped_one(verb: str, far: Far, units: Units) -> None:
    answer = far.ensure("j", verb, 1, "systemd", "nobody-knows.service")
    assert (answer.words[0], answer.words[6]) == ("12", "not-found")
    assert units.acted() == []


def test_a_host_without_systemd_is_unclear(far: Far) -> None:
    (far.bin / "systemctl").write_text("#!/bin/sh\necho 'System has not been booted with systemd' >&2\nexit 1\n")
    (far.bin / "systemctl").chmod(0o755)
    answer = far.ensure("j", "started", 1, "systemd", UNIT)
    assert (answer.words[0], answer.words[6]) == ("12", "none")
    assert b"not been booted" in answer.streams[2]


@pytest.fixture
def on_host(host: Host, tmp_path: Path) -> Iterator[Units]:
    units = Units(host.bin, tmp_path / "units")
    yield units
    units.remove()


def _ensure(at: Host, verb: Verb, token: int = 1, **fields: Any) -> EnsureComponent:
    values: dict[str, Any] = {
        "job": f"unit-{next(_ids)}", "host": at.target(), "component": f"acme.units.web{next(_ids)}",
        "control": Systemd(unit=UNIT), "verb": verb, "token": token, "timeout": "10s",
    }  # fmt: skip
    return EnsureComponent.model_validate(values | fields)


@one_kind
def test_a_unit_is_started_and_stopped_once_each(host: Host, pool: Pool, on_host: Units) -> None:
    on_host.add(UNIT, "failed", start="activating active", stop="deactivating inactive")
    started = ensure(pool, _ensure(host, Verb.STARTED))
    assert (started.outcome, started.changed, started.exit_status) == (Outcome.OK, True, 0)
    assert started.command == f"systemctl start {UNIT}"
    again = ensure(pool, _ensure(host, Verb.STARTED))
    assert (again.outcome, again.changed, "already" in again.reason) == (Outcome.OK, False, True)
    stopped = ensure(pool, _ensure(host, Verb.STOPPED))
    assert (stopped.outcome, stopped.changed) == (Outcome.OK, True)
    assert on_host.acted() == [f"start {UNIT}", f"stop {UNIT}"]
    assert on_host.state(UNIT) == "inactive"


@one_kind
def test_a_unit_that_fails_to_start_says_why(host: Host, pool: Pool, on_host: Units) -> None:
    on_host.add(UNIT, "inactive", start="failed")
    result = ensure(pool, _ensure(host, Verb.STARTED))
    assert (result.outcome, result.changed, result.exit_status) == (Outcome.FAILED, True, 1)
    assert "control process exited" in result.stderr.text


@one_kind
@pytest.mark.parametrize(
    ("states", "said"), [("maintenance", "systemd says maintenance"), ("", "systemd says not-found")]
)
def test_a_unit_of_unclear_state_is_left_alone(states: str, said: str, host: Host, pool: Pool, on_host: Units) -> None:
    if states:
        on_host.add(UNIT, states)
    result = ensure(pool, _ensure(host, Verb.STARTED))
    assert (result.outcome, result.changed) == (Outcome.UNKNOWN, False)
    assert said in result.reason
    assert on_host.acted() == []


@one_kind
@pytest.mark.parametrize(
    ("states", "outcome", "said"),
    [
        ("active", Outcome.OK, "already"),
        ("failed", Outcome.OK, "would be run"),
        ("activating", Outcome.OK, "systemd says activating of"),
        ("", Outcome.UNKNOWN, "systemd says not-found"),
    ],
)
def test_a_rehearsed_unit_is_only_checked(
    states: str, outcome: Outcome, said: str, host: Host, pool: Pool, on_host: Units
) -> None:
    if states:
        on_host.add(UNIT, states)
    result = ensure(pool, _ensure(host, Verb.STARTED, rehearse=True))
    assert (result.outcome, result.changed) == (outcome, False)
    assert said in result.reason
    assert result.command == f"systemctl start {UNIT}"
    assert on_host.acted() == []

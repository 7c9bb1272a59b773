"""`driftvakt halt`: it acts where Temporal is away, and says so; what is written wrongly halts nothing and says that."""

from __future__ import annotations

import json

import pytest

from activities.records import Records
from activities.records.halts import Halts
from tests.cli.conftest import command


@pytest.fixture(autouse=True)
def _an_operator(_own_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anna, who gives the other commands, is of a third party, which halts nothing."""
    monkeypatch.setenv("DRIFTVAKT_USER", "ann@example.com")


def test_a_halt_acts_also_where_temporal_is_away_and_is_listed_and_lifted(records: Records) -> None:
    made = command("halt", "--customer", "acme", "--reason", "smoke in the data centre")
    again = command("halt", "--customer", "acme", "--reason", "more smoke", "--json")
    listed, doctor = command("halt", "list"), command("doctor", "--json")
    assert made.exit_code == again.exit_code == listed.exit_code == 0
    assert "ann@example.com has halted customer acme since" in made.stdout
    assert "`driftvakt halt lift --customer acme` lifts the halt" in made.stdout
    assert "the halt is active, but the Temporal UI does not show it: Temporal does not answer" in made.stderr
    assert json.loads(again.stdout)["started"] is False
    assert [halt.reason for halt in Halts(records).active()] == ["smoke in the data centre"]
    assert "smoke in the data centre" in listed.stdout
    found = {f["check"]: f for f in json.loads(doctor.stdout)["findings"]}
    assert (found["halt"]["verdict"], "smoke" in found["halt"]["said"]) == ("warning", True)

    lifted = command("halt", "lift", "--customer", "acme", "--reason", "toast", "--by", "bo")
    assert lifted.stdout == "lifted the halt of customer acme, by ann@example.com: smoke in the data centre\n"
    listed = command("halt", "list")
    assert listed.stdout.startswith("nothing is halted\nann@example.com has halted customer acme since")
    assert "by bo: toast\n" in listed.stdout


def test_a_halt_without_a_reason_or_of_a_customer_that_is_none_halts_nothing(records: Records) -> None:
    silent, wrong = command("halt"), command("halt", "--customer", "amce", "--reason", "smoke")
    assert (silent.exit_code, silent.stderr) == (
        2,
        '--reason is missing: everybody whose work waits reads it; type driftvakt halt --reason "..."\n',
    )
    assert (wrong.exit_code, wrong.stderr) == (1, "there is no customer 'amce'; there are acme\n")
    odd = command("halt", "--customer", "ACME Inc", "--reason", "smoke")
    assert (odd.exit_code, odd.stderr.startswith("--customer: ")) == (1, True)
    assert Halts(records).active() == []


def test_lifting_a_halt_that_does_not_exist_lists_the_active_halts(records: Records) -> None:
    assert command("halt", "lift").stderr == "there is no halt of all customers to lift; nothing is halted\n"
    command("halt", "--reason", "smoke")
    refused = command("halt", "lift", "--customer", "acme")
    assert refused.exit_code == 1
    assert "there is no halt of customer acme to lift; ann@example.com has halted all customers" in refused.stderr

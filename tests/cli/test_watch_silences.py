"""`driftvakt watch silence`, `silences` and `lift`: agreed quiet that is seen, has an end and can be ended."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import Site, beside, command
from tests.workflows.world import alarm, report, watch_status

DISK = ("--for", "2h", "--reason", "The disk is replaced")


async def test_a_silence_keeps_alarms_back_until_it_is_lifted(site: Site) -> None:
    async with site.working() as client:
        await report(client, alarm("mail"))
        silenced = await beside("watch", "silence", "acme.shop", *DISK, "--component", "db")
        [receipt] = (await report(client, alarm("db"))).receipts
        listed = (await beside("watch", "silences", "acme.shop")).stdout
        shown = (await beside("watch", "show", "acme.shop")).stdout
        lifted = await beside("watch", "lift", "acme.shop", "s1")
        afterwards = (await beside("watch", "silences", "acme.shop")).stdout
        silences = (await watch_status(client)).silences

    assert silenced.stdout.startswith("Alarms of db are silenced until ")
    assert silenced.stdout.endswith("alarms that are active then are raised.\n")
    assert (receipt.disposition.value, receipt.incident) == ("suppressed", None)
    for part in ("s1", "db", "anna@supplier.example", "The disk is replaced"):
        assert part in listed
        assert part in shown
    assert lifted.stdout == "Silence s1 is lifted; active alarms are raised.\n"
    assert (afterwards, silences) == ("no silence is active\n", [])


async def test_programs_get_json_and_a_silence_without_names_covers_the_whole_application(site: Site) -> None:
    async with site.working() as client:
        await report(client, alarm("mail"))
        none = await beside("watch", "silences", "acme.shop", "--json")
        told = await beside("watch", "silence", "acme.shop", *DISK, "--by", "bo@supplier.example", "--json")
        [silence] = json.loads((await beside("watch", "silences", "acme.shop", "--json")).stdout)
        lifted = await beside("watch", "lift", "acme.shop", "s1", "--json")

    assert json.loads(none.stdout) == []
    assert "the whole application" in json.loads(told.stdout)["message"]
    assert (silence["by"], silence["components"], silence["measuring_points"]) == ("bo@supplier.example", [], [])
    lasts = datetime.fromisoformat(silence["until"]) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=55) < lasts <= timedelta(hours=2)
    assert json.loads(lifted.stdout)["message"].startswith("Silence s1 is lifted")


async def test_a_refusal_of_the_watch_is_one_sentence(site: Site) -> None:
    async with site.working() as client:
        await report(client, alarm("mail"))
        unknown = await beside("watch", "silence", "acme.shop", *DISK, "--component", "dbb")
        too_long = await beside("watch", "silence", "acme.shop", "--for", "31d", "--reason", "x")
        not_there = await beside("watch", "lift", "acme.shop", "s7")

    for result, sentence in [
        (unknown, "acme.shop has no component 'dbb'; it has web, app, db, mail"),
        (too_long, "a silence lasts 30 days at most"),
        (not_there, "acme.shop has no silence 's7'; there is none"),
    ]:
        assert result.exit_code == 1
        assert sentence in result.stderr
        assert len(result.stderr.splitlines()) == 1


async def test_where_no_watch_runs_that_is_said(site: Site) -> None:
    async with site.working():
        results = [
            await beside("watch", "silence", "acme.shop", *DISK),
            await beside("watch", "silences", "acme.shop"),
            await beside("watch", "lift", "acme.shop", "s1"),
        ]

    for result in results:
        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 1
        assert "watch" in result.stderr


@pytest.mark.parametrize("span", ["soon", "2", "-2h", "9" * 30 + "d"])
async def test_a_span_that_is_none_is_refused_before_anything_is_asked(site: Site, span: str) -> None:
    result = await beside("watch", "silence", "acme.shop", "--for", span, "--reason", "x")

    assert result.exit_code == 1
    assert result.stderr.startswith("--for: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [("silence", "--for", "2h"), ("silence", "--reason", "x"), ("lift",)],
    ids=["no reason", "no end", "no silence"],
)
def test_a_silence_needs_an_end_and_a_reason(arguments: tuple[str, ...]) -> None:
    name, *rest = arguments
    assert command("watch", name, "acme.shop", *rest).exit_code == 2

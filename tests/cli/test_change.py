"""`driftvakt change`: submitted, shown, approved by those who may, rehearsed, stopped; what is written wrongly starts nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity

from models.dossier import Dossier
from models.operation import OperationState
from models.records import WriteRecords
from tests.changes.scene import BY, CUSTOMER, SUPPLIER, Scene
from tests.cli.conftest import Site, beside, command
from tests.dossier.written import EXAMPLES
from tests.fakes import working
from tests.workflows.waiting import end_of
from workflows.change.review import Review
from workflows.change.workflow import ChangeImplementation


class SlowRecords(Scene):
    """Records that take a second for what is written while a change is about to ask."""

    @activity.defn(name="write_records")
    async def _write_records(self, request: WriteRecords) -> None:
        if any(one.state == OperationState.DECIDING.value for one in request.operations):
            await asyncio.sleep(1)
        await super()._write_records(request)


ROUTINE = ("--application", "acme.shop", "--routine", "release", "--by", BY)


@pytest.fixture
def dossier() -> Dossier:
    return Scene().dossier


def keep(site: Site, scene: Scene) -> None:
    """Put into the records what the scene's workflows have written."""
    for batch in scene.records:
        site.records.write(batch)


async def listed(*options: str) -> list[dict[str, Any]]:
    return list(json.loads((await beside("change", "list", "--json", *options)).stdout))


async def test_a_change_is_submitted_shown_approved_by_both_parties_and_made(site: Site) -> None:
    scene = Scene()
    client = await site.server.client()
    async with working(client, scene, ChangeImplementation, Review):
        submitted = await beside("change", "submit", *ROUTINE, "--reason", "Release 2.4", "--json")
        id = json.loads(submitted.stdout)["operation"]
        change = client.get_workflow_handle(id)
        first = await beside("change", "approve", id, "--by", SUPPLIER, "--yes")
        keep(site, scene)
        shown = await beside("change", "show", id)
        stranger = await beside("change", "approve", id, "--by", "eve@example.com", "--yes")
        unasked = await beside("change", "approve", id, "--by", BY, "--yes")
        last = await beside("change", "approve", id, "--by", "karin holm", "--yes", "--json")
        outcome = await end_of(change)
        async with asyncio.timeout(90):
            while not any(one.kind == "review" for batch in scene.records for one in batch.operations):
                await asyncio.sleep(0.02)
        keep(site, scene)
        ended = await beside("change", "show", id, "--json")
        page = await beside("change", "show", id)
        none = await beside("change", "approve", id, "--by", CUSTOMER, "--yes")

    assert id == "change.acme.shop.1"
    assert first.stdout.startswith("Decided: approve.")
    assert "normal change, medium risk" in shown.stdout
    assert "A visitor places an order (high impact): web > app > db > payments" in shown.stdout
    assert "on app run install; at most 5m; undone by remove" in shown.stdout
    assert stranger.exit_code == 1
    assert stranger.stderr.startswith("eve@example.com is not a contact of acme.shop; the contacts are: ")
    assert (unasked.exit_code, unasked.stderr) == (
        1,
        f"{BY} may not approve {id}; {CUSTOMER} may. Give your address with --by\n",
    )
    assert json.loads(last.stdout)["decided"]
    assert outcome["end"] == "done"
    told = json.loads(ended.stdout)
    assert told["operation"]["outcome"] == "done"
    assert told["change"]["radius"]["components"] == ["web", "app", "db"]
    assert [line["kind"] for line in told["follows"]] == ["review"]
    assert "Approval afterwards and review" in page.stdout
    assert none.exit_code == 1
    assert f"{id} waits for no approval now; it is done" in none.stderr


async def test_an_approval_that_is_quicker_than_the_question_waits_for_it(site: Site) -> None:
    scene = SlowRecords()
    client = await site.server.client()
    async with working(client, scene, ChangeImplementation, Review):
        submitted = await beside("change", "submit", *ROUTINE, "--json")
        id = json.loads(submitted.stdout)["operation"]
        change = client.get_workflow_handle(id)
        async with asyncio.timeout(60):
            while (await change.query("status"))["state"] != OperationState.DECIDING.value:
                await asyncio.sleep(0.02)
        approved = await beside("change", "approve", id, "--by", SUPPLIER, "--yes")
        stopped = await beside("change", "abort", id, "--by", BY, "--reason", "A test")
        assert stopped.exit_code == 0, stopped.stderr
        await end_of(change)

    assert approved.stdout.startswith("Decided: approve."), approved.stderr


async def test_an_emergency_is_approved_afterwards_by_the_id_of_the_change(site: Site) -> None:
    scene = Scene()
    client = await site.server.client()
    async with working(client, scene, ChangeImplementation, Review):
        made = await beside("change", "submit", *ROUTINE, "--kind", "emergency", "--wait", "--json")
        id = json.loads(made.stdout)["id"]
        keep(site, scene)
        rejected = await beside("change", "reject", id, "--by", CUSTOMER, "--note", "It could have waited", "--yes")
        await beside("change", "approve", id, "--by", SUPPLIER, "--yes")
        approval = await client.get_workflow_handle(f"review.{id.removeprefix('change.')}.approval").result()

    assert made.exit_code == 0
    assert rejected.stdout.startswith("Decided: refuse.")
    assert approval["data"]["approved"] is False


async def test_a_rehearsal_of_a_file_shows_every_command_and_changes_nothing(site: Site) -> None:
    scene = Scene()
    client = await site.server.client()
    async with working(client, scene, ChangeImplementation, Review):
        result = await beside("change", "rehearse", str(EXAMPLES / "acme" / "shop-tls.change.yaml"), "--by", BY)

    assert result.exit_code == 0, result.output
    assert "/opt/shop/bin/nginx-tls back" in result.stdout
    assert "rehearsed: Serve TLS 1.2 and newer only: rehearsed, nothing was changed" in result.stdout
    assert all(request.rehearse for request in [*scene.jobs, *scene.ensured])


async def test_a_change_that_waits_is_listed_and_stopped(site: Site) -> None:
    scene = Scene()
    client = await site.server.client()
    async with working(client, scene, ChangeImplementation, Review):
        id = json.loads((await beside("change", "submit", *ROUTINE, "--json")).stdout)["operation"]
        [line] = await listed("--application", "acme.shop")
        stopped = await beside("change", "abort", id, "--reason", "Not today", "--by", BY)
        outcome = await client.get_workflow_handle(id).result()
        keep(site, scene)
        gone, ended = await listed(), await listed("--all")

    assert line["id"] == id
    assert stopped.exit_code == 0
    assert outcome["end"] == "refused"
    assert "Not today" in outcome["summary"]
    assert (gone, [line["outcome"] for line in ended]) == ([], ["refused"])


WRONG: list[tuple[tuple[str, ...], int, str]] = [
    (("submit",), 1, "name a change's file, or a routine of the dossier by --application and --routine"),
    (
        ("submit", "-a", "acme.shop", "--routine", "x"),
        1,
        "acme.shop has no routine 'x' for changes; it has release",
    ),
    (
        ("submit", "-a", "acme.chop", "--routine", "x"),
        1,
        "no dossier of acme.chop is published; there are acme.shop",
    ),
    ((*("submit", *ROUTINE), "--kind", "urgent"), 2, "--kind: there is no kind 'urgent'; use standard, normal or"),
    ((*("submit", *ROUTINE), "--since", "2026-12-06 02:00"), 2, "is not a time with its time zone; write it as"),
    (
        (*("submit", *ROUTINE), "--since", "2026-12-06T02:00Z"),
        1,
        "a window needs a start and an end; give --not-before and --window-until",
    ),
    (
        (*("submit", *ROUTINE), "--since", "2026-12-06T02:00Z", "--until", "2026-12-06T01:00Z"),
        1,
        "the window ends before it begins; exchange the two times",
    ),
    (("submit", "{tmp}/none.change.yaml"), 2, "none.change.yaml:1: "),
    (
        ("submit", "{tmp}/wrong.change.yaml"),
        1,
        "wrong.change.yaml:5: change.steps[0].component names the component 'wbe'",
    ),
    (
        ("rehearse", "{tmp}/wrong.change.yaml", "--reason", "x"),
        2,
        "with a file, leave these options out, and write their values in the file: reason",
    ),
    (
        ("show", "inc.acme.shop.4"),
        1,
        "'inc.acme.shop.4' is not the id of a change; write the whole id, as in change.acme.shop.4",
    ),
    (("rehearse", "{tmp}"), 2, ":1: this is not a file; name a YAML file"),
    (("show", "change.acme.shop.99"), 1, "there is no operation change.acme.shop.99"),
    (("approve", "change.acme.shop.99", "--yes"), 1, "there is no operation change.acme.shop.99"),
    (("list", "-a", "acme.chop"), 1, "no dossier of acme.chop is published"),
]


def test_a_wrong_change_file_starts_nothing_and_names_the_fix(site: Site, tmp_path: Path) -> None:
    wrong = "application: acme.shop\nchange:\n  title: It\n  steps:\n    - {type: run, component: wbe, command: x, undo: y}\n"
    (tmp_path / "wrong.change.yaml").write_text(wrong)

    for arguments, code, said in WRONG:
        result = command("change", *(argument.replace("{tmp}", str(tmp_path)) for argument in arguments))
        assert (result.exit_code, said in result.stderr) == (code, True), (arguments, result.stderr)
    assert site.records.operations() == []

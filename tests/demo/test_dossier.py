"""The dossier that the demo writes."""

from __future__ import annotations

from pathlib import Path

from models.dossier.load import check, read_dossier
from models.people import people_in, who_is
from starter.demo.customer import APPLICATION, ON_CALL, SYSTEM_OWNER, Shop
from starter.demo.second_act import REQUESTER


def written(shop: Shop, place: Path) -> Path:
    path = place / "shop.yaml"
    path.write_text(shop.dossier(), encoding="utf-8")
    return path


def test_it_has_no_error_and_no_gap(shop: Shop, tmp_path: Path) -> None:
    assert [str(fault) for fault in check([written(shop, tmp_path)])] == []


def test_it_pins_the_hosts_of_this_demo(shop: Shop, tmp_path: Path) -> None:
    dossier = read_dossier(written(shop, tmp_path))
    assert dossier.id == APPLICATION
    for machine in shop.machines.values():
        target = dossier.host_target(machine.name)
        assert (target.port, target.host_keys) == (machine.port, [machine.host_key])
        assert target.credential == f"file:{shop.credential}"


def test_only_the_restart_of_the_database_needs_approval_and_the_system_owner_may_approve(
    shop: Shop, tmp_path: Path
) -> None:
    dossier = read_dossier(written(shop, tmp_path))
    asked = {
        name: remedy.approval.roles
        for instruction in dossier.instructions.troubleshooting.values()
        for name, remedy in instruction.remedies.items()
        if remedy.approval
    }
    assert asked == {"restart-db": ["operator", "system-owner"]}
    assert SYSTEM_OWNER in dossier.people(["system-owner"])


def test_its_private_key_is_for_its_owner_only(shop: Shop) -> None:
    assert shop.credential.stat().st_mode & 0o077 == 0


def test_everybody_who_gives_the_demos_orders_is_a_contact(shop: Shop, tmp_path: Path) -> None:
    people = people_in(read_dossier(written(shop, tmp_path)).contacts)
    assert [who for who in (ON_CALL, SYSTEM_OWNER, REQUESTER) if who_is(who, people) is None] == []

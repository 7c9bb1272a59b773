"""The customer's copy has no command, no server, no address and no reference to a secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from activities.documents.hiding import names_of_hosts
from activities.documents.markdown import markdown
from activities.documents.page import page
from models.dossier import Dossier
from models.dossier.load import read_dossier
from models.dossier.parties import Language
from starter.handbook.lines import lines_of
from tests.dossier.written import DOSSIERS, plain_data
from tests.handbook.samples import example, made

SECRET_KEYS = {
    *("command", "check", "undo", "url", "query", "database", "server", "address", "credential", "unit", "status"),
    *("start", "stop", "directory", "wal_archive", "data_directory", "repository", "password_file", "path", "scratch"),
    *("chat", "points", "examine", "user", "host_keys", "pattern", "jump", "os"),
}
"""The fields of a dossier whose values only the supplier reads."""


def values(value: Any, key: str = "") -> set[str]:
    """The texts in such fields."""
    if isinstance(value, dict):
        return set().union(*(values(inner, name) for name, inner in value.items()))
    if isinstance(value, list):
        return set().union(*(values(inner, key) for inner in value))
    # A plain word such as the name of a database may be a word of any sentence.
    return {str(value)} if key in SECRET_KEYS and re.search("...[^a-zA-Z]|[^a-zA-Z]...", str(value)) else set()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("path", DOSSIERS, ids=lambda path: path.stem)
def test_no_command_server_or_secret_is_in_the_customers_copy(path: Path, language: Language) -> None:
    dossier = read_dossier(path)
    document = made(dossier, language, customer=True, lines=lines_of(path))
    shown = page(document) + markdown(document)
    data = plain_data(path)
    internal = {part: data[part] for part in ("architecture", "monitoring", "instructions", "contacts")}
    known = set(data["monitoring"]["measuring_points"]) | {c.name for c in dossier.architecture.components.values()}
    hidden = {text for text in values(internal) | names_of_hosts(dossier) if text not in known}
    assert len(hidden) > 10
    assert [text for text in sorted(hidden) if re.search(rf"(?<![\w-]){re.escape(text)}(?![\w-])", shown)] == []
    assert "file:" not in shown
    assert path.name not in shown


def test_names_of_servers_in_texts_of_people_are_hidden() -> None:
    def written(data: dict[str, Any]) -> None:
        data["description"] = "Runs on web1 (192.0.2.11), in front of db1."
        data["instructions"]["troubleshooting"]["web-down"]["remedies"]["restart-web"]["title"] = (
            "Restart nginx on web2"
        )

    shown = markdown(made(example(written), customer=True))
    assert "Runs on […] ([…]), in front of […]." in shown.replace("\\", "")
    assert "web2" not in shown


def test_the_customer_reads_who_approves_in_what_order_and_when_it_last_worked() -> None:
    shown = markdown(made(example(), customer=True))
    for text in (
        "Restart Shop application",
        "system-owner or operator",
        "unknown: no records were read",
        "on 2 servers",
    ):
        assert text in shown


def test_a_reference_to_a_secret_is_shown_to_the_supplier_and_a_secret_to_nobody() -> None:
    data = example().model_dump(mode="json")
    point = data["monitoring"]["measuring_points"]["web-page"]
    point["probe"] |= {"headers": {"X-Trace": "hunter2"}, "body": "password=hunter2"}
    shown = markdown(made(Dossier.model_validate(data)))
    assert "env:ACME" in shown.replace("\\", "")
    assert "hunter2" not in shown

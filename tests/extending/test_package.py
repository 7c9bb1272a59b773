"""A package beside Driftvakt adds a probe kind, a channel, two blocks and a runbook: those of docs/extending.md."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlmodel import select
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities.documents.markdown import markdown
from activities.monitor.run import MonitorTuning, SiteParts, SiteRun
from activities.monitor.source import RecordedDossiers
from activities.monitor.store import MonitorStore
from activities.post_incident_report import PostIncidentReports
from activities.probes.activities import Probes
from activities.records import Records, upgrade
from activities.records.database import Database
from activities.report.document import report_document
from models import extensions
from models.channels import CHANNELS
from models.dossier.load import load, read_dossier
from models.dossier.parties import Language
from models.errors import DossierError, ExtensionError
from models.jobs import Outcome
from models.notices import Audience, DeliveryState
from models.probe_kinds import PROBES
from models.probes import ProbeTarget, Seen, WatchHealth
from models.settings import Settings
from models.tables import SampleRow
from runbooks import find_runbook, find_runbooks, offers
from starter.doctor.extensions import extensions as examined
from tests.docs.pages import DOCS, code
from tests.fakes import FakeHosts, application_plan, carry_out
from tests.monitor.conftest import database
from tests.monitor.dossiers import SITE, publish
from tests.monitor.dossiers import dossier as monitored
from tests.monitor.fakes import FakeWatches, until
from tests.notices.conftest import make_records, make_sender
from tests.notices.dossiers import dossier, notice
from tests.post_incident_report.midsummer import END, ID, keep, order
from tests.post_incident_report.midsummer import dossier as midsummer
from tests.report import november
from tests.workflows.shop import OPERATOR

__all__ = ["database"]

PAGE = DOCS / "extending.md"
[PROJECT] = [tomllib.loads(text) for text in code(PAGE, "toml") if 'name = "acme-driftvakt"' in text]
MODULES: list[str] = PROJECT["tool"]["setuptools"]["py-modules"]


def put(directory: Path, package: str, entry_points: dict[str, dict[str, str]]) -> None:
    """The metadata of a package, as pip writes them."""
    metadata = directory / f"{package.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [
        f"[{group}]\n" + "".join(f"{n} = {v}\n" for n, v in found.items()) for group, found in entry_points.items()
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines))


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory in which Python finds packages; they are forgotten after the test."""
    directory = tmp_path / "site-packages"
    directory.mkdir()
    monkeypatch.syspath_prepend(str(directory))
    extensions.forget()
    before = set(sys.modules)
    yield directory
    for name in [n for n in set(sys.modules) - before if n.startswith("acme_")]:
        del sys.modules[name]
    monkeypatch.undo()
    extensions.forget()


@pytest.fixture
def acme(packages: Path) -> Path:
    """The package of the page is installed."""
    for text, module in zip(code(PAGE, "python"), MODULES, strict=False):
        (packages / f"{module}.py").write_text(text)
    put(packages, "acme-driftvakt", PROJECT["project"]["entry-points"])
    importlib.invalidate_caches()
    extensions.forget()
    return packages


def test_the_page_has_the_code_of_every_module_in_the_order_of_the_package() -> None:
    saved = re.findall(r"Save it as\s+`(\w+)\.py`", PAGE.read_text())
    assert saved[: len(MODULES)] == MODULES


def test_the_doctor_lists_every_entry_point_of_the_package(acme: Path) -> None:
    lines = [(finding.verdict.value, finding.check, finding.said) for finding in examined()]
    assert lines == [
        (
            "ok",
            f"extension {name}",
            f"the {noun} {name} of the package acme-driftvakt 1.0 can be used (entry point in {group})",
        )
        for group, noun, name in [
            ("driftvakt.probes", "probe kind", "file_age"),
            ("driftvakt.channels", "notice channel", "logbook"),
            ("driftvakt.blocks", "block", "steps-in-numbers"),
            ("driftvakt.report_blocks", "report block", "weekdays"),
            ("driftvakt.runbooks", "runbook", "check-load"),
        ]
    ]


# --- the probe kind


def export(file: Path) -> dict[str, Any]:
    """The measuring point of the page, of this file."""
    [written] = [yaml.safe_load(text) for text in code(PAGE, "yaml") if "file_age" in text]
    point: dict[str, Any] = written["monitoring"]["measuring_points"]["export"]
    point["probe"]["path"] = str(file)
    return point | {"site": SITE, "every": "100ms"}


def written(directory: Path, probe: dict[str, Any]) -> Path:
    """A dossier in a file, with this probe."""
    data = yaml.safe_load(next(text for text in code(DOCS / "dossier.md", "yaml") if text.startswith("dossier: 1")))
    data["monitoring"]["measuring_points"]["page"]["probe"] = probe
    path = directory / "shop.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


def test_a_dossier_with_its_probe_kind_is_checked_by_the_fields_of_the_kind(acme: Path, tmp_path: Path) -> None:
    good = load(written(tmp_path, {"type": "file_age", "path": "/srv/orders.csv"}))
    bad = load(written(tmp_path, {"type": "file_age", "pat": "/srv/orders.csv"}))

    assert good.dossier is not None
    assert good.faults == []
    assert good.dossier.monitoring.measuring_points["page"].probe.model_dump(mode="json") == {
        "type": "file_age",
        "timeout": "10s",
        "path": "/srv/orders.csv",
    }
    assert "unknown field 'pat' in monitoring.measuring_points.page.probe; did you mean 'path'?" in "\n".join(
        map(str, bad.faults)
    )


async def test_the_monitor_samples_its_points_and_reports_their_thresholds(
    acme: Path, tmp_path: Path, database: Database
) -> None:
    file = tmp_path / "orders.csv"
    file.touch()
    os.utime(file, (time.time() - 7200,) * 2)
    point = export(file)
    point["thresholds"]["old"]["duration"] = "0s"
    publish(database, monitored({"export": point}))
    probes, watches = Probes(), FakeWatches()
    parts = SiteParts(probes, RecordedDossiers(database), MonitorStore(database), watches)
    run = SiteRun(SITE, parts, MonitorTuning(reload_every=0.2, first_probes_within=0.2), attempt=1, last=None)
    sampling = asyncio.create_task(run.run())
    await until(lambda: watches.told() == [("embedded/export/old", "firing")])
    sampling.cancel()
    await asyncio.gather(sampling, return_exceptions=True)
    await probes.close()

    with database.reading() as session:
        values = [row.value for row in session.exec(select(SampleRow)).all()]
    assert values
    assert all(value is not None and value > 3600 for value in values)


async def test_health_is_proven_by_it(acme: Path, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.touch()
    probe = PROBES.all()["file_age"].model_validate({"type": "file_age", "path": str(file)})
    probes = Probes()
    request = WatchHealth(targets=[ProbeTarget(point="acme.shop.export", probe=probe, failing_when=["value > 3600"])])
    sent = WatchHealth.model_validate_json(request.model_dump_json())

    fresh = await ActivityEnvironment().run(probes.watch_health, sent)
    file.unlink()
    gone = await ActivityEnvironment().run(probes.watch_health, sent)
    await probes.close()

    assert (fresh.healthy, gone.healthy) == (True, False)
    assert (gone.samples[0].seen, gone.samples[0].detail) == (Seen.FAILED, "the file does not exist")


# --- the channel


def test_a_notice_goes_out_by_its_channel_where_the_escalation_policy_names_it(acme: Path, tmp_path: Path) -> None:
    records = make_records(f"sqlite:///{tmp_path / 'r.db'}", dossier())
    book = tmp_path / "book"
    receipt = make_sender(records, tmp_path, logbook=str(book)).send(
        notice(audience=Audience(contacts=["ann"], channel="logbook"))
    )
    unset = make_sender(records, tmp_path).send(
        notice(key="k/2", audience=Audience(contacts=["ann"], channel="logbook"))
    )
    records.close()

    assert [(d.channel, d.state) for d in receipt.deliveries] == [("logbook", DeliveryState.SENT)]
    assert book.read_text().startswith("Ann Ek: ")
    assert "the channel logbook is not configured" in unset.deliveries[0].detail
    assert "logbook" in CHANNELS.names()


# --- the block


def test_its_block_stands_in_the_report_in_both_languages(acme: Path, tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'r.db'}")
    records = Records(f"sqlite:///{tmp_path / 'r.db'}")
    records.publish_dossier(midsummer(), "ann")
    keep(records)
    reports = PostIncidentReports(records)
    reports.write(order())
    english, swedish = reports.read(ID, now=END), reports.customer_copy(ID, Language.SWEDISH, now=END)
    checked = reports.verify(ID)
    records.close()

    assert re.search(r"## Steps in numbers\n\n\|.*\n.*\n\| Changed something \| \d+ \|", english.markdown)
    assert "Steps in numbers</h2>" in english.html
    assert "## Stegen i siffror\n\nInga steg visas här" in swedish.markdown
    assert checked.sound, checked.faults


# --- the block of a report


@pytest.mark.parametrize(
    ("language", "row"),
    [("en", r"\| Monday \| \[?2\b.*\| 1 \|"), ("sv", r"\| måndag \| \[?2\b.*\| 1 \|")],
    ids=["english", "swedish"],
)
def test_its_block_of_a_report_has_its_figures_its_rule_and_its_evidence(
    acme: Path, tmp_path: Path, language: str, row: str
) -> None:
    upgrade(url := f"sqlite:///{tmp_path / 'r.db'}")
    records = Records(url)
    shop = november.shop([{"weekdays": {"priorities": ["P1"]}}], language=language)
    november.keep_dossier(records, shop)
    for number, day in enumerate((2, 9, 10), 1):
        november.incident(records, number, november.met(november.at(day)), shop)
    november.incident(records, 4, november.met(november.at(16), "P2"), shop)
    november.incident(records, 5, november.met(november.at(-5)), shop)

    found = november.facts(records)
    text = markdown(report_document(found))
    records.close()

    days = november.block(found, "weekdays")["days"]
    assert {day["key"]: november.ids(day["opened"]) for day in days} == {"monday": ["1", "2"], "tuesday": ["3"]}
    assert [day["opened"]["before"] for day in days] == [1, None]
    assert re.search(row, text)
    title, rule = {
        "en": ("Incidents by day of the week", "Incidents that were opened on that day of the week"),
        "sv": ("Incidenter per veckodag", "Incidenter som öppnades den veckodagen"),
    }[language]
    assert f"## {title}" in text
    assert rule in text


def test_a_report_without_its_package_says_that_the_block_cannot_be_shown(acme: Path, tmp_path: Path) -> None:
    upgrade(url := f"sqlite:///{tmp_path / 'r.db'}")
    records = Records(url)
    november.keep_dossier(records, november.shop(["weekdays", "incidents"], language="en"))
    found = november.facts(records)
    records.close()

    (acme / "acme_driftvakt-1.0.dist-info" / "entry_points.txt").write_text("")
    importlib.invalidate_caches()
    extensions.forget()
    text = markdown(report_document(found))

    assert re.search(r"## weekdays\n\n.*weekdays", text)
    assert "## Incidents" in text


# --- the runbook


async def test_its_runbook_runs_to_its_end_in_the_sandbox(acme: Path, skipping: WorkflowEnvironment) -> None:
    found = find_runbooks()["check-load"]
    hosts = FakeHosts(application_plan({"web": []}, hosts={"web": ["web-1", "web-2"]}))
    given = found.input_type.model_validate({"application": "acme.shop", "requested_by": OPERATOR, "component": "web"})
    report = await carry_out(skipping.client, hosts, found.workflow_class, given)

    assert (report.outcome, report.summary) == (Outcome.OK, "The load of web was read")
    assert hosts.hosts_by_line == {"web-1": ["uptime"], "web-2": ["uptime"]}
    assert "check-load" in [offer.name for offer in offers()]


# --- faulty packages

BROKEN = "import not_there\n"


def test_a_broken_package_stops_only_what_uses_it_and_is_named_with_its_remedy(packages: Path, tmp_path: Path) -> None:
    (packages / "acme_broken.py").write_text(BROKEN)
    (packages / "acme_exits.py").write_text("raise SystemExit(3)\n")
    put(
        packages,
        "acme-broken",
        {"driftvakt.probes": {"ping": "acme_broken:Ping"}, "driftvakt.runbooks": {"leave": "acme_exits:Leave"}},
    )
    extensions.forget()

    findings = [f"{f.verdict.value} {f.check}: {f.said}; {f.fix}" for f in examined()]
    assert findings == [
        "warning extension ping: the probe kind ping of the package acme-broken 1.0 cannot be loaded from acme_broken:Ping: "
        "ModuleNotFoundError: No module named 'not_there'; fix or uninstall acme-broken",
        "warning extension leave: the runbook leave of the package acme-broken 1.0 cannot be loaded from acme_exits:Leave: "
        "SystemExit: 3; fix or uninstall acme-broken",
    ]
    assert read_dossier(written(tmp_path, {"type": "tcp", "host": "web1.example", "port": 9})).customer == "acme"
    with pytest.raises(DossierError, match=r"shop\.yaml:\d+: .*ping of the package acme-broken 1\.0 cannot be loaded"):
        read_dossier(written(tmp_path, {"type": "ping"}))
    assert "collect-evidence" in find_runbooks()
    with pytest.raises(ExtensionError, match="acme-broken"):
        find_runbook("leave")


def test_a_package_is_not_imported_for_a_dossier_and_settings_that_do_not_use_it(acme: Path, tmp_path: Path) -> None:
    read_dossier(written(tmp_path, {"type": "tcp", "host": "web1.example", "port": 9}))
    Settings(notice_channels={"email": "env:MAIL", "logbook": "env:BOOK"})
    assert [module for module in MODULES if module in sys.modules] == []

    read_dossier(written(tmp_path, {"type": "file_age", "path": "/srv/orders.csv"}))
    assert [module for module in MODULES if module in sys.modules] == ["acme_file_age"]


def test_clashing_packages_are_named_and_neither_is_used(acme: Path, tmp_path: Path) -> None:
    put(
        acme, "acme-other", {"driftvakt.channels": {"logbook": "acme_logbook:LOGBOOK", "email": "acme_logbook:LOGBOOK"}}
    )
    put(acme, "acme-wrong", {"driftvakt.channels": {"wall": "acme_logbook:LOGBOOK", "write": "acme_logbook:write"}})
    extensions.forget()

    faults = CHANNELS.faults()
    assert len(faults) == 4
    assert (
        "the packages acme-driftvakt and acme-other each add a notice channel logbook (entry points in driftvakt.channels); "
        "uninstall all but one of them" in faults
    )
    assert (
        "the notice channel email of the package acme-other 1.0 has the name of a notice channel of Driftvakt's own, and is not "
        "used; rename the entry point email in driftvakt.channels, or uninstall acme-other" in faults
    )
    assert (
        "the notice channel wall of the package acme-wrong 1.0 cannot be used: its name is 'logbook'; give the entry point the "
        "same name" in faults
    )
    assert (
        "the notice channel write of the package acme-wrong 1.0 cannot be used: acme_logbook:write is not a channel; name an "
        "instance of models.channels.Channel" in faults
    )
    assert set(CHANNELS.all()) == {"phone", "sms", "email", "chat"}

"""An ordinary half-year of Acme's shop, and its report on the third quarter of 2026, in English or in Swedish.

Two quarters are there, so that the later one can be compared with the one before. Nothing is random: the same records come of
it on every machine.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from activities.records import Records
from activities.report.gathering import gather
from activities.report.terms import published
from models.dossier import Dossier
from models.dossier.parties import Language
from models.lease import LEASES, LeaseTime
from models.proof import ProofRecord, Use
from models.records import WriteRecords
from models.report import Commentary, ReportFacts
from models.restores import RestoreProof
from models.scope import Scope
from tests.dossier.written import EXAMPLES, plain_data
from tests.report.november import APPLICATION, Events, history_of, incident, keep_dossier, operation
from tests.report.quarter_in_swedish import in_language
from tests.report.quarter_measured import keep_history

ZONE = ZoneInfo("Europe/Stockholm")
NOW = datetime(2026, 10, 1, 4, 0, tzinfo=UTC)
"""Six hours after the end of the quarter."""

BLOCKS: list[Any] = [
    "summary",
    "commentary",
    "availability",
    "service_levels",
    "open_actions",
    {"incidents": {"most": 20}},
    "waiting",
    "changes",
    "maintenance",
    "restore_drills",
    {"metrics": {"points": ["db-disk", "web-certificate"], "statistic": "max", "chart": "line"}},
    "capacity",
    "entitlements",
    {"documentation": {"stale_only": True}},
]


def dossier(language: Language = Language.ENGLISH, **more: Any) -> Dossier:
    """The example shop with a quarterly report; `more` is added to the report."""
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    report = data["reports"].pop("monthly") | {"title": "Operations report", "language": language.value}
    report |= {"frequency": "quarterly first working day 08:00", "period": "previous quarter", "blocks": BLOCKS}
    data["reports"]["quarterly"] = report | more
    points = data["monitoring"]["measuring_points"]
    points["db-disk"]["purpose"] = "Database disk"
    points["app-port"]["purpose"] = "The shop application answers"
    points["db-answers"]["purpose"] = "The database answers"
    points["payments-page"]["purpose"] = "The page of Betalt answers"
    points["web-certificate"] |= {"purpose": "Days until the certificate of the shop ends"}
    return Dossier.model_validate(in_language(data, language))


def at(month: int, day: int, clock: str = "12:00") -> datetime:
    """A moment of 2026 on Stockholm's wall clock."""
    hour, minute = clock.split(":")
    return datetime(2026, month, day, int(hour), int(minute), tzinfo=ZONE).astimezone(UTC)


def facts(records: Records, language: Language = Language.ENGLISH, period: str = "2026Q3") -> ReportFacts:
    """The facts of the report, with the commentary of the service manager."""
    return gathered(records, language, period, NOW)


def gathered(
    records: Records, language: Language = Language.ENGLISH, period: str = "2026Q3", now: datetime = NOW
) -> ReportFacts:
    """The facts of the report as of a moment."""
    said = Commentary(by="jonas.berg@driftbolaget.example", at=at(10, 1, "09:30"), text=in_language(SAID, language))
    return gather(records, history_of(records, now), published(records, APPLICATION), "quarterly", period, [said], now)


SAID = (
    "The restore target of the incident on 18 August was missed because the first remedy did not help: the disk was full of "
    "log archives of an old job.\nThe job is gone since 19 August, and since 25 August the threshold of the disk raises an "
    "alarm earlier."
)


def fill(records: Records, made: Dossier) -> None:
    """Keep the half-year."""
    keep_dossier(records, made)
    language = made.reports["quarterly"].language
    _incidents(records, made, language)
    _changes(records, language)
    _maintenance(records, language)
    _drills(records, made, language)
    _orders(records, language)
    _rehearsals(records, made)
    _history(records)


# --- incidents

_INCIDENTS: list[tuple[datetime, str, str, int, int, list[str], str]] = [
    # opened, title, priority, minutes to the response and to the recovery, components, cause
    (at(4, 3, "09:12"), "The web page does not answer", "P1", 4, 22, ["web"], "platform"),
    (at(4, 14, "23:40"), "Card payments do not answer", "P2", 9, 95, ["payments"], "third-party"),
    (at(4, 27, "07:55"), "The shop answers slowly", "P3", 40, 180, ["app"], "capacity"),
    (at(5, 6, "18:20"), "The shop application does not answer", "P1", 6, 41, ["app"], "application"),
    (at(5, 19, "10:05"), "The order export was late", "P3", 35, 120, ["app"], "configuration"),
    (at(6, 2, "02:31"), "The web page does not answer", "P1", 7, 19, ["web"], "platform"),
    (at(6, 16, "13:44"), "The database disk is filling", "P3", 30, 240, ["db"], "capacity"),
    (at(6, 25, "16:02"), "A visitor cannot log in", "P4", 90, 300, ["app"], "application"),
    (at(7, 4, "11:21"), "The web page does not answer", "P1", 5, 16, ["web"], "platform"),
    (at(7, 9, "20:37"), "Card payments do not answer", "P2", 12, 210, ["payments"], "third-party"),
    (at(7, 17, "08:03"), "The shop answers slowly", "P3", 55, 205, ["app"], "capacity"),
    (at(7, 28, "03:48"), "The shop application does not answer", "P1", 8, 34, ["app"], "application"),
    (at(8, 3, "14:10"), "The picture of the spring catalogue is missing", "P4", 120, 400, ["app"], "data"),
    (at(8, 11, "09:26"), "The order export was late", "P3", 25, 150, ["app"], "configuration"),
    (at(8, 18, "21:15"), "The database does not answer", "P1", 6, 291, ["db", "app"], "capacity"),
    (at(8, 24, "06:58"), "The web page does not answer", "P1", 21, 37, ["web"], "platform"),
    (at(9, 2, "12:33"), "Card payments do not answer", "P2", 10, 75, ["payments"], "third-party"),
    (at(9, 8, "17:49"), "The shop answers slowly", "P3", 44, 95, ["app"], "application"),
    (at(9, 15, "10:12"), "The certificate of the shop ends soon", "P4", 60, 250, ["web"], "configuration"),
    (at(9, 23, "22:04"), "The shop application does not answer", "P1", 3, 28, ["app"], "application"),
]
_WAITS = {
    2: (30, 60, "betalt"),
    10: (25, 170, "betalt"),
    11: (90, 60, "acme"),
    17: (15, 50, "betalt"),
}
"""By incident: minutes after the opening, minutes, party."""

_UPDATES = {1, 4, 6, 9, 12, 15, 16, 20}
"""Incidents whose customer was kept informed once an hour."""


def _incidents(records: Records, made: Dossier, language: Language) -> None:
    for number, (opened, title, priority, responded, restored, components, cause) in enumerate(_INCIDENTS, 1):
        events: list[tuple[datetime, str, dict[str, Any]]] = [(opened, "opened", {"priority": priority})]
        events.append((opened + timedelta(minutes=responded), "responded", {}))
        if number in _WAITS:
            after, lasts, party = _WAITS[number]
            reason = "waiting_for_customer" if party == "acme" else "waiting_for_third_party"
            waiting = {"party": party, "reason": reason}
            events.append((opened + timedelta(minutes=after), "waiting", waiting))
            events.append((opened + timedelta(minutes=after + lasts), "resumed", {}))
        minutes = range(50, restored, 50) if priority in {"P1", "P2"} else []
        events += [(opened + timedelta(minutes=minute), "updated", {}) for minute in minutes]
        events.append((opened + timedelta(minutes=restored), "restored", {}))
        events.append((opened + timedelta(minutes=restored + 30), "closed", {}))
        written: Events = sorted(events, key=lambda event: event[0])
        more = {"title": in_language(title, language), "components": components, "cause": cause}
        incident(records, number, written, made, summary=f"It recovered after {restored} minutes", **more)
    number = len(_INCIDENTS) + 1
    opened = at(9, 11, "04:20")
    short: Events = [(opened, "opened", {"priority": "P2"}), (opened + timedelta(minutes=1), "closed")]
    title = in_language("The web page does not answer", language)
    incident(records, number, short, made, title=title, outcome="not-confirmed", cause="no-fault")
    still: Events = [(at(9, 30, "15:40"), "opened", {"priority": "P4"}), (at(9, 30, "16:20"), "responded")]
    title = in_language("A visitor cannot change a password", language)
    incident(records, number + 1, still, made, title=title, components=["app"])


# --- operations


def _changes(records: Records, language: Language) -> None:
    changes = [
        (at(5, 12, "13:00"), at(5, 13, "03:20"), "Install release 26.5 of the shop", "normal", "high", "done"),
        (at(6, 9, "09:00"), at(6, 9, "22:15"), "Reload the web server's configuration", "standard", "low", "done"),
        (at(7, 7, "13:00"), at(7, 8, "03:25"), "Install release 26.7 of the shop", "normal", "high", "done"),
        (
            at(8, 19, "01:10"),
            at(8, 19, "02:05"),
            "Remove the job that archives logs twice",
            "emergency",
            "medium",
            "done",
        ),
        (at(8, 25, "10:00"), at(8, 25, "22:10"), "Lower the threshold of the database disk", "standard", "low", "done"),
        (at(9, 1, "13:00"), at(9, 2, "03:55"), "Install release 26.9 of the shop", "normal", "high", "undone"),
        (at(9, 7, "13:00"), at(9, 8, "03:20"), "Install release 26.9.1 of the shop", "normal", "high", "done"),
        (at(9, 15, "11:00"), at(9, 15, "14:20"), "Renew the certificate of the shop", "standard", "low", "done"),
        (at(9, 29, "15:00"), None, "Install release 26.10 of the shop", "normal", "high", ""),
    ]
    for number, (opened, closed, title, kind, risk, outcome) in enumerate(changes, 1):
        data: dict[str, Any] = {"kind": kind, "risk": risk, "digest": f"{number:02}" * 32}
        if closed is not None and kind == "normal":
            # The customer approves a release on the day before, and it is installed in the last hour of its window.
            data[LEASES] = _lease(["app"], closed - timedelta(minutes=40), closed, opened, closed)
        given = {"title": in_language(title, language), "data": data, "outcome": outcome or None}
        operation(records, "change", str(number), opened, closed, **given)


def _maintenance(records: Records, language: Language) -> None:
    for month, day, minutes in ((4, 5, 48), (5, 3, 52), (6, 7, 61), (7, 5, 44), (8, 2, 137), (9, 6, 57)):
        due = at(month, day, "03:00")
        ended = due + timedelta(minutes=minutes)
        data: dict[str, Any] = {
            "routine": "patches",
            "scheduled": due.isoformat(),
            "done": ["web1", "web2", "app1", "db1"],
        }
        data[LEASES] = _lease(["web", "app", "db"], due, ended, at(2, 2), at(month, day, "05:00"))
        title = in_language("Security updates of the operating system", language)
        given = {"name": "patches", "title": title, "data": data, "opened_by": "schedule"}
        operation(records, "maintenance", f"patches.{month}", due, ended, **given)


def _lease(components: list[str], since: datetime, until: datetime, announced: datetime, end: datetime) -> list[Any]:
    lease = LeaseTime(
        components=Scope.of(components), since=since, until=until, announced_at=announced, announced_until=end
    )
    return [lease.model_dump(mode="json")]


def _drills(records: Records, made: Dossier, language: Language) -> None:
    drills = [
        *(("database", at(month, day, "04:00"), 4 * 60, 70 + month) for month, day in ((4, 5), (5, 3), (6, 7))),
        ("cluster", at(4, 5, "05:00"), 6, 130),
        ("pictures", at(4, 12, "05:00"), 5 * 60, 200),
        ("database", at(7, 5, "04:00"), 4 * 60, 81),
        ("database", at(8, 2, "04:00"), 4 * 60, 194),
        ("database", at(9, 6, "04:00"), 4 * 60, 86),
        ("cluster", at(7, 5, "05:00"), 7, 141),
    ]
    restores = made.instructions.restore
    for number, (name, began, lost, took) in enumerate(drills, 1):
        agreed = restores[name]
        late = timedelta(minutes=took) > agreed.restore_time
        proof = RestoreProof(
            restore=name,
            point=f"{name}-{began:%Y%m%d}",
            point_at=began - timedelta(minutes=lost),
            asked_at=began,
            lost=timedelta(minutes=lost),
            agreed_point=agreed.restore_point,
            took=timedelta(minutes=took),
            agreed_time=agreed.restore_time,
            verified=True,
            faults=["the restore took longer than agreed"] if late else [],
        )
        data = {"proof": proof.model_dump(mode="json")}
        given = {
            "name": name,
            "title": f"{in_language('Drill', language)}: {agreed.title}",
            "data": data,
            "opened_by": "schedule",
        }
        id = operation(records, "drill", f"{name}.{number}", began, began + timedelta(minutes=took + 10), **given)
        _proof(records, made, f"restore/{name}", Use.CARRIED_OUT, id, began + timedelta(minutes=took))


def _orders(records: Records, language: Language) -> None:
    orders = [
        (4, 9),
        (4, 22),
        (5, 4),
        (5, 18),
        (6, 1),
        (7, 1),
        (7, 15),
        (8, 3),
        (8, 10),
        (8, 17),
        (8, 24),
        (8, 31),
        (9, 14),
    ]
    for number, (month, day) in enumerate(orders, 1):
        given = {
            "name": "campaign",
            "title": in_language("Switch a campaign on", language),
            "opened_by": "oskar.lind@acme.example",
        }
        opened = at(month, day, "10:00")
        operation(records, "routine", f"campaign.{number}", opened, opened + timedelta(days=2, minutes=4), **given)


def _rehearsals(records: Records, made: Dossier) -> None:
    """All instructions but two were rehearsed in August."""
    found = records.freshness(made, NOW)
    for number, name in enumerate(name for name in found if not name.startswith("restore/")):
        if name not in {"remedy/payments-down/invoice-only", "shut-down"}:
            when = at(8, 26, "10:00") + timedelta(minutes=20 * number)
            _proof(records, made, name, Use.REHEARSED, f"rehearsal.{APPLICATION}.{number}", when)


def _proof(records: Records, made: Dossier, instruction: str, use: Use, id: str, when: datetime) -> None:
    used = ProofRecord(
        application=APPLICATION, instruction=instruction, use=use, operation=id, run="1", dossier=made.digest, at=when
    )
    records.write(WriteRecords(proofs=[used]))


# --- measured values

_NO_DATA = [
    (at(7, 21, "03:10"), at(7, 21, "04:40")),
    (at(9, 11, "13:05"), at(9, 11, "13:50")),
]
"""The monitor did not run: once in the update of its own host, once by mistake."""

_SHORT_DOWN = {"web": [(at(7, 5, "03:12"), at(7, 5, "03:16")), (at(9, 6, "03:20"), at(9, 6, "03:24"))]}
"""The page did not answer while its servers were restarted in the agreed maintenance."""


def _history(records: Records) -> None:
    down: dict[str, list[tuple[datetime, datetime]]] = {name: [] for name in ("web", "app", "db", "payments")}
    for opened, _, priority, _, restored, components, _ in _INCIDENTS:
        if priority in {"P1", "P2"}:
            # An alarm follows two minutes of failed probes, and the proof of health takes a minute.
            span = opened - timedelta(minutes=2), opened + timedelta(minutes=restored - 1)
            down[components[0]].append(span)
    for component, spans in _SHORT_DOWN.items():
        down[component] += spans
    keep_history(records, NOW, down, _NO_DATA)

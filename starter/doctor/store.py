"""Checks of the records, and of the published dossiers in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from activities.records import Records, revisions
from activities.records.halts import Halts
from activities.ssh.credentials import Keyring
from models.dossier import Dossier
from models.dossier.rules import RULES
from models.errors import CredentialError, DossierError, SettingsError, StoreError
from models.settings import Settings
from starter.doctor.finding import Finding, note, ok, warning, wrong
from starter.doctor.machine import closed_to_others

_AHEAD: Final = timedelta(minutes=1)


def records(settings: Settings) -> Finding:
    """Check that the database answers and that its tables have this version's schema."""
    if (file := _sqlite_file(settings)) is not None and not file.exists():
        return note("records", f"{file} does not exist yet", "`driftvakt up` creates it")
    try:
        at, newest = revisions(settings.records_url)
    except (StoreError, SettingsError) as error:
        return wrong("records", str(error), "check that the database runs, and that database_url names it")
    where = f"{file}" if file else "the database of database_url"
    if at is None:
        return wrong("records", f"{where} has no tables", "`driftvakt up` creates them")
    if at != newest:
        fix = "`driftvakt up` upgrades them; if a newer version of Driftvakt wrote them, use that version"
        return wrong("records", f"{where} is at revision {at}, this version needs {newest}", fix)
    return ok("records", f"{where} answers and is at revision {at}")


def halts(store: Records) -> Iterator[Finding]:
    """Warn about each active halt."""
    halts = Halts(store).active()
    for halt in halts:
        of = f" --customer {halt.customer}" if halt.customer else ""
        yield warning("halt", halt.text, f"`driftvakt halt lift{of}` lifts it")
    if not halts:
        yield ok("halt", "nothing is halted")


def _sqlite_file(settings: Settings) -> Path | None:
    scheme, _, path = settings.records_url.partition(":///")
    return Path(path) if scheme == "sqlite" else None


def published(store: Records) -> dict[str, Dossier | DossierError]:
    """Return the current dossiers; an error stands for one that this version cannot read."""
    found: dict[str, Dossier | DossierError] = {}
    for name in store.applications():
        try:
            dossier = store.current_dossier(name)
        except DossierError as error:
            found[name] = error
        else:
            if dossier is not None:
                found[name] = dossier
    return found


def dossiers(settings: Settings, found: dict[str, Dossier | DossierError]) -> Iterator[Finding]:
    """Check that the published dossiers are readable and without gaps, and that the provider's own dossier exists."""
    if not found:
        yield note("dossiers", "none is published yet", "`driftvakt dossier publish PATH`")
    for name, dossier in found.items():
        if isinstance(dossier, DossierError):
            yield wrong(f"dossier {name}", f"this version cannot read it: {dossier}", "publish it again")
        elif gaps := _gaps(dossier):
            fix = "`driftvakt dossier check FILE` lists them"
            yield warning(f"dossier {name}", f"{gaps} gaps against the agreement", fix)
        else:
            yield ok(f"dossier {name}", f"{dossier.digest[:12]} is current and has no gaps")
    if found and settings.provider_application not in found:
        yield note(
            "provider",
            f"no dossier of {settings.provider_application} is published, so nobody can be called about "
            "alarms that fit no application",
            "publish one for it, or set provider_application to one of yours",
        )


def _gaps(dossier: Dossier) -> int:
    undertakings = dossier.agreement.undertakings
    return sum(
        len(list(rule.typed(dossier)))
        for rule in RULES.values()
        if rule.typed is not None and (rule.undertaking is None or rule.undertaking in undertakings)
    )


def credentials(settings: Settings, found: dict[str, Dossier | DossierError]) -> Iterator[Finding]:
    """Check that this machine can use the SSH keys of the hosts at its sites."""
    users: dict[str, list[str]] = {}
    for name, dossier in found.items():
        if isinstance(dossier, Dossier):
            for host, entry in dossier.architecture.hosts.items():
                if not settings.sites or entry.site in settings.sites:
                    users.setdefault(entry.credential, []).append(f"{name}.{host}")
    keyring = Keyring()
    try:
        for reference, hosts in sorted(users.items()):
            yield _credential(keyring, reference, hosts)
    finally:
        keyring.close()


def _credential(keyring: Keyring, reference: str, hosts: list[str]) -> Finding:
    check = "credential"
    named = ", ".join(hosts[:3]) + (f" and {len(hosts) - 3} more" if len(hosts) > 3 else "")
    try:
        keyring.key(reference)
    except CredentialError as error:
        fix = "put the key there for the worker's user; if this machine does not serve that site, set sites"
        return wrong(check, f"{error} (for {named})", fix)
    path = Path(reference.removeprefix("file:")).expanduser()
    if reference.startswith("file:") and not closed_to_others(path):
        return wrong(check, f"{path} can be read by others (for {named})", f"chmod 600 {path}")
    return ok(check, f"{reference} can be used for {named}")


def clock(store: Records | None) -> Finding:
    """Check that no recorded time lies in the future of this machine's clock."""
    now = datetime.now(UTC)
    latest = None
    if store is not None:
        moments = [alarm.at for alarm in store.alarms(limit=1)] + [i.opened_at for i in store.incidents(limit=1)]
        latest = max(moments, default=None)
    if latest is not None and latest > now + _AHEAD:
        said = f"it is {now:%Y-%m-%d %H:%M:%S} UTC here, and the records contain an entry of {latest:%Y-%m-%d %H:%M:%S}"
        return wrong("clock", said, "set the clock by NTP, on this machine and on the sources of alarms")
    return ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")

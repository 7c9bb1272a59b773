"""Functions for notices: send a test message, and list the notices that were sent."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from activities.notices.activities import NoticeActivities
from activities.notices.channels import Channels
from activities.notices.store import notices_of
from activities.records import Records
from models.errors import NotFoundError, UserError
from models.names import as_typed
from models.notices import Audience, Facts, NoticeReceipt, Occasion, SendNotice, SentNotice
from models.people import people_in, who_is
from models.settings import Settings
from starter.incident.naming import workflow_id
from starter.terminal.applications import require_application


def send_test(
    records: Records, settings: Settings, contact: str, application: str | None, channel: str | None
) -> NoticeReceipt:
    """Send a test message to a contact. Raise `UserError` when no dossier, or more than one, has the contact."""
    require_application(settings, records, application)
    name = _application(records, contact, application)
    notices = NoticeActivities(records, Channels(settings.notice_channels, settings.home), settings.ui_url)
    return notices.send(
        SendNotice(
            key=f"test/{uuid.uuid4()}",
            incident="",
            application=name,
            occasion=Occasion.TEST,
            audience=Audience(contacts=[contact], channel=channel),
            facts=Facts(title="", opened_at=datetime.now(UTC)),
        )
    )


def list_notices(records: Records, id: str, application: str | None) -> list[SentNotice]:
    """Return the notices of an incident, by its short name. Raise `NotFoundError` when there is no such incident."""
    incident = records.incident(workflow_id(id, application, records.applications))
    return notices_of(records.database, incident.id)


def _application(records: Records, contact: str, application: str | None) -> str:
    names = records.applications() if application is None else [application]
    having = [name for name in names if _has(records, name, contact)]
    if len(having) == 1:
        return having[0]
    if having:
        raise UserError(f"{contact} is a contact in {', '.join(having)}; say which with --application")
    where = f"the dossier of {application}" if application else "any published dossier"
    raise NotFoundError(
        f"{as_typed(contact)} is not a contact in {where}; `driftvakt dossier show` lists the contacts of a file"
    )


def _has(records: Records, application: str, contact: str) -> bool:
    dossier = records.current_dossier(application)
    if dossier is None:
        return False
    return bool(dossier.contacts) and who_is(contact, people_in(dossier.contacts)) is not None

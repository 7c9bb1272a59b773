"""Notices from the command line: a test message, and what was sent."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from activities.notices import NoticeActivities
from activities.notices.channels import Channels
from activities.notices.store import notices_of
from activities.records import Records
from models.channels import Channel
from models.errors import NotFoundError, UserError
from models.names import as_typed
from models.notices import Audience, Facts, NoticeReceipt, Occasion, SendNotice, SentNotice
from models.people import people_in, who_is
from models.settings import Settings
from starter.applications import require_application
from starter.incident.naming import workflow_id


def send_test(
    records: Records, settings: Settings, contact: str, application: str | None, channel: str | None
) -> NoticeReceipt:
    """Write a test message to a contact; `UserError` when no dossier has it, or several do."""
    if application is not None:
        require_application(settings, records, application)
    name = _application(records, contact, application)
    notices = NoticeActivities(records, Channels(settings.notice_channels, settings.home), settings.ui_url)
    return notices.send(
        SendNotice(
            key=f"test/{uuid.uuid4()}",
            incident="",
            application=name,
            occasion=Occasion.TEST,
            audience=Audience(contacts=[contact], channel=Channel(channel) if channel else None),
            facts=Facts(title="", opened_at=datetime.now(UTC)),
        )
    )


def list_notices(records: Records, id: str, application: str | None) -> list[SentNotice]:
    """The notices of an incident that is named shortly; `NotFoundError` when there is no such incident."""
    incident = records.incident(workflow_id(id, application, records.applications))
    return notices_of(records.database, incident.id)


def _application(records: Records, contact: str, application: str | None) -> str:
    names = records.applications() if application is None else [application]
    having = [name for name in names if _has(records, name, contact)]
    if len(having) == 1:
        return having[0]
    if having:
        raise UserError(f"{contact} is a contact in {', '.join(having)}; say which with --application")
    where = f"the dossier of {application}" if application else "any dossier that is published"
    raise NotFoundError(f"{as_typed(contact)} is no contact in {where}; `driftvakt dossier show` names those of a file")


def _has(records: Records, application: str, contact: str) -> bool:
    dossier = records.current_dossier(application)
    if dossier is None:
        return False
    return bool(dossier.contacts) and who_is(contact, people_in(dossier.contacts)) is not None

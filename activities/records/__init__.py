"""The records: published dossiers, incidents with their timelines, alarms, tokens, decisions, outputs and the quarantine."""

from activities.records.activities import RecordActivities
from activities.records.migrations import revisions, upgrade
from activities.records.records import Records

__all__ = ["RecordActivities", "Records", "revisions", "upgrade"]

"""The post-incident report of an incident: collected from the records and written once, as Markdown and as a page."""

from activities.post_incident_report.store import PostIncidentReports

__all__ = ["PostIncidentReports"]

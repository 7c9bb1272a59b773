"""Availability as a pure function of agreements and recorded events; no I/O except for the file of events."""

from activities.availability.joining import join
from activities.availability.periods import AskedTime
from activities.availability.reading import read
from activities.availability.versions import DossierInUse, versions_of

__all__ = ["AskedTime", "DossierInUse", "join", "read", "versions_of"]

"""Schedules: compares those of the published dossiers with those on the Temporal server, and changes the latter."""

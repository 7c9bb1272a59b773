"""Availability, from the records or from a file of recorded events."""

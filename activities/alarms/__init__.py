"""Handing alarms to the watches of their applications."""

"""The commands that list and show watches, and that silence alarms."""

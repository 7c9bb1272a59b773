"""The commands that raise and clear alarms, and that read the quarantine of the intake."""

"""Alarms as the commands raise and clear them, and what the intake did not understand."""

"""The plan and the calendar of a maintenance routine."""

"""The dead-man's switch: sources of alarms that have fallen silent."""

"""The dead-man's switch: it detects silent sources of alarms."""

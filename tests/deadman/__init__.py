"""The dead-man's switch."""

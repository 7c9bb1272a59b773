"""The commands that list and start maintenance, and show its calendar."""

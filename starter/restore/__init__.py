"""The commands that start and show restores and drills."""

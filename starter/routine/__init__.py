"""The commands that list and order extended routines."""

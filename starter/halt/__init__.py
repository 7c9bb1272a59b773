"""The commands that start, list and lift halts."""

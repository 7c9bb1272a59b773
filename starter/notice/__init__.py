"""The commands that test channels and list notices."""

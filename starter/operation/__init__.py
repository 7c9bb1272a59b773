"""The commands that start, follow and show operations, and answer their questions."""

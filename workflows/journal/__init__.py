"""The journal of a workflow: its log, its state and its current work, shown on its page and written to the records."""
